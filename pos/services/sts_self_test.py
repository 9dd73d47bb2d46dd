"""The self-test: the packed proof vectors through the same engine that sells (docs/sts.md §8)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from pos.errors import KilotillError
from pos.tokens.amount import (
    CurrencyField,
    decode_amount,
    encode_amount,
    encode_currency,
    parse_currency,
)
from pos.tokens.cipher import BlockCipher, cipher_for
from pos.tokens.crc import block_crc, block_crc_currency
from pos.tokens.credit import credit_token, currency_token
from pos.tokens.decode import decode_token
from pos.tokens.decoder_key import des_encrypt, dkga02, dkga04
from pos.tokens.digits import token_digits
from pos.tokens.display import display_token
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.management import management_token, value_field_of
from pos.tokens.misty1 import Misty1
from pos.tokens.names import BaseDate, EncryptionAlgorithm
from pos.tokens.numbers import luhn_digit, parse_drn
from pos.tokens.sta import Sta
from pos.tokens.sta_tables import SAMPLE
from pos.tokens.tid import check_not_expired, tid_at

Vector = Mapping[str, Any]
Found = Mapping[str, object]
"""What the engine says, under the names of the vector's expected values."""


@dataclass(frozen=True, slots=True)
class SelfTestReport:
    """Counts by kind (kind, passed, failed) and one sentence per difference."""

    counts: Sequence[tuple[str, int, int]]
    differences: Sequence[str]

    @property
    def passed(self) -> int:
        """Vectors that agree."""
        return sum(passed for _, passed, _ in self.counts)

    @property
    def failed(self) -> int:
        """Vectors that do not."""
        return sum(failed for _, _, failed in self.counts)


def packed_vectors() -> list[Vector]:
    """Return the vectors shipped with the program."""
    vectors: list[Vector] = json.loads(
        files("pos.tokens").joinpath("vectors.json").read_text(encoding="utf-8")
    )
    return vectors


def run_self_test(vectors: Sequence[Vector] | None = None) -> SelfTestReport:
    """Check every vector (the packed ones by default); never raises for a vector that differs."""
    passed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    differences = []
    for vector in packed_vectors() if vectors is None else vectors:
        difference = difference_of(vector)
        (failed if difference else passed)[vector["kind"]] += 1
        if difference:
            differences.append(f"{vector['id']} ({vector['kind']}): {difference}")
    kinds = sorted(passed.keys() | failed.keys())
    return SelfTestReport([(kind, passed[kind], failed[kind]) for kind in kinds], differences)


def difference_of(vector: Vector) -> str | None:
    """Return how the engine differs from one vector, or None where it agrees."""
    try:
        found = _CHECKS[vector["kind"]](vector)
    except (KilotillError, KeyError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    for name, value in found.items():
        if value != vector[name]:
            return f"{name} is {value}, expected {vector[name]}"
    return None


def _cipher(vector: Vector, key_name: str = "dk_hex") -> BlockCipher:
    return cipher_for(EncryptionAlgorithm(vector["ea"]), bytes.fromhex(vector[key_name]))


def _crc(v: Vector) -> Found:
    data56 = v["token_class"] << 48 | int(v["data56_hex"], 16)
    return {"crc_hex": f"{block_crc_currency(data56) if v['currency'] else block_crc(data56):04x}"}


def _des(v: Vector) -> Found:
    return {"cipher_hex": des_encrypt(bytes.fromhex(v["key_hex"]), bytes.fromhex(v["plain_hex"])).hex()}


def _misty1(v: Vector) -> Found:
    cipher, plain = Misty1(bytes.fromhex(v["key_hex"])), int(v["plain_hex"], 16)
    encrypted = cipher.encrypt(plain)
    return {"cipher_hex": f"{encrypted:016x}", "plain_hex": f"{cipher.decrypt(encrypted):016x}"}


def _sta_sample(v: Vector) -> Found:
    block = Sta(bytes.fromhex(v["key_hex"]), SAMPLE).encrypt(int(v["plain_hex"], 16))
    digits = token_digits(v["token_class"], block)
    return {"token": digits, "token66_hex": f"{int(digits):017x}"}


def _luhn(v: Vector) -> Found:
    return {"check_digit": luhn_digit(v["payload"])}


def _luhn_invalid(v: Vector) -> Found:
    try:
        parse_drn(v["drn"])
    except KilotillError:
        return {}
    return {"drn": "accepted"}


def _tid(v: Vector) -> Found:
    issued = datetime.strptime(v["issued"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return {"tid": tid_at(BaseDate(v["base_date"]), issued)}


def _key_expired(v: Vector) -> Found:
    found = _tid(v)
    try:
        check_not_expired(v["tid"], v["ken"])
    except KilotillError:
        return {**found, "tid_high8": v["tid"] >> 16}
    return {"ken": "not expired"}


def _amount(v: Vector) -> Found:
    field = encode_amount(v["units"])
    return {"field": field, "decoded": decode_amount(field)}


def _dkga02(v: Vector) -> Found:
    key = dkga02(bytes.fromhex(v["vk_hex"]), pan=v["pan"], kt=v["kt"], sgc=v["sgc"], ti=v["ti"], krn=v["krn"])
    return {"dk_hex": key.hex()}


def _dkga04(v: Vector) -> Found:
    key = dkga04(
        bytes.fromhex(v["vk_hex"]),
        base_date=BaseDate(v["base_date"]),
        ea=EncryptionAlgorithm(v["ea"]),
        pan=v["pan"],
        kt=v["kt"],
        sgc=v["sgc"],
        ti=v["ti"],
        krn=v["krn"],
    )
    return {"dk_hex": key.hex()}


def _class0(v: Vector) -> Found:
    cipher = _cipher(v)
    field = encode_amount(v["units"]) if "units" in v else v["amount_field"]
    token = credit_token(cipher, subclass=v["subclass"], rnd=v["rnd"], tid=v["tid"], amount_field=field)
    found: dict[str, object] = {"token": token, **({"amount_field": field} if "amount_field" in v else {})}
    return found | _read_back(v, cipher, ("rnd", "tid"))


def _currency(v: Vector) -> Found:
    cipher = _cipher(v)
    if "amount" in v:
        field = encode_currency(parse_currency(v["amount"]))
    else:
        field = CurrencyField(s_and_e=v["s_and_e"], amount_field=v["amount_field"])
    token = currency_token(cipher, subclass=v["subclass"], tid=v["tid"], field=field)
    return {"token": token} | _read_back(
        v, cipher, ("tid", "s_and_e", "amount_field", "exponent", "mantissa")
    )


def _class1(v: Vector) -> Found:
    token = display_token(
        subclass=v["subclass"], manufacturer_code=v["mfr_code"], control=int(v["control_hex"], 16)
    )
    return {"token": token} | _read_back(v, None, ("control_hex", "mfr_code"))


def _class2(v: Vector) -> Found:
    cipher = _cipher(v)
    value_field = value_field_of(v["subclass"], v["value"]) if "value" in v else v["value_field"]
    token = management_token(
        cipher, subclass=v["subclass"], rnd=v["rnd"], tid=v["tid"], value_field=value_field
    )
    return {"token": token} | _read_back(v, cipher, ("rnd", "tid", "value_field"))


def _kct(v: Vector) -> Found:
    tokens = key_change_tokens(
        _cipher(v, "old_dk_hex"),
        new_key=bytes.fromhex(v["new_dk_hex"]),
        attributes=KeyAttributes(
            sgc=v["new_sgc"], ti=v["new_ti"], krn=v["new_krn"], kt=v["new_kt"], ken=v["new_ken"]
        ),
        is_rollover=bool(v["ro"]),
        with_supply_group=v["three_token"],
    )
    return {"tokens": tokens}


def _kct_section(v: Vector) -> Found:
    names = ("section", "ken_ho", "krn", "ro", "three_kct", "kt", "key_part_hex", "ken_lo", "ti", "sgc_part")
    return _read_back(v, _cipher(v), names)


def _read_back(v: Vector, cipher: BlockCipher | None, names: Sequence[str]) -> dict[str, object]:
    fields = decode_token(v["token"], cipher).fields
    return {name: fields[name] for name in names if name in v}


_CHECKS: Mapping[str, Callable[[Vector], Found]] = {
    "amount": _amount,
    "crc": _crc,
    "des_block": _des,
    "dkga02": _dkga02,
    "dkga04": _dkga04,
    "kct": _kct,
    "kct_section": _kct_section,
    "luhn": _luhn,
    "luhn_invalid": _luhn_invalid,
    "misty1_block": _misty1,
    "reject_key_expired": _key_expired,
    "sta_token_sample_tables": _sta_sample,
    "tid": _tid,
    "token_class0": _class0,
    "token_class1": _class1,
    "token_class2": _class2,
    "token_currency": _currency,
}
