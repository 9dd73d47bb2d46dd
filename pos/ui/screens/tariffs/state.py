"""What the tariffs screen shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pos.domain.tariff import Tariff
from pos.services.price_view import PriceView
from pos.services.tariffs import TariffVersion
from pos.ui.screens.tariffs.changes import Change
from pos.ui.screens.tariffs.form import Path as FieldPath
from pos.ui.screens.tariffs.form import TariffForm


@dataclass(frozen=True, slots=True)
class TariffRow:
    """One version in the list. `stage`: now, later or past."""

    version: TariffVersion
    tariff: Tariff
    stage: str

    @property
    def title(self) -> str:
        """What people call it."""
        return self.version.name or self.version.code


@dataclass(frozen=True, slots=True)
class ExampleTexts:
    """What the worked example is asked: all as typed. Units in kWh or m³, money in whole units."""

    amount: str = "10000"
    bought: str = ""
    owed: str = ""
    is_units: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """The worked example: a price, or a sentence that says why there is none and at which field."""

    price: PriceView | None = None
    tariff: Tariff | None = None
    bought_milli: int = 0
    refusal: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class TariffsState:
    """What the screen shows; `form` None: the list."""

    rows: tuple[TariffRow, ...] = ()
    chosen: int = 0
    is_read: bool = False
    form: TariffForm | None = None
    wrong: Mapping[FieldPath, str] = field(default_factory=dict)
    touched: frozenset[FieldPath] = frozenset()
    shows_all: bool = False
    reason: str = ""
    reason_wrong: str = ""
    example_texts: ExampleTexts = ExampleTexts()
    example: Example = Example()
    changes: tuple[Change, ...] = ()
    starts_in_past: bool = False
    is_busy: bool = False
    file_errors: tuple[str, ...] = ()
    file_error_count: int = 0

    @property
    def row(self) -> TariffRow | None:
        """The chosen version."""
        return self.rows[self.chosen] if 0 <= self.chosen < len(self.rows) else None

    def wrong_at(self, path: FieldPath) -> str:
        """The sentence at a field: at once where it was typed in, everywhere after a try to save."""
        return self.wrong.get(path, "") if self.shows_all or path in self.touched else ""


def tariff_rows(versions: Sequence[TariffVersion], now: datetime) -> tuple[TariffRow, ...]:
    """Put versions in the order of the list, the newest of a code first, each with its stage at `now`."""
    in_force: dict[str, TariffVersion] = {}
    for one in versions:
        held = in_force.get(one.code)
        if one.valid_from <= now and (
            held is None or (held.valid_from, held.version) < (one.valid_from, one.version)
        ):
            in_force[one.code] = one

    def stage(one: TariffVersion) -> str:
        if in_force.get(one.code) is one:
            return "now"
        return "later" if one.valid_from > now else "past"

    found = [TariffRow(one, one.tariff(), stage(one)) for one in versions]
    found.sort(key=lambda row: (row.version.code, -row.version.version))
    return tuple(found)
