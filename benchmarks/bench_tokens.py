"""The token engine: the fast forms beside plain loops that read the standard literally."""

from collections.abc import Callable
from functools import partial

from benchmarks.table import Row, median_seconds
from pos.tokens.cipher import cipher_for
from pos.tokens.credit import credit_token
from pos.tokens.decode import decode_token
from pos.tokens.decoder_key import dkga02, dkga04
from pos.tokens.demo import DEMO_TARIFF_INDEX, demo_keys
from pos.tokens.misty1 import Misty1
from pos.tokens.names import BaseDate, EncryptionAlgorithm
from pos.tokens.numbers import make_drn, pan_of
from pos.tokens.sta import Sta
from tests.reference.plain_sts import plain_credit_token

FAST_ROUNDS = 20_000
PLAIN_ROUNDS = 300
KEY = bytes.fromhex("87F3ECBB2E46B48F")
KEY_128 = bytes.fromhex("929BD3A415C9420A05EC5EE9F3CE91C3")
TID = 6_778_183
METERS = 10_000
VENDING_KEY = demo_keys()[1].secret.reveal()


def run() -> list[Row]:
    """Measure tokens, keys and decoding; the three EA07 token rows beside plain loops over the same work.

    The plain loops keep nothing of a key, so a new key costs them nothing more. DKGA04 is a few hashes and
    has no plain form: the bulk row derives keys the same way on both sides.
    """
    pans = [pan_of(make_drn("04", f"{serial:08d}")).digits for serial in range(METERS)]
    return [
        Row(
            "EA07 token, one key",
            _rate(_tokens_one_key, FAST_ROUNDS),
            "1/s",
            _rate(_plain_tokens_one_key, PLAIN_ROUNDS),
        ),
        Row(
            "EA07 token, a new key each",
            _rate(_tokens_new_key, FAST_ROUNDS),
            "1/s",
            _rate(_plain_tokens_new_key, PLAIN_ROUNDS),
        ),
        Row(
            "EA07 token, 10,000 meters in bulk, DKGA04 included",
            _rate(partial(_bulk, pans), METERS),
            "1/s",
            _rate(partial(_plain_bulk, pans), PLAIN_ROUNDS),
        ),
        Row("EA11 token, one key", _rate(_tokens_misty1, FAST_ROUNDS), "1/s"),
        Row("DKGA02 decoder key", _rate(partial(_keys_02, pans), METERS), "1/s"),
        Row("DKGA04 decoder key", _rate(partial(_keys_04, pans), METERS), "1/s"),
        Row("EA07 decode", _rate(partial(_decode, Sta(KEY)), FAST_ROUNDS), "1/s"),
        Row("EA11 decode", _rate(partial(_decode, Misty1(KEY_128)), FAST_ROUNDS), "1/s"),
    ]


def _rate(action: Callable[[int], object], rounds: int) -> float:
    return rounds / median_seconds(lambda: action(rounds))


def _plain_tokens_one_key(rounds: int) -> None:
    key = int.from_bytes(KEY, "big")
    for tid in range(TID, TID + rounds):
        plain_credit_token(key, subclass=0, rnd=5, tid=tid, amount_field=256)


def _plain_tokens_new_key(rounds: int) -> None:
    for number in range(rounds):
        key = int.from_bytes(number.to_bytes(8, "little"), "big")
        plain_credit_token(key, subclass=0, rnd=5, tid=TID, amount_field=256)


def _plain_bulk(pans: list[str], rounds: int) -> None:
    for pan in pans[:rounds]:
        key = int.from_bytes(_key_04(pan), "big")
        plain_credit_token(key, subclass=0, rnd=5, tid=TID, amount_field=256)


def _tokens_one_key(rounds: int) -> None:
    cipher = Sta(KEY)
    for tid in range(TID, TID + rounds):
        credit_token(cipher, subclass=0, rnd=5, tid=tid, amount_field=256)


def _tokens_new_key(rounds: int) -> None:
    for number in range(rounds):
        cipher = Sta(number.to_bytes(8, "little"))
        credit_token(cipher, subclass=0, rnd=5, tid=TID, amount_field=256)


def _tokens_misty1(rounds: int) -> None:
    cipher = Misty1(KEY_128)
    for tid in range(TID, TID + rounds):
        credit_token(cipher, subclass=0, rnd=5, tid=tid, amount_field=256)


def _bulk(pans: list[str], rounds: int) -> None:
    for pan in pans[:rounds]:
        cipher = cipher_for(EncryptionAlgorithm.STA, _key_04(pan))
        credit_token(cipher, subclass=0, rnd=5, tid=TID, amount_field=256)


def _keys_04(pans: list[str], rounds: int) -> None:
    for pan in pans[:rounds]:
        _key_04(pan)


def _key_04(pan: str) -> bytes:
    return dkga04(
        VENDING_KEY,
        base_date=BaseDate.Y2014,
        ea=EncryptionAlgorithm.STA,
        pan=pan,
        kt=2,
        sgc="201457",
        ti=DEMO_TARIFF_INDEX,
        krn=1,
    )


def _keys_02(pans: list[str], rounds: int) -> None:
    vk = demo_keys()[0].secret.reveal()
    for pan in pans[:rounds]:
        dkga02(vk, pan=pan, kt=2, sgc="123456", ti=DEMO_TARIFF_INDEX, krn=1)


def _decode(cipher: Sta | Misty1, rounds: int) -> None:
    token = credit_token(cipher, subclass=0, rnd=5, tid=TID, amount_field=256)
    for _ in range(rounds):
        decode_token(token, cipher)
