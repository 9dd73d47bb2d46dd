"""What booking knows before it books: everything some lines speak of, looked up in a few queries."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, select

from central.models.journal import account_balance, book_day, meter_month, payment, token, voucher_use
from central.models.master import (
    meter,
    tariff,
    vend_request,
)
from central.models.tills import envelope_grant
from central.models.transactions import transactions
from central.services.book_read import Mentions
from central.services.bulk import rows_where
from central.services.former_lines import succession_of
from central.services.organisation_facts import OrganisationFacts
from pos.domain.day_figures import DayTally
from pos.domain.ledger import drawer_account
from pos.domain.tariff import Tariff
from pos.domain.tariff_json import tariff_from_json

Month = tuple[str, str]
Tid = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class KnownTariff:
    """A version of a tariff, parsed once in the life of the process: it never changes."""

    sha256: str
    tariff: Tariff


@dataclass(slots=True)
class MonthRow:
    """What one till took from a meter's month."""

    units_milli: int = 0
    free_milli: int = 0
    arrears_minor: int = 0
    charges: frozenset[str] = frozenset()


@dataclass(slots=True)
class Grant:
    """A live envelope, and what is used of it."""

    sequence: int
    as_of_seq: int
    money_minor: int
    units_milli: int
    used_money_minor: int
    used_units_milli: int


@dataclass(slots=True)
class Transaction:
    """A row of `transactions` while it is booked; only the till that began it, or its successor, may."""

    id: str
    till_id: str
    till_code: str
    type: str
    state: str
    business_day: str
    at: datetime
    money_minor: int
    currency: str
    units_milli: int
    cashier_id: str
    cashier_name: str | None
    meter_id: str | None
    drn: str | None
    receipt_number: str | None
    institution_id: UUID | None
    is_flagged: bool


@dataclass(slots=True)
class Context:
    """The till's book and all that its lines speak of; booking reads and moves it line by line."""

    till: Row[Any]
    till_id: str
    organisation_id: str
    currency: str
    now: datetime
    groups: Mapping[str, Row[Any]]
    commissions: Mapping[str, list[tuple[datetime, int]]]
    meters: dict[str, Row[Any]]
    meter_of_drn: dict[str, str]
    arrears: dict[str, int]
    tariffs: dict[str, KnownTariff]
    months: dict[Month, dict[str, MonthRow]]
    balances: dict[str, int]
    taken_over: dict[str, int]
    """Balances of the till this one replaced: what its first lines find, and no part of its own."""
    tenders: dict[str, str]
    parts: dict[str, dict[str, str]]
    """By sale, of which one payment was given back, the state of each of its payments."""
    days: dict[str, DayTally]
    transactions: dict[str, Transaction]
    foreign_sales: set[str]
    tids: dict[Tid, str | None]
    vended: dict[Tid, str]
    vouchers: set[str]
    grants: list[Grant]
    names: Mapping[str, str]
    receipt_last: int
    last_at: datetime | None
    envelope_taken: int
    extra: dict[str, Counter[str]]
    """By day, what only the server counts: voids and reprints."""

    def kept(self, meter_id: str) -> str:
        """Return the meter that counts: of a duplicate the one it was merged into."""
        row = self.meters.get(meter_id)
        return meter_id if row is None or row.merged_into is None else str(row.merged_into)


def load_context(
    connection: Connection,
    till_row: Row[Any],
    mentions: Mentions,
    *,
    facts: OrganisationFacts,
    now: datetime,
) -> Context:
    """Look everything up. The till's row and the meters' PANs are locked by the caller."""
    organisation = till_row.organisation_id
    meters = _meters(connection, organisation, mentions)
    known = {str(row.id): row for row in meters}
    days, extra = _days(connection, till_row, mentions)
    succession = (till_row.id,) if till_row.replaces is None else succession_of(connection, till_row.id)
    sales, foreign = _transactions(connection, succession, mentions)
    return Context(
        till=till_row,
        till_id=str(till_row.id),
        organisation_id=str(organisation),
        currency=facts.currencies[till_row.sales_point_id],
        now=now,
        groups=facts.groups,
        commissions=facts.commissions,
        meters=known,
        meter_of_drn={row.drn: id_ for id_, row in known.items() if row.merged_into is None},
        arrears={id_: row.arrears_minor for id_, row in known.items()},
        tariffs=_tariffs(connection, organisation, mentions),
        months=_months(connection, organisation, mentions),
        balances=_balances(connection, till_row.id),
        taken_over=_taken_over(connection, till_row),
        tenders=_tenders(connection, succession, mentions),
        parts=_parts(connection, organisation, mentions),
        days=days,
        extra=extra,
        transactions=sales,
        foreign_sales=foreign,
        tids=_tids(connection, organisation, mentions),
        vended=_vended(connection, organisation, mentions),
        vouchers=_vouchers(connection, organisation, mentions),
        grants=_grants(connection, till_row.id),
        names=facts.names,
        receipt_last=till_row.receipt_last,
        last_at=till_row.last_at,
        envelope_taken=till_row.envelope_taken,
    )


_METER_COLUMNS = (
    meter.c.id,
    meter.c.organisation_id,
    meter.c.drn,
    meter.c.krn,
    meter.c.base_date,
    meter.c.arrears_minor,
    meter.c.institution_id,
    meter.c.home_till,
    meter.c.next_key,
    meter.c.merged_into,
)


def _meters(connection: Connection, organisation: UUID, mentions: Mentions) -> list[Row[Any]]:
    columns = _METER_COLUMNS
    found = {row.id: row for row in rows_where(connection, columns, meter.c.id, mentions.meters)}
    # A number may stand under another id: a duplicate, proposed at another till.
    missing = mentions.drns - {row.drn for row in found.values() if row.merged_into is None}
    if missing:
        for row in rows_where(connection, columns, meter.c.drn, missing):
            found[row.id] = row
    kept = {row.merged_into for row in found.values()} - {None}
    for row in rows_where(connection, columns, meter.c.id, kept - found.keys()):
        found[row.id] = row
    # What is taken under a merged id counts in the months of the meter that is kept.
    mentions.meters |= {str(one) for one in kept}
    return [row for row in found.values() if row.organisation_id == organisation]


_PARSED: dict[tuple[UUID, str], KnownTariff] = {}
_PARSED_MAX = 1_000


def _tariffs(connection: Connection, organisation: UUID, mentions: Mentions) -> dict[str, KnownTariff]:
    missing = [one for one in mentions.tariffs if (organisation, one) not in _PARSED]
    if missing:
        if len(_PARSED) + len(missing) > _PARSED_MAX:
            _PARSED.clear()
            missing = list(mentions.tariffs)
        hashes = [bytes.fromhex(one) for one in missing]
        own = (tariff.c.organisation_id == organisation,)
        for row in rows_where(
            connection, (tariff.c.sha256, tariff.c.body), tariff.c.sha256, hashes, more=own
        ):
            name = row.sha256.hex()
            _PARSED[organisation, name] = KnownTariff(name, tariff_from_json(json.loads(row.body)))
    known = ((one, _PARSED.get((organisation, one))) for one in mentions.tariffs)
    return {one: parsed for one, parsed in known if parsed is not None}


def _months(
    connection: Connection, organisation: UUID, mentions: Mentions
) -> dict[Month, dict[str, MonthRow]]:
    columns = list(meter_month.c)
    # Any till may name any id: what others say of a meter of theirs counts only for them.
    own = (meter_month.c.organisation_id == organisation,)
    months: dict[Month, dict[str, MonthRow]] = defaultdict(dict)
    for row in rows_where(connection, columns, meter_month.c.meter_id, mentions.meters, more=own):
        if row.month not in mentions.months:
            continue
        months[str(row.meter_id), row.month][str(row.till_id)] = MonthRow(
            row.units_milli,
            row.free_milli,
            row.arrears_taken_minor,
            frozenset(row.charges.split("\n")) if row.charges else frozenset(),
        )
    return months


def _balances(connection: Connection, till_id: UUID) -> dict[str, int]:
    query = select(account_balance.c.account, account_balance.c.balance_minor).where(
        account_balance.c.till_id == till_id
    )
    return {row.account: row.balance_minor for row in connection.execute(query)}


def _taken_over(connection: Connection, till_row: Row[Any]) -> dict[str, int]:
    """A till that takes over begins with the drawer of the one before."""
    if till_row.replaces is None or till_row.booked_seq != 0:
        return {}
    former = drawer_account(str(till_row.replaces))
    balances = _balances(connection, till_row.replaces)
    return {former: balances[former]} if former in balances else {}


def _tenders(connection: Connection, succession: tuple[UUID, ...], mentions: Mentions) -> dict[str, str]:
    columns = (payment.c.payment_id, payment.c.tender)
    own = (payment.c.till_id.in_(succession),)
    rows = rows_where(connection, columns, payment.c.payment_id, mentions.payments, more=own)
    return {str(row.payment_id): row.tender for row in rows}


def _parts(connection: Connection, organisation: UUID, mentions: Mentions) -> dict[str, dict[str, str]]:
    columns = (payment.c.sale_id, payment.c.payment_id, payment.c.state)
    own = (payment.c.organisation_id == organisation,)
    parts: dict[str, dict[str, str]] = {sale_id: {} for sale_id in mentions.given_back}
    for row in rows_where(connection, columns, payment.c.sale_id, mentions.given_back, more=own):
        parts[str(row.sale_id)][str(row.payment_id)] = row.state
    return parts


def _days(
    connection: Connection, till_row: Row[Any], mentions: Mentions
) -> tuple[dict[str, DayTally], dict[str, Counter[str]]]:
    query = select(book_day.c.business_day, book_day.c.figures).where(
        book_day.c.till_id == till_row.id, book_day.c.business_day.in_(sorted(mentions.days))
    )
    rows = connection.execute(query).all()
    extra: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        extra[row.business_day].update(row.figures.get("extra", {}))
    return {row.business_day: tally_of(row.figures) for row in rows}, extra


def tally_of(figures: dict[str, Any]) -> DayTally:
    """Return a day's tally from its stored figures."""
    tally = DayTally(
        first_seq=figures["first_seq"],
        last_seq=figures["last_seq"],
        last_hash=figures["last_hash"],
        tokens=figures["tokens"],
        units_milli=figures["units_milli"],
    )
    tally.pieces.update(figures["pieces"])
    tally.sums_minor.update(figures["sums_minor"])
    tally.tenders_minor.update(figures["tenders_minor"])
    return tally


def _transactions(
    connection: Connection, succession: tuple[UUID, ...], mentions: Mentions
) -> tuple[dict[str, Transaction], set[str]]:
    """Return the till's own sales among those mentioned, and the ids that are somebody else's.

    A sale that was begun at the till this one replaced is its own: it goes on there.
    """
    own, foreign = {}, set()
    for row in rows_where(connection, list(transactions.c), transactions.c.id, mentions.sales):
        if row.till_id not in succession:
            foreign.add(str(row.id))
            continue
        own[str(row.id)] = Transaction(
            str(row.id),
            str(row.till_id),
            row.till_code,
            row.type,
            row.state,
            row.business_day.isoformat(),
            row.at,
            row.money_minor,
            row.currency,
            row.units_milli,
            str(row.cashier_id),
            row.cashier_name,
            _text(row.meter_id),
            row.drn,
            row.receipt_number,
            row.institution_id,
            row.is_flagged,
        )
    return own, foreign


def _tids(connection: Connection, organisation: UUID, mentions: Mentions) -> dict[Tid, str | None]:
    """Return the TIDs that are booked already, and the sale each was for."""
    if not mentions.tids:
        return {}
    columns = (token.c.pan, token.c.base_date, token.c.tid, token.c.sale_id)
    more = (
        token.c.organisation_id == organisation,
        token.c.tid.is_not(None),
        ~token.c.is_double,
    )
    rows = rows_where(connection, columns, token.c.pan, mentions.pans, more=(*more, _among(mentions)))
    return {(row.pan, row.base_date, row.tid): _text(row.sale_id) for row in rows}


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _among(mentions: Mentions) -> ColumnElement[bool]:
    """A meter has many tokens; those of the last years are no TIDs of these lines."""
    return token.c.tid.between(min(mentions.tids), max(mentions.tids))


def _vended(connection: Connection, organisation: UUID, mentions: Mentions) -> dict[Tid, str]:
    """Return the TIDs this server gave out itself, and the sale each is for."""
    if not mentions.tids:
        return {}
    columns = (vend_request.c.pan, vend_request.c.base_date, vend_request.c.tid, vend_request.c.sale_id)
    more = (vend_request.c.organisation_id == organisation, vend_request.c.tid.is_not(None))
    rows = rows_where(connection, columns, vend_request.c.pan, mentions.pans, more=more)
    return {(row.pan, row.base_date, row.tid): str(row.sale_id) for row in rows}


def _vouchers(connection: Connection, organisation: UUID, mentions: Mentions) -> set[str]:
    own = (voucher_use.c.organisation_id == organisation,)
    rows = rows_where(
        connection, [voucher_use.c.voucher_id], voucher_use.c.voucher_id, mentions.vouchers, more=own
    )
    return {str(row.voucher_id) for row in rows}


def _grants(connection: Connection, till_id: UUID) -> list[Grant]:
    query = select(envelope_grant).where(envelope_grant.c.till_id == till_id, envelope_grant.c.is_live)
    return [
        Grant(
            row.sequence,
            row.as_of_seq,
            row.money_minor,
            row.units_milli,
            row.used_money_minor,
            row.used_units_milli,
        )
        for row in connection.execute(query.order_by(envelope_grant.c.sequence))
    ]
