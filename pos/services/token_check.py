"""Verifying a token: what it says, in plain words, and whether this till issued it (docs/sts.md §2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.queries.selling import SellingMeter
from pos.models.stored import instant_of
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.engineering import needed_meter
from pos.services.token_vending import TokenVending
from pos.system.clock import Clock
from pos.tokens.decode import DecodedToken
from pos.tokens.digits import parse_token
from pos.tokens.explain import explain
from pos.tokens.names import BaseDate

_CHECKSUM = "token.crc"


@dataclass(frozen=True, slots=True)
class IssuedHere:
    """When this till issued a token and why; `sale_id` None where it was not sold."""

    at: datetime
    cause: str
    sale_id: UUID | None
    receipt_number: int | None
    cashier: str


@dataclass(frozen=True, slots=True)
class TokenVerdict:
    """What a token says; `issued_here` None where this till has no record of it."""

    name: str
    sentences: tuple[str, ...]
    tid: int | None
    issued_here: IssuedHere | None


class TokenCheck:
    """Reads tokens that a customer brings back."""

    def __init__(self, units: Units, vending: TokenVending, *, clock: Clock) -> None:
        """Wire the parts."""
        self._units = units
        self._vending = vending
        self._clock = clock

    def verify(self, drn: str, digits: str, *, actor: Actor) -> TokenVerdict:
        """Decode a token with the meter's key, the next one or the present one.

        Raises:
            UserError: `token.not_verified` (not of this meter, or mistyped), `meter.unknown`,
                `permission.denied`; TokenDataError `token.length`, `token.not_digits`, `token.range`,
                `token.class`; VaultError `vault.locked`, `key.*`.
        """
        require(actor, Permission.TOKEN_VERIFY)
        parse_token(digits)
        with self._units.read() as connection:
            meter = needed_meter(connection, drn)
            token, base_date = self._read(meter, digits)
            issued_here = _issued_here(connection, meter, digits, token=token, base_date=base_date)
        sentences = explain(token, base_date, ZoneInfo(meter.tid_zone))
        return TokenVerdict(token.name, tuple(sentences), token.tid, issued_here)

    def _read(self, meter: SellingMeter, digits: str) -> tuple[DecodedToken, BaseDate]:
        # A key change set is written with the present key even when the next one is in force.
        for candidate in (meter, replace(meter, next_key=None)):
            try:
                return self._vending.read(candidate, digits, self._clock.now())
            except UserError as error:
                # Moved to a group that is not here: what it got before can be read all the same.
                if error.code not in (_CHECKSUM, "key.group_not_allowed"):
                    raise
        raise UserError(
            "token.not_verified",
            f"This is no token of meter {meter.drn}: a digit is mistyped, or it belongs to another meter.",
        )


def _issued_here(
    connection: Connection, meter: SellingMeter, digits: str, *, token: DecodedToken, base_date: BaseDate
) -> IssuedHere | None:
    if token.tid is None:
        return None
    row: Any = connection.exec_driver_sql(
        "SELECT token.digits, token.cause, coalesce(sale.at, issue.at), sale.id, sale.receipt_number, "
        "(SELECT name FROM operator WHERE key = coalesce(sale.operator_key, issue.operator_key)) "
        "FROM token LEFT JOIN issue ON issue.place = token.place "
        "LEFT JOIN sale ON sale.place = token.sale_place AND token.cause = 'sale' "
        "WHERE token.pan = ? AND token.base_date = ? AND token.tid = ? AND token.tid IS NOT NULL",
        (meter.pan, base_date.value, token.tid),
    ).one_or_none()
    if row is None or row[0] != "".join(character for character in digits if character.isdigit()):
        return None
    sale_id = None if row[3] is None else UUID(bytes=row[3])
    return IssuedHere(instant_of(row[2]), row[1], sale_id, row[4], row[5] or "")
