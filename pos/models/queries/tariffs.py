"""Tariff versions as stored."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.tariff import Tariff
from pos.domain.tariff_csv import NamedTariff
from pos.domain.tariff_json import tariff_from_json
from pos.models.stored import instant_of


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """One version of a tariff; `sha256` is what a sale's basis names (32 bytes)."""

    key: int
    id: UUID
    code: str
    version: int
    valid_from: datetime
    name: str
    body: str
    sha256: bytes

    def tariff(self) -> Tariff:
        """Return the rates."""
        return tariff_from_json(json.loads(self.body))

    def named(self) -> NamedTariff:
        """Return the rates with the name people call them by."""
        return NamedTariff(self.tariff(), self.name)


_VERSION = "SELECT key, id, code, version, valid_from, coalesce(name, ''), body, sha256 FROM tariff "


def list_versions(connection: Connection, code: str | None = None) -> tuple[TariffVersion, ...]:
    """Return every version, or those of one code, by code and version."""
    rows = connection.exec_driver_sql(
        _VERSION + "WHERE ?1 IS NULL OR code = ?1 ORDER BY code, version", (code,)
    )
    return tuple(_version(row) for row in rows)


def find_version(connection: Connection, code: str, version: int) -> TariffVersion | None:
    """Return one version of a tariff, None if it is not stored."""
    row = connection.exec_driver_sql(
        _VERSION + "WHERE code = ? AND version = ?", (code, version)
    ).one_or_none()
    return None if row is None else _version(row)


def shop_currency(connection: Connection) -> str:
    """Return the currency of this till's sales point."""
    currency: str = connection.exec_driver_sql(
        "SELECT currency FROM book JOIN till ON till.id = book.till_id "
        "JOIN sales_point ON sales_point.id = sales_point_id"
    ).scalar_one()
    return currency


def _version(row: Any) -> TariffVersion:
    fields: list[Any] = list(row)
    fields[1], fields[4] = UUID(bytes=row[1]), instant_of(row[4])
    return TariffVersion(*fields)
