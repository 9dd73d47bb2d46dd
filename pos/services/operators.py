"""The people of the shop: add, rename, other duties, deactivate, new PIN, unlock (docs/formats.md §13)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import Connection, insert, update

from pos.domain.canonical import JsonObject
from pos.domain.lock_out import FREE
from pos.domain.permissions import Actor, Permission, Role
from pos.errors import UserError
from pos.models.queries.office import is_from_office
from pos.models.queries.people import Person, find_person, list_people
from pos.models.shop import operator
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require, require_any
from pos.services.facts import RecordFact, privileged_act
from pos.services.pins import PinSeal, RecoveryCodes, check_pin, pin_length_min
from pos.services.sign_in import known_person, store_code_hash, store_lock_out, store_pin
from pos.system.clock import Clock
from pos.system.ids import new_id

NAME_LENGTH_MAX = 60


@dataclass(frozen=True, slots=True)
class NewOperator:
    """A person to add. `institution` limits what a facility manager or auditor sees."""

    name: str
    role: Role
    pin: str = field(repr=False)
    institution: str | None = None


class _Changes(TypedDict, total=False):
    name: str
    role: str
    institution: str | None
    is_active: bool


class Operators:
    """What administrators do with the people of the shop; each change is a `privileged_act` in the journal.

    Every method raises UserError `permission.denied`. A change holds from the person's next sign-in. PINs are
    sealed before a write unit begins, because that takes a fifth of a second.
    """

    def __init__(
        self, units: Units, clock: Clock, *, pins: PinSeal, codes: RecoveryCodes, book: RecordFact
    ) -> None:
        """Keep the people in `units`."""
        self._units = units
        self._clock = clock
        self._pins = pins
        self._codes = codes
        self._book = book

    def list_operators(self, actor: Actor) -> tuple[Person, ...]:
        """List everybody by name, with waits as of now."""
        require_any(actor, Permission.USER_MANAGE, Permission.USER_UNLOCK, Permission.AUDIT_VIEW)
        now_ms = self._clock.running_ms()
        with self._units.read() as connection:
            people = list_people(connection)
        return tuple(Person(person.actor, person.lock_out.at(now_ms), person.is_active) for person in people)

    def add(self, actor: Actor, new: NewOperator) -> Actor:
        """Add a person and return what that person will be when signed in.

        Raises:
            UserError: `operator.name`, `operator.name_taken`, `operator.institution`, `pin.form`.
        """
        require(actor, Permission.USER_MANAGE)
        checked = checked_operator(new)
        operator_id = new_id(self._clock.now())
        sealed = self._pins.seal(operator_id, checked.pin)
        with self._units.write() as unit:
            _refuse_taken_name(unit.connection, checked.name)
            key = insert_operator(unit.connection, checked, operator_id=operator_id, sealed=sealed)
            self._record(unit, actor, operator_id, "added", after=_duties(checked.role, checked.institution))
        return Actor(operator_id, key, checked.name, checked.role, checked.institution)

    def rename(self, actor: Actor, operator_id: UUID, *, name: str, reason: str) -> None:
        """Give a person another name; the journal notes that, not the names.

        Raises:
            UserError: `operator.unknown`, `operator.from_office`, `operator.name`, `operator.name_taken`.
        """
        require(actor, Permission.USER_MANAGE)
        wanted = clean_name(name)
        with self._changing(operator_id) as (unit, person):
            _refuse_of_office(unit.connection, operator_id)
            _refuse_taken_name(unit.connection, wanted, except_for=operator_id)
            _store(unit, person, name=wanted)
            self._record(unit, actor, operator_id, f"renamed: {reason}")

    def change_duties(
        self,
        actor: Actor,
        operator_id: UUID,
        *,
        role: Role,
        institution: str | None,
        pin: str | None,
        reason: str,
    ) -> None:
        """Give a person another role, institution or both; `pin` is for roles that ask for longer ones.

        Raises:
            UserError: `operator.unknown`, `operator.from_office`, `operator.institution`,
                `operator.last_administrator`, `pin.new_needed`, `pin.form`.
        """
        require(actor, Permission.USER_MANAGE)
        _check_institution(role, institution)
        if pin is not None:
            check_pin(pin, role)
        sealed = None if pin is None else self._pins.seal(operator_id, pin)
        with self._changing(operator_id) as (unit, person):
            _refuse_of_office(unit.connection, operator_id)
            before = person.actor
            if sealed is None and pin_length_min(role) > pin_length_min(before.role):
                raise UserError("pin.new_needed", "This role needs a longer PIN: give a new one with it.")
            if role is not Role.ADMINISTRATOR:
                _refuse_last_administrator(unit.connection, person)
            _store(unit, person, role=role.value, institution=institution)
            if sealed is not None:
                store_pin(unit.connection, before.key, sealed)
            self._record(
                unit,
                actor,
                operator_id,
                reason,
                before=_duties(before.role, before.institution),
                after=_duties(role, institution),
            )

    def deactivate(self, actor: Actor, operator_id: UUID, *, reason: str) -> None:
        """Let a person sign in no more; what the person did stays. Nothing changes if it is so already.

        Raises:
            UserError: `operator.unknown`, `operator.from_office`, `operator.last_administrator`.
        """
        require(actor, Permission.USER_MANAGE)
        with self._changing(operator_id) as (unit, person):
            _refuse_of_office(unit.connection, operator_id)
            if person.is_active:
                _refuse_last_administrator(unit.connection, person)
                _store(unit, person, is_active=False)
                self._record(unit, actor, operator_id, f"deactivated: {reason}")

    def reactivate(self, actor: Actor, operator_id: UUID, *, pin: str, reason: str) -> None:
        """Let a person sign in again, with a new PIN.

        Raises:
            UserError: `operator.unknown`, `pin.form`.
        """
        require(actor, Permission.USER_MANAGE)
        sealed = self._pins.seal(operator_id, pin)
        with self._changing(operator_id) as (unit, person):
            _refuse_of_office(unit.connection, operator_id)
            check_pin(pin, person.actor.role)
            _store(unit, person, is_active=True)
            store_pin(unit.connection, person.actor.key, sealed)
            self._record(unit, actor, operator_id, f"reactivated: {reason}")

    def reset_pin(self, actor: Actor, operator_id: UUID, *, pin: str, reason: str) -> None:
        """Give a person a new PIN and end any lock.

        Raises:
            UserError: `operator.unknown`, `pin.form`.
        """
        require(actor, Permission.USER_MANAGE)
        sealed = self._pins.seal(operator_id, pin)
        with self._changing(operator_id) as (unit, person):
            check_pin(pin, person.actor.role)
            store_pin(unit.connection, person.actor.key, sealed)
            self._record(unit, actor, operator_id, f"new PIN: {reason}")

    def unlock(self, actor: Actor, operator_id: UUID) -> None:
        """End another person's wait or lock after wrong PINs.

        Raises:
            UserError: `operator.unknown`, `operator.self` (nobody unlocks himself).
        """
        require(actor, Permission.USER_UNLOCK)
        if actor.id == operator_id:
            raise UserError("operator.self", "Another supervisor or administrator must unlock you.")
        with self._changing(operator_id) as (unit, person):
            store_lock_out(unit.connection, person.actor.key, FREE)
            self._record(unit, actor, operator_id, "unlocked", act=Permission.USER_UNLOCK)

    def new_recovery_code(self, actor: Actor, *, reason: str) -> str:
        """Make a new recovery code, which ends the old one; returned once and stored nowhere in clear."""
        require(actor, Permission.USER_MANAGE)
        code, code_hash = self._codes.make()
        with self._units.write() as unit:
            store_code_hash(unit, code_hash, self._clock)
            self._record(unit, actor, actor.id, f"new recovery code: {reason}")
        return code

    @contextmanager
    def _changing(self, operator_id: UUID) -> Iterator[tuple[WriteUnit, Person]]:
        with self._units.write() as unit:
            yield unit, known_person(unit.connection, operator_id)

    def _record(
        self,
        unit: WriteUnit,
        actor: Actor,
        operator_id: UUID,
        reason: str,
        *,
        act: Permission = Permission.USER_MANAGE,
        before: JsonObject | None = None,
        after: JsonObject | None = None,
    ) -> None:
        body = privileged_act(act, "operator", str(operator_id), reason=reason, before=before, after=after)
        self._book.record(unit, "privileged_act", body, actor=actor.id)


def checked_operator(new: NewOperator) -> NewOperator:
    """Return the person with a clean name.

    Raises:
        UserError: `operator.name`, `operator.institution`, `pin.form`.
    """
    _check_institution(new.role, new.institution)
    check_pin(new.pin, new.role)
    return NewOperator(clean_name(new.name), new.role, new.pin, new.institution)


def clean_name(text: str) -> str:
    """Return a name of 1 to 60 characters in Unicode form NFC, with single blanks.

    Raises:
        UserError: `operator.name`.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isprintable():
        raise UserError("operator.name", f"A name has 1 to {NAME_LENGTH_MAX} letters.")
    return name


def insert_operator(connection: Connection, new: NewOperator, *, operator_id: UUID, sealed: bytes) -> int:
    """Write a checked person's row; returns its key."""
    values = {
        "id": operator_id,
        "name": new.name,
        "role": new.role.value,
        "institution": new.institution,
        "pin_sealed": sealed,
    }
    key: int = connection.execute(insert(operator).values(values).returning(operator.c.key)).scalar_one()
    return key


def _check_institution(role: Role, institution: str | None) -> None:
    if institution is not None and role not in (Role.FACILITY_MANAGER, Role.AUDITOR):
        raise UserError(
            "operator.institution", "Only a facility manager or an auditor is tied to an institution."
        )


def _refuse_of_office(connection: Connection, operator_id: UUID) -> None:
    """Names and duties of people whom head office sent are changed there; PINs and locks are the till's."""
    if is_from_office(connection, "users", str(operator_id)):
        raise UserError("operator.from_office", "Head office keeps this person: change it there.")


def _refuse_taken_name(connection: Connection, name: str, except_for: UUID | None = None) -> None:
    found = find_person(connection, name)
    if found is not None and found.actor.id != except_for:
        raise UserError("operator.name_taken", f"Somebody here is called {name} already.")


def _refuse_last_administrator(connection: Connection, person: Person) -> None:
    others = (
        other
        for other in list_people(connection)
        if other.is_active and other.actor.role is Role.ADMINISTRATOR and other.actor.id != person.actor.id
    )
    if person.actor.role is Role.ADMINISTRATOR and next(others, None) is None:
        raise UserError(
            "operator.last_administrator",
            "The shop keeps at least one active administrator: add another first.",
        )


def _store(unit: WriteUnit, person: Person, **values: Unpack[_Changes]) -> None:
    unit.connection.execute(update(operator).where(operator.c.key == person.actor.key).values(**values))


def _duties(role: Role, institution: str | None) -> JsonObject:
    return {"role": role.value} if institution is None else {"role": role.value, "institution": institution}
