"""Tariffs there and back through JSON and CSV, and canonical JSON over any value."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pos.domain.canonical import JsonError, canonical_bytes, parse, parse_canonical
from pos.domain.csv_table import read_table
from pos.domain.tariff import Tariff, tariff_sha256
from pos.domain.tariff_csv import NamedTariff, parse_tariffs
from pos.domain.tariff_csv_write import tariffs_csv
from pos.domain.tariff_json import tariff_from_json
from tests.factories.tariff_strategies import CODES, tariffs

LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8"))
)
KEYS = st.text("abz09_", min_size=1, max_size=5)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(VALUES)
def test_canonical_when_any_value_then_one_byte_form_there_and_back(value: Any) -> None:
    data = canonical_bytes(value)
    assert parse_canonical(data) == value
    assert parse(json.dumps(value, indent=1).encode()) == value
    assert canonical_bytes(parse(json.dumps(value, indent=1).encode())) == data


@given(st.binary(max_size=60))
def test_parse_when_any_bytes_then_a_value_or_a_json_error(data: bytes) -> None:
    try:
        value = parse(data)
    except JsonError as error:
        assert error.code.startswith("json.")
    else:
        assert parse(canonical_bytes(value)) == value


@given(tariffs())
def test_tariff_when_through_json_then_equal_with_the_same_hash(tariff: Tariff) -> None:
    again = tariff_from_json(parse_canonical(canonical_bytes(tariff.to_json())))
    assert again == tariff
    assert tariff_sha256(again) == tariff_sha256(tariff)


@given(st.lists(st.tuples(tariffs(), CODES | st.just("")), max_size=3, unique_by=lambda pair: pair[0].code))
def test_tariffs_when_through_csv_then_equal(pairs: list[tuple[Tariff, str]]) -> None:
    named = tuple(NamedTariff(tariff, name) for tariff, name in pairs)
    sheet = parse_tariffs(tariffs_csv(named))
    assert sheet.errors == ()
    assert sheet.tariffs == named


@given(st.text(st.sampled_from('tariff_code,version;\t"\n\r1é\ufeff '), max_size=80))
def test_parse_tariffs_when_any_text_then_never_raises(text: str) -> None:
    header = "tariff_code,version,valid_from,currency,row\n"
    assert parse_tariffs(header + text).table.header
    assert read_table(text, columns=("version",), required=()).rows is not None
