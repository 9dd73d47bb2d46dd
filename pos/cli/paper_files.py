"""Papers out of the till: to the printer, as text, as ESC/POS bytes, as PDF."""

from __future__ import annotations

from pathlib import Path

import click

from pos.bootstrap import Till
from pos.domain.permissions import Actor
from pos.errors import Unavailable
from pos.printing.pdf import Sheet, render_pdf
from pos.services.papers import StoredPapers
from pos.services.print_spool import JobState
from pos.services.reprint import HandedOver
from pos.services.sale_values import SaleResult
from pos.system.files import write_atomically


def write_pdf(till: Till, place: int, path: Path, sheet: Sheet = Sheet.ROLL_80) -> None:
    """Write the stored paper of a place as PDF. Raises UserError `sale.nothing_to_reprint`; MachineFault."""
    write_atomically(path, render_pdf(StoredPapers(till.units).find(place, 0), sheet, logos=till.logos()))


def print_waiting(till: Till) -> None:
    """Print what waits, in order; a printer in trouble leaves the rest waiting and is named on stderr."""
    try:
        while till.spool.print_next() is not None:
            continue
    except Unavailable as trouble:
        click.echo(f"{trouble.text} [{trouble.code}]", err=True)


def print_notes(till: Till) -> None:
    """Print the credit notes that wait; a printer in trouble leaves them waiting and is named on stderr."""
    try:
        till.spool.print_all("credit_note")
    except Unavailable as trouble:
        click.echo(f"{trouble.text} [{trouble.code}]", err=True)


def hand_over(till: Till, result: SaleResult, actor: Actor, *, is_quiet: bool) -> None:
    """Print a finished sale's paper if there is a printer, and state that the token was shown.

    A printer in trouble changes nothing about the sale: its job waits, and `resume` names it.
    """
    if result.is_repeat:
        return
    if result.print_job is not None:
        try:
            job = till.spool.print_job(result.print_job)
        except Unavailable as trouble:
            click.echo(f"{trouble.text} [{trouble.code}]", err=True)
        else:
            if job.state is JobState.PRINTED:
                till.reprints.hand_over_paper(result.place, actor)
            elif not is_quiet:
                click.echo(f"The receipt is {job.state.value}: see kilotill resume.", err=True)
    if result.credit_token is not None:
        till.reprints.hand_over(result.sale_uuid, actor, how=HandedOver.SHOWN)
