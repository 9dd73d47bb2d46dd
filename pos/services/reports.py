"""Reports about the whole shop: a month from the running totals, on screen and as a file."""

from __future__ import annotations

import re
from datetime import tzinfo
from enum import StrEnum
from pathlib import Path

from pos.domain.permissions import Actor, Permission, Role
from pos.domain.tariff import Service
from pos.errors import UserError
from pos.i18n.wording import Wording
from pos.models.queries.money import month_report
from pos.models.queries.tariffs import list_versions
from pos.models.uow import Units
from pos.reports.month import Figures, MonthFigures, days_of, month_before, month_figures
from pos.reports.month_files import month_csv, month_xlsx
from pos.services.approval import require
from pos.services.paper_files import PaperFiles
from pos.services.report_paper import day_name, month_name, month_paper, tender_name
from pos.system.clock import Clock
from pos.system.files import write_atomically

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class ReportForm(StrEnum):
    """The forms of a file; the value is how its name ends."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


class Reports:
    """Answers what the shop sold. The cost of a month does not grow with its sales."""

    def __init__(
        self, units: Units, clock: Clock, files: PaperFiles, *, time_zone: tzinfo, shop_name: str
    ) -> None:
        """Wire the parts; days are those of `time_zone`."""
        self._units = units
        self._clock = clock
        self._files = files
        self._time_zone = time_zone
        self._shop_name = shop_name

    def today(self) -> str:
        """Return today's business day, YYYY-MM-DD."""
        return f"{self._clock.now().astimezone(self._time_zone):%Y-%m-%d}"

    def month(self, actor: Actor, month: str) -> MonthFigures:
        """Return a month (YYYY-MM) by day, tender, cashier and tariff.

        Raises:
            UserError: `permission.denied`, `report.month`, `report.one_institution`.
        """
        require(actor, Permission.REPORT_VIEW)
        _refuse_part(actor)
        if not _MONTH.fullmatch(month):
            raise UserError("report.month", "Give the month as year and number, such as 2026-11.")
        with self._units.read() as connection:
            report = month_report(connection, month)
            water = frozenset(
                version.code
                for version in list_versions(connection)
                if version.tariff().service is Service.WATER
            )
        return month_figures(report, water)

    def export_month(
        self, actor: Actor, month: str, path: Path, *, form: ReportForm, wording: Wording
    ) -> None:
        """Write a month to a file; a paper is worded by `wording`.

        Raises:
            UserError: `permission.denied`, and as `month`.
            MachineFault: `disk.*`.
        """
        require(actor, Permission.REPORT_EXPORT)
        figures = self.month(actor, month)
        if form is ReportForm.PDF:
            # Loaded only here: it takes a third of a second.
            from pos.printing.pdf import Sheet

            self._files.write_document(month_paper(figures, self._shop_name, wording), path, Sheet.A4)
            return
        write = month_csv if form is ReportForm.CSV else month_xlsx
        write_atomically(path, write(figures, wording.currency))


def _refuse_part(actor: Actor) -> None:
    """Refuse who may see only one institution: the running totals do not tell institutions apart."""
    if actor.role is Role.FACILITY_MANAGER or actor.institution is not None:
        raise UserError(
            "report.one_institution", "This report is about the whole shop. You look after one institution."
        )


__all__ = [
    "Figures",
    "MonthFigures",
    "ReportForm",
    "Reports",
    "day_name",
    "days_of",
    "month_before",
    "month_name",
    "tender_name",
]
