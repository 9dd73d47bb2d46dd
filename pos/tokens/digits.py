"""Twenty digits and 66 bits: the class bits inside the block, parsing and grouping (docs/sts.md §1)."""

from __future__ import annotations

from pos.tokens.errors import TokenDataError
from pos.tokens.names import TokenClass

TOKEN_LENGTH = 20
TOKEN_LIMIT = 1 << 66
_CLASS_SHIFT = 27
_BLOCK_MASK = ((1 << 64) - 1) & ~(3 << _CLASS_SHIFT)


def token_digits(token_class: int, block: int) -> str:
    """Return the 20 digits of a final 64-bit block: class bits go to 28..27, the displaced bits to 65..64."""
    return f"{(block >> 27 & 3) << 64 | block & _BLOCK_MASK | token_class << 27:020d}"


def parse_token(text: str) -> tuple[TokenClass, int]:
    """Return (class, final 64-bit block) of a token; blanks and dashes anywhere are ignored.

    Raises TokenDataError `token.length`, `token.not_digits`, `token.range` (2^66 or more), `token.class`
    (class 3).
    """
    digits = text.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit()):
        raise TokenDataError("token.not_digits", "A token has digits only.")
    if len(digits) != TOKEN_LENGTH:
        raise TokenDataError("token.length", f"A token has 20 digits; this one has {len(digits)}.")
    number = int(digits)
    if number >= TOKEN_LIMIT:
        raise TokenDataError("token.range", "These 20 digits are above the largest possible token.")
    token_class = number >> _CLASS_SHIFT & 3
    if token_class == 3:
        raise TokenDataError("token.class", "These 20 digits are of class 3, which is reserved: not a token.")
    return TokenClass(token_class), number & _BLOCK_MASK | number >> 64 << _CLASS_SHIFT


def group(digits: str) -> str:
    """Return the digits in groups of four, as people read and type them."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
