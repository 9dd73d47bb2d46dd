"""What a stop left, sale by sale, and whether the books it left are whole: for the resume screen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import NoResultFound

from pos.domain.canonical import JsonError
from pos.domain.journal import JournalError, line_hash, read_line
from pos.domain.permissions import Actor, Permission
from pos.models.ledger_book import BookHead, read_head
from pos.models.packing import unpack_line
from pos.models.queries.counter import PaperState, paper_state
from pos.models.queries.meters import get_meter
from pos.models.queries.sales import SalesFilter, list_sales
from pos.models.queries.selling import read_line_at
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.resume import NextAction, ResumeItem, Unfinished, resume_list
from pos.system.clock import Clock

LINES_CHECKED = 500
RECEIPTS_CHECKED = 1_000


@dataclass(frozen=True, slots=True)
class StopCard:
    """One unfinished thing as a person sees it. `digits` are the tokens, `paper` the newest paper.

    `money_minor` of a draft is what was typed; `change_minor` what a paid sale gave back.
    """

    item: ResumeItem
    name: str
    money_minor: int
    change_minor: int
    digits: tuple[str, ...]
    units_milli: int
    paper: PaperState | None
    print_job: int | None


@dataclass(frozen=True, slots=True)
class StopReport:
    """Everything a stop left. `stopped_at` is the last line before it, None for an empty book."""

    cards: tuple[StopCard, ...]
    is_cut: bool
    stopped_at: datetime | None
    entries: int
    seal: str
    is_chain_whole: bool
    last_receipt: str
    has_receipt_gap: bool


class AfterStop:
    """Reads what a stop left; changes nothing."""

    def __init__(self, units: Units, clock: Clock) -> None:
        """Wire the parts."""
        self._units = units
        self._clock = clock

    def report(self, actor: Actor) -> StopReport:
        """Return what waits, one card for each sale, and the state of the newest part of the books.

        The whole of the books is proven by verify; this looks at the part a power cut could have hurt.

        Raises:
            UserError: `permission.denied`.
            MachineFault: `disk.*`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            found = resume_list(connection, self._clock.now())
            head = read_head(connection)
            at: Any = connection.exec_driver_sql(
                "SELECT line FROM journal ORDER BY seq DESC LIMIT 1"
            ).scalar()
            return StopReport(
                _cards(connection, found.items),
                found.is_cut,
                None if at is None else _instant_of(unpack_line(at)),
                head.head_seq,
                head.head_hash.hex()[:8],
                _is_chain_whole(connection, head),
                _last_receipt(connection),
                _has_receipt_gap(connection, head),
            )


def _cards(connection: Connection, items: tuple[ResumeItem, ...]) -> tuple[StopCard, ...]:
    """Put the paper of a sale on the card of its sale."""
    cards: dict[object, StopCard] = {}
    for item in items:
        key = item.id or ("paper", item.print_job)
        known = cards.get(key)
        if known is None:
            cards[key] = _card(connection, item)
        elif item.what is Unfinished.PRINT_JOB:
            cards[key] = StopCard(
                known.item,
                known.name,
                known.money_minor,
                known.change_minor,
                known.digits,
                known.units_milli,
                known.paper,
                item.print_job,
            )
    return tuple(cards.values())


def _card(connection: Connection, item: ResumeItem) -> StopCard:
    if item.what is Unfinished.DRAFT:
        return _draft_card(connection, item)
    place = _place_of(connection, item)
    body = {} if place is None else _body_at(connection, place)
    sale: dict[str, Any] = body.get("sale") or body.get("quote") or {}
    priced = sale["items"][0] if sale.get("items") else body.get("item") or {}
    drn = item.drn or (priced.get("meter") or {}).get("drn")
    payments = sale.get("payments") or [{}]
    return StopCard(
        item,
        _name(connection, drn),
        item.money_minor or int(sale.get("money_minor", 0)),
        int(payments[0].get("change_minor", 0)),
        tuple(str(token["digits"]) for token in priced.get("tokens") or ()),
        int(priced.get("token_units_tenths", 0)) * 100,
        None if place is None else paper_state(connection, place),
        item.print_job,
    )


def _draft_card(connection: Connection, item: ResumeItem) -> StopCard:
    assert item.id is not None, "a draft has its sale's id"
    text: Any = connection.exec_driver_sql(
        "SELECT body FROM draft WHERE sale_id = ?", (item.id.bytes,)
    ).scalar()
    body = json.loads(text) if text else {}
    drn = body.get("drn")
    filled = ResumeItem(
        item.what,
        NextAction.RECALL_DRAFT,
        item.at,
        item.age,
        item.id,
        item.money_minor,
        str(drn) if drn else None,
    )
    money = body.get("money_minor", 0)
    return StopCard(
        filled, str(body.get("name") or ""), money if isinstance(money, int) else 0, 0, (), 0, None, None
    )


def _body_at(connection: Connection, place: int) -> dict[str, Any]:
    """Return what a line says; nothing where the line is gone, which the check of the chain names."""
    try:
        body: dict[str, Any] = json.loads(read_line_at(connection, place))["body"]
    except NoResultFound:
        return {}
    return body


def _place_of(connection: Connection, item: ResumeItem) -> int | None:
    if item.id is None:
        query, value = "SELECT place FROM print_job WHERE key = ?", item.print_job
        place: int | None = connection.exec_driver_sql(query, (value,)).scalar()
        return place
    found: Any = connection.exec_driver_sql(
        "SELECT coalesce(delivered_place, place) FROM sale WHERE id = ? "
        "UNION ALL SELECT place FROM issue WHERE id = ?",
        (item.id.bytes, item.id.bytes),
    ).first()
    return None if found is None else int(found[0])


def _name(connection: Connection, drn: str | None) -> str:
    meter = None if drn is None else get_meter(connection, drn)
    return "" if meter is None else meter.name or ""


def _instant_of(line: bytes) -> datetime | None:
    try:
        return read_line(line)[0].event.at
    except (JournalError, JsonError):
        return None


def _is_chain_whole(connection: Connection, head: BookHead) -> bool:
    """Follow the newest lines: each names the hash of the one before it."""
    rows: Any = connection.exec_driver_sql(
        "SELECT seq, line, hash FROM journal ORDER BY seq DESC LIMIT ?", (LINES_CHECKED,)
    ).all()
    if not rows:
        return head.head_seq == 0
    if (rows[0][0], rows[0][2]) != (head.head_seq, head.head_hash):
        return False
    following: bytes | None = None
    for seq, packed, stored in rows:
        data = unpack_line(packed)
        if line_hash(data) != stored:
            return False
        if following is not None and following != stored:
            return False
        try:
            line, following = read_line(data)
        except (JournalError, JsonError):
            return False
        if line.seq != seq:
            return False
    return True


def _last_receipt(connection: Connection) -> str:
    rows = list_sales(connection, SalesFilter(state="delivered"), limit=1)
    return (rows[0].receipt_number or "") if rows else ""


def _has_receipt_gap(connection: Connection, head: BookHead) -> bool:
    row: Any = connection.exec_driver_sql(
        "SELECT count(*), min(n), max(n) FROM (SELECT receipt_number AS n FROM sale "
        "WHERE receipt_book = ? AND receipt_number > ? ORDER BY receipt_number DESC)",
        (head.number, head.receipt_last - RECEIPTS_CHECKED),
    ).one()
    if not row[0]:
        return head.receipt_last != 0
    return bool(row[2] != head.receipt_last or row[2] - row[1] + 1 != row[0])


__all__ = ["AfterStop", "NextAction", "StopCard", "StopReport", "Unfinished"]
