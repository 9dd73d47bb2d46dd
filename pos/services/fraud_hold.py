"""Holds a sale that a rule of head office speaks against until a supervisor agrees, offline too."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection

from pos.domain.fraud_rules import Earlier, SaleSeen, TillRule, holding_rule
from pos.models.stored import instant_of, milliseconds_of

_MOST_LOOKED_AT = 500


class FraudHold:
    """Looks at a sale before it is made."""

    def __init__(self, time_zone: tzinfo) -> None:
        """Hours are local ones of `time_zone`."""
        self._time_zone = time_zone

    def rule_against(
        self, connection: Connection, *, meter_key: int, operator_key: int, money_minor: int, at: datetime
    ) -> TillRule | None:
        """Return the rule that holds this sale, None where it may pass."""
        rules = _rules(connection)
        if not rules:
            return None
        since = at - max(rule.window for rule in rules)
        seen = SaleSeen(
            at,
            at.astimezone(self._time_zone).hour,
            money_minor,
            _earlier(connection, _OF_METER, meter_key, since),
            _earlier(connection, _OF_CASHIER, operator_key, since),
        )
        return holding_rule(rules, seen)


_OF_METER = (
    "SELECT sale.at, sale_item.money_minor FROM sale_item JOIN sale ON sale.place = sale_place "
    "WHERE meter_key = ? AND sale.state = 'delivered' AND sale.at >= ? ORDER BY sale_place DESC LIMIT ?"
)
_OF_CASHIER = (
    "SELECT at, money_minor FROM sale WHERE operator_key = ? AND state = 'delivered' AND at >= ? "
    "ORDER BY place DESC LIMIT ?"
)


def _earlier(connection: Connection, query: str, key: int, since: datetime) -> list[Earlier]:
    rows = connection.exec_driver_sql(query, (key, milliseconds_of(since), _MOST_LOOKED_AT))
    return [Earlier(instant_of(row[0]), row[1]) for row in rows]


def _rules(connection: Connection) -> list[TillRule]:
    bodies: Any = connection.exec_driver_sql(
        "SELECT body FROM office_record WHERE resource = 'fraud_rules' ORDER BY id"
    ).scalars()
    rows = [json.loads(body) for body in bodies]
    return [
        TillRule(row["id"], row["kind"], row["action"], row["params"]) for row in rows if row["is_active"]
    ]
