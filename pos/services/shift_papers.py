"""The papers of shifts: the figures of a report put into the words and blocks of pos.printing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from pos.domain.permissions import Actor
from pos.domain.recovery_values import PaymentCase
from pos.domain.shift import CashFlow, Compared, ShiftReport
from pos.i18n.catalogue import catalogue
from pos.i18n.wording import Wording
from pos.models.packing import pack_document
from pos.models.queries.selling import read_line_at
from pos.models.uow import WriteUnit
from pos.printing.document import Document, sha256_of
from pos.printing.document_json import document_bytes
from pos.printing.shift_report import (
    DrawerFigures,
    EnvelopeFigures,
    ProofFigures,
    ShiftFigures,
    Tally,
    Unresolved,
    shift_report,
)
from pos.printing.shift_words import movement_name, sales_name, voided_name
from pos.services.delivery import CheckoutRules
from pos.services.papers import TENDER_NAMES
from pos.services.payment_words import case_word
from pos.services.print_spool import add_print_job


class ShiftPapers:
    """Writes X and Z reports."""

    def __init__(self, time_zone: tzinfo, shop_name: str, *, rules: Callable[[], CheckoutRules]) -> None:
        """Wire the parts; language, currency and printer are asked for at each paper."""
        self._time_zone = time_zone
        self._shop_name = shop_name
        self._rules = rules

    def keep_z(self, unit: WriteUnit, report: ShiftReport, *, place: int, actor: Actor) -> None:  # noqa: ARG002
        """Store the Z of the line at `place` and its print job, inside the write unit of the close."""
        body = document_bytes(self.document(report))
        line = read_line_at(unit.connection, place)
        unit.connection.exec_driver_sql(
            "INSERT INTO document (place, kind, sha256, body) VALUES (?, 'z_report', ?, ?)",
            (place, bytes.fromhex(sha256_of(body)), pack_document(body, line)),
        )
        add_print_job(unit, place, printer=self._rules().printer, at=report.at)

    def document(self, report: ShiftReport) -> Document:
        """Return the paper of a report: a Z where it has a number, else an X."""
        rules = self._rules()
        wording = Wording(catalogue(rules.language), rules.currency, self._time_zone)
        return shift_report(self._figures(report, wording), wording)

    def _figures(self, report: ShiftReport, wording: Wording) -> ShiftFigures:
        proof, first_last = report.proof, report.receipts or ("", "")
        waited = 0 if proof.unsent_since is None else int((report.at - proof.unsent_since).total_seconds())
        voided = report.voided
        return ShiftFigures(
            shop=self._shop_name,
            till_code=report.till_code,
            shift=str(report.number),
            opened_at=report.opened_at,
            opened_by=report.opened_by,
            sales=tuple(
                Tally(sales_name(one.kind, wording), one.pieces, one.amount_minor) for one in report.items
            ),
            tenders=tuple(
                Tally(_tender(one.tender, wording), one.pieces, one.amount_minor) for one in report.tenders
            ),
            proof=ProofFigures(
                first_last[0], first_last[1], proof.seq, proof.head_hash, proof.unsent, waited
            ),
            printed_at=report.at,
            printed_by=report.made_by,
            number=report.z_number,
            voided=Tally(voided_name(wording), voided.pieces, None) if voided.pieces else None,
            reprints=report.copies,
            unresolved=tuple(
                Unresolved(
                    _tender(one.tender, wording),
                    one.owner,
                    one.amount_minor,
                    one.since,
                    one.age_seconds(report.at),
                    one.reference,
                    " ".join(case_word(PaymentCase(word), wording) for word in one.attention),
                )
                for one in report.unresolved
            ),
            drawer=_drawer(report.cash, report.compared, wording),
            envelope=_envelope(report),
        )


def _tender(tender: str, wording: Wording) -> str:
    """The word for a way of paying; a provider has its own name in every language."""
    return TENDER_NAMES.get(tender) or wording.say(tender.capitalize())


def _drawer(cash: CashFlow | None, compared: Compared | None, wording: Wording) -> DrawerFigures | None:
    """The drawer part of a Z; an X before the count has none, and so keeps the count blind."""
    if cash is None or compared is None:
        return None
    movements = [
        (movement_name("float", wording), cash.float_minor),
        (movement_name("received", wording), cash.taken_minor + cash.change_minor),
        (movement_name("change", wording), -cash.change_minor),
    ]
    if cash.refunded_minor:
        movements.append((movement_name("out", wording, detail="refund"), -cash.refunded_minor))
    movements += [
        (movement_name(one.kind.value, wording, detail=one.slip_number or one.reason), one.amount_minor)
        for one in cash.movements
    ]
    return DrawerFigures(
        tuple(movement for movement in movements if movement[1]),
        cash.expected_minor,
        compared.count.total_minor,
        compared.limit_minor,
        tuple((one.value_minor, one.pieces) for one in compared.count.entries),
    )


def _envelope(report: ShiftReport) -> EnvelopeFigures | None:
    if report.envelope is None:
        return None
    sold_minor = sum(one.sold_minor for one in report.suppliers)
    commission_minor = sum(one.commission_minor for one in report.suppliers)
    ppm = commission_minor * 1_000_000 // sold_minor if sold_minor else 0
    return EnvelopeFigures(report.envelope.limit_minor, report.envelope.used_minor, commission_minor, ppm)
