"""Key changes: announced for a group, issued by hand, and ended when every meter has its set (formats §8)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.journal import instant_text
from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.ledger_book import Book
from pos.models.queries.selling import find_selling_meter
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.facts import privileged_act
from pos.services.issuing import Cause, IssueResult, Issuing, issued_item
from pos.services.token_vending import TokenVending
from pos.tokens.decoder_key import check_key_attributes
from pos.tokens.numbers import parse_meter_number
from pos.tokens.vault import Vault
from pos.tokens.vending_key import GroupKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """The next key of a group: a revision in the vault, the tariff index that goes with it, from when."""

    sgc: str
    krn: int
    ti: str
    from_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeProgress:
    """How far a group's key change is: active meters, and those whose set was issued here."""

    meters: int
    changed: int


class KeyChanges:
    """Changes the keys of meters. On a till with a server the announcement comes from there."""

    def __init__(
        self, units: Units, book: Book, issuing: Issuing, *, vending: TokenVending, vault: Vault
    ) -> None:
        """Wire the parts."""
        self._units = units
        self._book = book
        self._issuing = issuing
        self._vending = vending
        self._vault = vault

    def issue(self, drn: str, actor: Actor) -> IssueResult:
        """Issue the key change set of a meter by hand; the digits are the same each time.

        Raises:
            UserError: `key_change.unknown_meter`, `key_change.same_key`, `permission.denied`,
                `clock.confirm`; NumberError; VaultError `vault.locked`, `key.*`.
            MachineFault: `clock.back`, `disk.*`.
        """
        require(actor, Permission.TOKEN_KEY_CHANGE)
        number = parse_meter_number(drn).drn.digits
        with self._units.write() as unit:
            meter = find_selling_meter(unit.connection, number)
            if meter is None:
                raise UserError("key_change.unknown_meter", f"Meter {number} is not known at this till.")
            issued = self._vending.key_change(meter, self._issuing.instant(unit.connection))
            item = issued_item(meter, issued)
            return self._issuing.record(unit, item, cause=Cause(word="key_change"), actor=actor)

    def announce(self, announcement: Announcement, actor: Actor) -> None:
        """Announce the next key of a group: from its instant on every token of the group uses it.

        Raises:
            UserError: `permission.denied`, `key_change.unknown_group`, `key_change.announced`,
                `key_change.same_key`, `key_change.key_missing`, `key_change.method`, `key_change.past`;
                KeyDataError `key.ti`; VaultError `vault.locked`.
        """
        require(actor, Permission.SETTING_EDIT)
        key = self._key_of(announcement)
        check_key_attributes(kt=key.kt, sgc=key.sgc, ti=announcement.ti, krn=key.krn)
        with self._units.write() as unit:
            connection = unit.connection
            _check_group(connection, announcement, key)
            if announcement.from_at < self._issuing.instant(connection):
                raise UserError("key_change.past", "A key change begins now or later, not in the past.")
            next_key: JsonObject = {
                "krn": key.krn,
                "ken": key.ken,
                "ti": announcement.ti,
                "kt": int(key.kt),
                "base_date": key.base_date.value,
                "from": instant_text(announcement.from_at),
            }
            act = privileged_act(
                Permission.SETTING_EDIT,
                "supply_group",
                announcement.sgc,
                reason=announcement.reason,
                after={"next_key": dict(next_key)},
            )
            recorded = self._book.record(unit, "privileged_act", act, actor=actor.id)
            # The place tells later which sets belong to this change.
            stored = json.dumps({**next_key, "place": recorded.place}, sort_keys=True)
            connection.exec_driver_sql(
                "UPDATE supply_group SET next_key = ? WHERE sgc = ?", (stored, announcement.sgc)
            )

    def progress(self, sgc: str, actor: Actor) -> ChangeProgress:
        """Return how far the announced change of a group is.

        Raises:
            UserError: `permission.denied`, `key_change.none_announced`, `key_change.unknown_group`.
        """
        require(actor, Permission.TOKEN_KEY_CHANGE)
        with self._units.read() as connection:
            return _progress(connection, sgc, _announced(connection, sgc))

    def complete(self, sgc: str, actor: Actor, *, reason: str) -> None:
        """End the change: the next key becomes the group's key, and that of every meter with its set.

        A meter out of service that never got its set keeps the old key on its own record.

        Raises:
            UserError: `permission.denied`, `key_change.none_announced`, `key_change.unknown_group`,
                `key_change.meters_left`, `clock.confirm`.
            MachineFault: `clock.back`, `disk.*`.
        """
        require(actor, Permission.SETTING_EDIT)
        with self._units.write() as unit:
            connection = unit.connection
            change = _announced(connection, sgc)
            progress = _progress(connection, sgc, change)
            left = progress.meters - progress.changed
            at = self._issuing.instant(connection)
            if left or at < datetime.fromisoformat(change["from"]):
                raise UserError(
                    "key_change.meters_left",
                    f"{left} meters of group {sgc} have not got their new key yet, or it is not in force.",
                )
            before = _old_key(connection, sgc)
            after = {name: change[name] for name in before}
            act = privileged_act(
                Permission.SETTING_EDIT, "supply_group", sgc, reason=reason, before=before, after=after
            )
            self._book.record(unit, "privileged_act", act, actor=actor.id)
            _move(connection, sgc, change, before)

    def _key_of(self, announcement: Announcement) -> GroupKey:
        """Take the attributes of the next key from the vault, so that they cannot disagree with it."""
        for held in self._vault.groups():
            if (held.group.sgc, held.group.krn) == (announcement.sgc, announcement.krn):
                return held.group
        raise UserError(
            "key_change.key_missing",
            f"Revision {announcement.krn} of the key of {announcement.sgc} is not loaded: load it first.",
        )


def _check_group(connection: Connection, announcement: Announcement, key: GroupKey) -> None:
    row: Any = connection.exec_driver_sql(
        "SELECT krn, ti, base_date, key_method, algorithm, next_key FROM supply_group WHERE sgc = ?",
        (announcement.sgc,),
    ).one_or_none()
    if row is None:
        raise UserError("key_change.unknown_group", f"There is no supply group {announcement.sgc}.")
    if row[5] is not None:
        raise UserError("key_change.announced", "This group already has a next key: end that change first.")
    if (row[0], row[1]) == (announcement.krn, announcement.ti):
        raise UserError("key_change.same_key", "This is the key the group has already.")
    if (row[3], row[4]) != (key.method.value, key.ea.value):
        raise UserError("key_change.method", "The next key has another method or algorithm than the group.")


def _announced(connection: Connection, sgc: str) -> dict[str, Any]:
    row: Any = connection.exec_driver_sql(
        "SELECT next_key FROM supply_group WHERE sgc = ?", (sgc,)
    ).one_or_none()
    if row is None:
        raise UserError("key_change.unknown_group", f"There is no supply group {sgc}.")
    if row[0] is None:
        raise UserError("key_change.none_announced", f"No key change is announced for group {sgc}.")
    change: dict[str, Any] = json.loads(row[0])
    return change


# Key change tokens are few, and all of this change stand after its announcement.
_CHANGED = "SELECT pan FROM token WHERE place > ? AND token_class = 2 AND subclass = 3"


def _progress(connection: Connection, sgc: str, change: dict[str, Any]) -> ChangeProgress:
    row: Any = connection.exec_driver_sql(
        f"SELECT count(*), coalesce(sum(pan IN ({_CHANGED})), 0) FROM meter "  # noqa: S608 - our own text
        "WHERE sgc = ? AND status = 'active'",
        (change.get("place", 0), sgc),
    ).one()
    return ChangeProgress(row[0], row[1])


def _old_key(connection: Connection, sgc: str) -> JsonObject:
    row: Any = connection.exec_driver_sql(
        "SELECT krn, ken, ti, kt, base_date FROM supply_group WHERE sgc = ?", (sgc,)
    ).one()
    return dict(zip(("krn", "ken", "ti", "kt", "base_date"), row, strict=True))


def _move(connection: Connection, sgc: str, change: dict[str, Any], before: JsonObject) -> None:
    place = change.get("place", 0)
    connection.exec_driver_sql(
        "UPDATE meter SET krn = coalesce(krn, ?), ti = coalesce(ti, ?), kt = coalesce(kt, ?), "  # noqa: S608 - our own clause
        "base_date = coalesce(base_date, ?) WHERE sgc = ? AND status <> 'active' "
        f"AND pan NOT IN ({_CHANGED})",
        (*(before[name] for name in ("krn", "ti", "kt", "base_date")), sgc, place),
    )
    connection.exec_driver_sql(
        "UPDATE meter SET krn = NULL, ti = NULL, kt = NULL, base_date = NULL "  # noqa: S608 - our own text
        "WHERE sgc = ? AND (krn IS NOT NULL OR ti IS NOT NULL OR kt IS NOT NULL OR base_date IS NOT NULL) "
        f"AND pan IN ({_CHANGED})",
        (sgc, place),
    )
    connection.exec_driver_sql(
        "UPDATE supply_group SET krn = ?, ken = ?, ti = ?, kt = ?, base_date = ?, next_key = NULL "
        "WHERE sgc = ?",
        (*(change[name] for name in ("krn", "ken", "ti", "kt", "base_date")), sgc),
    )
