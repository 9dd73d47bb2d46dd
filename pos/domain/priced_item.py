"""A priced item: its lines and units, as journal, receipt and server see them (docs/formats.md §4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pos.domain.canonical import INTEGER_MAX, Fields, JsonObject


class LineKind(StrEnum):
    """The kinds of line an item may hold (docs/formats.md §4)."""

    ARREARS = "arrears"
    CHARGE = "charge"
    LEVY = "levy"
    TAX = "tax"
    ENERGY = "energy"
    FREE = "free"
    ROUNDING = "rounding"
    FEE = "fee"
    CASH_ROUNDING = "cash_rounding"
    VOUCHER = "voucher"
    GOODS = "goods"
    DISCOUNT = "discount"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line of an item; `rate_micro` with energy and levies per unit, `block` (from 1) with energy."""

    n: int
    kind: LineKind
    code: str
    amount_minor: int
    units_milli: int = 0
    tax_code: str = ""
    rate_micro: int | None = None
    block: int | None = None

    def to_json(self) -> JsonObject:
        """Give the line as docs/formats.md §4 has it; `tax_code` is empty where there is no tax."""
        optional = {"rate_micro": self.rate_micro, "block": self.block}
        given: JsonObject = {key: value for key, value in optional.items() if value is not None}
        return given | {
            "n": self.n,
            "kind": self.kind.value,
            "code": self.code,
            "amount_minor": self.amount_minor,
            "units_milli": self.units_milli,
            "tax_code": self.tax_code,
        }


@dataclass(frozen=True, slots=True)
class PricedItem:
    """A price: Σ lines = `money_minor`; in milli, bought + free + carry in = 100 · tenths + carry out."""

    money_minor: int
    lines: tuple[PriceLine, ...]
    units_milli: int
    free_milli: int
    carry_in_milli: int
    carry_out_milli: int
    token_units_tenths: int

    def total_minor(self, kind: LineKind) -> int:
        """Add up the lines of one kind."""
        return sum(line.amount_minor for line in self.lines if line.kind is kind)

    def to_json(self) -> JsonObject:
        """Give the part of a token item (docs/formats.md §4) that pricing decides."""
        return {
            "money_minor": self.money_minor,
            "lines": [line.to_json() for line in self.lines],
            "units_milli": self.units_milli,
            "free_milli": self.free_milli,
            "carry_in_milli": self.carry_in_milli,
            "carry_out_milli": self.carry_out_milli,
            "token_units_tenths": self.token_units_tenths,
        }


def priced_item_from_json(value: object) -> PricedItem:
    """Read the priced part of a token item; its other keys are left alone.

    Raises:
        JsonError: a key is missing or of the wrong type, or a line kind there is not (`json.field_*`).
    """
    fields = Fields(value, "item")
    return PricedItem(
        money_minor=fields.integer("money_minor"),
        lines=tuple(_line_from(entry) for entry in fields.children("lines")),
        units_milli=fields.integer("units_milli"),
        free_milli=fields.integer("free_milli"),
        carry_in_milli=fields.integer("carry_in_milli"),
        carry_out_milli=fields.integer("carry_out_milli"),
        token_units_tenths=fields.integer("token_units_tenths"),
    )


def _line_from(fields: Fields) -> PriceLine:
    return PriceLine(
        n=fields.integer("n", least=1),
        kind=fields.word("kind", LineKind),
        code=fields.text("code"),
        amount_minor=fields.integer("amount_minor", least=-INTEGER_MAX),
        units_milli=fields.integer("units_milli"),
        tax_code=fields.text("tax_code"),
        rate_micro=fields.optional_integer("rate_micro"),
        block=fields.optional_integer("block"),
    )
