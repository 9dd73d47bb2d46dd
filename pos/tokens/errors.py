"""Errors of the token engine: one class per kind of bad input, each raised with a stable code."""

from __future__ import annotations

from pos.errors import UserError


class TokenError(UserError):
    """Base of everything the token engine refuses."""


class NumberError(TokenError):
    """A meter number, PAN or check digit is not what it should be (`meter.*`, `pan.*`)."""


class AmountError(TokenError):
    """An amount cannot be written into a token (`amount.*`)."""


class FieldError(TokenError):
    """A field of a token has a value outside its bits or its meaning (`field.*`)."""


class KeyDataError(TokenError):
    """Key material or key attributes are malformed or do not fit together (`key.*`, `token.data`)."""


class TidError(TokenError):
    """No token identifier can be given for this instant (`tid.*`)."""


class TokenDataError(TokenError):
    """Twenty digits that are no token, or no token for this key (`token.*`)."""


class UnsupportedError(TokenError):
    """A part of the standard this program refuses to guess (`unsupported.*`)."""


class VaultError(TokenError):
    """The vault of vending keys cannot serve the request (`vault.*`, `key.*`)."""
