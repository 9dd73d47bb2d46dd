"""The papers of money: deposit slips with the cash they go with, and supplier statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from sqlalchemy import Connection

from pos.domain.permissions import Actor
from pos.domain.shift import CashCount
from pos.i18n.catalogue import catalogue
from pos.i18n.wording import Wording
from pos.models.ledger_book import Recorded
from pos.models.packing import pack_document
from pos.models.uow import WriteUnit
from pos.printing.document import Document, sha256_of
from pos.printing.document_json import document_bytes
from pos.printing.parties import Counter, Seller
from pos.printing.slips import Deposit, Statement, StatementLine, deposit_slip, supplier_statement
from pos.services.delivery import CheckoutRules
from pos.services.float_statement import FloatStatement
from pos.services.papers import ShopPapers
from pos.services.print_spool import add_print_job

_MOVE_WORDS = {
    "top_up": "Top-up",
    "commission": "Commission",
    "correction": "Correction",
    "sales": "Sales",
    "sales_commission": "Commission on sales",
}


@dataclass(frozen=True, slots=True)
class BankRules:
    """The shop's bank, as a deposit slip names it."""

    bank: str = ""
    account: str = ""


class MoneyPapers:
    """Writes deposit slips and supplier statements with the shop's head, in the shop's language."""

    def __init__(
        self,
        papers: ShopPapers,
        time_zone: tzinfo,
        *,
        rules: Callable[[], CheckoutRules],
        bank: Callable[[], BankRules],
    ) -> None:
        """Take the seller from `papers`; language, currency, printer and bank are asked for each time."""
        self._papers = papers
        self._time_zone = time_zone
        self._rules = rules
        self._bank = bank

    def keep_deposit(
        self,
        unit: WriteUnit,
        line: Recorded,
        *,
        slip_number: str,
        amount_minor: int,
        count: CashCount,
        actor: Actor,
    ) -> None:
        """Store the slip of the banking at `line` and its print job, inside the write unit at hand."""
        bank = self._bank()
        deposit = Deposit(
            slip_number,
            bank.bank,
            bank.account,
            amount_minor,
            tuple((one.value_minor, one.pieces) for one in count.entries),
        )
        seller, counter = self._head(unit.connection, actor, line.at)
        body = document_bytes(deposit_slip(deposit, seller, counter, self._wording()))
        unit.connection.exec_driver_sql(
            "INSERT INTO document (place, kind, sha256, body) VALUES (?, 'deposit_slip', ?, ?)",
            (line.place, bytes.fromhex(sha256_of(body)), pack_document(body, line.data)),
        )
        printer = self._rules().printer
        if printer:
            add_print_job(unit, line.place, printer=printer, at=line.at)

    def statement(
        self, connection: Connection, statement: FloatStatement, *, actor: Actor, at: datetime
    ) -> Document:
        """Return the paper of a supplier's account over some days."""
        wording = self._wording()
        seller, counter = self._head(connection, actor, at)
        start = datetime.combine(statement.first_day, time(), self._time_zone)
        end = datetime.combine(statement.last_day, time(), self._time_zone) + timedelta(days=1)
        lines = tuple(
            StatementLine(
                at=datetime.combine(move.day, time(), self._time_zone).astimezone(UTC),
                what=wording.say(_MOVE_WORDS[move.kind]),
                reference=move.reference,
                amount_minor=move.amount_minor,
                balance_minor=move.balance_minor,
            )
            for move in statement.moves
        )
        paper = Statement(
            supplier=statement.supplier.name,
            start=start.astimezone(UTC),
            end=end.astimezone(UTC) - timedelta(minutes=1),
            opening_minor=statement.opening_minor,
            credit_limit_minor=statement.supplier.credit_limit_minor,
            commission_minor=statement.commission_minor,
            lines=lines,
        )
        return supplier_statement(paper, seller, counter, wording)

    def _head(self, connection: Connection, actor: Actor, at: datetime) -> tuple[Seller, Counter]:
        return self._papers.head(connection, cashier=actor.name, at=at)

    def _wording(self) -> Wording:
        rules = self._rules()
        return Wording(catalogue(rules.language), rules.currency, self._time_zone)
