"""What people and machines may type: slips are caught, and nothing brings decoder or meter down."""

from collections.abc import Iterator
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pos.errors import UserError
from pos.tokens.cipher import BlockCipher, cipher_for
from pos.tokens.crc import block_crc, block_crc_currency
from pos.tokens.credit import credit_token
from pos.tokens.decode import decode_token
from pos.tokens.digits import token_digits
from pos.tokens.explain import explain
from pos.tokens.key_change import KeyAttributes
from pos.tokens.names import BaseDate, EncryptionAlgorithm
from pos.tokens.numbers import make_drn, parse_meter_number
from pos.tokens.virtual_meter import ResultCode, VirtualMeter
from tests.reference.shuffling import seeded

TRIALS = 100_000
"""One of 65,536 random blocks has a fitting checksum: 1.5 are expected; more than 10 never come by chance."""
ACCEPTED_MAX = 10
SLIPS_PER_TOKEN = 250
KEY = KeyAttributes(sgc="123456", ti="01", krn=1, kt=2, ken=255)
DRN = make_drn("04", "12345678")
KEY_BYTES = {
    EncryptionAlgorithm.STA: bytes.fromhex("87f3ecbb2e46b48f"),
    EncryptionAlgorithm.MISTY1: bytes.fromhex("929bd3a415c9420a05ec5ee9f3ce91c3"),
}
CIPHERS = [cipher_for(ea, key) for ea, key in KEY_BYTES.items()]
REFUSALS = set(ResultCode) - {
    ResultCode.ACCEPT,
    ResultCode.FIRST_KCT,
    ResultCode.SECOND_KCT,
    ResultCode.THIRD_KCT,
    ResultCode.FOURTH_KCT,
}
any_cipher = st.sampled_from(CIPHERS)
typed = (
    st.text("0123456789", min_size=20, max_size=20)
    | st.integers(0, (1 << 66) - 1).map("{:020d}".format)
    | st.text("0123456789 -", max_size=30)
    | st.text(max_size=40)
)


def test_meter_given_mistyped_tokens_refuses_all_but_chance() -> None:
    chance = seeded()
    accepted = [
        wrong
        for number in range(TRIALS // SLIPS_PER_TOKEN)
        for wrong in _accepted_slips(CIPHERS[number % 2], 5_000_000 + number, chance)
    ]

    assert len(accepted) <= ACCEPTED_MAX, accepted


@given(text=typed, cipher=any_cipher)
def test_decode_of_anything_typed_gives_a_token_or_a_token_error(text: str, cipher: BlockCipher) -> None:
    try:
        token = decode_token(text, cipher)
    except UserError as error:
        assert error.code.startswith("token.")
    else:
        assert all(explain(token, BaseDate.Y1993))


@given(text=typed, cipher=any_cipher)
def test_meter_given_anything_answers_with_a_code(text: str, cipher: BlockCipher) -> None:
    meter = VirtualMeter(DRN, cipher, KEY)

    assert meter.enter(text).result in ResultCode


@given(token_class=st.sampled_from([0, 2]), upper48=st.integers(0, (1 << 48) - 1), cipher=any_cipher)
def test_meter_given_any_block_with_a_right_checksum_answers_with_a_code(
    token_class: int, upper48: int, cipher: BlockCipher
) -> None:
    digits = _sealed(token_class, upper48, cipher)
    meter = VirtualMeter(DRN, cipher, KEY)
    token = decode_token(digits, cipher)

    assert all(explain(token, BaseDate.Y2035))
    assert meter.enter(digits).result in ResultCode
    assert meter.enter(digits).result in ResultCode


@given(
    sections=st.lists(st.tuples(st.sampled_from([3, 4, 8, 9]), st.integers(0, (1 << 44) - 1)), max_size=8),
    cipher=any_cipher,
)
def test_meter_given_any_key_change_sections_answers_with_a_code(
    sections: list[tuple[int, int]], cipher: BlockCipher
) -> None:
    meter = VirtualMeter(DRN, cipher, KEY)
    for subclass, content in sections:
        assert meter.enter(_sealed(2, subclass << 44 | content, cipher)).result in ResultCode


@given(text=typed)
def test_meter_number_of_anything_typed_is_read_or_refused_with_a_code(text: str) -> None:
    try:
        assert len(parse_meter_number(text).digits) == 18
    except UserError as error:
        assert error.code.split(".")[0] in ("meter", "pan")


def _accepted_slips(cipher: BlockCipher, tid: int, chance: Random) -> list[str]:
    right = credit_token(cipher, subclass=0, rnd=chance.randrange(16), tid=tid, amount_field=256)
    meter = VirtualMeter(DRN, cipher, KEY)
    accepted = [wrong for wrong in _slips(right, chance) if meter.enter(wrong).result not in REFUSALS]
    assert accepted or meter.enter(right).is_accepted
    return accepted


def _slips(right: str, chance: Random) -> Iterator[str]:
    """One digit wrong, or two unequal neighbours swapped."""
    unequal = [place for place in range(19) if right[place] != right[place + 1]]
    for number in range(SLIPS_PER_TOKEN):
        if number % 2:
            place = chance.randrange(20)
            wrong = chance.choice("0123456789".replace(right[place], ""))
            yield right[:place] + wrong + right[place + 1 :]
        else:
            place = chance.choice(unequal)
            yield right[:place] + right[place + 1] + right[place] + right[place + 2 :]


def _sealed(token_class: int, upper48: int, cipher: BlockCipher) -> str:
    """A block whose checksum fits, so that the meter looks at what is in it."""
    is_currency = token_class == 0 and 4 <= upper48 >> 44 <= 7
    crc = (block_crc_currency if is_currency else block_crc)(token_class << 48 | upper48)
    return token_digits(token_class, cipher.encrypt(upper48 << 16 | crc))
