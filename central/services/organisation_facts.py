"""What booking needs of an organisation and changes seldom: kept in memory while its change numbers stay.

Everything here is published for tills, so one look at the numbers says whether it is still so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from central.models.identity import organisation
from central.models.master import commission_rule, feed_head, record, sales_point, supply_group

_RESOURCES = ("fraud_rules", "sales_points", "supply_groups", "users")
_KEPT_MAX = 256

Numbers = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """Supply groups by SGC, commission shares by supplier, fraud rules, names of people, currencies."""

    zone: ZoneInfo
    groups: Mapping[str, Row[Any]]
    commissions: Mapping[str, list[tuple[datetime, int]]]
    fraud_rules: list[dict[str, Any]]
    names: Mapping[str, str]
    currencies: Mapping[UUID, str]
    """By sales point."""


_kept: dict[UUID, tuple[Numbers, OrganisationFacts]] = {}


def organisation_facts(connection: Connection, organisation_id: UUID) -> OrganisationFacts:
    """Return an organisation's facts as they are now."""
    numbers = _numbers(connection, organisation_id)
    known = _kept.get(organisation_id)
    if known is not None and numbers and known[0] == numbers:
        return known[1]
    facts = _load(connection, organisation_id)
    if numbers:
        if len(_kept) >= _KEPT_MAX:
            _kept.clear()
        _kept[organisation_id] = (numbers, facts)
    return facts


def _numbers(connection: Connection, organisation_id: UUID) -> Numbers:
    query = select(feed_head.c.resource, feed_head.c.change).where(
        feed_head.c.organisation_id == organisation_id, feed_head.c.resource.in_(_RESOURCES)
    )
    return tuple(sorted((row.resource, row.change) for row in connection.execute(query)))


def _load(connection: Connection, organisation_id: UUID) -> OrganisationFacts:
    zone = connection.execute(
        select(organisation.c.time_zone).where(organisation.c.id == organisation_id)
    ).scalar_one()
    groups = select(supply_group).where(supply_group.c.organisation_id == organisation_id)
    places = select(sales_point.c.id, sales_point.c.currency).where(
        sales_point.c.organisation_id == organisation_id
    )
    people = _records(connection, organisation_id, "users")
    return OrganisationFacts(
        zone=ZoneInfo(zone),
        groups={row.sgc: row for row in connection.execute(groups)},
        commissions=_commissions(connection, organisation_id),
        fraud_rules=_records(connection, organisation_id, "fraud_rules"),
        names={str(body["id"]): str(body.get("name", "")) for body in people},
        currencies={row.id: row.currency for row in connection.execute(places)},
    )


def _commissions(connection: Connection, organisation_id: UUID) -> dict[str, list[tuple[datetime, int]]]:
    rules: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    query = select(commission_rule).where(commission_rule.c.organisation_id == organisation_id)
    for row in connection.execute(query.order_by(commission_rule.c.valid_from)):
        rules[row.supplier].append((row.valid_from, row.ppm))
    return dict(rules)


def _records(connection: Connection, organisation_id: UUID, resource: str) -> list[dict[str, Any]]:
    query = select(record.c.body).where(
        record.c.organisation_id == organisation_id, record.c.resource == resource
    )
    return list(connection.execute(query.order_by(record.c.id)).scalars())
