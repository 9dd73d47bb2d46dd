"""Head office from a till: its tills, people and sessions, in an administrator's own name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.office_link import find_link
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.books_rows import DaySale
from pos.services.office_master import OfficeMaster
from pos.system.clock import Clock

if TYPE_CHECKING:
    from pos.sync.office_client import OfficeClient
    from pos.sync.transport import Transport

_PAGE = 100
_PAGES_MAX = 20


@dataclass(frozen=True, slots=True)
class OfficeTill:
    """A till as head office has it; `unbooked` counts entries it has and did not book yet."""

    id: str
    code: str
    machine: str
    state: str
    enrolled_at: datetime
    pushed_at: datetime | None
    entries: int
    unbooked: int
    limit_money_minor: int
    limit_units_milli: int
    is_forked: bool
    ended_reason: str


@dataclass(frozen=True, slots=True)
class OfficePerson:
    """Somebody who may sign in at head office; `version` is what a change is made from."""

    id: str
    username: str
    full_name: str
    role: str
    is_active: bool
    has_second_factor: bool
    version: int
    is_me: bool = False


@dataclass(frozen=True, slots=True)
class OfficeSession:
    """A session of a person that stands."""

    id: str
    created_at: datetime
    refreshed_at: datetime
    address: str
    user_agent: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class OfficeFlag:
    """A booked fact with a question; a review decides only who bears the difference."""

    id: str
    flag: str
    till_code: str
    seq: int
    at: datetime
    money_minor: int


@dataclass(frozen=True, slots=True)
class OfficeProposal:
    """A meter or customer that a till made or changed, waiting for a yes; `name` is what people call it."""

    id: str
    resource: str
    name: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class EnrolmentCode:
    """A code for one till, told once."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SalesPointName:
    """A place a till may be enrolled for."""

    id: str
    name: str


class OfficeAdmin:
    """Asks head office. The session is kept in memory only and ends with the till's session."""

    def __init__(self, units: Units, clock: Clock, *, open_transport: Callable[[str], Transport]) -> None:
        """`open_transport` makes the way to a server's address."""
        self._units = units
        self._clock = clock
        self._open_transport = open_transport
        self._client: OfficeClient | None = None
        self._owner: Actor | None = None
        self.master = OfficeMaster(self._signed_in)

    def is_signed_in(self, actor: Actor) -> bool:
        """Say whether this person is signed in at head office; somebody else's session is no session."""
        return self._client is not None and self._client.is_signed_in and self._owner == actor

    def sign_in(self, actor: Actor, username: str, password: str, *, totp: str = "") -> None:
        """Sign in with one's own name and password of head office.

        Raises:
            UserError: `permission.denied`, `office.not_enrolled`, `office.typed`.
            Unavailable: `sync.*`. Rejected: `login.*`, `two_factor.code_missing`: send the code too.
        """
        require(actor, Permission.TILL_REVOKE)
        if not username.strip() or not password:
            raise UserError("office.typed", "Type your name and your password of head office.")
        self.sign_out()
        client = self._new_client()
        client.sign_in(username.strip(), password, totp=totp.strip())
        self._client, self._owner = client, actor

    def sign_out(self) -> None:
        """Forget the session: a till that is locked is nobody's at head office."""
        client, self._client, self._owner = self._client, None, None
        if client is not None:
            client.forget()

    def leave(self) -> Callable[[], None]:
        """End the session here; returns what tells head office, to be done beside the window."""
        client, self._client, self._owner = self._client, None, None
        return lambda: None if client is None else client.sign_out()

    def _new_client(self) -> OfficeClient:
        # Loaded only here: a till that stands alone never needs it.
        from pos.sync.office_client import OfficeClient

        with self._units.read() as connection:
            link = find_link(connection)
        if link is None:
            raise UserError("office.not_enrolled", "This till has no head office: enrol it first.")
        url = link.url
        return OfficeClient(lambda: self._open_transport(url), self._clock)

    # -- tills --------------------------------------------------------------------------------------------

    def sales_points(self, actor: Actor) -> tuple[SalesPointName, ...]:
        """Return the places this till knows, its own first."""
        require(actor, Permission.TILL_ENROL)
        with self._units.read() as connection:
            rows: Any = connection.exec_driver_sql(
                "SELECT sales_point.id, sales_point.name FROM sales_point ORDER BY sales_point.id <> "
                "(SELECT sales_point_id FROM till JOIN book ON book.till_id = till.id), name"
            ).all()
        return tuple(SalesPointName(str(UUID(bytes=row[0])), row[1]) for row in rows)

    def list_tills(self, actor: Actor) -> tuple[OfficeTill, ...]:
        """Return every till there is or was, by code. Raises as `OfficeClient.call`."""
        found = self._signed_in(actor, Permission.TILL_ENROL).get("/v1/tills")
        return tuple(_till(one) for one in found["items"])

    def make_code(
        self, actor: Actor, sales_point: str, *, money_minor: int, units_milli: int
    ) -> EnrolmentCode:
        """Make a code for a new till, with what it may sell offline. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.TILL_ENROL)
        body = {
            "sales_point_id": sales_point,
            "limit_money_minor": money_minor,
            "limit_units_milli": units_milli,
        }
        found = client.call("POST", "/v1/tills/codes", body)
        return EnrolmentCode(found["code"], _instant(found["expires_at"]))

    def set_limits(self, actor: Actor, till: str, *, money_minor: int, units_milli: int) -> None:
        """Change how much a till may sell offline. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.TILL_ENROL)
        body = {"limit_money_minor": money_minor, "limit_units_milli": units_milli}
        client.call("PUT", f"/v1/tills/{till}/limits", body)

    def revoke_till(self, actor: Actor, till: str, *, reason: str, is_lost: bool) -> None:
        """Take a till out of use; a lost one will send no more. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.TILL_REVOKE)
        client.call("POST", f"/v1/tills/{till}/revoke", {"reason": reason, "is_lost": is_lost})

    # -- people -------------------------------------------------------------------------------------------

    def list_people(self, actor: Actor) -> tuple[OfficePerson, ...]:
        """Return everybody who may sign in, by name. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.USER_MANAGE)
        me = client.get("/users/me/")["id"]
        return tuple(_person(one, me) for one in _pages(client, "/v1/users/"))

    def add_person(
        self, actor: Actor, username: str, *, full_name: str, role: str, password: str
    ) -> OfficePerson:
        """Let somebody sign in at head office. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.USER_MANAGE)
        body = {"username": username, "full_name": full_name, "role": role, "password": password}
        return _person(client.call("POST", "/v1/users/", body))

    def set_active(self, actor: Actor, person: OfficePerson, *, is_active: bool) -> None:
        """Let a person in again, or no longer: all sessions end. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.USER_MANAGE)
        client.call("PATCH", f"/v1/users/{person.id}", {"is_active": is_active}, version=person.version)

    def reset_password(self, actor: Actor, person: OfficePerson, *, password: str) -> None:
        """Give another person a new password; a lock ends too. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.USER_MANAGE)
        client.call("PUT", f"/v1/users/{person.id}/password", {"password": password})
        client.call("POST", f"/v1/users/{person.id}/unlock")

    def change_own_password(self, actor: Actor, *, old_password: str, password: str) -> None:
        """Change one's own password; this session stays. Raises as `OfficeClient.call`."""
        body = {"old_password": old_password, "new_password": password}
        self._signed_in(actor, Permission.USER_MANAGE).call("PUT", "/v1/me/password", body)

    def remove_second_factor(self, actor: Actor, person: OfficePerson) -> None:
        """For somebody who lost phone and recovery codes. Raises as `OfficeClient.call`."""
        self._signed_in(actor, Permission.USER_MANAGE).call("DELETE", f"/v1/users/{person.id}/two-factor")

    # -- sessions -----------------------------------------------------------------------------------------

    def list_sessions(self, actor: Actor, person: str = "") -> tuple[OfficeSession, ...]:
        """Return the sessions of a person, one's own where none is named. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.USER_MANAGE)
        found = client.get("/v1/sessions", user_id=person or None)
        return tuple(_session(one) for one in found["items"])

    def end_session(self, actor: Actor, session: str) -> None:
        """End a session at once. Raises as `OfficeClient.call`."""
        self._signed_in(actor, Permission.USER_MANAGE).call("DELETE", f"/v1/sessions/{session}")

    # -- sales --------------------------------------------------------------------------------------------

    def sales_of_day(self, actor: Actor, till_code: str, day: str) -> tuple[DaySale, ...]:
        """Return what head office has of a till's delivered sales of a day. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.SALE_VIEW_ALL)
        wanted = {"first_day": day, "last_day": day, "till": till_code, "status": "delivered"}
        return tuple(_sale(one) for one in _pages(client, "/v1/transactions/", **wanted))

    # -- review and proposals -----------------------------------------------------------------------------

    def list_flags(self, actor: Actor) -> tuple[OfficeFlag, ...]:
        """Return the facts that wait for a decision, the oldest first. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.REVIEW_DECIDE)
        return tuple(_flag(one) for one in _pages(client, "/v1/review", state="open"))

    def decide_flag(self, actor: Actor, flag: str, *, bearer: str, reason: str) -> None:
        """Say who bears the difference. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.REVIEW_DECIDE)
        client.call("POST", f"/v1/review/{flag}/decide", {"bearer": bearer, "reason": reason})

    def list_proposals(self, actor: Actor) -> tuple[OfficeProposal, ...]:
        """Return what tills propose, the oldest first. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.REVIEW_DECIDE)
        return tuple(_proposal(one) for one in _pages(client, "/v1/proposals", state="waiting"))

    def decide_proposal(self, actor: Actor, proposal: str, *, is_accepted: bool, reason: str) -> None:
        """Take a proposal into head office's records, or refuse it. Raises as `OfficeClient.call`."""
        client = self._signed_in(actor, Permission.REVIEW_DECIDE)
        decision = "accepted" if is_accepted else "refused"
        client.call("POST", f"/v1/proposals/{proposal}/decide", {"decision": decision, "reason": reason})

    def _signed_in(self, actor: Actor, permission: Permission) -> OfficeClient:
        require(actor, permission)
        if self._client is None or not self.is_signed_in(actor):
            from pos.sync.office_client import signed_out

            raise signed_out()
        return self._client


def _pages(client: OfficeClient, path: str, **query: str) -> list[dict[str, Any]]:
    """Read a list page by page, no further than a person looks."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(_PAGES_MAX):
        found = client.get(path, limit=_PAGE, cursor=cursor, **query)
        items += found["items"]
        cursor = found.get("next_cursor")
        if not cursor:
            break
    return items


def _sale(found: dict[str, Any]) -> DaySale:
    return DaySale(
        UUID(found["id"]),
        found["receipt_number"] or "",
        found["drn"] or "",
        found["money_minor"],
        _instant(found["at"]),
    )


def _flag(found: dict[str, Any]) -> OfficeFlag:
    return OfficeFlag(
        found["id"],
        found["flag"],
        found["till_code"],
        found["seq"],
        _instant(found["at"]),
        found["money_minor"],
    )


def _proposal(found: dict[str, Any]) -> OfficeProposal:
    record = found["record"]
    name = next((str(record[key]) for key in ("drn", "meter_number", "name") if record.get(key)), "")
    return OfficeProposal(found["id"], found["resource"], name, _instant(found["received_at"]))


def _till(found: dict[str, Any]) -> OfficeTill:
    return OfficeTill(
        found["id"],
        found["code"],
        found["machine"],
        found["state"],
        _instant(found["enrolled_at"]),
        None if found["pushed_at"] is None else _instant(found["pushed_at"]),
        found["head_seq"],
        max(0, found["head_seq"] - found["booked_seq"]),
        found["limit_money_minor"],
        found["limit_units_milli"],
        found["forked_at"] is not None,
        found["ended_reason"] or "",
    )


def _person(found: dict[str, Any], me: str = "") -> OfficePerson:
    return OfficePerson(
        found["id"],
        found["username"],
        found["full_name"],
        found["role"],
        found["is_active"],
        found["has_second_factor"],
        found["version"],
        found["id"] == me,
    )


def _session(found: dict[str, Any]) -> OfficeSession:
    return OfficeSession(
        found["id"],
        _instant(found["created_at"]),
        _instant(found["refreshed_at"]),
        found["address"],
        found["user_agent"],
        found["is_this"],
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
