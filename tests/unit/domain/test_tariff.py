"""A tariff: every check, its taxes, and its JSON form."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pos.domain.canonical import JsonError, canonical_bytes, parse_canonical
from pos.domain.tariff import (
    ArrearsKind,
    ArrearsRule,
    Block,
    Charge,
    Levy,
    Period,
    TariffError,
    Tax,
    Taxed,
    instant_text,
    parse_instant,
    tariff_sha256,
)
from pos.domain.tariff_json import tariff_from_json
from tests.factories.tariffs import MONTHLY, VAT, make_full_tariff, make_tariff

ENERGY = frozenset({Taxed.ENERGY})


@pytest.mark.parametrize(
    ("changes", "code", "field", "index"),
    [
        ({"code": ""}, "tariff.code", "code", None),
        ({"code": " A"}, "tariff.code", "code", None),
        ({"code": "A\n"}, "tariff.code", "code", None),
        ({"code": "\ud800"}, "tariff.code", "code", None),
        ({"code": "x" * 41}, "tariff.code", "code", None),
        ({"version": 0}, "tariff.range", "version", None),
        ({"version": 2**53}, "tariff.range", "version", None),
        ({"currency": "XXX"}, "tariff.currency", "currency", None),
        ({"rounding": "down"}, "tariff.rounding", "rounding", None),
        ({"valid_from": datetime(2026, 1, 1)}, "tariff.valid_from", "valid_from", None),  # noqa: DTZ001
        (
            {"valid_from": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2)))},
            "tariff.valid_from",
            "valid_from",
            None,
        ),
        (
            {"valid_from": datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)},
            "tariff.valid_from",
            "valid_from",
            None,
        ),
        ({"free_milli": -1}, "tariff.range", "free_milli", None),
        ({"min_minor": -1}, "tariff.range", "min_minor", None),
        ({"max_minor": 0}, "tariff.range", "max_minor", None),
        ({"min_minor": 2, "max_minor": 1}, "tariff.limits", "max_minor", None),
        ({"blocks": ()}, "tariff.no_block", "blocks", None),
        ({"blocks": (Block(1, 5),)}, "tariff.last_block", "to_milli", 0),
        ({"blocks": (Block(1), Block(1))}, "tariff.last_block", "to_milli", 0),
        ({"blocks": (Block(1, 5), Block(2, 5), Block(1))}, "tariff.block_order", "to_milli", 1),
        ({"charges": (MONTHLY, MONTHLY)}, "tariff.duplicate_code", "charges", 1),
        ({"levies": (Levy("a", ppm=1), Levy("a", ppm=1))}, "tariff.duplicate_code", "levies", 1),
        ({"taxes": (VAT, VAT)}, "tariff.duplicate_code", "taxes", 1),
        ({"taxes": (VAT, Tax("B", 1, ENERGY))}, "tariff.two_taxes", "taxes", 1),
        ({"taxes": (VAT, Tax("B", 1))}, "tariff.unused_tax", "taxes", 1),
        ({"charges": (Charge("a", 1, Period.MONTH, "B"),)}, "tariff.tax_code", "charges", 0),
        ({"arrears": ArrearsRule(ArrearsKind.ALL, tax_code="B")}, "tariff.tax_code", "arrears", None),
        (
            {
                "blocks": (Block(10, 5), Block(9)),
                "levies": (
                    Levy("a", rate_micro=5, is_inclusive=True),
                    Levy("b", rate_micro=5, is_inclusive=True),
                ),
            },
            "tariff.levy_above_rate",
            "rate_micro",
            1,
        ),
    ],
)
def test_tariff_when_something_is_wrong_then_refused_with_its_field(
    changes: dict[str, Any], code: str, field: str, index: int | None
) -> None:
    with pytest.raises(TariffError) as caught:
        make_tariff(**changes)
    assert (caught.value.code, caught.value.field, caught.value.index) == (code, field, index)


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: Block(0), "tariff.range"),
        (lambda: Block(1, 0), "tariff.range"),
        (lambda: Charge("a", 0, Period.MONTH), "tariff.range"),
        (lambda: Charge("", 1, Period.MONTH), "tariff.code"),
        (lambda: Levy("a"), "tariff.levy"),
        (lambda: Levy("a", ppm=1, rate_micro=1), "tariff.levy"),
        (lambda: Levy("a", ppm=0), "tariff.share"),
        (lambda: Levy("a", rate_micro=0), "tariff.range"),
        (lambda: Tax("a", -1), "tariff.share"),
        (lambda: Tax("a", 1_000_001), "tariff.share"),
        (lambda: ArrearsRule(ArrearsKind.FIXED), "tariff.arrears"),
        (lambda: ArrearsRule(ArrearsKind.ALL, amount_minor=1), "tariff.arrears"),
        (lambda: ArrearsRule(ArrearsKind.PERCENT), "tariff.arrears"),
        (lambda: ArrearsRule(ArrearsKind.FIXED, amount_minor=1, ppm=1), "tariff.arrears"),
        (lambda: ArrearsRule(ArrearsKind.FIXED, amount_minor=0), "tariff.range"),
        (lambda: ArrearsRule(ArrearsKind.PERCENT, ppm=0), "tariff.share"),
        (lambda: ArrearsRule(ArrearsKind.ALL, cap_minor=0), "tariff.range"),
    ],
)
def test_part_when_something_is_wrong_then_refused(build: Any, code: str) -> None:
    with pytest.raises(TariffError) as caught:
        build()
    assert caught.value.code == code


def test_charge_tax_when_charge_names_a_code_then_that_else_the_tax_on_charges() -> None:
    exempt = Tax("EX", 0)
    named = Charge("rent", 1, Period.MONTH, "EX")
    tariff = make_tariff(charges=(MONTHLY, named), taxes=(VAT, exempt))
    assert tariff.charge_tax(MONTHLY) == VAT
    assert tariff.charge_tax(named) == exempt
    assert make_tariff(charges=(MONTHLY,)).charge_tax(MONTHLY) is None
    assert tariff.tax_on(Taxed.FEE) is None


def test_tariff_json_when_full_then_as_the_page_says() -> None:
    assert make_full_tariff().to_json() == {
        "arrears": {"rule": "percent", "ppm": 300_000, "cap_minor": 100_000, "tax_code": "VAT"},
        "blocks": [
            {"to_milli": 30_000, "rate_micro": 12_230_000},
            {"to_milli": 100_000, "rate_micro": 16_450_000},
            {"rate_micro": 19_080_001},
        ],
        "charges": [
            {"code": "Meter rent", "amount_minor": 15_050, "period": "month", "tax_code": "EX"},
            {"code": "Service", "amount_minor": 2_000, "period": "purchase", "tax_code": ""},
        ],
        "code": "KPL-D",
        "currency": "KES",
        "free_milli": 2_500,
        "levies": [
            {"code": "Rural", "ppm": 50_000, "inclusive": False},
            {"code": "Regulator", "rate_micro": 80_000, "inclusive": True},
        ],
        "max_minor": 5_000_000,
        "min_minor": 10_000,
        "rounding": "half_up",
        "service": "water",
        "taxes": [
            {"code": "VAT", "ppm": 160_000, "inclusive": True, "applies_to": ["charge", "energy", "fee"]},
            {"code": "EX", "ppm": 0, "inclusive": False, "applies_to": []},
        ],
        "valid_from": "2026-06-30T21:00:00.500Z",
        "version": 3,
    }


def test_tariff_from_json_when_written_and_read_then_equal_with_the_same_hash() -> None:
    for tariff in (make_tariff(), make_full_tariff()):
        line = canonical_bytes(tariff.to_json())
        assert tariff_from_json(parse_canonical(line)) == tariff
        assert tariff_sha256(tariff) == hashlib.sha256(line).hexdigest()


def test_tariff_sha256_when_tariff_is_plain_then_this_value_for_ever() -> None:
    assert canonical_bytes(make_tariff().to_json()).decode() == (
        '{"arrears":{"rule":"none","tax_code":""},"blocks":[{"rate_micro":89000000,"to_milli":20000},'
        '{"rate_micro":310000000,"to_milli":50000},{"rate_micro":369000000}],"charges":[],"code":"RES",'
        '"currency":"RWF","free_milli":0,"levies":[],"min_minor":0,"rounding":"half_up",'
        '"service":"electricity","taxes":[],"valid_from":"2026-01-01T00:00:00.000Z","version":1}'
    )
    assert tariff_sha256(make_tariff()) == "59cab674ac21ae67c7352abfa71d46c9c09dc11aba24a57c27f055a21ec04ab9"


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("extra", 1, "json.field_unknown"),
        ("version", "1", "json.field_type"),
        ("service", "gas", "json.field_word"),
        ("blocks", [{"rate_micro": 1, "colour": "red"}], "json.field_unknown"),
        ("taxes", [{"code": "A", "ppm": 1, "inclusive": False, "applies_to": ["x"]}], "json.field_word"),
    ],
)
def test_tariff_from_json_when_form_is_wrong_then_refused(path: str, value: object, code: str) -> None:
    with pytest.raises(JsonError) as caught:
        tariff_from_json(make_full_tariff().to_json() | {path: value})
    assert caught.value.code == code


def test_tariff_from_json_when_values_make_no_tariff_then_refused() -> None:
    with pytest.raises(TariffError):
        tariff_from_json(make_tariff().to_json() | {"blocks": []})


@pytest.mark.parametrize("text", ["2026-01-01", "2026-13-01T00:00:00.000Z", "2026-01-01T00:00:00Z", ""])
def test_parse_instant_when_not_the_one_form_then_refused(text: str) -> None:
    with pytest.raises(TariffError) as caught:
        parse_instant(text)
    assert caught.value.code == "tariff.valid_from"


def test_instant_text_when_in_another_zone_then_utc_with_three_decimals() -> None:
    instant = datetime(2026, 11, 20, 12, 15, 30, 123_000, tzinfo=timezone(timedelta(hours=2)))
    assert instant_text(instant) == "2026-11-20T10:15:30.123Z"
    assert parse_instant("2026-11-20T10:15:30.123Z") == instant


def test_tariff_when_made_then_frozen_hashable_and_json_serialisable() -> None:
    tariff = make_full_tariff()
    assert hash(tariff) == hash(make_full_tariff())
    json.dumps(tariff.to_json())
    with pytest.raises(dataclasses.FrozenInstanceError):
        tariff.version = 4  # type: ignore[misc]
