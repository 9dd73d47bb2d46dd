"""Loading a vending key: two people, two components, one check value (docs/formats.md §15)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.facts import RecordFact, privileged_act
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.vault import KeyDescription, SoftwareVault
from pos.tokens.vending_key import GroupKey, load_key, read_component


@dataclass(frozen=True, slots=True)
class TypedComponents:
    """The two components as they were typed, in hexadecimal; never printed."""

    first: str
    second: str

    def __repr__(self) -> str:
        """Show nothing of what was typed."""
        return "TypedComponents(hidden)"


@dataclass(frozen=True, slots=True)
class ShopGroup:
    """A supply group of this shop with the key its meters use, and the next one where one is announced."""

    sgc: str
    krn: int
    ti: str
    method: str
    algorithm: str
    next_krn: int | None = None
    next_ti: str = ""
    next_from: datetime | None = None


class KeyLoading:
    """Puts vending keys into the till's vault."""

    def __init__(self, units: Units, vault: SoftwareVault, *, book: RecordFact) -> None:
        """Wire the parts; the vault must be open to take a key."""
        self._units = units
        self._vault = vault
        self._book = book

    def list_keys(self, actor: Actor) -> tuple[KeyDescription, ...]:
        """List the keys held by group and revision, with check values and never a key.

        Raises:
            UserError: `permission.denied`. VaultError: `vault.locked`.
        """
        require(actor, Permission.KEY_LOAD)
        return self._vault.groups()

    def list_groups(self, actor: Actor) -> tuple[ShopGroup, ...]:
        """List the supply groups of this shop.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.KEY_LOAD)
        with self._units.read() as connection:
            rows: Any = connection.exec_driver_sql(
                "SELECT sgc, krn, ti, key_method, algorithm, next_key FROM supply_group ORDER BY sgc"
            ).all()
        return tuple(_shop_group(row) for row in rows)

    def component_check_value(self, actor: Actor, sgc: str, component: str) -> str:
        """Return the check value by which the typist of a component checks it against the paper.

        Raises:
            UserError: `permission.denied`, `meter.unknown_group`; KeyDataError `key.*`.
        """
        require(actor, Permission.KEY_LOAD)
        with self._units.read() as connection:
            group, _ = _group(connection, sgc)
        return read_component(component, group.method, custodian=str(actor.id)).check_value

    def load(
        self,
        sgc: str,
        components: TypedComponents,
        *,
        first: Actor,
        second: Actor,
        is_single_custodian: bool = False,
        krn: int | None = None,
    ) -> KeyDescription:
        """Load the key of a supply group of this shop; its attributes are the group's.

        The group's check value, if set-up gave one, must be that of the key. `krn` is given for the revision
        that a key change will bring: no check value was given for that one.

        Raises:
            UserError: `permission.denied`, `meter.unknown_group`, `vault.demo`; KeyDataError `key.*`;
            VaultError
                `key.same_custodian`, `key.exists`, `vault.locked`.
        """
        for person in (first, second):
            require(person, Permission.KEY_LOAD)
        with self._units.read() as connection:
            group, expected = _group(connection, sgc)
            if krn is not None and krn != group.krn:
                group, expected = replace(group, krn=krn), None
            if connection.exec_driver_sql("SELECT is_demo OR is_training FROM book").scalar_one():
                raise UserError(
                    "vault.demo", "A demo or training till takes no keys: set up a till for selling."
                )
        key = load_key(
            group,
            read_component(components.first, group.method, custodian=str(first.id)),
            read_component(components.second, group.method, custodian=str(second.id)),
            expected_check_value=expected,
            is_single_custodian=is_single_custodian,
        )
        # The vault file first: a key without its line is harmless, a line without its key would be a lie.
        self._vault.add(key)
        with self._units.write() as unit:
            is_alone = first.id == second.id
            body = privileged_act(
                Permission.KEY_LOAD,
                "supply_group",
                sgc,
                reason="single custodian" if is_alone else "two custodians",
                after={"krn": group.krn, "check_value": key.check_value},
            )
            self._book.record(
                unit,
                "privileged_act",
                body,
                actor=first.id,
                approved_by=None if is_alone else second.id,
            )
        return KeyDescription(group, key.check_value)


def _group(connection: Connection, sgc: str) -> tuple[GroupKey, str | None]:
    row: Any = connection.exec_driver_sql(
        "SELECT sgc, krn, key_method, algorithm, base_date, kt, ken, check_value "
        "FROM supply_group WHERE sgc = ?",
        (sgc,),
    ).one_or_none()
    if row is None:
        raise UserError("meter.unknown_group", f"Supply group {sgc} is not one of this shop's.")
    group = GroupKey(
        sgc=row[0],
        krn=row[1],
        method=KeyMethod(row[2]),
        ea=EncryptionAlgorithm(row[3]),
        base_date=BaseDate(row[4]),
        kt=KeyType(row[5]),
        ken=row[6],
    )
    return group, row[7]


def _shop_group(row: Any) -> ShopGroup:
    group = ShopGroup(row[0], row[1], row[2], row[3], row[4])
    if row[5] is None:
        return group
    change = json.loads(row[5])
    at = datetime.fromisoformat(change["from"])
    return replace(group, next_krn=change["krn"], next_ti=change["ti"], next_from=at)
