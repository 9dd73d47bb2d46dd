"""The self-test agrees with the published vectors, and says so when it does not."""

from collections import Counter

import pytest

from pos.services.sts_self_test import difference_of, packed_vectors, run_self_test
from tests.reference.vectors import Vector

VECTORS = packed_vectors()
EXPECTED = {
    "amount": {"field": 1, "decoded": 1},
    "crc": {"crc_hex": "0000"},
    "des_block": {"cipher_hex": "00"},
    "dkga02": {"dk_hex": "00"},
    "dkga04": {"dk_hex": "00"},
    "kct": {"tokens": []},
    "kct_section": {"key_part_hex": "00000000", "token": "0" * 20},
    "luhn": {"check_digit": 11},
    "luhn_invalid": {"drn": "12345678903"},
    "misty1_block": {"cipher_hex": "00", "plain_hex": "0" * 16},
    "reject_key_expired": {"ken": 255, "tid": 1, "tid_high8": 0},
    "sta_token_sample_tables": {"token": "0" * 20, "token66_hex": "0"},
    "tid": {"tid": 1},
    "token_class0": {"token": "0" * 20, "rnd": 6, "tid": 1, "amount_field": 99},
    "token_class1": {"token": "56493153725450313470", "control_hex": "ff"},
    "token_class2": {"token": "0" * 20, "tid": 1, "value_field": 99},
    "token_currency": {"token": "0" * 20, "tid": 1, "exponent": 30, "mantissa": 1},
}
CHANGES = [(kind, name, value) for kind, values in EXPECTED.items() for name, value in values.items()]


def test_self_test_of_the_packed_vectors_passes_all_of_every_kind() -> None:
    report = run_self_test()

    assert report.failed == 0
    assert report.differences == []
    assert report.passed == len(VECTORS) == 311
    assert {kind: passed for kind, passed, _ in report.counts} == Counter(v["kind"] for v in VECTORS)


@pytest.mark.parametrize(("kind", "name", "value"), CHANGES)
def test_self_test_of_a_changed_vector_says_the_difference(kind: str, name: str, value: object) -> None:
    vector = next(v for v in VECTORS if v["kind"] == kind and name in v)

    report = run_self_test([vector, {**vector, name: value}])

    assert report.counts == [(kind, 1, 1)]
    assert (report.passed, report.failed) == (1, 1)
    (difference,) = report.differences
    assert difference.startswith(f"{vector['id']} ({kind}): ")


def test_self_test_counts_kinds_in_order_of_their_names() -> None:
    kinds = [kind for kind, _, _ in run_self_test().counts]

    assert kinds == sorted(EXPECTED)


@pytest.mark.parametrize(
    "change",
    [{"kind": "unheard_of"}, {"units": -1}, {"units": None, "kind": "crc"}, {"units": "1"}],
    ids=["unknown kind", "refused by the engine", "values missing", "value of another type"],
)
def test_difference_of_a_vector_that_cannot_be_checked_names_the_error(change: Vector) -> None:
    vector = next(v for v in VECTORS if v["kind"] == "amount")

    assert "Error: " in str(difference_of({**vector, **change}))


def test_difference_of_a_vector_that_agrees_is_none() -> None:
    assert difference_of(VECTORS[0]) is None
