"""The published vectors, and what a decoder must read from their tokens."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from pos.tokens.cipher import BlockCipher, cipher_for
from pos.tokens.names import EncryptionAlgorithm

Vector = dict[str, Any]
NOTES = {"source", "test", "derive", "old_derive", "new_derive"}
"""What tells where a vector comes from."""

VECTORS: list[Vector] = json.loads(
    (Path(__file__).parents[1] / "data/sts_vectors.json").read_text(encoding="utf-8")
)


class Reading(NamedTuple):
    """A token, who reads it, and what must come out."""

    id: str
    token: str
    ea: str | None
    key: bytes
    token_class: int
    subclass: int
    fields: dict[str, object]

    def cipher(self, key: bytes | None = None) -> BlockCipher | None:
        return None if self.ea is None else cipher_for(EncryptionAlgorithm(self.ea), key or self.key)

    def other_key(self) -> bytes:
        """A key that is not the meter's; it was tried that no vector passes its checksum by chance."""
        return bytes(byte ^ 0x5A for byte in self.key)


def readings() -> list[Reading]:
    """Every token of the vectors, the sets of key change tokens one by one."""
    return [reading for vector in VECTORS for reading in _readings_of(vector)]


def of_kind(*kinds: str) -> list[Vector]:
    return [vector for vector in VECTORS if vector["kind"] in kinds]


def _readings_of(v: Vector) -> list[Reading]:
    match v["kind"]:
        case "token_class0":
            units = v.get("units_decoded", _units(v["amount_field"]))
            fields = {**_pick(v, "rnd", "tid", "amount_field"), "units": units}
        case "token_currency":
            fields = _pick(v, "tid", "s_and_e", "amount_field", "sign", "exponent", "mantissa")
        case "token_class1":
            return [_display(v)]
        case "token_class2":
            fields = _pick(v, "rnd", "tid", "value_field")
        case "kct":
            return _set(v)
        case "kct_section":
            return [_section(v)]
        case _:
            return []
    token_class = 2 if v["kind"] == "token_class2" else 0
    key = bytes.fromhex(v["dk_hex"])
    return [Reading(v["id"], v["token"], v["ea"], key, token_class, v["subclass"], fields)]


def _display(v: Vector) -> Reading:
    return Reading(v["id"], v["token"], None, b"", 1, v["subclass"], _pick(v, "control_hex", "mfr_code"))


def _section(v: Vector) -> Reading:
    names = ("section", "ken_ho", "krn", "ro", "three_kct", "kt", "ken_lo", "ti", "sgc_part", "key_part_hex")
    subclass = (3, 4, 8, 9)[v["section"] - 1]
    return Reading(v["id"], v["token"], v["ea"], bytes.fromhex(v["dk_hex"]), 2, subclass, _pick(v, *names))


def _set(v: Vector) -> list[Reading]:
    key, sgc = v["new_dk_hex"], int(v["new_sgc"])
    first = {
        "section": 1,
        "ken_ho": v["new_ken"] >> 4,
        "krn": v["new_krn"],
        "ro": int(v["ro"]),
        "three_kct": int(v["three_token"]),
        "kt": v["new_kt"],
        "key_part_hex": key[:8],
    }
    second = {
        "section": 2,
        "ken_lo": v["new_ken"] & 15,
        "ti": int(v["new_ti"]),
        "key_part_hex": key[-8:],
    }
    if v["ea"] == "11":
        third: dict[str, object] = {"section": 3, "sgc_part": sgc & 0xFFF, "key_part_hex": key[8:16]}
    else:
        third = {"section": 3, "sgc": v["new_sgc"], "pad": 0}
    fourth = {"section": 4, "sgc_part": sgc >> 12, "key_part_hex": key[16:24]}
    old = bytes.fromhex(v["old_dk_hex"])
    parts = zip((3, 4, 8, 9), v["tokens"], (first, second, third, fourth), strict=False)
    return [
        Reading(f"{v['id']}-{number}", token, v["ea"], old, 2, subclass, fields)
        for number, (subclass, token, fields) in enumerate(parts, 1)
    ]


def _pick(vector: Vector, *names: str) -> dict[str, object]:
    return {name: vector[name] for name in names if name in vector}


def _units(amount_field: int) -> int:
    exponent, mantissa = amount_field >> 14, amount_field & 0x3FFF
    return 10**exponent * mantissa + 16384 * (10**exponent - 1) // 9
