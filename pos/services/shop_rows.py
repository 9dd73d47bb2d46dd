"""The rows a new till begins with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from sqlalchemy import Connection, insert

from pos.domain.journal import GENESIS_HASH
from pos.domain.permissions import Actor
from pos.models.book import book as book_table
from pos.models.meters import supply_group
from pos.models.shop import branch, organisation, sales_point, till
from pos.models.tariffs import supplier
from pos.services.operators import NewOperator, insert_operator
from pos.services.shop_file import ShopPlan, SupplyGroupPlan
from pos.system.ids import new_id


class BookKind(Enum):
    """What a database is for; it stays so for ever."""

    LIVE = "live"
    DEMO = "demo"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What takes time or stands in files, made before the write unit."""

    at: datetime
    till_id: UUID
    sales_point_id: UUID
    public_key: bytes
    people: tuple[tuple[NewOperator, UUID, bytes], ...]
    code_hash: str


def insert_places(connection: Connection, plan: ShopPlan, prepared: Prepared) -> None:
    """Write organisation, branch, sales point and till."""
    organisation_id, branch_id = new_id(prepared.at), new_id(prepared.at)
    place = plan.sales_point
    connection.execute(
        insert(organisation).values(
            id=organisation_id, name=plan.organisation, time_zone=plan.time_zone.key, tin=plan.tin
        )
    )
    connection.execute(insert(branch).values(id=branch_id, organisation_id=organisation_id, name=place.name))
    connection.execute(
        insert(sales_point).values(
            id=prepared.sales_point_id,
            branch_id=branch_id,
            name=place.name,
            address=place.address,
            phone=place.phone,
            currency=plan.currency,
            language=plan.language,
        )
    )
    connection.execute(
        insert(till).values(
            id=prepared.till_id,
            sales_point_id=prepared.sales_point_id,
            code=plan.till_code,
            public_key=prepared.public_key,
        )
    )


def insert_person(connection: Connection, new: NewOperator, operator_id: UUID, sealed: bytes) -> Actor:
    """Write a person; returns what that person is when signed in."""
    key = insert_operator(connection, new, operator_id=operator_id, sealed=sealed)
    return Actor(operator_id, key, new.name, new.role, new.institution)


def insert_groups(connection: Connection, plan: ShopPlan) -> None:
    """Write the supplier and the supply groups."""
    connection.execute(
        insert(supplier).values(
            code=plan.supplier.code,
            name=plan.supplier.name,
            credit_limit_minor=plan.supplier.credit_limit_minor,
        )
    )
    for group in plan.supply_groups:
        connection.execute(insert(supply_group).values(_group_values(group, plan.supplier.code)))


def _group_values(group: SupplyGroupPlan, supplier_code: str) -> dict[str, object]:
    key = group.key
    return {
        "sgc": key.sgc,
        "key_method": key.method.value,
        "algorithm": key.ea.value,
        "base_date": key.base_date.value,
        "ti": group.ti,
        "krn": key.krn,
        "kt": int(key.kt),
        "ken": key.ken,
        "tid_zone": "UTC",
        # One lane while the till stands alone (docs/formats.md §8).
        "lanes": 1,
        "lane": 0,
        "holders": json.dumps(group.holders),
        "supplier": supplier_code,
        "check_value": group.check_value,
    }


def insert_book(connection: Connection, kind: BookKind, prepared: Prepared) -> None:
    """Write the one row of a book that has no line yet."""
    connection.execute(
        insert(book_table).values(
            one=1,
            number=0,
            till_id=prepared.till_id,
            head_seq=0,
            head_hash=GENESIS_HASH,
            acked_seq=0,
            mirrored_seq=0,
            receipt_last=0,
            z_last=0,
            case_last=0,
            trusted_at=prepared.at,
            is_demo=kind is BookKind.DEMO,
            is_training=kind is BookKind.TRAINING,
        )
    )
