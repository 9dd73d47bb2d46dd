"""The server as a key holder: it makes the token of a paid sale, once (docs/formats.md §6, §8, §10).

Whatever it answers for a sale is written down first, in the same transaction as the TID: asked again it says
the same. A final no stays one, so that the till may go to the next holder.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, select, update

from central.clock import Clock
from central.db import Database
from central.errors import Problem
from central.models.journal import token
from central.models.master import meter, supplier, supply_group, vend_request
from central.models.master import tariff as tariff_table
from central.services.envelopes import float_left
from central.services.former_lines import succession_of
from central.services.lanes import SERVER_LANE
from central.services.meter_locks import hold_meters
from central.services.organisation_facts import organisation_facts
from central.services.server_vault import ServerVault
from central.services.till_sessions import TillPrincipal
from central.services.verification import find_excess
from pos.contracts.vend import VendRequest
from pos.domain.canonical import JsonError, canonical_bytes
from pos.domain.recompute import UNREADABLE, do_sums_hold, is_price_right
from pos.domain.tariff_json import tariff_from_json
from pos.errors import KilotillError
from pos.tokens.amount import encode_amount, largest_amount_not_above
from pos.tokens.block import TID_MAX
from pos.tokens.credit import credit_token
from pos.tokens.decode import decode_token
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.names import BaseDate, KeyType, TokenClass
from pos.tokens.tid import check_not_expired, minute_of, next_tid
from pos.tokens.vault import MeterKey, SoftwareVault

FINAL_AFTER = timedelta(minutes=10)
TOKENS_WITH_KEY_CHANGE = 2
_KEY_CHANGE_SUBCLASSES = (3, 4, 8, 9)

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyFields:
    """The key a meter's tokens are made with."""

    krn: int
    ti: str
    kt: int
    base_date: str
    ken: int

    def of_answer(self) -> dict[str, Any]:
        """Return the fields as an item's meter has them."""
        return {"krn": self.krn, "ti": self.ti, "kt": self.kt, "base_date": self.base_date}


class _NotNowError(Exception):
    """The server cannot serve this sale now; whether for good is seen by how long it has been asked."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class _NeverError(Exception):
    """The server will never serve this sale."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


class Vending:
    """Makes tokens with the server's keys."""

    def __init__(self, database: Database, vault: ServerVault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    def vend(self, who: TillPrincipal, request: VendRequest) -> dict[str, Any]:
        """Return tokens and key of a sale: the same ones for the same request, whenever it is asked.

        Raises:
            Problem: `vend.quote` 422; any code with `final`: 404 not known here (a final no after ten
                minutes), 409 a final no, but for `sale.id_conflict`.
        """
        digest = _digest(request)
        now = self._clock.now()
        with self._database.write(lock=f"vend:{request.sale_id}") as connection:
            self._database.take_lock(connection, f"float:{who.organisation_id}")
            known = self._known(connection, who, request, digest=digest, now=now)
            if known.state == "vended":
                vended: dict[str, Any] = known.tokens
                return vended
            problem: Problem
            if known.state == "refused":
                refused = (known.code, "The server will not serve this sale.")
                raise _no(Problem(*refused, status=409), is_final=True)
            try:
                return self._issue(connection, who, request, now)
            except _NotNowError as error:
                problem = self._not_now(connection, known, error, now)
            except _NeverError as error:
                self._decide(connection, known, state="refused", code=error.problem.code, now=now)
                problem = _no(error.problem, is_final=True)
        # The decision is committed before it is told.
        raise problem

    def _known(
        self,
        connection: Connection,
        who: TillPrincipal,
        request: VendRequest,
        *,
        digest: bytes,
        now: datetime,
    ) -> Row[Any]:
        """Return what is known of the sale, writing it down when it is asked about for the first time."""
        query = select(vend_request).where(
            vend_request.c.organisation_id == who.organisation_id, vend_request.c.sale_id == request.sale_id
        )
        known = connection.execute(query).one_or_none()
        if known is None:
            connection.execute(
                vend_request.insert().values(
                    organisation_id=who.organisation_id,
                    sale_id=request.sale_id,
                    till_id=who.till_id,
                    request_sha256=digest,
                    state="waiting",
                    code="",
                    first_at=now,
                )
            )
            return connection.execute(query).one()
        if known.request_sha256 != digest or known.till_id not in succession_of(connection, who.till_id):
            # The other request may have its token: no holder may serve this id again.
            refusal = ("sale.id_conflict", "This sale id belongs to another request.")
            raise _no(Problem(*refusal, status=409), is_final=False)
        return known

    def _not_now(
        self, connection: Connection, known: Row[Any], error: _NotNowError, now: datetime
    ) -> Problem:
        is_final = now - known.first_at >= FINAL_AFTER
        if is_final:
            self._decide(connection, known, state="refused", code=error.problem.code, now=now)
        return _no(error.problem, is_final=is_final)

    def _decide(
        self, connection: Connection, known: Row[Any], *, state: str, code: str, now: datetime, **more: Any
    ) -> None:
        connection.execute(
            update(vend_request)
            .where(
                vend_request.c.organisation_id == known.organisation_id,
                vend_request.c.sale_id == known.sale_id,
            )
            .values(state=state, code=code, decided_at=now, **more)
        )

    def _issue(
        self, connection: Connection, who: TillPrincipal, request: VendRequest, now: datetime
    ) -> dict[str, Any]:
        row = _meter(connection, who, request.drn)
        group = _group(connection, row)
        item = _checked_item(connection, row, request)
        hold_meters(connection, [row.pan])
        _check_float(connection, row, group, item)
        day = now.astimezone(organisation_facts(connection, row.organisation_id).zone).date()
        _check_customer(connection, row, item, day)
        key = _key_in_force(row, group, now)
        vault = self._vault.open_group(connection, row.organisation_id, row.sgc)
        try:
            tokens, tid = _make(connection, row, group, vault=vault, key=key, item=item, now=now)
        except KilotillError as error:
            raise _NeverError(Problem(*(error.code, error.text), status=409)) from error
        vended = {"tokens": tokens, "key": key.of_answer()}
        self._decide(
            *(connection, self._row(connection, who, request)),
            state="vended",
            code="",
            now=now,
            tokens=vended,
            pan=row.pan,
            base_date=key.base_date,
            tid=tid,
            money_minor=item["money_minor"],
            business_day=day,
        )
        return vended

    def _row(self, connection: Connection, who: TillPrincipal, request: VendRequest) -> Row[Any]:
        return connection.execute(
            select(vend_request).where(
                vend_request.c.organisation_id == who.organisation_id,
                vend_request.c.sale_id == request.sale_id,
            )
        ).one()


def _digest(request: VendRequest) -> bytes:
    asked = {"sale_id": str(request.sale_id), "drn": request.drn, "quote": request.quote}
    try:
        return hashlib.sha256(canonical_bytes(asked)).digest()
    except JsonError as error:
        raise Problem("vend.quote", f"The quote is no JSON of ours: {error.text}", status=422) from error


def _no(problem: Problem, *, is_final: bool) -> Problem:
    problem.extra["final"] = is_final
    return problem


def _meter(connection: Connection, who: TillPrincipal, drn: str) -> Row[Any]:
    row = connection.execute(
        select(meter).where(
            meter.c.organisation_id == who.organisation_id,
            meter.c.drn == drn,
            meter.c.merged_into.is_(None),
        )
    ).one_or_none()
    if row is None:
        raise _NotNowError(Problem("meter.unknown", f"Meter {drn} is not known at head office.", status=404))
    if row.status != "active":
        raise _NeverError(
            Problem("meter.blocked", f"Meter {drn} is {row.status}: nothing can be sold.", status=409)
        )
    return row


def _group(connection: Connection, row: Row[Any]) -> Row[Any]:
    group = connection.execute(
        select(supply_group).where(
            supply_group.c.organisation_id == row.organisation_id, supply_group.c.sgc == row.sgc
        )
    ).one_or_none()
    if group is None or "central" not in group.holders:
        raise _NeverError(
            Problem("key.group_not_allowed", "Head office makes no tokens for this supply group.", status=409)
        )
    return group


def _checked_item(connection: Connection, row: Row[Any], request: VendRequest) -> Body:
    """Return the one item of the quote, priced as the tariff makes it."""
    quote = request.quote
    try:
        (item,) = quote["items"]
        is_right = (
            item["item_kind"] == "token"
            and item["meter"]["drn"] == request.drn
            and str(quote["sale_id"]) == str(request.sale_id)
            and type(item["token_units_tenths"]) is int
            and item["token_units_tenths"] > 0
            and largest_amount_not_above(item["token_units_tenths"]) == item["token_units_tenths"]
            and do_sums_hold(quote)
        )
        sha256 = str(item["basis"]["tariff_sha256"])
    except UNREADABLE as error:
        raise _NeverError(Problem("vend.quote", "The quote is not that of one token.", status=409)) from error
    if not is_right:
        raise _NeverError(Problem("vend.quote", "The quote is not that of one token.", status=409))
    _check_price(connection, row, item, sha256=sha256)
    checked: Body = item
    return checked


def _check_price(connection: Connection, row: Row[Any], item: Body, *, sha256: str) -> None:
    """Refuse units that the money does not buy; a tariff this server does not have yet may still come."""
    known = connection.execute(
        select(tariff_table).where(
            tariff_table.c.organisation_id == row.organisation_id, tariff_table.c.sha256 == _hex(sha256)
        )
    ).first()
    if known is None:
        raise _NotNowError(Problem("tariff.unknown", "Head office does not have this tariff.", status=404))
    tariff = tariff_from_json(json.loads(known.body))
    if not is_price_right(item, tariff, representable_tenths=largest_amount_not_above):
        raise _NeverError(
            Problem("sale.price", "The price of the quote is not what the tariff makes of it.", status=409)
        )


def _check_float(connection: Connection, row: Row[Any], group: Row[Any], item: Body) -> None:
    is_kept = connection.execute(
        select(supplier.c.is_float_kept).where(
            supplier.c.organisation_id == row.organisation_id, supplier.c.code == group.supplier
        )
    ).scalar()
    if is_kept and float_left(connection, row.organisation_id) < item["money_minor"]:
        raise _NeverError(Problem("float.empty", "The float with the supplier is used up.", status=409))


def _check_customer(connection: Connection, row: Row[Any], item: Body, day: date) -> None:
    """Hold a customer to what his level of verification allows, by days as the organisation counts them."""
    excess = find_excess(connection, row.organisation_id, row.id, money_minor=item["money_minor"], day=day)
    if excess is not None:
        raise _NeverError(
            Problem(
                "vend.customer_limit",
                f"This customer may buy for {excess.limit_minor} at most ({excess.what}): verify him first.",
                status=409,
            )
        )


def _key_in_force(row: Row[Any], group: Row[Any], now: datetime) -> KeyFields:
    following = row.next_key or group.next_key
    if following and now >= datetime.fromisoformat(following["from"]):
        if following.get("sgc", row.sgc) != row.sgc:
            # Its new group's lanes and keys are asked for once the record has moved; tills can do it before.
            raise _NeverError(
                Problem("key.group_not_allowed", "This meter is moving to another supply group.", status=409)
            )
        names = ("krn", "ti", "kt", "base_date", "ken")
        return KeyFields(*(following[name] for name in names))
    return _present_key(row, group)


def _present_key(row: Row[Any], group: Row[Any]) -> KeyFields:
    def own(name: str) -> Any:
        value = row._mapping[name]
        return group._mapping[name] if value is None else value

    return KeyFields(own("krn"), own("ti"), own("kt"), own("base_date"), group.ken)


def _meter_key(row: Row[Any], group: Row[Any], key: KeyFields) -> MeterKey:
    return MeterKey.of_record(
        row.drn,
        row.pan,
        sgc=row.sgc,
        ti=key.ti,
        krn=key.krn,
        method=row.key_method or group.key_method,
        ea=row.algorithm or group.algorithm,
        base_date=key.base_date,
        kt=key.kt,
    )


def _make(
    connection: Connection,
    row: Row[Any],
    group: Row[Any],
    *,
    vault: SoftwareVault,
    key: KeyFields,
    item: Body,
    now: datetime,
) -> tuple[list[dict[str, Any]], int]:
    """Return the tokens and the TID of the credit. Raises KeyDataError `token.data`, VaultError, TidError."""
    decoder_key = vault.decoder_key(_meter_key(row, group, key), at=now)
    cipher = decoder_key.cipher()
    tid = _free_tid(connection, row, group, key=key, now=now)
    check_not_expired(tid, key.ken)
    assert 0 <= tid <= TID_MAX
    tenths = item["token_units_tenths"]
    digits = credit_token(
        cipher,
        subclass=row.service,
        rnd=secrets.randbelow(16),
        tid=tid,
        amount_field=encode_amount(tenths),
    )
    assert decode_token(digits, cipher).tid == tid
    changes = _key_change(connection, row, group, vault=vault, key=key)
    credit = _entry(len(changes) + 1, TokenClass.CREDIT, row.service, tid, digits)
    return [*changes, credit | {"tenths": tenths}], tid


def _free_tid(
    connection: Connection, row: Row[Any], group: Row[Any], *, key: KeyFields, now: datetime
) -> int:
    """Return the next TID in the server's lane that no token of the meter has."""
    base_date = BaseDate(key.base_date)
    minute = minute_of(base_date, now, ZoneInfo(group.tid_zone))
    last: int | None = connection.execute(
        select(func.max(vend_request.c.tid)).where(
            vend_request.c.organisation_id == row.organisation_id,
            vend_request.c.pan == row.pan,
            vend_request.c.base_date == key.base_date,
        )
    ).scalar()
    lanes = max(group.lanes, 1)
    while True:
        tid = next_tid(base_date, minute, last=last, lane=SERVER_LANE, lanes=lanes)
        taken = connection.execute(
            select(token.c.tid).where(
                token.c.organisation_id == row.organisation_id,
                token.c.pan == row.pan,
                token.c.base_date == key.base_date,
                token.c.tid == tid,
                token.c.tid.is_not(None),
                ~token.c.is_double,
            )
        ).first()
        if taken is None:
            return tid
        last = tid


def _key_change(
    connection: Connection, row: Row[Any], group: Row[Any], *, vault: SoftwareVault, key: KeyFields
) -> list[dict[str, Any]]:
    """Return the key change set while fewer than two tokens of this server went out under the new key."""
    present = _present_key(row, group)
    if key == present:
        return []
    begun = datetime.fromisoformat((row.next_key or group.next_key)["from"])
    issued = connection.execute(
        select(func.count()).where(
            vend_request.c.organisation_id == row.organisation_id,
            vend_request.c.pan == row.pan,
            vend_request.c.state == "vended",
            vend_request.c.decided_at >= begun,
        )
    ).scalar_one()
    if issued >= TOKENS_WITH_KEY_CHANGE:
        return []
    old = vault.decoder_key_even_expired(_meter_key(row, group, present))
    new = vault.decoder_key_even_expired(_meter_key(row, group, key))
    digits = key_change_tokens(
        old.cipher(),
        new_key=new.secret.reveal(),
        attributes=KeyAttributes(sgc=row.sgc, ti=key.ti, krn=key.krn, kt=KeyType(key.kt), ken=key.ken),
        is_rollover=key.base_date != present.base_date,
        with_supply_group=False,
    )
    return [
        _entry(n, TokenClass.MANAGEMENT, subclass, None, one)
        for n, (subclass, one) in enumerate(zip(_KEY_CHANGE_SUBCLASSES, digits, strict=False), 1)
    ]


def _entry(n: int, token_class: TokenClass, subclass: int, tid: int | None, digits: str) -> dict[str, Any]:
    return {"n": n, "token_class": int(token_class), "subclass": subclass, "tid": tid, "digits": digits}


def _hex(text_: str) -> bytes:
    try:
        return bytes.fromhex(text_)
    except ValueError:
        return b""
