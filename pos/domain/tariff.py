"""A tariff: the rates of one price version, their checks, canonical JSON and hash (docs/formats.md §7, §12).

Where the formats are silent, a tariff means this:

- A line carries at most one tax, so that the tax table of a receipt can be added up by `tax_code`. Hence at
  most one tax applies to each of energy, charge, levy and fee. A second duty on energy is a levy.
- A charge whose `tax_code` is empty carries the tax that applies to charges. A charge that names a code
  carries that tax; a tax of 0 ppm that applies to nothing serves exempt charges.
- Arrears and fees are gross: the tax their code names is inside their line and gets no line of its own.
- A levy in ppm is a share of the energy amount as rated, without other levies. An inclusive levy is inside
  the block rates, an exclusive one on top. An inclusive tax is inside the amount it applies to.
- Every block has a rate above zero (units given away are `free_milli`), and the last block has no bound.
- The only `rounding` is `half_up`; another word is refused rather than priced by guess.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from pos.domain.canonical import INTEGER_MAX, JsonObject, canonical_bytes
from pos.domain.money import MINOR_DIGITS, PPM
from pos.errors import UserError

CODE_CHARACTERS_MAX = 40
HALF_UP = "half_up"

_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
Word = TypeVar("Word", bound=StrEnum)


class Service(StrEnum):
    """What a meter measures."""

    ELECTRICITY = "electricity"
    WATER = "water"


class Period(StrEnum):
    """How often a charge is due: once in a calendar month, or with every purchase."""

    MONTH = "month"
    PURCHASE = "purchase"


class Taxed(StrEnum):
    """What a tax can apply to."""

    ENERGY = "energy"
    CHARGE = "charge"
    LEVY = "levy"
    FEE = "fee"


class ArrearsKind(StrEnum):
    """How much of a purchase goes to what the customer owes."""

    NONE = "none"
    FIXED = "fixed"
    PERCENT = "percent"
    ALL = "all"


class TariffError(UserError):
    """A tariff that cannot be used (`tariff.*`).

    `field` is the JSON key at fault; `index` the place in its list, from 0, where the fault is in one entry.
    """

    def __init__(self, code: str, text: str, field: str, index: int | None = None) -> None:
        super().__init__(code, text)
        self.field = field
        self.index = index


@dataclass(frozen=True, slots=True)
class Block:
    """Units of the month up to and including `to_milli`, at `rate_micro` each; the last has no bound."""

    rate_micro: int
    to_milli: int | None = None

    def __post_init__(self) -> None:
        """Check both numbers; the order of the blocks is the tariff's to check."""
        _check_number(self.rate_micro, "rate_micro", least=1)
        if self.to_milli is not None:
            _check_number(self.to_milli, "to_milli", least=1)

    def to_json(self) -> JsonObject:
        """Give the block as docs/formats.md §12 has it."""
        bound: JsonObject = {} if self.to_milli is None else {"to_milli": self.to_milli}
        return bound | {"rate_micro": self.rate_micro}


@dataclass(frozen=True, slots=True)
class Charge:
    """A fixed amount, due per month or per purchase; an empty `tax_code` means the tax on charges."""

    code: str
    amount_minor: int
    period: Period
    tax_code: str = ""

    def __post_init__(self) -> None:
        """Check code and amount."""
        _check_code(self.code, "code")
        _check_number(self.amount_minor, "amount_minor", least=1)

    def to_json(self) -> JsonObject:
        """Give the charge as docs/formats.md §12 has it."""
        return {
            "code": self.code,
            "amount_minor": self.amount_minor,
            "period": self.period.value,
            "tax_code": self.tax_code,
        }


@dataclass(frozen=True, slots=True)
class Levy:
    """A duty on energy: a share (`ppm`) of the energy amount, or a rate per unit (`rate_micro`)."""

    code: str
    ppm: int | None = None
    rate_micro: int | None = None
    is_inclusive: bool = False

    def __post_init__(self) -> None:
        """Check the code and that exactly one of share and rate is given."""
        _check_code(self.code, "code")
        if (self.ppm is None) == (self.rate_micro is None):
            raise TariffError("tariff.levy", f"The levy {self.code} needs a percentage or a rate.", "ppm")
        if self.ppm is not None:
            _check_share(self.ppm)
        else:
            _check_number(self.rate_micro, "rate_micro", least=1)

    def to_json(self) -> JsonObject:
        """Give the levy as docs/formats.md §12 has it."""
        size: JsonObject = {"rate_micro": self.rate_micro} if self.ppm is None else {"ppm": self.ppm}
        return size | {"code": self.code, "inclusive": self.is_inclusive}


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on what `applies_to` lists, and on every charge or arrears rule that names its code."""

    code: str
    ppm: int
    applies_to: frozenset[Taxed] = frozenset()
    is_inclusive: bool = False

    def __post_init__(self) -> None:
        """Check code and share; 0 ppm is a zero-rated or exempt code."""
        _check_code(self.code, "code")
        _check_share(self.ppm, least=0)

    def to_json(self) -> JsonObject:
        """Give the tax as docs/formats.md §12 has it, `applies_to` sorted."""
        return {
            "code": self.code,
            "ppm": self.ppm,
            "inclusive": self.is_inclusive,
            "applies_to": [kind.value for kind in sorted(self.applies_to)],
        }


@dataclass(frozen=True, slots=True)
class ArrearsRule:
    """What each purchase pays off: `amount_minor` with FIXED, `ppm` of the money with PERCENT, up to a cap.

    A `tax_code` only marks the line: what a customer owes is gross, so its tax is inside.
    """

    kind: ArrearsKind = ArrearsKind.NONE
    amount_minor: int | None = None
    ppm: int | None = None
    cap_minor: int | None = None
    tax_code: str = ""

    def __post_init__(self) -> None:
        """Check that the rule has the numbers of its kind and no others."""
        if (self.amount_minor is not None) != (self.kind is ArrearsKind.FIXED):
            raise TariffError("tariff.arrears", "An amount goes with the arrears rule fixed.", "amount_minor")
        if (self.ppm is not None) != (self.kind is ArrearsKind.PERCENT):
            raise TariffError("tariff.arrears", "A percentage goes with the arrears rule percent.", "ppm")
        if self.amount_minor is not None:
            _check_number(self.amount_minor, "amount_minor", least=1)
        if self.ppm is not None:
            _check_share(self.ppm)
        if self.cap_minor is not None:
            _check_number(self.cap_minor, "cap_minor", least=1)

    def to_json(self) -> JsonObject:
        """Give rule, amount_minor?, ppm?, cap_minor? and tax_code."""
        numbers = {"amount_minor": self.amount_minor, "ppm": self.ppm, "cap_minor": self.cap_minor}
        given: JsonObject = {key: value for key, value in numbers.items() if value is not None}
        return given | {"rule": self.kind.value, "tax_code": self.tax_code}


NO_ARREARS = ArrearsRule()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One version of a price list: whole, checked and never changed; a sale keeps the version it used.

    `valid_from` is aware, in UTC, to the millisecond. `max_minor` None means no upper limit.
    """

    code: str
    version: int
    valid_from: datetime
    currency: str
    blocks: tuple[Block, ...]
    service: Service = Service.ELECTRICITY
    charges: tuple[Charge, ...] = ()
    levies: tuple[Levy, ...] = ()
    taxes: tuple[Tax, ...] = ()
    arrears: ArrearsRule = NO_ARREARS
    free_milli: int = 0
    min_minor: int = 0
    max_minor: int | None = None
    rounding: str = HALF_UP
    _taxes_by_code: dict[str, Tax] = field(init=False, repr=False, compare=False)
    _taxes_by_kind: dict[Taxed, Tax] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check everything and index the taxes.

        Raises:
            TariffError: the first thing that is wrong, with its field.
        """
        _check_head(self)
        _check_limits(self)
        _check_blocks(self.blocks)
        _check_codes_differ(self)
        object.__setattr__(self, "_taxes_by_code", {tax.code: tax for tax in self.taxes})
        object.__setattr__(self, "_taxes_by_kind", _taxes_by_kind(self.taxes))
        _check_tax_codes(self)
        _check_inclusive_levies(self)

    def tax_on(self, kind: Taxed) -> Tax | None:
        """Give the tax that applies to a kind of line, if there is one."""
        return self._taxes_by_kind.get(kind)

    def tax_named(self, code: str) -> Tax | None:
        """Give the tax of a code; none for the empty code."""
        return self._taxes_by_code.get(code)

    def charge_tax(self, charge: Charge) -> Tax | None:
        """Give the tax a charge carries: the one it names, else the one on charges."""
        return self.tax_named(charge.tax_code) if charge.tax_code else self.tax_on(Taxed.CHARGE)

    def to_json(self) -> JsonObject:
        """Give the tariff as docs/formats.md §12 has it; `max_minor` is left out where there is no limit."""
        limit: JsonObject = {} if self.max_minor is None else {"max_minor": self.max_minor}
        return limit | {
            "arrears": self.arrears.to_json(),
            "blocks": [block.to_json() for block in self.blocks],
            "charges": [charge.to_json() for charge in self.charges],
            "code": self.code,
            "currency": self.currency,
            "free_milli": self.free_milli,
            "levies": [levy.to_json() for levy in self.levies],
            "min_minor": self.min_minor,
            "rounding": self.rounding,
            "service": self.service.value,
            "taxes": [tax.to_json() for tax in self.taxes],
            "valid_from": instant_text(self.valid_from),
            "version": self.version,
        }


def tariff_sha256(tariff: Tariff) -> str:
    """Give the hex SHA-256 of the tariff's canonical JSON: what a sale's basis names."""
    return hashlib.sha256(canonical_bytes(tariff.to_json())).hexdigest()


def instant_text(instant: datetime) -> str:
    """Write an aware instant as `2026-11-20T10:15:30.123Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """Read `2026-11-20T10:15:30.123Z`; `tariff.valid_from` for anything else."""
    try:
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError as error:
        raise TariffError("tariff.valid_from", f"{text} is no date and time.", "valid_from") from error
    raise TariffError("tariff.valid_from", f"{text!r} is not like 2026-11-20T10:15:30.123Z.", "valid_from")


def word(kind: type[Word], text: str, field_name: str) -> Word:
    """Read one of the words of `kind`; `tariff.word` names the words there are."""
    try:
        return kind(text)
    except ValueError as error:
        words = ", ".join(member.value for member in kind)
        raise TariffError("tariff.word", f"{text!r} is none of {words}.", field_name) from error


def _check_code(code: str, field_name: str) -> None:
    if not 1 <= len(code) <= CODE_CHARACTERS_MAX or not code.isprintable() or code != code.strip():
        raise TariffError(
            "tariff.code", f"A code needs 1 to {CODE_CHARACTERS_MAX} printable characters.", field_name
        )


def _check_number(value: int | None, field_name: str, *, least: int = 0, most: int = INTEGER_MAX) -> None:
    if value is None or not least <= value <= most:
        raise TariffError("tariff.range", f"{field_name} must be from {least} to {most}.", field_name)


def _check_share(ppm: int, *, least: int = 1) -> None:
    if not least <= ppm <= PPM:
        raise TariffError("tariff.share", "A percentage must be above 0 and at most 100.", "ppm")


def _check_head(tariff: Tariff) -> None:
    _check_code(tariff.code, "code")
    _check_number(tariff.version, "version", least=1)
    if tariff.valid_from.utcoffset() != timedelta(0) or tariff.valid_from.microsecond % 1000:
        raise TariffError("tariff.valid_from", "The start must be in UTC, to the millisecond.", "valid_from")
    if tariff.currency not in MINOR_DIGITS:
        raise TariffError("tariff.currency", f"The currency {tariff.currency!r} is not known.", "currency")
    if tariff.rounding != HALF_UP:
        raise TariffError("tariff.rounding", f"The only rounding is {HALF_UP}.", "rounding")


def _check_limits(tariff: Tariff) -> None:
    _check_number(tariff.free_milli, "free_milli")
    _check_number(tariff.min_minor, "min_minor")
    if tariff.max_minor is not None and not 1 <= tariff.max_minor <= INTEGER_MAX:
        raise TariffError("tariff.range", "The largest vend must be above 0.", "max_minor")
    if tariff.max_minor is not None and tariff.max_minor < tariff.min_minor:
        raise TariffError("tariff.limits", "The largest vend is below the smallest.", "max_minor")


def _check_blocks(blocks: Sequence[Block]) -> None:
    if not blocks:
        raise TariffError("tariff.no_block", "A tariff needs at least one block.", "blocks")
    bound = 0
    for index, block in enumerate(blocks):
        is_last = index == len(blocks) - 1
        if (block.to_milli is None) != is_last:
            raise TariffError(
                "tariff.last_block", "The last block, and only the last, has no bound.", "to_milli", index
            )
        if block.to_milli is not None and block.to_milli <= bound:
            raise TariffError("tariff.block_order", "Block bounds must rise.", "to_milli", index)
        bound = block.to_milli or bound


def _check_codes_differ(tariff: Tariff) -> None:
    _check_differ("charges", [charge.code for charge in tariff.charges])
    _check_differ("levies", [levy.code for levy in tariff.levies])
    _check_differ("taxes", [tax.code for tax in tariff.taxes])


def _check_differ(field_name: str, codes: Sequence[str]) -> None:
    for index, code in enumerate(codes):
        if code in codes[:index]:
            raise TariffError("tariff.duplicate_code", f"The code {code} stands twice.", field_name, index)


def _taxes_by_kind(taxes: Iterable[Tax]) -> dict[Taxed, Tax]:
    found: dict[Taxed, Tax] = {}
    for index, tax in enumerate(taxes):
        for kind in sorted(tax.applies_to):
            if kind in found:
                text = f"{found[kind].code} and {tax.code} both apply to {kind.value}; only one may."
                raise TariffError("tariff.two_taxes", text, "taxes", index)
            found[kind] = tax
    return found


def _check_tax_codes(tariff: Tariff) -> None:
    named = {charge.tax_code for charge in tariff.charges} | {tariff.arrears.tax_code}
    for index, charge in enumerate(tariff.charges):
        if charge.tax_code and tariff.tax_named(charge.tax_code) is None:
            text = f"The charge {charge.code} names a tax {charge.tax_code} that is not there."
            raise TariffError("tariff.tax_code", text, "charges", index)
    if tariff.arrears.tax_code and tariff.tax_named(tariff.arrears.tax_code) is None:
        text = f"The arrears rule names a tax {tariff.arrears.tax_code} that is not there."
        raise TariffError("tariff.tax_code", text, "arrears")
    for index, tax in enumerate(tariff.taxes):
        if not tax.applies_to and tax.code not in named:
            text = f"The tax {tax.code} applies to nothing."
            raise TariffError("tariff.unused_tax", text, "taxes", index)


def _check_inclusive_levies(tariff: Tariff) -> None:
    inside = sum(levy.rate_micro or 0 for levy in tariff.levies if levy.is_inclusive)
    for index, block in enumerate(tariff.blocks):
        if block.rate_micro < inside:
            text = "The levies inside this block's rate are more than the rate."
            raise TariffError("tariff.levy_above_rate", text, "rate_micro", index)
