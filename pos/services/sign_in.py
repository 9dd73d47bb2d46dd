"""Signing in with a PIN, waiting after wrong ones, and the way back in with the recovery code."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select, update

from pos.domain.canonical import JsonObject
from pos.domain.lock_out import FREE, LockOut
from pos.domain.permissions import Actor, Permission, Role
from pos.errors import KilotillError, UserError
from pos.models.queries.people import Person, find_person, list_people, sealed_pin_of
from pos.models.shop import operator, recovery_code
from pos.models.uow import Units, WriteUnit
from pos.services.facts import RecordFact, privileged_act
from pos.services.pins import PinSeal, RecoveryCodes, check_pin
from pos.system.clock import Clock


class PinRefused(UserError):  # noqa: N818 - what happened at the counter, not a failure
    """A PIN that was wrong or not looked at: `pin.wrong`, `pin.wait`, `pin.locked`."""

    def __init__(self, code: str, text: str, wait_ms: int) -> None:
        """Say in `wait_ms` how long to wait, in milliseconds of running time."""
        super().__init__(code, text)
        self.wait_ms = wait_ms


class SignIn:
    """Proves who a person is."""

    def __init__(self, units: Units, clock: Clock, *, pins: PinSeal) -> None:
        """Check against the operators of `units`; waits run on the clock's running time."""
        self._units = units
        self._clock = clock
        self._pins = pins

    def names(self) -> tuple[str, ...]:
        """List the names of those who may sign in, for the first screen."""
        with self._units.read() as connection:
            rows = connection.execute(
                select(operator.c.name).where(operator.c.is_active).order_by(operator.c.name)
            )
            return tuple(rows.scalars())

    def people(self) -> tuple[Actor, ...]:
        """List who may sign in, by name, with their roles."""
        with self._units.read() as connection:
            return tuple(person.actor for person in list_people(connection) if person.is_active)

    def sign_in(self, who: str | UUID, pin: str) -> Actor:
        """Return the person called `who` (a name or an id) if the PIN is right.

        Each try is stored as a wrong one before the PIN is looked at, and taken back if it was right: pulling
        the plug gives nobody free tries.

        Raises:
            UserError: `operator.unknown`, `operator.inactive`, `pin.must_be_set`.
            PinRefused: `pin.wrong`, `pin.wait` (too early: not looked at), `pin.locked`.
            MachineFault: `secrets.pin_key_gone`, and those of disk and key store.
        """
        actor, sealed, before = self._begin_try(who)
        try:
            is_right = self._pins.is_right(actor.id, pin, sealed)
        except KilotillError:
            self._end_try(actor, before)
            raise
        if not is_right:
            raise _wrong(before.after_wrong_pin(before.wait_from_ms))
        self._end_try(actor, FREE)
        return actor

    def _begin_try(self, who: str | UUID) -> tuple[Actor, bytes, LockOut]:
        """Count the try; returns the person, the sealed PIN and the state before."""
        now_ms = self._clock.running_ms()
        with self._units.write() as unit:
            person = active_person(unit.connection, who)
            before = person.lock_out.at(now_ms)
            after = before if before.wait_left_ms else before.after_wrong_pin(now_ms)
            store_lock_out(unit.connection, person.actor.key, after)
            sealed = sealed_pin_of(unit.connection, person.actor.id)
        if before.wait_left_ms:
            raise _too_early(before)
        return person.actor, sealed, before

    def _end_try(self, actor: Actor, state: LockOut) -> None:
        with self._units.write() as unit:
            store_lock_out(unit.connection, actor.key, state)


class Recovery:
    """The way back in when the last administrator cannot sign in any more."""

    def __init__(
        self, units: Units, clock: Clock, *, pins: PinSeal, codes: RecoveryCodes, book: RecordFact
    ) -> None:
        """Use the recovery code stored in `units`."""
        self._units = units
        self._clock = clock
        self._pins = pins
        self._codes = codes
        self._book = book

    def recover(self, who: str | UUID, code: str, *, new_pin: str) -> str:
        """Give an active administrator a new PIN and end any lock; returns the next code, to show once.

        Works on another machine too, where `pin_key` is missing: a new one is made, and all other people need
        new PINs.

        Raises:
            UserError: `operator.unknown`, `operator.inactive`, `recovery.role`, `recovery.code`, `pin.form`.
        """
        with self._units.read() as connection:
            person = active_person(connection, who)
            stored = stored_code_hash(connection)
        if person.actor.role is not Role.ADMINISTRATOR:
            raise UserError("recovery.role", "The recovery code is for administrators only.")
        check_pin(new_pin, Role.ADMINISTRATOR)
        if stored is None or not self._codes.is_right(code, stored):
            raise _wrong_code()
        self._pins.make_key_if_gone()
        sealed = self._pins.seal(person.actor.id, new_pin)
        next_code, next_hash = self._codes.make()
        with self._units.write() as unit:
            if stored_code_hash(unit.connection) != stored:
                raise _wrong_code()
            store_pin(unit.connection, person.actor.key, sealed)
            store_code_hash(unit, next_hash, self._clock)
            self._book.record(unit, "privileged_act", _recovered(person.actor), actor=person.actor.id)
        return next_code


def active_person(connection: Connection, who: str | UUID) -> Person:
    """Return an operator who may sign in. Raises UserError `operator.unknown`, `operator.inactive`."""
    person = known_person(connection, who)
    if not person.is_active:
        raise UserError("operator.inactive", f"{person.actor.name} no longer works at this till.")
    return person


def known_person(connection: Connection, who: str | UUID) -> Person:
    """Return an operator, active or not. Raises UserError `operator.unknown`."""
    person = find_person(connection, who)
    if person is None:
        raise UserError("operator.unknown", f"Nobody here is called {str(who)[:60]!r}.")
    return person


def store_lock_out(connection: Connection, operator_key: int, state: LockOut) -> None:
    """Store what wrong PINs have brought a person."""
    connection.execute(
        update(operator)
        .where(operator.c.key == operator_key)
        .values(
            wrong_pins=state.wrong_pins,
            wait_left_ms=state.wait_left_ms,
            wait_from_ms=state.wait_from_ms,
            is_locked=state.is_locked,
        )
    )


def store_pin(connection: Connection, operator_key: int, sealed: bytes) -> None:
    """Store a new PIN and end any wait."""
    connection.execute(update(operator).where(operator.c.key == operator_key).values(pin_sealed=sealed))
    store_lock_out(connection, operator_key, FREE)


def stored_code_hash(connection: Connection) -> str | None:
    """Return the hash of the shop's recovery code, None before set-up."""
    return connection.execute(select(recovery_code.c.hash)).scalar_one_or_none()


def store_code_hash(unit: WriteUnit, code_hash: str, clock: Clock) -> None:
    """Put a new recovery code in place of the old one."""
    unit.connection.execute(recovery_code.delete())
    unit.connection.execute(recovery_code.insert().values(one=1, hash=code_hash, made_at=clock.now()))


def _recovered(actor: Actor) -> JsonObject:
    return privileged_act(
        Permission.USER_MANAGE, "operator", str(actor.id), reason="new PIN with the recovery code"
    )


def _wrong_code() -> UserError:
    return UserError("recovery.code", "This is not the recovery code of this shop, or it was used already.")


def _too_early(state: LockOut) -> PinRefused:
    if state.is_locked:
        return _locked(state)
    seconds = -(-state.wait_left_ms // 1000)
    return PinRefused("pin.wait", f"Too early after a wrong PIN: wait {seconds} s.", state.wait_left_ms)


def _wrong(state: LockOut) -> PinRefused:
    if state.is_locked:
        return _locked(state)
    seconds = state.wait_left_ms // 1000
    return PinRefused("pin.wrong", f"The PIN is wrong. Try again in {seconds} s.", state.wait_left_ms)


def _locked(state: LockOut) -> PinRefused:
    minutes = -(-state.wait_left_ms // 60_000)
    return PinRefused(
        "pin.locked",
        "Locked after too many wrong PINs: a supervisor can unlock it, or leave the machine on for "
        f"{minutes} min.",
        state.wait_left_ms,
    )
