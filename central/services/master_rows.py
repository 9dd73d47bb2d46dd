"""Rows of the server's own tables as tills pull them (pos.contracts.resources)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from pos.domain.journal import instant_text

Body = dict[str, Any]

_METER_TEXTS = (
    "drn",
    "service",
    "tariff_code",
    "sgc",
    "ti",
    "krn",
    "kt",
    "algorithm",
    "key_method",
    "base_date",
    "status",
    "block_reason",
    "account_number",
    "site",
    "building",
    "department",
    "note",
    "next_key",
)
_METER_IDS = ("id", "customer_id", "home_till", "merged_into")


def filled(body: Body) -> Body:
    """Return a body without the keys that have no value."""
    return {key: value for key, value in body.items() if value is not None}


def meter_body(row: Row[Any]) -> Body:
    """Return a meter; a till never sees arrears below zero."""
    values = row._mapping
    body: Body = {name: values[name] for name in _METER_TEXTS}
    body |= {name: _text(values[name]) for name in _METER_IDS}
    return filled(
        body | {"arrears_minor": max(0, row.arrears_minor), "institution": _text(row.institution_id)}
    )


def meter_month_body(row: Row[Any]) -> Body:
    """Return what one till took from a meter's month."""
    return {
        "id": f"{row.meter_id}/{row.month}/{row.till_id}",
        "meter_id": str(row.meter_id),
        "month": row.month,
        "till": str(row.till_id),
        "units_milli": row.units_milli,
        "free_milli": row.free_milli,
        "charges": row.charges.split("\n") if row.charges else [],
        "arrears_taken_minor": row.arrears_taken_minor,
    }


def customer_body(row: Row[Any]) -> Body:
    """Return a customer; of an erased one nothing is left."""
    if row.is_erased:
        return {"id": str(row.id), "is_erased": True}
    return filled(
        {
            "id": str(row.id),
            "name": row.name,
            "phone": row.phone,
            "address": row.address,
            "area": row.area,
        }
    )


def tariff_body(row: Row[Any]) -> Body:
    """Return one version of a tariff."""
    return filled(
        {
            "id": str(row.id),
            "code": row.code,
            "version": row.version,
            "valid_from": instant_text(row.valid_from),
            "name": row.name,
            "body": row.body,
            "sha256": row.sha256.hex(),
        }
    )


def group_body(row: Row[Any], supplier_name: str | None) -> Body:
    """Return a supply group without the lane, which is each till's own."""
    return filled(
        {
            "id": row.sgc,
            "key_method": row.key_method,
            "algorithm": row.algorithm,
            "base_date": row.base_date,
            "ti": row.ti,
            "krn": row.krn,
            "kt": row.kt,
            "ken": row.ken,
            "tid_zone": row.tid_zone,
            "lanes": row.lanes,
            "holders": list(row.holders),
            "supplier": row.supplier,
            "supplier_name": supplier_name,
            "check_value": row.check_value,
            "next_key": row.next_key,
        }
    )


def sales_point_body(row: Row[Any]) -> Body:
    """Return a sales point."""
    return filled(
        {
            "id": str(row.id),
            "name": row.name,
            "address": row.address,
            "phone": row.phone,
            "currency": row.currency,
            "language": row.language,
            "is_active": row.is_active,
        }
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
