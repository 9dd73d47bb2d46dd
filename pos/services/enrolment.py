"""A till becomes one of head office's, or takes the place of one that was lost (docs/formats.md §8, §10)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from pos.contracts.enrol import EnrolAnswer, EnrolRequest, HeldLane, Replaced
from pos.domain.canonical import JsonObject
from pos.domain.envelope import EnvelopeError
from pos.domain.permissions import Actor, Permission
from pos.domain.receipt_number import receipt_number
from pos.errors import UserError
from pos.models.ledger_book import Book, read_head
from pos.models.office import replaced_book
from pos.models.office_link import Link, begin_link, find_former_link, find_link
from pos.models.shop import organisation, sales_point, till
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require
from pos.services.enrol_values import Enrolled, EnrolWish, ReplaceReport
from pos.sync.client import APP, ServerClient
from pos.sync.envelope import last_sequence, take_envelope, take_lanes
from pos.sync.former_lines import FormerEnd, FormerLines, find_former_end
from pos.sync.http import checked_url
from pos.sync.transport import Transport
from pos.system.clock import Clock

CODE_FORM = re.compile(r"[A-Z2-7]{10}")


class Enrolment:
    """Enrols this till. Lines, rows and the envelope come with the first cycle after it."""

    def __init__(
        self,
        units: Units,
        book: Book,
        clock: Clock,
        *,
        open_transport: Callable[[str], Transport],
        sign: Callable[[bytes], bytes],
        machine: str,
        time_zone: str,
    ) -> None:
        """`open_transport` makes the way to a server's address; `machine` names this computer."""
        self._units = units
        self._book = book
        self._clock = clock
        self._open_transport = open_transport
        self._sign = sign
        self._machine = machine
        self._time_zone = time_zone

    def enrol(
        self, actor: Actor, wish: EnrolWish, *, progress: Callable[[int], None] = lambda _: None
    ) -> Enrolled:
        """Enrol with a code from head office; broken off, the same again gives the same.

        A till that head office does not know any more, since it was restored, is enrolled anew: it keeps its
        book, and sends all of it again.

        `progress` gets the lines fetched back from head office so far.

        Raises:
            UserError: `permission.denied`, `sync.url`, `enrol.code_form`, `enrol.already_here`,
                `enrol.training`, `enrol.replace_wanted`, `enrol.nothing_replaced`, `enrol.other_till`.
            Unavailable: `sync.*`. Rejected: head office's no, `enrol.*`, `till.*`.
        """
        require(actor, Permission.TILL_ENROL)
        url, code = checked_url(wish.url), clean_code(wish.code)
        request, former = self._request(code, replaces=wish.replaces)
        transport = self._open_transport(url)
        client = ServerClient(transport, self._clock, till_id=request.till, sign=self._sign)
        answer = client.anonymous("/v1/tills/enrol", request, EnrolAnswer)
        if answer.till != request.till or answer.till_code != request.till_code:
            raise UserError(
                "enrol.other_till", "Head office enrolled another till: nothing was changed here."
            )
        with self._units.write() as unit:
            self._take(unit, url, answer, former, actor=actor)
        replaced = None
        if former is not None and answer.replaced is not None:
            replaced = self._level(client, former, answer, progress)
        return Enrolled(answer.till_code, answer.organisation.name, answer.sales_point.name, replaced)

    def _request(self, code: str, *, replaces: bool) -> tuple[EnrolRequest, FormerEnd | None]:
        with self._units.read() as connection:
            head, former = read_head(connection), find_former_end(connection)
            link = find_link(connection)
            if not _may_enrol(link):
                raise _already_here()
            lanes = () if link is None else _held_lanes(connection)
            if head.is_training:
                raise UserError("enrol.training", "A training till is never enrolled.")
            if find_former_link(connection) is not None and not replaces:
                raise UserError(
                    "enrol.replace_wanted",
                    "This book was restored from a till of head office: say that it replaces that one.",
                )
            if replaces and former is None:
                raise UserError(
                    "enrol.nothing_replaced", "This book was not restored: it replaces no other till."
                )
            row: Any = connection.exec_driver_sql(_OWN).one()
            sequence = last_sequence(connection)
        taken = former if replaces else None
        return (
            EnrolRequest(
                code=code,
                public_key=row[0].hex(),
                machine=self._machine,
                till=head.till_id,
                till_code=head.till_code,
                currency=row[1],
                time_zone=self._time_zone,
                is_demo=head.is_demo,
                app=APP,
                envelope_sequence=sequence,
                replaces=None
                if taken is None
                else Replaced(till=taken.till_id, seq=taken.seq, hash=taken.hash.hex()),
                lanes=lanes,
            ),
            taken,
        )

    def _take(
        self,
        unit: WriteUnit,
        url: str,
        answer: EnrolAnswer,
        former: FormerEnd | None,
        *,
        actor: Actor,
    ) -> None:
        connection, known = unit.connection, find_link(unit.connection)
        if not _may_enrol(known):
            # Somebody else's window or a second press was faster: one line says that it was enrolled.
            raise _already_here()
        _take_places(connection, answer)
        begin_link(
            connection,
            url=url,
            till_id=answer.till,
            at=self._clock.now(),
            server_keys=[key.model_dump() for key in answer.server_keys],
            known=known,
        )
        body: JsonObject = {
            "till_code": answer.till_code,
            "public_key": _public_key(connection, answer.till).hex(),
            "sales_point_id": str(answer.sales_point.id),
        }
        if former is not None:
            body["replaces"] = {
                "till": str(former.till_id),
                "seq": former.seq,
                "hash": former.hash.hex(),
            }
        self._book.record(unit, "till_enrolled", body, actor=actor.id)
        if former is not None and answer.replaced is not None:
            _note_replaced(connection, former, answer)
        if answer.envelope is not None and known is None:
            self._take_envelope(unit, answer, actor)
        elif answer.envelope is not None:
            # It counts none of this book yet: the one in force stays until the book is sent.
            take_lanes(connection, answer.envelope)

    def _take_envelope(self, unit: WriteUnit, answer: EnrolAnswer, actor: Actor) -> None:
        """Take the first envelope; where it is not newer than the till's own, only its lanes (§8)."""
        assert answer.envelope is not None
        keys = {key.key_id: bytes.fromhex(key.public_key) for key in answer.server_keys}
        try:
            take_envelope(unit, self._book, answer.envelope, keys=keys, actor=actor.id)
        except EnvelopeError as error:
            if error.code != "envelope.old":
                raise
            take_lanes(unit.connection, answer.envelope)

    def _level(
        self,
        client: ServerClient,
        former: FormerEnd,
        answer: EnrolAnswer,
        progress: Callable[[int], None],
    ) -> ReplaceReport:
        """Fetch what head office has more of; what this till has more of goes with the first push."""
        assert answer.replaced is not None
        server = answer.replaced
        fetched = FormerLines(self._units, client).run(former.till_id, progress=progress)
        with self._units.read() as connection:
            end = find_former_end(connection, former.till_id)
            is_training = read_head(connection).is_training
        assert end is not None
        missing = tuple(
            receipt_number(server.till_code, number, is_training=is_training)
            for number in range(end.receipt_last + 1, server.receipt_last + 1)
            if end.seq < server.last_seq
        )
        return ReplaceReport(
            former_code=server.till_code,
            restored_seq=former.seq,
            server_seq=server.last_seq,
            fetched=fetched.count,
            to_send=max(0, end.seq - server.last_seq),
            missing=missing,
            not_booked=tuple(fetched.not_booked),
        )


_OWN = (
    "SELECT till.public_key, sales_point.currency FROM book JOIN till ON till.id = book.till_id "
    "JOIN sales_point ON sales_point.id = till.sales_point_id"
)


def clean_code(text: str) -> str:
    """Return an enrolment code without blanks and dashes, in capitals.

    Raises:
        UserError: `enrol.code_form`.
    """
    code = re.sub(r"[\s-]", "", text).upper()
    if not CODE_FORM.fullmatch(code):
        raise UserError(
            "enrol.code_form", "A code from head office has ten letters A to Z and digits 2 to 7."
        )
    return code


def _may_enrol(link: Link | None) -> bool:
    """Whether there is no head office yet, or one that does not know this till (any more)."""
    return link is None or (link.state == "enrolled" and link.failed_code == "till.not_authorised")


def _already_here() -> UserError:
    return UserError("enrol.already_here", "This till is enrolled already.")


def _held_lanes(connection: Connection) -> tuple[HeldLane, ...]:
    rows = connection.exec_driver_sql("SELECT sgc, lane FROM supply_group WHERE lanes > 1 AND lane > 0")
    return tuple(HeldLane(sgc=row[0], lane=row[1]) for row in rows)


def _public_key(connection: Connection, till_id: UUID) -> bytes:
    key: bytes = connection.execute(
        till.select().where(till.c.id == till_id).with_only_columns(till.c.public_key)
    ).scalar_one()
    return key


def _take_places(connection: Connection, answer: EnrolAnswer) -> None:
    """Let organisation and sales point be head office's; the shop's own names were typed before it knew."""
    place, owner = answer.sales_point, answer.organisation
    values = {
        "name": place.name,
        "address": place.address,
        "phone": place.phone,
        "language": place.language,
    }
    known = connection.execute(sales_point.select().where(sales_point.c.id == place.id)).one_or_none()
    if known is None:
        branch_id = connection.execute(
            sales_point.select()
            .join(till)
            .where(till.c.id == answer.till)
            .with_only_columns(sales_point.c.branch_id)
        ).scalar_one()
        connection.execute(
            sales_point.insert().values(id=place.id, branch_id=branch_id, currency=place.currency, **values)
        )
    else:
        connection.execute(sales_point.update().where(sales_point.c.id == place.id).values(values))
    connection.execute(till.update().where(till.c.id == answer.till).values(sales_point_id=place.id))
    connection.execute(
        organisation.update().values(name=owner.name, tin=owner.tin, time_zone=owner.time_zone)
    )


def _note_replaced(connection: Connection, former: FormerEnd, answer: EnrolAnswer) -> None:
    assert answer.replaced is not None
    server = answer.replaced
    values = {
        "book_number": former.number,
        "restored_seq": former.seq,
        "server_seq": server.last_seq,
        "server_hash": bytes.fromhex(server.last_hash),
        "server_receipt_last": server.receipt_last,
        "level_seq": min(former.seq, server.last_seq),
    }
    connection.execute(
        insert(replaced_book)
        .values(till_id=former.till_id, **values)
        .on_conflict_do_update(index_elements=["till_id"], set_=values)
    )
