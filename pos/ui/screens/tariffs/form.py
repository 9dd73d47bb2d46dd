"""What is typed in the editor of a tariff, and its way to the tariffs CSV and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from pos.domain.csv_table import RowError, write_table
from pos.domain.money import format_scaled, minor_digits
from pos.domain.tariff import Tariff
from pos.domain.tariff_csv import COLUMNS, MICRO_DIGITS, PERCENT_DIGITS, UNIT_DIGITS, parse_tariffs

Entry = Mapping[str, str]
Path = tuple[str, int, str]
"""A field of the form: its part, the place in the part, the name of the cell."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "block": ("to_units", "rate"),
    "charge": ("name", "amount", "period", "tax_code"),
    "levy": ("name", "percent", "rate", "inclusive"),
    "tax": ("tax_code", "percent", "applies_to", "inclusive"),
}
"""The parts a tariff may have several of, with their cells in reading order."""

BLANKS: Mapping[str, Entry] = {
    "block": {"to_units": "", "rate": ""},
    "charge": {"name": "", "amount": "", "period": "month", "tax_code": ""},
    "levy": {"name": "", "percent": "", "rate": "", "inclusive": "no"},
    "tax": {"tax_code": "", "percent": "", "applies_to": "energy;charge;levy", "inclusive": "no"},
}

_HEAD_COLUMNS = {"tariff_code": "code", "service": "service", "valid_from": "valid_from"}
_GENERAL_COLUMNS = {"min_vend": "min_vend", "max_vend": "max_vend", "name": "name"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffForm:
    """The editor's texts as typed. `parts` has the lists; `version` is given by the program."""

    version: int = 1
    head: Entry
    parts: Mapping[str, tuple[Entry, ...]]
    is_new_code: bool = False

    def entry(self, path: Path) -> str:
        """Return the text of a field."""
        part, place, cell = path
        return self.head[cell] if part == "head" else self.parts[part][place][cell]

    def with_text(self, path: Path, text: str) -> TariffForm:
        """Return the form with another text in a field."""
        part, place, cell = path
        if part == "head":
            return replace(self, head={**self.head, cell: text})
        entries = list(self.parts[part])
        entries[place] = {**entries[place], cell: text}
        return replace(self, parts={**self.parts, part: tuple(entries)})

    def with_added(self, part: str) -> TariffForm:
        """Return the form with one more entry; a new block stands before the last, which has no bound."""
        entries = list(self.parts[part])
        at = max(0, len(entries) - 1) if part == "block" else len(entries)
        entries.insert(at, BLANKS[part])
        return replace(self, parts={**self.parts, part: tuple(entries)})

    def without(self, part: str, place: int) -> TariffForm:
        """Return the form without an entry."""
        entries = self.parts[part]
        return replace(self, parts={**self.parts, part: entries[:place] + entries[place + 1 :]})


HEAD = (
    *("code", "name", "service", "valid_from", "min_vend", "max_vend", "free"),
    *("rule", "arrears_amount", "arrears_percent", "cap", "arrears_tax"),
)


def blank_form(valid_from: str) -> TariffForm:
    """Return the form of a tariff that there is not yet."""
    head = {**dict.fromkeys(HEAD, ""), "service": "electricity", "rule": "none", "valid_from": valid_from}
    parts: dict[str, tuple[Entry, ...]] = dict.fromkeys(PARTS, ())
    return TariffForm(head=head, parts=parts | {"block": (BLANKS["block"],)}, is_new_code=True)


def form_of(tariff: Tariff, *, name: str, version: int, valid_from: str) -> TariffForm:
    """Return the form of the next version of a tariff."""
    digits = minor_digits(tariff.currency)
    rates = digits + MICRO_DIGITS
    rule = tariff.arrears
    head = {
        "code": tariff.code,
        "name": name,
        "service": tariff.service.value,
        "valid_from": valid_from,
        "min_vend": _text(tariff.min_minor or None, digits),
        "max_vend": _text(tariff.max_minor, digits),
        "free": _text(tariff.free_milli or None, UNIT_DIGITS),
        "rule": rule.kind.value,
        "arrears_amount": _text(rule.amount_minor, digits),
        "arrears_percent": _text(rule.ppm, PERCENT_DIGITS),
        "cap": _text(rule.cap_minor, digits),
        "arrears_tax": rule.tax_code,
    }
    parts: dict[str, tuple[Entry, ...]] = {
        "block": tuple(
            {"to_units": _text(block.to_milli, UNIT_DIGITS), "rate": _text(block.rate_micro, rates)}
            for block in tariff.blocks
        ),
        "charge": tuple(
            {
                "name": charge.code,
                "amount": _text(charge.amount_minor, digits),
                "period": charge.period.value,
                "tax_code": charge.tax_code,
            }
            for charge in tariff.charges
        ),
        "levy": tuple(
            {
                "name": levy.code,
                "percent": _text(levy.ppm, PERCENT_DIGITS),
                "rate": _text(levy.rate_micro, rates),
                "inclusive": _yes_no(levy.is_inclusive),
            }
            for levy in tariff.levies
        ),
        "tax": tuple(
            {
                "tax_code": tax.code,
                "percent": _text(tax.ppm, PERCENT_DIGITS),
                "applies_to": ";".join(kind.value for kind in sorted(tax.applies_to)),
                "inclusive": _yes_no(tax.is_inclusive),
            }
            for tax in tariff.taxes
        ),
    }
    return TariffForm(version=version, head=head, parts=parts)


@dataclass(frozen=True, slots=True)
class ReadForm:
    """What a form means: the tariff, or what is wrong where; `text` is the CSV an import takes."""

    text: str
    tariff: Tariff | None
    wrong: Mapping[Path, tuple[str, str]]
    """Code and sentence by field."""


def read_form(form: TariffForm, currency: str, time_zone: tzinfo) -> ReadForm:
    """Read the form by the rules of an import, so that the editor and a file allow the same."""
    rows = list(_rows(form))
    head = {
        "tariff_code": form.head["code"].strip(),
        "version": str(form.version),
        "valid_from": form.head["valid_from"].strip(),
        "service": form.head["service"],
        "currency": currency,
    }
    cells = [head | {column: text.strip() for column, text in row.items()} for _, row in rows]
    text = write_table(COLUMNS, ([row.get(column, "") for column in COLUMNS] for row in cells))
    sheet = parse_tariffs(text, time_zone=time_zone)
    places = [place for place, _ in rows]
    wrong: dict[Path, tuple[str, str]] = {}
    for error in sheet.errors:
        wrong.setdefault(_path_of(error, places), (error.error_code, error.error_text))
    tariff = sheet.tariffs[0].tariff if sheet.tariffs and not wrong else None
    return ReadForm(text, tariff, wrong)


def _rows(form: TariffForm) -> list[tuple[tuple[str, int], dict[str, str]]]:
    head = form.head
    general = {"row": "tariff", "rounding": "half_up"}
    found = [(("head", 0), general | {column: head[cell] for column, cell in _GENERAL_COLUMNS.items()})]
    for part in PARTS:
        for place, entry in enumerate(form.parts[part]):
            position = {"position": str(place + 1)} if part == "block" else {}
            found.append(((part, place), {"row": part, **entry, **position}))
    if head["free"].strip():
        found.append((("free", 0), {"row": "free", "amount": head["free"]}))
    if head["rule"] != "none":
        # What another rule asked for is left out, not read.
        amount = head["arrears_amount"] if head["rule"] == "fixed" else ""
        percent = head["arrears_percent"] if head["rule"] == "percent" else ""
        arrears = {"rule": head["rule"], "amount": amount, "percent": percent}
        rest = {"cap": head["cap"], "tax_code": head["arrears_tax"]}
        found.append((("arrears", 0), {"row": "arrears", **arrears, **rest}))
    return found


_ARREARS_COLUMNS = {
    "amount": "arrears_amount",
    "percent": "arrears_percent",
    "cap": "cap",
    "tax_code": "arrears_tax",
}


def _path_of(error: RowError, places: list[tuple[str, int]]) -> Path:
    """Find the field of a mistake: line 2 of the text is the first row."""
    part, place = places[error.line - 2] if 0 <= error.line - 2 < len(places) else ("head", 0)
    column = error.column
    if error.error_code == "tariff.no_block":
        return ("block", 0, "rate")
    if column in _HEAD_COLUMNS:
        return ("head", 0, _HEAD_COLUMNS[column])
    if part == "head":
        return ("head", 0, _GENERAL_COLUMNS.get(column, "code"))
    if part == "free":
        return ("head", 0, "free")
    if part == "arrears":
        return ("head", 0, _ARREARS_COLUMNS.get(column, _arrears_field(error)))
    if error.error_code == "tariff.duplicate_code":
        column = PARTS[part][0]
    return (part, place, column if column in PARTS[part] else PARTS[part][0])


def _arrears_field(error: RowError) -> str:
    return "arrears_percent" if "percentage" in error.error_text else "arrears_amount"


def _text(value: int | None, digits: int) -> str:
    if value is None:
        return ""
    text = format_scaled(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _yes_no(is_yes: bool) -> str:
    return "yes" if is_yes else "no"
