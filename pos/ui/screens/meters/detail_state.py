"""What is shown of one meter: its record, its past, the form or the tokens in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pos.domain.permissions import Permission
from pos.errors import KilotillError
from pos.services.free_issue import FreeUnits
from pos.services.meter_history import MeterPast
from pos.services.meters import MeterDetail
from pos.ui.context import Context
from pos.ui.screens.meters.forms import Form
from pos.ui.screens.meters.words import unit_of_service

TAB_PURCHASES = "purchases"
TAB_USE = "use"
TAB_CASES = "cases"
TAB_FACTS = "facts"


@dataclass(frozen=True, slots=True)
class DetailData:
    """A meter as it was read. `free` None: nothing can be said of free units now."""

    meter: MeterDetail
    tariff_name: str
    past: MeterPast
    free: FreeUnits | None

    @property
    def unit(self) -> str:
        """The unit of what it measures."""
        return unit_of_service(self.meter.row.service)


@dataclass(frozen=True, slots=True)
class MadeTokens:
    """Tokens that were just made, as they are read to the customer; `parts` are caption and digits."""

    title: str
    text: str
    parts: tuple[tuple[str, str], ...]
    issue_id: UUID
    job: int | None
    """The print job of its slip, until that came out."""
    printing: str = ""
    light: str = "off"


@dataclass(frozen=True, slots=True)
class DetailState:
    """One meter on the screen."""

    drn: str = ""
    data: DetailData | None = None
    form: Form | None = None
    tokens: MadeTokens | None = None
    tab: str = TAB_PURCHASES
    is_chart_table: bool = False
    purchases_asked: int = 0
    """Grows with each new question for the purchases."""


def read_detail(context: Context, drn: str) -> DetailData:
    """Read all of a meter; on a worker. Raises UserError `meter.unknown`."""
    desk, actor = context.desk, context.actor
    card = desk.counter.card(actor, drn)
    free = None
    if context.may_ask(Permission.SALE_FREE_ISSUE):
        try:
            free = desk.free_issue.due(actor, drn)
        except KilotillError:
            # Blocked, without a tariff, or the clock is off: then nothing can be given anyway.
            free = None
    return DetailData(
        desk.meters.get(actor, card.meter.id), card.tariff_name, desk.meter_history.past(actor, drn), free
    )
