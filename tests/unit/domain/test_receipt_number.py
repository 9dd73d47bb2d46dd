import pytest

from pos.domain.receipt_number import (
    case_number,
    check_till_code,
    code_after_restore,
    number_of,
    receipt_number,
    z_number,
)
from pos.errors import UserError


def test_numbers_when_written_read_back() -> None:
    assert receipt_number("T03", 123) == "T03-000123"
    assert receipt_number("T03", 1_234_567) == "T03-1234567"
    assert receipt_number("T03", 1, is_training=True) == "T03-TRAIN-000001"
    assert z_number("T03", 42) == "T03-Z0042"
    assert case_number("T03", 7) == "T03-C0007"
    for text, number in (
        ("T03-000123", 123),
        ("T03B-1234567", 1_234_567),
        ("T03-TRAIN-000001", 1),
        ("T03-Z0042", 42),
        ("T03-C0007", 7),
    ):
        assert number_of(text) == number


@pytest.mark.parametrize("text", ["", "T03", "T03-", "t03-000001", "T03-12x", "T03-٣"])
def test_number_when_it_is_none_is_refused(text: str) -> None:
    with pytest.raises(UserError) as refused:
        number_of(text)

    assert refused.value.code == "sale.receipt_number"


@pytest.mark.parametrize("code", ["T", "T03BX", "t03", "T-3", ""])
def test_till_code_when_malformed_is_refused(code: str) -> None:
    with pytest.raises(UserError) as refused:
        check_till_code(code)

    assert refused.value.code == "till.code"


def test_code_after_restore_when_restored_again_takes_the_next_letter() -> None:
    assert check_till_code("T03") == "T03"
    assert [code_after_restore("T03", restores) for restores in (0, 1, 2, 25)] == [
        "T03",
        "T03B",
        "T03C",
        "T03Z",
    ]
    with pytest.raises(UserError) as refused:
        code_after_restore("T03", 26)
    assert refused.value.code == "till.code"
