import dataclasses
import hashlib
import hmac
import traceback
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.tokens.demo import demo_keys
from pos.tokens.errors import KeyDataError, TokenError, UnsupportedError, VaultError
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.secret import Secret
from pos.tokens.vending_key import (
    Component,
    GroupKey,
    VendingKey,
    check_value,
    combine_components,
    load_key,
    read_component,
)
from tests.unit.tokens.spellings import shows

VK_64 = bytes.fromhex("ABABABABABABABAB")
VK_160 = bytes.fromhex("ABABABABABABABAB949494949494949401234567")
HALF_64 = bytes.fromhex("0123456789ABCDEF")
HALF_160 = bytes.fromhex("0F1E2D3C4B5A69788796A5B4C3D2E1F0DEADBEEF")


def group_key(**changes: object) -> GroupKey:
    fields = {
        "sgc": "201457",
        "krn": 1,
        "method": KeyMethod.DKGA04,
        "ea": EncryptionAlgorithm.STA,
        "base_date": BaseDate.Y2014,
    }
    return GroupKey(**(fields | changes))  # type: ignore[arg-type]


def group_key_64(**changes: object) -> GroupKey:
    return group_key(**{"sgc": "123456", "method": KeyMethod.DKGA02} | changes)


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def two_components(key: bytes, half: bytes, method: KeyMethod) -> tuple[Component, Component]:
    return (
        read_component(half.hex(), method, custodian="ann"),
        read_component(xor(key, half).hex(), method, custodian="ben"),
    )


def code_of(error: pytest.ExceptionInfo[TokenError]) -> str:
    return error.value.code


def test_group_key_when_nothing_else_is_said_then_is_a_unique_key_that_never_expires() -> None:
    group = group_key()
    assert (group.kt, group.ken, group.valid_until) == (KeyType.DUTK, 255, None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sgc": "12345"}, "key.sgc"),
        ({"sgc": "12345x"}, "key.sgc"),
        ({"krn": 0}, "key.krn"),
        ({"krn": 10}, "key.krn"),
        ({"ken": -1}, "key.ken"),
        ({"ken": 256}, "key.ken"),
        ({"kt": KeyType.DITK}, "key.kt"),
        ({"valid_until": datetime(2027, 1, 1)}, "key.valid_until"),  # noqa: DTZ001 - the point of the case
        ({"valid_until": datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=2)))}, "key.valid_until"),
        ({"method": KeyMethod.DKGA02, "ea": EncryptionAlgorithm.MISTY1}, "key.algorithm"),
    ],
)
def test_group_key_when_an_attribute_is_wrong_then_is_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(KeyDataError) as caught:
        group_key(**changes)
    assert code_of(caught) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": KeyMethod.DKGA01}, "unsupported.dkga01"),
        ({"method": KeyMethod.DKGA03}, "unsupported.dkga03"),
        ({"ea": EncryptionAlgorithm.DEA}, "unsupported.ea09"),
    ],
)
def test_group_key_when_the_method_or_algorithm_is_unproven_then_is_refused(
    changes: dict[str, object], code: str
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        group_key(**changes)
    assert code_of(caught) == code


def test_vending_key_when_its_length_does_not_fit_the_method_then_is_refused() -> None:
    for group, secret in ((group_key(), VK_64), (group_key_64(), VK_160)):
        with pytest.raises(KeyDataError) as caught:
            VendingKey(group, Secret(secret))
        assert code_of(caught) == "key.length"


@given(st.integers(0, 63))
def test_vending_key_when_one_bit_of_a_dkga02_key_is_wrong_then_parity_refuses_it(bit: int) -> None:
    flipped = (int.from_bytes(VK_64, "big") ^ 1 << bit).to_bytes(8, "big")
    with pytest.raises(KeyDataError) as caught:
        VendingKey(group_key_64(), Secret(flipped))
    assert code_of(caught) == "key.parity"


def test_vending_key_when_dkga04_then_parity_is_not_asked_for() -> None:
    assert VendingKey(group_key(), Secret(bytes(19) + b"\x03")).check_value


def test_vending_key_when_printed_then_shows_its_group_and_not_its_bytes() -> None:
    key = VendingKey(group_key(), Secret(VK_160))
    assert "201457" in repr(key)
    assert not shows(repr(key) + str(dataclasses.asdict(key)), VK_160)


def test_check_value_when_taken_then_is_the_start_of_an_hmac() -> None:
    expected = hmac.new(VK_64, b"KCV", hashlib.sha256).hexdigest()[:6].upper()
    assert check_value(Secret(VK_64)) == expected == "544E54"
    assert check_value(Secret(VK_160)) == "13C395"


@pytest.mark.parametrize("text", ["0123456789ABCDEF", "01234567 89abcdef", " 0123-4567-89AB-CDEF\n"])
def test_component_when_typed_with_blanks_dashes_or_small_letters_then_reads_the_same(text: str) -> None:
    component = read_component(text, KeyMethod.DKGA02, custodian="ann")
    assert component.secret.reveal() == HALF_64
    assert component.check_value == check_value(Secret(HALF_64))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0123456789ABCDEG", "key.hex"),
        ("0123456789ABCDE", "key.hex"),
        ("0123456789ABCD", "key.length"),
        ("", "key.length"),
        (HALF_160.hex(), "key.length"),
    ],
)
def test_component_when_mistyped_then_is_refused_without_repeating_it(text: str, code: str) -> None:
    with pytest.raises(KeyDataError) as caught:
        read_component(text, KeyMethod.DKGA02, custodian="ann")
    assert code_of(caught) == code
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert not text or text not in "".join(traceback.format_exception(caught.value))


def test_component_when_the_method_is_unsupported_then_is_refused() -> None:
    with pytest.raises(UnsupportedError):
        read_component("00" * 16, KeyMethod.DKGA03, custodian="ann")


def test_component_when_printed_then_shows_the_custodian_and_not_the_bytes() -> None:
    component = read_component(HALF_160.hex(), KeyMethod.DKGA04, custodian="ann")
    assert "ann" in repr(component)
    assert not shows(repr(component), HALF_160)


@given(st.binary(min_size=20, max_size=20), st.binary(min_size=20, max_size=20))
def test_combine_when_any_two_different_components_then_xors_them_in_either_order(a: bytes, b: bytes) -> None:
    if a == b:
        with pytest.raises(KeyDataError) as caught:
            combine_components(Secret(a), Secret(b))
        assert code_of(caught) == "key.components_equal"
        return
    key = combine_components(Secret(a), Secret(b))
    assert key == combine_components(Secret(b), Secret(a))
    assert combine_components(key, Secret(a)) == Secret(b) if key != Secret(a) else not any(b)


def test_combine_when_lengths_differ_then_is_refused() -> None:
    with pytest.raises(KeyDataError) as caught:
        combine_components(Secret(HALF_64), Secret(HALF_160))
    assert code_of(caught) == "key.length"


def test_load_when_two_people_type_a_key_then_it_is_that_key() -> None:
    for group, key, half in ((group_key_64(), VK_64, HALF_64), (group_key(), VK_160, HALF_160)):
        first, second = two_components(key, half, group.method)
        expected = check_value(Secret(key))
        loaded = load_key(group, first, second, expected_check_value=f" {expected.lower()} ")
        assert (loaded.secret.reveal(), loaded.check_value, loaded.group) == (key, expected, group)


def test_load_when_no_check_value_came_with_the_key_then_it_is_loaded() -> None:
    first, second = two_components(VK_160, HALF_160, KeyMethod.DKGA04)
    assert load_key(group_key(), first, second, expected_check_value=None).check_value == "13C395"


def test_load_when_one_person_types_both_then_only_a_single_custodian_shop_may() -> None:
    first, second = two_components(VK_160, HALF_160, KeyMethod.DKGA04)
    second = dataclasses.replace(second, custodian="ann")
    with pytest.raises(VaultError) as caught:
        load_key(group_key(), first, second, expected_check_value=None)
    assert code_of(caught) == "key.same_custodian"
    loaded = load_key(group_key(), first, second, expected_check_value=None, is_single_custodian=True)
    assert loaded.secret.reveal() == VK_160


@given(st.integers(0, 159))
def test_load_when_a_component_has_one_wrong_bit_then_the_check_value_refuses_it(bit: int) -> None:
    first, second = two_components(VK_160, HALF_160, KeyMethod.DKGA04)
    wrong = (int.from_bytes(second.secret.reveal(), "big") ^ 1 << bit).to_bytes(20, "big")
    with pytest.raises(KeyDataError) as caught:
        load_key(group_key(), first, Component("ben", Secret(wrong)), expected_check_value="13C395")
    assert code_of(caught) == "key.check_value"
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(shows(shown, key) for key in (VK_160, HALF_160, wrong))


def test_load_when_both_components_have_odd_parity_then_parity_refuses_the_key() -> None:
    first = read_component("0101010101010102", KeyMethod.DKGA02, custodian="ann")
    second = read_component("ABABABABABABABAB", KeyMethod.DKGA02, custodian="ben")
    with pytest.raises(KeyDataError) as caught:
        load_key(group_key_64(), first, second, expected_check_value=None)
    assert code_of(caught) == "key.parity"


def test_demo_keys_when_made_then_are_those_of_the_formats_page() -> None:
    found = [
        (k.group.sgc, k.group.method.value, k.group.ea.value, k.secret.reveal().hex().upper())
        for k in demo_keys()
    ]
    assert found == [
        ("123456", "02", "07", "ABABABABABABABAB"),
        ("201457", "04", "07", "ABABABABABABABAB949494949494949401234567"),
        ("201458", "04", "11", "ABABABABABABABAB949494949494949401234567"),
    ]
    for key in demo_keys():
        assert (key.group.base_date, key.group.krn, key.group.kt, key.group.ken) == (
            BaseDate.Y2014,
            1,
            2,
            255,
        )
        assert key.group.valid_until is None


def test_valid_until_when_utc_then_is_taken() -> None:
    assert group_key(valid_until=datetime(2027, 1, 1, tzinfo=UTC)).valid_until is not None
