"""Papers other than receipts that a journal line brings about: token slips, credit notes, fault reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pos.domain.permissions import Actor
from pos.printing.document_json import document_bytes
from pos.printing.parties import CustomerSnapshot
from pos.printing.parts import tender_name
from pos.printing.receipt import ReceiptContext
from pos.printing.slips import CreditNote, FaultReport, credit_note, fault_report
from pos.printing.token_slip import token_slip
from pos.services.delivery import CheckoutRules
from pos.services.papers import ShopPapers

_REFERENCE_CHARACTERS = 12


class OfficePapers:
    """Writes them with the shop's head, in the language of the sale or of the shop."""

    def __init__(self, papers: ShopPapers, rules: Callable[[], CheckoutRules]) -> None:
        """Take the words and the seller from `papers`, language and currency from `rules`."""
        self._papers = papers
        self._rules = rules

    def token_slip(
        self, connection: Connection, item: Mapping[str, Any], *, actor: Actor, at: datetime
    ) -> bytes:
        """Return the slip of tokens that were not sold."""
        return document_bytes(token_slip(item, self._context(connection, item, actor=actor, at=at)))

    def credit_note(
        self,
        connection: Connection,
        sale: Mapping[str, Any],
        *,
        number: str,
        reason: str,
        actor: Actor,
        at: datetime,
    ) -> bytes:
        """Return the credit note of a paid sale whose money goes back in cash.

        It was never delivered, so it has no receipt: the payment slip's reference stands in its place.
        """
        context = self._papers.context(connection, sale, cashier=actor.name, at=at)
        lines = [line for item in sale["items"] for line in item["lines"] if line["amount_minor"]]
        note = CreditNote(
            number=number,
            receipt_number=str(sale["sale_id"])[-_REFERENCE_CHARACTERS:],
            reason=reason,
            amount_minor=sale["money_minor"],
            tender=tender_name(str(sale.get("tender", "cash")), context.seller, context.wording),
            customer=context.customer or CustomerSnapshot(),
            lines=tuple((line["code"].replace("_", " "), line["amount_minor"]) for line in lines),
        )
        return document_bytes(credit_note(note, context.seller, context.counter, context.wording))

    def fault_report(
        self,
        connection: Connection,
        item: Mapping[str, Any],
        *,
        number: str,
        what: str,
        actor: Actor,
        at: datetime,
    ) -> bytes:
        """Return the paper a customer gets for a reported fault of the meter of `item`."""
        context = self._context(connection, item, actor=actor, at=at)
        report = FaultReport(
            case_number=number,
            drn=item["meter"]["drn"],
            what=what,
            customer=context.customer or CustomerSnapshot(),
        )
        return document_bytes(fault_report(report, context.seller, context.counter, context.wording))

    def _context(
        self, connection: Connection, item: Mapping[str, Any], *, actor: Actor, at: datetime
    ) -> ReceiptContext:
        rules = self._rules()
        one = {"items": [item], "language": rules.language, "currency": rules.currency}
        return self._papers.context(connection, one, cashier=actor.name, at=at)
