"""A till becomes one of an organisation, is revoked, is replaced (docs/formats.md §8, §10)."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, select, update

from central.db import Database
from central.errors import Problem
from central.maintenance import refuse_in_maintenance
from central.models.identity import organisation
from central.models.journal import journal_line
from central.models.master import sales_point
from central.models.tills import enrolment_code, enrolment_try, till, till_session
from central.services.app_version import min_app
from central.services.envelopes import Envelopes, ServerSigner
from central.services.feed import Change, Feed
from central.services.lanes import end_lanes, give_lanes
from central.services.security_log import SecurityKind, note
from central.source import Source
from pos.contracts.enrol import (
    EnrolAnswer,
    EnrolRequest,
    OrganisationFacts,
    Replaced,
    ReplacedTill,
    SalesPointFacts,
)
from pos.domain.journal import GENESIS_HASH, instant_text

CODE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
CODE_LENGTH = 10
CODE_LIFETIME = timedelta(minutes=15)
TRIES_MAX = 5
TILL_CODE = re.compile(r"[A-Z0-9]{2,6}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a till may sell offline."""

    money_minor: int
    units_milli: int


def make_code(
    connection: Connection,
    organisation_id: UUID,
    sales_point_id: UUID,
    *,
    limits: Limits,
    by: UUID | None,
    now: datetime,
) -> str:
    """Return a new enrolment code; only its hash is kept.

    Raises:
        Problem: `sales_point.unknown`, 404.
    """
    place = connection.execute(
        select(sales_point.c.id).where(
            sales_point.c.id == sales_point_id,
            sales_point.c.organisation_id == organisation_id,
            sales_point.c.is_active,
        )
    ).one_or_none()
    if place is None:
        raise Problem("sales_point.unknown", "There is no such sales point.", status=404)
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    connection.execute(delete(enrolment_code).where(enrolment_code.c.expires_at < now - timedelta(days=1)))
    connection.execute(
        enrolment_code.insert().values(
            hash=_hash(code),
            organisation_id=organisation_id,
            sales_point_id=sales_point_id,
            limit_money_minor=limits.money_minor,
            limit_units_milli=limits.units_milli,
            made_by=by,
            made_at=now,
            expires_at=now + CODE_LIFETIME,
        )
    )
    return code


class Enrolment:
    """Enrols tills, ends them."""

    def __init__(self, database: Database, signer: ServerSigner, *, is_demo: bool) -> None:
        self._database = database
        self._signer = signer
        self._feed = Feed(database)
        self._envelopes = Envelopes(signer)
        self._is_demo = is_demo

    def enrol(self, request: EnrolRequest, *, source: Source, now: datetime) -> EnrolAnswer:
        """Enrol a till; the same code and public key again give the same answer.

        Raises:
            Problem: `enrol.code`, `enrol.tries`, `enrol.currency`, `enrol.demo`, `enrol.already`,
                `enrol.replaces_unknown`, `enrol.no_lane`, `till.code`, `till.code_taken`,
                `server.maintenance`.
        """
        if not TILL_CODE.fullmatch(request.till_code):
            raise Problem("till.code", "A till code is 2 to 6 capital letters and digits.", status=422)
        code = self._find_code(request, source.network, now)
        with self._database.write(lock=_lock(code.organisation_id)) as connection:
            self._database.take_lock(connection, f"float:{code.organisation_id}")
            owner = connection.execute(
                select(organisation).where(organisation.c.id == code.organisation_id)
            ).one()
            refuse_in_maintenance(owner.maintenance_until, owner.maintenance_note, now)
            code = connection.execute(
                select(enrolment_code).where(enrolment_code.c.hash == code.hash).with_for_update()
            ).one()
            known = connection.execute(select(till).where(till.c.id == request.till)).one_or_none()
            if not _is_repeat(code, known, request):
                self._check(connection, code, known, request)
                self._add(connection, code, known, request=request, now=now)
                _note(connection, code, request, now=now, source=source)
            return self._answer(connection, request, now)

    def end(
        self,
        connection: Connection,
        organisation_id: UUID,
        till_id: UUID,
        *,
        state: str,
        reason: str,
        now: datetime,
    ) -> None:
        """End a till (`revoked`, `lost` or `replaced`): it may only drain. The caller holds `lock_name`.

        Raises:
            Problem: `till.unknown`, 404.
        """
        row = connection.execute(
            select(till)
            .where(till.c.id == till_id, till.c.organisation_id == organisation_id)
            .with_for_update()
        ).one_or_none()
        if row is None:
            raise Problem("till.unknown", "There is no such till.", status=404)
        if row.state in (state, "replaced"):
            return
        connection.execute(
            update(till).where(till.c.id == till_id).values(state=state, ended_at=now, ended_reason=reason)
        )
        connection.execute(delete(till_session).where(till_session.c.till_id == till_id))
        lanes = end_lanes(connection, till_id, now=now)
        revoked = [
            Change(name, {"id": name, "revoked_at": instant_text(now), "reason": reason})
            for name in (f"till:{till_id}", *lanes)
        ]
        self._feed.publish(connection, organisation_id, "revocations", changes=revoked)
        self._publish_till(connection, organisation_id, till_id)

    def lock_name(self, organisation_id: UUID) -> str:
        """Return the lock that changes of an organisation's tills are made under."""
        return _lock(organisation_id)

    def _find_code(self, request: EnrolRequest, network: str, now: datetime) -> Row[Any]:
        """Find the code, counting what is wrong against the network it came from, in its own transaction."""
        with self._database.write(lock=f"enrol-try:{network}") as connection:
            tried = connection.execute(
                select(enrolment_try).where(enrolment_try.c.address == network)
            ).one_or_none()
            if tried is not None and now - tried.since > CODE_LIFETIME:
                connection.execute(delete(enrolment_try).where(enrolment_try.c.address == network))
                tried = None
            if tried is not None and tried.wrong >= TRIES_MAX:
                raise Problem("enrol.tries", "Five wrong codes: wait 15 minutes.", status=429)
            found = connection.execute(
                select(enrolment_code).where(enrolment_code.c.hash == _hash(request.code))
            ).one_or_none()
            is_good = found is not None and (found.used_at is not None or now < found.expires_at)
            if not is_good:
                _count_wrong(connection, network, tried, now)
        if found is None or not is_good:
            raise _wrong_code()
        return found

    def _check(
        self, connection: Connection, code: Row[Any], known: Row[Any] | None, request: EnrolRequest
    ) -> None:
        if code.used_at is not None:
            raise _wrong_code()
        if request.is_demo != self._is_demo:
            raise Problem(
                "enrol.demo", "A demo till belongs to a demo server, a live one to a live.", status=409
            )
        place = connection.execute(select(sales_point).where(sales_point.c.id == code.sales_point_id)).one()
        if request.currency != place.currency:
            raise Problem("enrol.currency", f"The sales point counts in {place.currency}.", status=409)
        if known is not None and not _is_same_till(known, code, request):
            raise Problem("enrol.already", "This till is enrolled already, with another key.", status=409)
        taken = connection.execute(
            select(till.c.id).where(
                till.c.organisation_id == code.organisation_id, till.c.code == request.till_code
            )
        ).scalar()
        if taken is not None and taken != request.till:
            raise Problem(
                "till.code_taken",
                f"The till code {request.till_code} was used before, and none is given twice: set the till "
                "up with another one. One that has sold already gets a new code by a restore.",
                status=409,
            )
        if request.replaces is not None and not _has_replaced(known, request.replaces):
            _replaced_till(connection, code.organisation_id, request.replaces)

    def _add(
        self,
        connection: Connection,
        code: Row[Any],
        known: Row[Any] | None,
        *,
        request: EnrolRequest,
        now: datetime,
    ) -> None:
        connection.execute(
            update(enrolment_code)
            .where(enrolment_code.c.hash == code.hash)
            .values(used_at=now, till_id=request.till)
        )
        if request.replaces is not None and not _has_replaced(known, request.replaces):
            self.end(
                *(connection, code.organisation_id, request.replaces.till),
                state="replaced",
                reason=f"replaced by {request.till_code}",
                now=now,
            )
        if known is None:
            connection.execute(till.insert().values(_till_values(code, request, now)))
        held = {one.sgc: one.lane for one in request.lanes}
        give_lanes(connection, code.organisation_id, request.till, now=now, wanted=held)
        self._publish_till(connection, code.organisation_id, request.till)

    def _publish_till(self, connection: Connection, organisation_id: UUID, till_id: UUID) -> None:
        row = connection.execute(select(till).where(till.c.id == till_id)).one()
        body = {
            "id": str(row.id),
            "code": row.code,
            "sales_point_id": str(row.sales_point_id),
            "state": row.state,
        }
        self._feed.publish(connection, organisation_id, "tills", changes=[Change(str(till_id), body)])

    def _answer(self, connection: Connection, request: EnrolRequest, now: datetime) -> EnrolAnswer:
        row = connection.execute(select(till).where(till.c.id == request.till)).one()
        owner = connection.execute(select(organisation).where(organisation.c.id == row.organisation_id)).one()
        place = connection.execute(select(sales_point).where(sales_point.c.id == row.sales_point_id)).one()
        return EnrolAnswer(
            till=row.id,
            till_code=row.code,
            organisation=OrganisationFacts(
                id=owner.id,
                name=owner.name,
                time_zone=owner.time_zone,
                currency=owner.currency,
                tin=owner.tin,
            ),
            sales_point=SalesPointFacts(
                id=place.id,
                name=place.name,
                address=place.address,
                phone=place.phone,
                currency=place.currency,
                language=place.language,
            ),
            server_keys=self._signer.public_keys(),
            # A till whose book exists twice gets none, however it asks.
            envelope=None
            if row.forked_at is not None
            else self._envelopes.renew(connection, row.id, in_force=request.envelope_sequence, now=now),
            replaced=_replaced_facts(connection, row, request.replaces),
            server_time=instant_text(now),
            min_app=min_app(connection),
        )


def _note(
    connection: Connection, code: Row[Any], request: EnrolRequest, *, now: datetime, source: Source
) -> None:
    replaced = None if request.replaces is None else str(request.replaces.till)
    note(
        connection,
        SecurityKind.TILL_ENROLLED,
        now=now,
        source=source,
        organisation_id=code.organisation_id,
        # Whoever made the code let the till in.
        actor_id=code.made_by,
        subject_id=request.till,
        detail={"till_code": request.till_code, "replaces": replaced},
    )


def _lock(organisation_id: UUID) -> str:
    return f"enrol:{organisation_id}"


def _hash(code: str) -> bytes:
    return hashlib.sha256(b"kilotill-enrol-v1\n" + code.encode()).digest()


def _wrong_code() -> Problem:
    return Problem(
        "enrol.code", "This code is not known, was used, or is too old: ask for a new one.", status=403
    )


def forget_old_tries(connection: Connection, now: datetime) -> None:
    """Drop counts of wrong codes that hold nobody up any more."""
    connection.execute(delete(enrolment_try).where(enrolment_try.c.since < now - CODE_LIFETIME))


def _count_wrong(connection: Connection, network: str, tried: Row[Any] | None, now: datetime) -> None:
    if tried is None:
        connection.execute(enrolment_try.insert().values(address=network, wrong=1, since=now))
    else:
        connection.execute(
            update(enrolment_try).where(enrolment_try.c.address == network).values(wrong=tried.wrong + 1)
        )


def _is_repeat(code: Row[Any], known: Row[Any] | None, request: EnrolRequest) -> bool:
    return (
        code.used_at is not None
        and code.till_id == request.till
        and known is not None
        and known.state == "enrolled"
        and known.public_key == bytes.fromhex(request.public_key)
    )


def _is_same_till(known: Row[Any], code: Row[Any], request: EnrolRequest) -> bool:
    return bool(
        known.organisation_id == code.organisation_id
        and known.public_key == bytes.fromhex(request.public_key)
        and known.state == "enrolled"
    )


def _has_replaced(known: Row[Any] | None, replaced: Replaced) -> bool:
    """Say whether this till took that one's place already: the answer was lost, and it has another code."""
    return known is not None and known.replaces == replaced.till


def _replaced_till(connection: Connection, organisation_id: UUID, replaced: Replaced) -> Row[Any]:
    """Return the till that is replaced; its book must be the one the server knows, as far as both reach.

    Or one of two that are known to part: somebody sold with a copy of the till.
    """
    row = connection.execute(
        select(till).where(till.c.id == replaced.till, till.c.organisation_id == organisation_id)
    ).one_or_none()
    is_ours = row is not None and (_is_hash_known(connection, row, replaced) or _has_parted(row, replaced))
    if row is None or row.state == "replaced" or not is_ours:
        raise Problem(
            "enrol.replaces_unknown", "The server does not know the till that is replaced.", status=409
        )
    return row


def _is_hash_known(connection: Connection, row: Row[Any], replaced: Replaced) -> bool:
    if replaced.seq > row.head_seq:
        return True
    return _hash_at(connection, row, replaced.seq) == bytes.fromhex(replaced.hash)


def _hash_at(connection: Connection, row: Row[Any], seq: int) -> bytes:
    if seq == 0:
        return GENESIS_HASH
    found = select(journal_line.c.hash).where(journal_line.c.till_id == row.id, journal_line.c.seq == seq)
    return bytes(connection.execute(found).scalar_one())


def _has_parted(row: Row[Any], replaced: Replaced) -> bool:
    """Say whether the restored book reaches beyond the line at which it and a copy are known to part."""
    return row.forked_at is not None and replaced.seq >= row.fork_seq


def _replaced_facts(connection: Connection, row: Row[Any], replaced: Replaced | None) -> ReplacedTill | None:
    """Return what there is of the replaced till's book: of one that parted, what both have."""
    if row.replaces is None:
        return None
    former = connection.execute(select(till).where(till.c.id == row.replaces)).one()
    last_seq, last_hash = former.head_seq, former.head_hash
    if (
        replaced is not None
        and _has_parted(former, replaced)
        and not _is_hash_known(connection, former, replaced)
    ):
        last_seq = max(0, former.fork_seq - 1)
        last_hash = _hash_at(connection, former, last_seq)
    return ReplacedTill(
        till=former.id,
        till_code=former.code,
        last_seq=last_seq,
        last_hash=last_hash.hex(),
        receipt_last=former.receipt_last,
    )


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:200]


def _till_values(code: Row[Any], request: EnrolRequest, now: datetime) -> dict[str, Any]:
    replaced = request.replaces
    return {
        "id": request.till,
        "organisation_id": code.organisation_id,
        "sales_point_id": code.sales_point_id,
        "code": request.till_code,
        "public_key": bytes.fromhex(request.public_key),
        "machine": _printable(request.machine),
        "state": "enrolled",
        "enrolled_at": now,
        "replaces": None if replaced is None else replaced.till,
        "replaces_seq": None if replaced is None else replaced.seq,
        "limit_money_minor": code.limit_money_minor,
        "limit_units_milli": code.limit_units_milli,
        "head_seq": 0,
        "head_hash": GENESIS_HASH,
        "booked_seq": 0,
        "receipt_last": 0,
        "envelope_taken": 0,
    }
