"""A priced item's JSON form, there and back."""

from __future__ import annotations

import pytest

from pos.domain.canonical import JsonError, canonical_bytes, parse_canonical
from pos.domain.priced_item import LineKind, PricedItem, PriceLine, priced_item_from_json

ITEM = PricedItem(
    money_minor=100,
    lines=(
        PriceLine(1, LineKind.ENERGY, "energy", 101, 1_100, "VAT", 89_000_000, 1),
        PriceLine(2, LineKind.ROUNDING, "rounding", -1),
    ),
    units_milli=1_100,
    free_milli=0,
    carry_in_milli=5,
    carry_out_milli=5,
    token_units_tenths=11,
)


def test_priced_item_when_written_then_as_the_page_says() -> None:
    assert ITEM.to_json() == {
        "money_minor": 100,
        "lines": [
            {
                "n": 1,
                "kind": "energy",
                "code": "energy",
                "amount_minor": 101,
                "units_milli": 1_100,
                "tax_code": "VAT",
                "rate_micro": 89_000_000,
                "block": 1,
            },
            {
                "n": 2,
                "kind": "rounding",
                "code": "rounding",
                "amount_minor": -1,
                "units_milli": 0,
                "tax_code": "",
            },
        ],
        "units_milli": 1_100,
        "free_milli": 0,
        "carry_in_milli": 5,
        "carry_out_milli": 5,
        "token_units_tenths": 11,
    }


def test_priced_item_from_json_when_item_has_more_keys_then_the_priced_part() -> None:
    item = ITEM.to_json() | {"n": 1, "item_kind": "token"}
    assert priced_item_from_json(parse_canonical(canonical_bytes(item))) == ITEM


def test_priced_item_from_json_when_a_line_kind_is_unknown_then_refused() -> None:
    line = ITEM.lines[0].to_json() | {"kind": "gift"}
    with pytest.raises(JsonError) as caught:
        priced_item_from_json(ITEM.to_json() | {"lines": [line]})
    assert caught.value.code == "json.field_word"


def test_total_minor_when_kinds_differ_then_only_that_kind() -> None:
    assert ITEM.total_minor(LineKind.ENERGY) == 101
    assert ITEM.total_minor(LineKind.FEE) == 0
