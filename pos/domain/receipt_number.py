"""Numbers people see: till codes, receipts, Z reports, cases (docs/formats.md §11)."""

from __future__ import annotations

import re

from pos.errors import UserError

_TILL_CODE = re.compile(r"[A-Z0-9]{2,4}", re.ASCII)
_NUMBER = re.compile(r"[A-Z0-9]{2,6}-(?:TRAIN-)?[ZC]?(\d+)", re.ASCII)
_LETTERS = "BCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_till_code(code: str) -> str:
    """Return `code` if it is 2 to 4 of A-Z and 0-9.

    Raises:
        UserError: `till.code`.
    """
    if not _TILL_CODE.fullmatch(code):
        raise UserError("till.code", "A till code has 2 to 4 capital letters or digits.")
    return code


def receipt_number(till_code: str, number: int, *, is_training: bool = False) -> str:
    """Return a receipt number such as `T03-000123`; it never resets and grows past six digits."""
    return f"{till_code}-{'TRAIN-' if is_training else ''}{number:06d}"


def z_number(till_code: str, number: int) -> str:
    """Return the number of a Z report such as `T03-Z0042`."""
    return f"{till_code}-Z{number:04d}"


def case_number(till_code: str, number: int) -> str:
    """Return the number of a case such as `T03-C0007`."""
    return f"{till_code}-C{number:04d}"


def number_of(text: str) -> int:
    """Return the counting part of a receipt, Z or case number.

    Raises:
        UserError: `sale.receipt_number` for text that is no such number.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise UserError("sale.receipt_number", f"{text[:30]!r} is not a receipt number.")
    return int(match[1])


def code_after_restore(original: str, restores: int) -> str:
    """Return the code of a stand-alone till's book after a number of restores: T03, T03B, T03C.

    Raises:
        UserError: `till.code` when the letters are used up.
    """
    if restores == 0:
        return original
    if restores > len(_LETTERS):
        raise UserError("till.code", "This till has been restored too often: give it a new code.")
    return original + _LETTERS[restores - 1]
