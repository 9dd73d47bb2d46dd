"""Fee rules of tenders: stored by version, from this shop or from head office; what a tender costs now."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pos.domain.canonical import canonical_bytes
from pos.domain.fees import FeePayer, FeeRule, fee_rule_from_json, rule_at
from pos.domain.permissions import Actor, Permission
from pos.domain.price_terms import Adjustment
from pos.domain.tariff import parse_instant
from pos.errors import UserError
from pos.models.ledger_book import Book
from pos.models.stored import milliseconds_of
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.facts import privileged_act
from pos.services.payment_parts import fee_line


class FeeRules:
    """Keeps and applies them. Head office's rules, once there are any, replace the shop's own."""

    def __init__(self, units: Units, book: Book, *, currency: Callable[[], str]) -> None:
        """Wire the parts."""
        self._units = units
        self._book = book
        self._currency = currency

    def add(self, actor: Actor, rule: FeeRule) -> FeeRule:
        """Store the next version of a tender's rule; returns it with its version.

        Raises:
            UserError: `permission.denied`, `fee_rule.older` (it begins before a version that is there).
        """
        require(actor, Permission.TARIFF_EDIT)
        with self._units.write() as unit:
            known = self._own(unit.connection, rule.provider)
            if any(one.valid_from > rule.valid_from for one in known):
                raise UserError("fee_rule.older", "A later version of this fee is stored already.")
            rule = replace(rule, version=len(known) + 1)
            unit.connection.exec_driver_sql(
                "INSERT INTO fee_rule (tender, version, valid_from, body) VALUES (?, ?, ?, ?)",
                (
                    rule.provider,
                    rule.version,
                    milliseconds_of(rule.valid_from),
                    canonical_bytes(rule.to_json()).decode(),
                ),
            )
            act = privileged_act(
                Permission.TARIFF_EDIT,
                "fee_rule",
                f"{rule.provider} {rule.version}",
                reason="fee rule",
                after=rule.to_json(),
            )
            self._book.record(unit, "privileged_act", act, actor=actor.id)
        return rule

    def versions(self, actor: Actor) -> list[FeeRule]:
        """Return every version of every rule, by tender. Raises UserError `permission.denied`."""
        require(actor, Permission.TARIFF_VIEW)
        with self._units.read() as connection:
            tenders = connection.exec_driver_sql(
                "SELECT tender FROM fee_rule UNION SELECT json_extract(body, '$.tender') FROM office_record "
                "WHERE resource = 'fee_rules' ORDER BY 1"
            ).all()
            return [rule for row in tenders for rule in self._rules(connection, row[0])]

    def fee(
        self, connection: Connection, tender: str, amount_minor: int, *, at: datetime
    ) -> Adjustment | None:
        """Return the fee line of a tender for an amount at an instant, None for none."""
        rules = self._rules(connection, tender)
        rule = rule_at(rules, provider=tender, currency=self._currency(), at=at)
        if rule is None or rule.payer is not FeePayer.CUSTOMER:
            return None
        return fee_line(rule.code, rule.fee_minor(amount_minor), rule.tax_code)

    def _rules(self, connection: Connection, tender: str) -> list[FeeRule]:
        return self._office(connection, tender) or self._own(connection, tender)

    def _own(self, connection: Connection, tender: str) -> list[FeeRule]:
        rows = connection.exec_driver_sql(
            "SELECT body FROM fee_rule WHERE tender = ? ORDER BY version", (tender,)
        )
        return [fee_rule_from_json(json.loads(row[0])) for row in rows]

    def _office(self, connection: Connection, tender: str) -> list[FeeRule]:
        rows = connection.exec_driver_sql(
            "SELECT body FROM office_record WHERE resource = 'fee_rules' "
            "AND json_extract(body, '$.tender') = ?",
            (tender,),
        )
        return [self._from_office(json.loads(row[0])) for row in rows]

    def _from_office(self, row: dict[str, Any]) -> FeeRule:
        """A rule of head office; one that is not active ends the fee."""
        is_active = row.get("is_active", True)
        return FeeRule(
            code=f"fee_{row['tender']}",
            version=row["version"],
            provider=row["tender"],
            currency=self._currency(),
            valid_from=parse_instant(row["valid_from"]),
            percent_ppm=row.get("ppm", 0) if is_active else 0,
            fixed_minor=row.get("fixed_minor", 0) if is_active else 0,
            least_minor=(row.get("min_minor") or 0) if is_active else 0,
            most_minor=row.get("max_minor") if is_active else None,
            tax_code=row.get("tax_code", ""),
        )
