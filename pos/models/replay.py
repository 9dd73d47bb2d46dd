"""Lines of a mirror into a restored book, with the rows they made at first (docs/backup.md §5)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from pos.domain.canonical import canonical_bytes
from pos.domain.journal import Event, Line
from pos.domain.ledger import drawer_account, supplier_share_minor
from pos.domain.meter_rows import SERVICES
from pos.domain.receipt_number import number_of
from pos.models.book_facts import LiveFacts, MissingFactError
from pos.models.ledger_book import read_head
from pos.models.live_sink import LiveSink
from pos.models.meters import customer, meter
from pos.models.packing import pack_line
from pos.models.places import place_of
from pos.models.projector import project
from pos.models.sales import envelope, holder_request, reservation
from pos.models.shop import operator
from pos.models.stored import milliseconds_of
from pos.models.tariffs import tariff
from pos.tokens.numbers import pan_of, parse_drn

Body = Mapping[str, Any]


@dataclass(slots=True)
class Replayed:
    """What became of the lines so far.

    `not_booked`: seq and what the restored till does not know, of lines that are kept without their rows.
    `made_up`: meters and operators that only the lines speak of, entered with what the lines say.
    """

    count: int = 0
    not_booked: list[tuple[int, str]] = field(default_factory=list)
    made_up: list[str] = field(default_factory=list)


def replay_line(connection: Connection, line: Line, *, book_number: int, replayed: Replayed) -> None:
    """Write the next line of the open book, its rows, and what it changed beside the journal."""
    event = line.event
    connection.exec_driver_sql(
        "INSERT INTO journal (seq, id, kind, business_day, line, hash) VALUES (?, ?, ?, ?, ?, ?)",
        (line.seq, event.id.bytes, event.kind, event.business_day, pack_line(line.data), line.hash),
    )
    _book(connection, line, book_number=book_number, replayed=replayed)
    receipt, z = _numbers(event.body)
    connection.exec_driver_sql(
        "UPDATE book SET head_seq = ?, head_hash = ?, trusted_at = max(trusted_at, ?), "
        "receipt_last = max(receipt_last, ?), z_last = max(z_last, ?)",
        (line.seq, line.hash, milliseconds_of(event.at), receipt, z),
    )


def replay_former_line(connection: Connection, line: Line, *, book_number: int, replayed: Replayed) -> None:
    """Write the next line of a book that ended with a restore: head office had more of it.

    Only while the open book states nothing that depends on it (`may_replay_former`).
    """
    event, place = line.event, place_of(book_number, line.seq)
    connection.exec_driver_sql(
        "INSERT INTO former_journal (place, id, kind, business_day, line, hash, is_booked) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (place, event.id.bytes, event.kind, event.business_day, pack_line(line.data), line.hash, True),
    )
    if not _book(connection, line, book_number=book_number, replayed=replayed):
        connection.exec_driver_sql("UPDATE former_journal SET is_booked = 0 WHERE place = ?", (place,))
    receipt, z = _numbers(event.body)
    connection.exec_driver_sql(
        "UPDATE former_book SET head_seq = ?, head_hash = ?, receipt_last = max(receipt_last, ?) "
        "WHERE number = ?",
        (line.seq, line.hash, receipt, book_number),
    )
    connection.exec_driver_sql(
        "UPDATE book SET trusted_at = max(trusted_at, ?), z_last = max(z_last, ?)",
        (milliseconds_of(event.at), z),
    )


_DEPENDENT = ("shift_opened", "sale_paid", "sale_delivered", "sale_closed", "tokens_issued", "cash_moved")
_ALSO_DEPENDENT = ("shift_closed", "payment_changed", "float_moved", "arrears_changed", "case_changed")


def may_replay_former(connection: Connection) -> bool:
    """Whether the open book has nothing yet whose rows follow from what the former book says."""
    kinds = (*_DEPENDENT, *_ALSO_DEPENDENT)
    marks = ", ".join("?" * len(kinds))
    query = f"SELECT 1 FROM journal WHERE kind IN ({marks}) LIMIT 1"  # noqa: S608 - question marks only
    return connection.exec_driver_sql(query, kinds).first() is None


def settle_former(connection: Connection, *, former_till: UUID, first_place: int) -> None:
    """Bring what the open book's first line did in line with lines of the former book that came since.

    That line took over the drawer as it was known then (docs/formats.md §5, `till_enrolled`), and accounts
    are numbered in the order in which lines first name them. Both become what a rebuilding makes of it.
    `first_place` is that of the first line that came.
    """
    head = read_head(connection)
    former, own = drawer_account(str(former_till)), drawer_account(str(head.till_id))
    left: int = (
        connection.exec_driver_sql("SELECT balance_minor FROM account WHERE name = ?", (former,)).scalar()
        or 0
    )
    place, sink = place_of(head.number, 1), LiveSink(connection)
    if left:
        for n, (account, amount_minor) in enumerate(((own, left), (former, -left)), 1):
            key = sink.post(account, amount_minor)
            connection.exec_driver_sql(
                "INSERT INTO posting (place, n, account_key, amount_minor) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (place, n) DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor",
                (place, n, key, amount_minor),
            )
        connection.exec_driver_sql("DELETE FROM posting WHERE place = ? AND amount_minor = 0", (place,))
    _number_accounts(connection, first_place)


def _number_accounts(connection: Connection, first_place: int) -> None:
    """Number the accounts that no earlier line names in the order of their first posting."""
    earlier: int = connection.exec_driver_sql(
        "SELECT coalesce(max(account_key), 0) FROM posting WHERE place < ?", (first_place,)
    ).scalar_one()
    ordered = connection.exec_driver_sql(
        "SELECT account_key FROM posting WHERE place >= ? AND account_key > ? "
        "GROUP BY account_key ORDER BY min(place * 1000 + n)",
        (first_place, earlier),
    ).scalars()
    moves = [(key, earlier + n) for n, key in enumerate(ordered, 1) if key != earlier + n]
    # Over negative numbers, because two accounts may change places.
    for steps in ([(key, -new) for key, new in moves], [(-new, new) for _, new in moves]):
        for key, new in steps:
            connection.exec_driver_sql("UPDATE account SET key = ? WHERE key = ?", (new, key))
            connection.exec_driver_sql(
                "UPDATE posting SET account_key = ? WHERE place >= ? AND account_key = ?",
                (new, first_place, key),
            )


class _FactsThen(LiveFacts):
    """Facts as they stood at a place: an envelope that was taken since is not the one it counts in.

    Nor is a drawer empty because the open book, which began meanwhile, has taken it over.
    """

    def __init__(self, connection: Connection, place: int, instant: datetime | None = None) -> None:
        super().__init__(connection, instant)
        self._place = place

    def at(self, instant: datetime) -> LiveFacts:
        """Return the same facts, with versioned rules as they stood at `instant`."""
        return _FactsThen(self._connection, self._place, instant)

    def envelope_sequence(self) -> int | None:
        """Return the sequence of the envelope in force then."""
        return self._one("SELECT max(sequence) FROM envelope WHERE taken_place <= ?", self._place)

    def balance_minor(self, account: str) -> int:
        """Return an account's balance before the line, without what later lines moved."""
        since_minor = self._needed(
            "SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE place > ? "
            "AND account_key = (SELECT key FROM account WHERE name = ?)",
            self._place,
            account,
        )
        return super().balance_minor(account) - since_minor


def _book(connection: Connection, line: Line, *, book_number: int, replayed: Replayed) -> bool:
    """Write a line's rows; False where it speaks of what this till does not know."""
    event = line.event
    replayed.count += 1
    try:
        with connection.begin_nested():
            made_up = list(_make_up(connection, event))
            place = place_of(book_number, line.seq)
            project(event, place, LiveSink(connection), _FactsThen(connection, place))
            _change_beside(connection, event)
    except (MissingFactError, IntegrityError) as error:
        replayed.not_booked.append((line.seq, str(error.args[0])))
        return False
    replayed.made_up += made_up
    return True


def _numbers(body: Any) -> tuple[int, int]:
    """Return the receipt and Z numbers a line gave out, 0 for none; taken, whether it is booked or not."""
    receipt = body.get("document_number") or body.get("sale", {}).get("receipt_number")
    z = body.get("z_number")
    return 0 if receipt is None else number_of(receipt), 0 if z is None else number_of(z)


def _make_up(connection: Connection, event: Event) -> Iterator[str]:
    """Enter people and meters that were new since the back-up: without them the money could not be booked."""
    if not _knows(connection, "operator", event.actor):
        name = f"? {event.actor.hex[-12:]}"
        connection.execute(
            operator.insert().values(id=event.actor, name=name, role="C", pin_sealed=b"", is_active=False)
        )
        yield f"operator {name}"
    for item in _items(event.body):
        if "meter" in item and not _knows(connection, "meter", UUID(item["meter"]["meter_id"])):
            _make_up_meter(connection, item)
            yield f"meter {item['meter']['drn']}"


def _items(body: Body) -> list[Body]:
    """Return the items of a line of any kind, none where the kind has none."""
    parts = [body.get("sale"), body.get("quote")]
    items = [item for part in parts if part is not None for item in part["items"]]
    return [*items, body["item"]] if "item" in body else items


def _knows(connection: Connection, table: str, record_id: UUID) -> bool:
    query = f"SELECT 1 FROM {table} WHERE id = ?"  # noqa: S608 - one of two names above
    return connection.exec_driver_sql(query, (record_id.bytes,)).first() is not None


def _make_up_meter(connection: Connection, item: Body) -> None:
    said, basis = item["meter"], item.get("basis", {})
    tariff_id = basis.get("tariff_id")
    found: Any = (
        tariff_id
        and connection.execute(
            select(tariff.c.code, tariff.c.body).where(tariff.c.id == UUID(tariff_id))
        ).one_or_none()
    )
    if found is None:
        raise MissingFactError(f"tariff {tariff_id}")
    drn = parse_drn(said["drn"])
    connection.execute(
        meter.insert().values(
            id=UUID(said["meter_id"]),
            drn=drn.digits,
            drn_reversed=drn.digits[::-1],
            pan=int(pan_of(drn).digits),
            service=SERVICES.index(json.loads(found.body)["service"]),
            tariff_code=found.code,
            sgc=said["sgc"],
            ti=said["ti"],
            krn=said["krn"],
            kt=said["kt"],
            algorithm=said["ea"],
            key_method=said["dkga"],
            base_date=said["base_date"],
            status="active",
            arrears_minor=basis.get("arrears_before_minor", 0),
            note="entered by a restore",
        )
    )


def _change_beside(connection: Connection, event: Event) -> None:
    change = _BESIDE.get(event.kind)
    if change is not None:
        change(connection, event.body)


def _paid(connection: Connection, body: Body) -> None:
    """Hold what the frozen quote uses, and the request for its token: it may have left before."""
    quote = body["quote"]
    for item in quote["items"]:
        if "meter" in item:
            _reserve(connection, UUID(quote["sale_id"]), item)
    request = {"sale_id": quote["sale_id"], "drn": quote["items"][0]["meter"]["drn"], "quote": quote}
    connection.execute(
        insert(holder_request)
        .values(
            sale_id=UUID(quote["sale_id"]),
            holder=body["holder"],
            state="left",
            request=canonical_bytes(request).decode(),
            quote=canonical_bytes(quote).decode(),
        )
        .on_conflict_do_nothing()
    )


def _reserve(connection: Connection, sale_id: UUID, item: Body) -> None:
    def sum_of(kind: str) -> int:
        return sum(line["amount_minor"] for line in item["lines"] if line["kind"] == kind)

    charges = sorted(line["code"] for line in item["lines"] if line["kind"] == "charge")
    facts = LiveFacts(connection)
    connection.execute(
        insert(reservation)
        .values(
            sale_id=sale_id,
            item_n=item["n"],
            meter_key=facts.meter_key(item["meter"]["meter_id"]),
            month=item["basis"]["month"],
            units_milli=item["units_milli"],
            free_milli=item["free_milli"],
            charges="\n".join(charges),
            carry_change_milli=item["carry_out_milli"] - item["carry_in_milli"],
            arrears_minor=sum_of("arrears"),
            credit_minor=-sum_of("credit"),
            money_minor=item["money_minor"],
            supplier=facts.supplier_of(item),
            supplier_minor=supplier_share_minor(item["lines"]),
        )
        .on_conflict_do_nothing()
    )


def _delivered(connection: Connection, body: Body) -> None:
    sale = body["sale"]
    for item in sale["items"]:
        arrears_minor = sum(line["amount_minor"] for line in item["lines"] if line["kind"] == "arrears")
        if arrears_minor:
            _add_arrears(connection, item["meter"]["meter_id"], -arrears_minor)
    _end_draft(connection, sale["sale_id"])
    connection.exec_driver_sql(
        "UPDATE holder_request SET state = 'answered' WHERE sale_id = ?", (UUID(sale["sale_id"]).bytes,)
    )


def _closed(connection: Connection, body: Body) -> None:
    _end_draft(connection, body["sale_id"])


def _end_draft(connection: Connection, sale_id: str) -> None:
    for table in ("reservation", "draft"):
        connection.exec_driver_sql(
            f"DELETE FROM {table} WHERE sale_id = ?",  # noqa: S608 - two names
            (UUID(sale_id).bytes,),
        )


def _case_changed(connection: Connection, body: Body) -> None:
    if body["from"] == "":
        connection.exec_driver_sql("UPDATE book SET case_last = case_last + 1")


def _arrears_changed(connection: Connection, body: Body) -> None:
    _add_arrears(connection, body["meter_id"], body["amount_minor"])


def _add_arrears(connection: Connection, meter_id: str, change_minor: int) -> None:
    connection.exec_driver_sql(
        "UPDATE meter SET arrears_minor = max(0, arrears_minor + ?) WHERE id = ?",
        (change_minor, UUID(meter_id).bytes),
    )


_METER_FIELDS = frozenset(
    {"tariff_code", "sgc", "ti", "krn", "kt", "algorithm", "key_method", "base_date", "service", "status"}
    | {"block_reason", "account_number", "institution", "site", "building", "department", "note"}
)


def _meter_changed(connection: Connection, body: Body) -> None:
    values: dict[str, Any] = {
        change["field"]: change.get("new") for change in body["changes"] if change["field"] in _METER_FIELDS
    }
    for change in body["changes"]:
        if change["field"] == "customer_id" and "new" in change:
            found = select(customer.c.key).where(customer.c.id == UUID(change["new"]))
            key = connection.execute(found).scalar()
            if key is None:
                raise MissingFactError(f"customer {change['new']}")
            values["customer_key"] = key
    if values:
        connection.execute(meter.update().where(meter.c.id == UUID(body["meter_id"])).values(values))


def _envelope_taken(connection: Connection, body: Body) -> None:
    known = select(envelope.c.sequence).where(envelope.c.sequence == body["sequence"])
    if connection.execute(known).first() is None:
        raise MissingFactError(f"envelope {body['sequence']}")


_BESIDE = {
    "sale_paid": _paid,
    "sale_delivered": _delivered,
    "sale_closed": _closed,
    "case_changed": _case_changed,
    "arrears_changed": _arrears_changed,
    "meter_changed_here": _meter_changed,
    "envelope_taken": _envelope_taken,
}
