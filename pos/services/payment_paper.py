"""The trail of a sale's payments as a PDF to pass on: no phone, no secret, no raw answer."""

from __future__ import annotations

from pathlib import Path

from pos.errors import UserError
from pos.i18n.wording import Wording
from pos.reports.table_pdf import PdfColumn, TablePdf
from pos.services.payment_board import Trail
from pos.services.payment_words import reason_words, source_word, state_word


def write_trail_pdf(trail: Trail, path: Path, wording: Wording) -> None:
    """Write every step of every payment, one a line. Raises UserError `disk.write`."""
    say, view = wording.say, trail.view
    title = say("Payments of sale {number}", number=str(view.sale_id)[-12:])
    parts = {part.id: part for part in view.parts}
    columns = (
        PdfColumn(say("Time"), 20),
        PdfColumn(say("Paid with"), 12),
        PdfColumn(say("Amount"), 12, is_number=True),
        PdfColumn(say("State"), 22),
        PdfColumn(say("Said by"), 22),
        PdfColumn(say("Reason"), 34),
        PdfColumn(say("Reference"), 38),
    )
    money = wording.money(view.money_minor)
    subtitle = say("Meter {meter} · {money} · begun by {name}", meter=view.drn, money=money, name=view.owner)
    try:
        pdf = TablePdf(path, title, subtitle, columns)
        for step in trail.steps:
            part = parts[step.payment_id]
            cells = (
                f"{wording.day(step.at)} {wording.seconds(step.at)}",
                part.tender,
                wording.amount(part.amount_minor),
                state_word(step.after, wording),
                source_word(step.source, wording),
                reason_words(step.reason, wording),
                part.provider_reference or part.reference,
            )
            pdf.add([cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells])
        pdf.save()
    except OSError as error:
        raise UserError("disk.write", "The file cannot be written there.") from error
