"""What of this till's journal head office has, has with a question, has not, and will not take."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.journal import instant_text
from pos.domain.permissions import Actor, Permission
from pos.domain.priced_item import PricedItem
from pos.domain.recompute import price_item_again
from pos.domain.tariff_json import tariff_from_json
from pos.errors import UserError
from pos.models.ledger_book import BookHead, read_head
from pos.models.places import place_of
from pos.models.queries.sales import find_sale_detail
from pos.models.queries.selling import find_tariff
from pos.models.queries.uploads import (
    DayCount,
    Entry,
    FlaggedEntry,
    SaleName,
    count_day,
    count_flagged,
    entries_after,
    entry_at,
    flagged_entries,
    sent_entries,
)
from pos.models.stored import instant_of
from pos.models.uow import Units
from pos.services.approval import require_any
from pos.services.office_standing import OfficeStanding, office_standing, stuck_code
from pos.system.clock import Clock
from pos.system.files import write_atomically
from pos.tokens.amount import largest_amount_not_above

__all__ = [
    "BothSums",
    "DayCount",
    "Entry",
    "FlaggedEntry",
    "OfficeStanding",
    "RefusedEntry",
    "SaleName",
    "SumLine",
    "UploadsDesk",
    "UploadsNow",
]

WAITING_SHOWN = 200
FLAGGED_SHOWN = 50
PAGE_ROWS = 50
_PROPOSALS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """What head office did not take: an entry with the code, or a change of a meter with its reason."""

    entry: Entry | None
    code: str
    drn: str = ""
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UploadsNow:
    """Everything the Uploads screen shows of the books; counts are whole, rows at most a screen's worth."""

    office: OfficeStanding
    waiting: tuple[Entry, ...]
    waiting_count: int
    flagged: tuple[FlaggedEntry, ...]
    flagged_count: int
    refused: tuple[RefusedEntry, ...]
    today: DayCount

    @property
    def questions(self) -> int:
        """How many entries want a person's eyes."""
        return self.flagged_count + len(self.refused)

    @property
    def to_do(self) -> int:
        """How many entries are not done with."""
        return self.waiting_count + self.questions


@dataclass(frozen=True, slots=True)
class SumLine:
    """One kind of line in both sums; None where a side has no such line."""

    kind: str
    here_minor: int | None
    there_minor: int | None


@dataclass(frozen=True, slots=True)
class BothSums:
    """A sale as it was sold, and as it adds up with the tariff that is known to be in force then.

    `is_again` is False where it cannot be computed again; `there` is then empty.
    """

    number: str
    lines: tuple[SumLine, ...]
    units_here_milli: int
    units_there_milli: int
    is_again: bool


class UploadsDesk:
    """Reads; nothing here goes over the network."""

    def __init__(self, units: Units, clock: Clock, *, business_day: Callable[[datetime], str]) -> None:
        """`business_day` turns an instant into the shop's day, as the book does."""
        self._units = units
        self._clock = clock
        self._business_day = business_day

    def read(self, actor: Actor) -> UploadsNow:
        """Return how the journal and head office stand to each other.

        Raises:
            UserError: `permission.denied`. MachineFault: `disk.*`.
        """
        _require(actor)
        today = self._business_day(self._clock.now())
        with self._units.read() as connection:
            head = read_head(connection)
            office = office_standing(connection)
            refused = _refused(connection, head, office)
            stuck = {one.entry.place for one in refused if one.entry is not None}
            waiting = entries_after(connection, head.acked_seq, limit=WAITING_SHOWN)
            return UploadsNow(
                office,
                tuple(entry for entry in waiting if entry.place not in stuck),
                max(0, head.head_seq - head.acked_seq - len(stuck)),
                flagged_entries(connection, limit=FLAGGED_SHOWN),
                count_flagged(connection),
                refused,
                count_day(connection, today, acked_seq=head.acked_seq),
            )

    def sent_today(self, actor: Actor, *, before: int | None = None) -> tuple[Entry, ...]:
        """Return a page of today's entries that head office has, newest first, below the seq `before`.

        Raises:
            UserError: `permission.denied`.
        """
        _require(actor)
        today = self._business_day(self._clock.now())
        with self._units.read() as connection:
            acked = read_head(connection).acked_seq
            return sent_entries(connection, today, acked_seq=acked, before=before, limit=PAGE_ROWS)

    def both_sums(self, actor: Actor, sale_id: UUID) -> BothSums:
        """Compute a sale again with the tariff that is now known to have been in force when it was sold.

        Raises:
            UserError: `permission.denied`, `sale.unknown`.
        """
        _require(actor)
        with self._units.read() as connection:
            detail = find_sale_detail(connection, sale_id)
            if detail is None or detail.sale is None:
                raise UserError("sale.unknown", "This till knows no such sale.")
            again = [_again(connection, item, detail.row.at) for item in detail.sale["items"]]
        return _both(detail.row.receipt_number or "", detail.sale["items"], again)

    def write_report(self, actor: Actor, refused: RefusedEntry, path: Path) -> None:
        """Write what an administrator must know of an entry that was not taken; never what is in it.

        Raises:
            UserError: `permission.denied`. MachineFault: `disk.*`.
        """
        # Loaded only here: it brings a good part of what talks with the server.
        from pos.sync.client import APP

        _require(actor)
        with self._units.read() as connection:
            head, office = read_head(connection), office_standing(connection)
        facts = {
            "app": APP,
            "till": str(head.till_id),
            "till_code": head.till_code,
            "server": office.url,
            "code": refused.code,
            "reason": refused.reason or office.failed_text,
            "head_seq": head.head_seq,
            "acked_seq": head.acked_seq,
            "head_hash": head.head_hash.hex(),
            "entry": None
            if refused.entry is None
            else {
                "seq": refused.entry.seq,
                "kind": refused.entry.kind,
                "at": instant_text(refused.entry.at),
                "business_day": refused.entry.business_day,
            },
        }
        write_atomically(path, (json.dumps(facts, indent=1) + "\n").encode())


def _require(actor: Actor) -> None:
    require_any(actor, Permission.SALE_VIEW_ALL, Permission.SALE_VIEW_OWN)


def _refused(connection: Connection, head: BookHead, office: OfficeStanding) -> tuple[RefusedEntry, ...]:
    found: list[RefusedEntry] = []
    code = stuck_code(head, office)
    if code:
        entry = entry_at(connection, place_of(head.number, head.acked_seq + 1))
        found.append(RefusedEntry(entry, code, at=office.failed_at))
    rows: Any = connection.exec_driver_sql(
        "SELECT coalesce(meter.drn, customer.name, ''), reason, sent_at FROM proposal "
        "LEFT JOIN meter ON meter.key = proposal.meter_key "
        "LEFT JOIN customer ON customer.key = proposal.customer_key "
        "WHERE proposal.state = 'refused' ORDER BY proposal.id DESC LIMIT ?",
        (_PROPOSALS_SHOWN,),
    )
    for drn, reason, sent_at in rows:
        at = None if sent_at is None else instant_of(sent_at)
        found.append(RefusedEntry(None, "proposal.refused", drn, reason or "", at))
    return tuple(found)


def _again(connection: Connection, item: dict[str, Any], at: datetime) -> PricedItem | None:
    basis = item.get("basis")
    if basis is None:
        return None
    code = connection.exec_driver_sql(
        "SELECT code FROM tariff WHERE id = ?", (UUID(basis["tariff_id"]).bytes,)
    ).scalar()
    row = None if code is None else find_tariff(connection, code, at)
    if row is None:
        return None
    tariff = tariff_from_json(json.loads(row.body))
    return price_item_again(item, tariff, representable_tenths=largest_amount_not_above)


def _both(number: str, items: list[dict[str, Any]], again: list[PricedItem | None]) -> BothSums:
    here: dict[str, int] = {}
    there: dict[str, int] = {}
    for item in items:
        for line in item.get("lines", ()):
            here[line["kind"]] = here.get(line["kind"], 0) + line["amount_minor"]
    for priced in again:
        for one in () if priced is None else priced.lines:
            there[one.kind.value] = there.get(one.kind.value, 0) + one.amount_minor
    is_again = all(priced is not None for priced in again)
    kinds = [*here, *(kind for kind in there if kind not in here)]
    return BothSums(
        number,
        tuple(SumLine(kind, here.get(kind), there.get(kind) if is_again else None) for kind in kinds),
        sum(item.get("units_milli", 0) for item in items),
        sum(priced.units_milli for priced in again if priced is not None),
        is_again,
    )
