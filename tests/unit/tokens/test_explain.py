"""What a token means, in words."""

from zoneinfo import ZoneInfo

import pytest

from pos.tokens.amount import encode_currency
from pos.tokens.block import encrypted_token
from pos.tokens.cipher import cipher_for
from pos.tokens.crc import block_crc
from pos.tokens.credit import credit_token, currency_token
from pos.tokens.decode import decode_token
from pos.tokens.digits import token_digits
from pos.tokens.display import control_of_test, display_token
from pos.tokens.explain import explain, register_name
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.management import extended_flag, extended_value, management_token
from pos.tokens.names import BaseDate, EncryptionAlgorithm

CIPHER = cipher_for(EncryptionAlgorithm.STA, bytes.fromhex("87f3ecbb2e46b48f"))
NEW_KEY = bytes.fromhex("7f78cdd220be39b8")
ONCE = ["Token identifier 85740.", "A meter takes it once."]


@pytest.mark.parametrize(
    ("subclass", "sentence"),
    [
        (0, "Credit for electricity: 25.6 kWh."),
        (1, "Credit for water: 25.6 m³."),
        (2, "Credit for gas: 25.6 m³."),
        (3, "Credit for time: 25.6 min."),
    ],
)
def test_explain_a_credit_says_service_and_amount(subclass: int, sentence: str) -> None:
    assert _words(credit_token(CIPHER, subclass=subclass, rnd=5, tid=85740, amount_field=256)) == [
        sentence,
        *ONCE,
    ]


@pytest.mark.parametrize(
    ("subclass", "steps", "sentence"),
    [
        (4, 100_000, "Credit for electricity in money: 1.00004."),
        (7, -100_000, "Credit for time in money: -0.99994."),
    ],
)
def test_explain_a_currency_credit_says_service_and_money(subclass: int, steps: int, sentence: str) -> None:
    token = currency_token(CIPHER, subclass=subclass, tid=85740, field=encode_currency(steps))

    assert _words(token) == [sentence, *ONCE]


@pytest.mark.parametrize(
    ("subclass", "value_field", "sentence"),
    [
        (0, 0x8000, "Sets the maximum power limit to 180224 W."),
        (1, 0, "Clears the electricity register."),
        (1, 6, "Clears the gas currency register."),
        (1, 0xFFFF, "Clears all credit registers."),
        (2, 0x8000, "Sets the tariff rate to 32768."),
        (5, 0, "Clears the tamper condition."),
        (6, 100, "Sets the phase unbalance limit to 100 W."),
        (7, 12, "Sets the water meter factor to 12."),
        (10, extended_value(5, 123), "Sets extended value 5 to 123."),
        (10, extended_flag(7, is_set=True), "Sets extended flag 7."),
        (10, extended_flag(7, is_set=False), "Clears extended flag 7."),
    ],
)
def test_explain_an_engineering_token_says_what_it_does(
    subclass: int, value_field: int, sentence: str
) -> None:
    token = management_token(CIPHER, subclass=subclass, rnd=5, tid=85740, value_field=value_field)

    assert _words(token) == [sentence, *ONCE]


def test_explain_with_a_base_date_says_the_instant_in_the_zone() -> None:
    token = decode_token(credit_token(CIPHER, subclass=0, rnd=5, tid=85740, amount_field=1), CIPHER)

    assert (
        explain(token, BaseDate.Y2014)[1] == "Token identifier 85740: 2014-03-01 13:00 UTC (base date 2014)."
    )
    assert "2014-03-01 13:00 EAT" in explain(token, BaseDate.Y2014, ZoneInfo("Africa/Nairobi"))[1]


@pytest.mark.parametrize(
    ("subclass", "code", "control", "sentences"),
    [
        (
            0,
            0,
            control_of_test(0, 4),
            [
                "Asks the meter to test or show: 4 (key revision number).",
                "Works on meters of every make; not encrypted.",
            ],
        ),
        (
            1,
            1234,
            control_of_test(1, 0),
            [
                "Asks the meter to test or show: 0 (all supported tests).",
                "Works on meters of manufacturer 1234; not encrypted.",
            ],
        ),
        (
            0,
            0,
            1 << 20 | 1,
            [
                "Asks the meter to test or show: 1 (load switch), 21 (reserved).",
                "Works on meters of every make; not encrypted.",
            ],
        ),
        (
            0,
            0,
            0,
            [
                "Asks the meter to test or show: nothing.",
                "Works on meters of every make; not encrypted.",
            ],
        ),
        (
            2,
            0,
            5 << 30,
            [
                "Asks the meter for extended value 5.",
                "Works on meters of every make; not encrypted.",
            ],
        ),
    ],
)
def test_explain_a_display_token_needs_no_key(
    subclass: int, code: int, control: int, sentences: list[str]
) -> None:
    digits = display_token(subclass=subclass, manufacturer_code=code, control=control)

    assert explain(decode_token(digits), BaseDate.Y2014) == sentences


def test_explain_a_key_change_says_what_is_new_and_never_a_key() -> None:
    tokens = _set(is_rollover=True)

    words = [" ".join(_words(token)) for token in tokens]

    assert "Key change token 1" in words[0]
    assert "revision 3 and type DCTK" in words[0]
    assert "forgets its used tokens" in words[0]
    assert "tariff index is 07" in words[1]
    assert "supply group is 000042" in words[2]
    for token in tokens:
        decoded = decode_token(token, CIPHER)
        part = str(decoded.fields.get("key_part_hex", NEW_KEY.hex()))
        assert part not in " ".join(words) + repr(decoded)


def test_explain_a_key_change_without_rollover_does_not_speak_of_it() -> None:
    assert "rollover" not in " ".join(_words(_set(is_rollover=False)[0]))


@pytest.mark.parametrize(("token_class", "subclass"), [(0, 8), (1, 3), (2, 11)])
def test_explain_a_reserved_sub_class_says_so(token_class: int, subclass: int) -> None:
    upper48 = subclass << 44
    block = upper48 << 16 | block_crc(token_class << 48 | upper48)
    digits = token_digits(1, block) if token_class == 1 else encrypted_token(CIPHER, token_class, upper48)

    assert _words(digits) == [f"Sub-class {subclass} of class {token_class} is reserved or a maker's own."]


def test_register_name_of_a_number_without_a_register_says_unknown() -> None:
    assert register_name(8) == "unknown register 8"


def _words(digits: str) -> list[str]:
    return explain(decode_token(digits, CIPHER))


def _set(*, is_rollover: bool) -> list[str]:
    return key_change_tokens(
        CIPHER,
        new_key=NEW_KEY,
        attributes=KeyAttributes(sgc="000042", ti="07", krn=3, kt=3, ken=255),
        is_rollover=is_rollover,
        with_supply_group=True,
    )
