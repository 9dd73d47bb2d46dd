"""Tokens for one meter: the key, the TID, the digits, and a meter's judgement before they count."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pos.domain.key_change import may_have_begun
from pos.errors import MachineFault, UserError
from pos.models.queries.selling import SellingMeter, last_tid
from pos.models.stored import instant_of, milliseconds_of
from pos.tokens.amount import decode_amount, encode_amount
from pos.tokens.block import TID_MAX
from pos.tokens.cipher import BlockCipher
from pos.tokens.credit import credit_token
from pos.tokens.decode import decode_token
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.management import management_token
from pos.tokens.names import BaseDate, EncryptionAlgorithm, TokenClass
from pos.tokens.tid import check_not_expired, minute_of, next_tid
from pos.tokens.vault import DecoderKey, MeterKey, Vault

CREDIT_TOKENS_WITH_KEY_CHANGE = 2
"""A key change set is printed with the first two credit tokens under the new key (docs/formats.md §8)."""


@dataclass(frozen=True, slots=True)
class KeyInForce:
    """The key fields a meter's tokens use now, and the older ones it may still hold."""

    sgc: str
    ea: str
    dkga: str
    krn: int
    ti: str
    kt: int
    base_date: str
    ken: int


@dataclass(frozen=True, slots=True)
class Issued:
    """Tokens as the journal has them (docs/formats.md §4) and the key fields they were made with."""

    tokens: tuple[dict[str, Any], ...]
    key: KeyInForce


def key_in_force(meter: SellingMeter, at: datetime) -> KeyInForce:
    """Return the key fields at `at`: the announced next key from its instant on, else the present one.

    Raises:
        UserError: `key.group_not_allowed`, the meter has moved to a group this till does not have.
    """
    change = meter.next_key
    if change is None or at < datetime.fromisoformat(change["from"]):
        return present_key(meter)
    fields = (change["krn"], change["ti"], change["kt"], change["base_date"], change["ken"])
    if not meter.moves_at(at):
        return KeyInForce(meter.sgc, meter.ea, meter.dkga, *fields)
    following = meter.following
    if following is None:
        raise UserError(
            "key.group_not_allowed",
            f"Meter {meter.drn} has moved to supply group {change['sgc']}, which this till may not vend for.",
        )
    return KeyInForce(following.sgc, following.ea, following.dkga, *fields)


def meter_json(meter: SellingMeter, key: KeyInForce) -> dict[str, Any]:
    """Return the `meter` of an item: the fields its tokens were made with."""
    return {
        "meter_id": str(meter.id),
        "drn": meter.drn,
        "sgc": key.sgc,
        "ti": key.ti,
        "krn": key.krn,
        "kt": key.kt,
        "ea": key.ea,
        "base_date": key.base_date,
        "dkga": key.dkga,
    }


def present_key(meter: SellingMeter) -> KeyInForce:
    """Return the key fields that the meter's record has, whatever is announced."""
    return KeyInForce(
        meter.sgc, meter.ea, meter.dkga, meter.krn, meter.ti, meter.kt, meter.base_date, meter.ken
    )


class TokenVending:
    """Makes tokens with the till's vault, inside the write unit that records them."""

    def __init__(self, vault: Vault, guards: Sequence[Callable[[], None]] = ()) -> None:
        self._vault = vault
        self._guards = guards

    def credit(self, connection: Connection, meter: SellingMeter, *, tenths: int, at: datetime) -> Issued:
        """Issue credit of `tenths` (a representable amount above 0), with a key change set where one is due.

        Raises:
            KeyDataError: `token.data`. VaultError: `vault.locked`, `key.*`. TidError: `tid.*`, `key.expired`.
            MachineFault: `key_change.unheard`, the next key may be in force and this till was not told.
        """
        amount_field = encode_amount(tenths)
        # docs/formats.md §7.6: in a sale the encoder's rounding up never happens.
        assert tenths > 0 and decode_amount(amount_field) == tenths, tenths
        _refuse_unheard(connection, meter, at)
        key = key_in_force(meter, at)
        cipher = self._decoder_key(meter, key, at).cipher()
        tid = self._next_tid(connection, meter, key, at)
        digits = credit_token(
            cipher, subclass=meter.service, rnd=secrets.randbelow(16), tid=tid, amount_field=amount_field
        )
        _check_readable(digits, cipher, tid=tid)
        changes = self._key_change(connection, meter, key)
        credit = _entry(len(changes) + 1, TokenClass.CREDIT, meter.service, tid, digits) | {"tenths": tenths}
        return Issued((*changes, credit), key)

    def management(
        self, connection: Connection, meter: SellingMeter, subclass: int, *, value_field: int, at: datetime
    ) -> Issued:
        """Issue an engineering token (docs/sts.md §2.3), with a key change set where one is due.

        `value_field` as the token carries it.

        Raises:
            as `credit`, and FieldError `field.*`.
        """
        _refuse_unheard(connection, meter, at)
        key = key_in_force(meter, at)
        cipher = self._decoder_key(meter, key, at).cipher()
        tid = self._next_tid(connection, meter, key, at)
        digits = management_token(
            cipher, subclass=subclass, rnd=secrets.randbelow(16), tid=tid, value_field=value_field
        )
        _check_readable(digits, cipher, tid=tid)
        changes = self._key_change(connection, meter, key)
        token = _entry(len(changes) + 1, TokenClass.MANAGEMENT, subclass, tid, digits)
        return Issued((*changes, token), key)

    def key_change(self, meter: SellingMeter, at: datetime) -> Issued:
        """Return the announced key change of a meter as tokens: the same digits on every till.

        Raises:
            UserError: `key_change.same_key`, no change is announced or it is not in force yet. VaultError.
        """
        key = key_in_force(meter, at)
        if key == present_key(meter):
            raise UserError("key_change.same_key", "No key change is due for this meter.")
        return Issued(tuple(self._key_change_tokens(meter, key)), key)

    def read(self, meter: SellingMeter, digits: str, at: datetime) -> tuple[Any, BaseDate]:
        """Decode a token with the meter's key in force, else with its present one; with the key's base date.

        Raises:
            TokenDataError: `token.*`; KeyDataError `token.data`; VaultError.
        """
        key = key_in_force(meter, at)
        decoder_key = self._vault.decoder_key_even_expired(_meter_key(meter, key))
        return decode_token(digits, decoder_key.cipher()), BaseDate(key.base_date)

    def _decoder_key(self, meter: SellingMeter, key: KeyInForce, at: datetime) -> DecoderKey:
        for guard in self._guards:
            guard()
        return self._vault.decoder_key(_meter_key(meter, key), at=at)

    def _next_tid(self, connection: Connection, meter: SellingMeter, key: KeyInForce, at: datetime) -> int:
        base_date = BaseDate(key.base_date)
        group = meter if meter.following is None or key.sgc == meter.sgc else meter.following
        tid = next_tid(
            base_date,
            minute_of(base_date, at, ZoneInfo(group.tid_zone)),
            last=last_tid(connection, meter.pan, key.base_date),
            lane=group.lane,
            lanes=group.lanes,
        )
        check_not_expired(tid, key.ken)
        assert 0 <= tid <= TID_MAX
        return tid

    def _key_change(
        self, connection: Connection, meter: SellingMeter, key: KeyInForce
    ) -> list[dict[str, Any]]:
        """The key change set while fewer than two credit tokens of this till went out under the new key."""
        if key == present_key(meter):
            return []
        assert meter.next_key is not None
        issued = connection.exec_driver_sql(
            "SELECT count(*) FROM token JOIN sale ON sale.place = token.sale_place "
            "WHERE token.pan = ? AND token.token_class = 0 AND sale.at >= ?",
            (meter.pan, milliseconds_of(datetime.fromisoformat(meter.next_key["from"]))),
        ).scalar_one()
        return [] if issued >= CREDIT_TOKENS_WITH_KEY_CHANGE else self._key_change_tokens(meter, key)

    def _key_change_tokens(self, meter: SellingMeter, key: KeyInForce) -> list[dict[str, Any]]:
        present = present_key(meter)
        old = self._vault.decoder_key_even_expired(_meter_key(meter, present))
        new = self._vault.decoder_key_even_expired(_meter_key(meter, key))
        digits = key_change_tokens(
            old.cipher(),
            new_key=new.secret.reveal(),
            attributes=KeyAttributes(sgc=key.sgc, ti=key.ti, krn=key.krn, kt=key.kt, ken=key.ken),
            is_rollover=key.base_date != meter.base_date,
            # A 128-bit set tells the meter its group anyway.
            with_supply_group=key.sgc != meter.sgc and old.meter.ea is EncryptionAlgorithm.STA,
        )
        subclasses = (3, 4, 8, 9)
        return [
            _entry(n, TokenClass.MANAGEMENT, subclass, None, one)
            for n, (subclass, one) in enumerate(zip(subclasses, digits, strict=False), 1)
        ]


def _refuse_unheard(connection: Connection, meter: SellingMeter, at: datetime) -> None:
    """Refuse a token of a key that other tills may have left behind (docs/formats.md §8)."""
    if meter.next_key is None:
        return
    asked_at: Any = connection.exec_driver_sql(
        "SELECT pulled_at FROM pull_cursor WHERE resource = 'supply_groups'"
    ).scalar()
    if may_have_begun(meter.next_key["from"], None if asked_at is None else instant_of(asked_at), at):
        raise MachineFault(
            "key_change.unheard",
            "Head office is changing the key of this meter's group and was not heard for six days: the new "
            "one may be in force. Connect to head office; no token of this group is made until then.",
        )


def check_token_data(meter: SellingMeter, at: datetime) -> None:
    """Refuse a meter whose record no token can be made from: before anybody pays for one.

    Raises:
        KeyDataError: `token.data`. UserError: as `key_in_force`.
    """
    _meter_key(meter, key_in_force(meter, at))


def _meter_key(meter: SellingMeter, key: KeyInForce) -> MeterKey:
    """The key a token is made with. Raises KeyDataError `token.data`."""
    return MeterKey.of_record(
        meter.drn,
        meter.pan,
        sgc=key.sgc,
        ti=key.ti,
        krn=key.krn,
        method=key.dkga,
        ea=key.ea,
        base_date=key.base_date,
        kt=key.kt,
    )


def _check_readable(digits: str, cipher: BlockCipher, *, tid: int) -> None:
    """Read the token back before it is worth money: a meter would refuse what does not decode."""
    assert decode_token(digits, cipher).tid == tid


def _entry(n: int, token_class: TokenClass, subclass: int, tid: int | None, digits: str) -> dict[str, Any]:
    return {
        "n": n,
        "token_class": int(token_class),
        "subclass": subclass,
        "tid": tid,
        "digits": digits,
    }
