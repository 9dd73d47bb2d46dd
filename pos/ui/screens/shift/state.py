"""What the Shift place shows: one frozen state, and the forms and results inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pos.domain.shift import ShiftReport
from pos.services.shift_desk import MovementRow, ShiftNow, ShiftRow
from pos.ui.screens.shift.counting import Count


class Page(StrEnum):
    """What stands on the desk."""

    WAIT = "wait"
    OPEN = "open"
    OVERVIEW = "overview"
    COUNT = "count"
    RESULT = "result"
    X = "x"
    PAST = "past"


class MoveKind(StrEnum):
    """What a form of the overview is for."""

    CASH = "cash"
    SAFE_DROP = "safe_drop"
    BANKING = "banking"
    NO_SALE = "no_sale"


class PaperState(StrEnum):
    """How far a paper has come."""

    PRINTING = "printing"
    PRINTED = "printed"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    NO_PRINTER = "no_printer"


@dataclass(frozen=True, slots=True)
class Move:
    """A cash movement as far as it was typed; `wrong` has a sentence for each field that is not right."""

    kind: MoveKind
    count: Count
    is_in: bool = False
    amount: str = ""
    slip: str = ""
    reason: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[str, ...]:
        """The fields of this form, in reading order."""
        return {
            MoveKind.CASH: ("amount", "reason"),
            MoveKind.SAFE_DROP: ("amount", "reason"),
            MoveKind.BANKING: ("amount", "slip", "reason"),
            MoveKind.NO_SALE: ("reason",),
        }[self.kind]

    def is_needed(self, name: str) -> bool:
        """Say whether a field must not stay empty."""
        return name != "reason" or self.kind in (MoveKind.CASH, MoveKind.NO_SALE)


@dataclass(frozen=True, slots=True)
class Result:
    """A shift that was just closed: its figures, its stored paper and how far that is."""

    report: ShiftReport
    movements: tuple[MovementRow, ...] = ()
    place: int = 0
    text: str = ""
    paper: PaperState = PaperState.PRINTING


@dataclass(frozen=True, slots=True)
class ShiftState:
    """Everything the screen shows, and everything that was typed into it."""

    page: Page = Page.WAIT
    now: ShiftNow | None = None
    opening: Count | None = None
    closing: Count | None = None
    """The blind count of the shift that is open."""
    move: Move | None = None
    result: Result | None = None
    x_text: str = ""
    past: ShiftRow | None = None
    past_text: str = ""
    asks_empty: bool = False
    """Nothing was counted, and F8 was pressed once."""
    is_refused: bool = False
    """A count was outside the limit, and no supervisor has allowed it yet."""
    is_busy: bool = False

    @property
    def counts(self) -> Count | None:
        """The count the page shows."""
        return self.opening if self.page is Page.OPEN else self.closing
