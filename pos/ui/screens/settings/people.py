"""The people of the shop: the list, one person's form, and the recovery code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from pos.domain.permissions import Actor, Permission, Role
from pos.services.operators import NewOperator
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.settings.form import REASON
from pos.ui.screens.settings.section import Section, SectionState

INSTITUTION_ROLES = (Role.FACILITY_MANAGER, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person as the list shows it."""

    id: UUID
    name: str
    role: Role
    role_word: str
    institution: str
    is_active: bool
    is_locked: bool
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class PeopleState(SectionState):
    """`chosen` is the person in the form, None for somebody new. What is typed stands here, but for PINs."""

    people: tuple[PersonRow, ...] = ()
    chosen: UUID | None = None
    is_new: bool = False
    name: str = ""
    role: str = "C"
    institution: str = ""
    code: str = ""

    @property
    def person(self) -> PersonRow | None:
        """Return who is chosen."""
        return next((one for one in self.people if one.id == self.chosen), None)


class PeopleSection(Section[PeopleState]):
    """Decides about the people page."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, PeopleState())
        self.can_manage = context.may(Permission.USER_MANAGE)

    def open(self) -> None:
        """Read the people."""
        operators, actor = self.context.desk.operators, self.context.actor
        self.submit(Lane.READ, lambda: self._rows(operators.list_operators(actor)), self._got, is_shown=False)

    def choose(self, person_id: UUID) -> None:
        """Show a person in the form."""
        self._take(person_id)
        self.set(wrong={}, done="", code="")

    def begin_new(self) -> None:
        """Show an empty form for somebody new."""
        if self.can_manage:
            empty = {"name": "", "role": "C", "institution": "", "done": "", "code": "", "wrong": {}}
            self.set(chosen=None, is_new=True, **empty)

    def cancel_new(self) -> bool:
        """Go back from somebody new; False if nobody is being added."""
        if not self.state.is_new:
            return False
        self.set(is_new=False, wrong={})
        if self.state.people:
            self.choose(self.state.people[0].id)
        return True

    def save(self, pin: str) -> None:
        """Add the new person, or store the changed name and duties of the chosen one."""
        state, desk, actor = self.state, self.context.desk, self.context.actor
        role, institution = Role(state.role), state.institution.strip() or None
        if role not in INSTITUTION_ROLES:
            institution = None
        if state.is_new:
            new = NewOperator(state.name, role, pin, institution)
            self._submit(lambda: desk.operators.add(actor, new), self.say("Added: {name}", name=state.name))
            return
        person = state.person
        if person is None:
            return

        def store() -> None:
            if state.name != person.name:
                desk.operators.rename(actor, person.id, name=state.name, reason=REASON)
            if (role, institution or "") != (person.role, person.institution):
                desk.operators.change_duties(
                    actor,
                    person.id,
                    role=role,
                    institution=institution,
                    pin=pin or None,
                    reason=REASON,
                )

        self._submit(store, self.say("Saved: {name}", name=state.name))

    def reset_pin(self, pin: str) -> None:
        """Give the chosen person a new PIN."""
        self._with_person(
            lambda actor, person: self.context.desk.operators.reset_pin(
                actor, person.id, pin=pin, reason=REASON
            ),
            lambda person: self.say("New PIN for {name}", name=person.name),
        )

    def set_active(self, pin: str) -> None:
        """Let the chosen person work here no more, or again with a new PIN."""
        operators = self.context.desk.operators

        def change(actor: Actor, person: PersonRow) -> None:
            if person.is_active:
                operators.deactivate(actor, person.id, reason=REASON)
            else:
                operators.reactivate(actor, person.id, pin=pin, reason=REASON)

        self._with_person(change, lambda person: self.say("Saved: {name}", name=person.name))

    def unlock(self) -> None:
        """End the wait of the chosen person after wrong PINs."""
        operators = self.context.desk.operators
        self._with_person(
            lambda actor, person: operators.unlock(actor, person.id),
            lambda person: self.say("Unlocked: {name}", name=person.name),
            field="name",
        )

    def new_code(self) -> None:
        """Make a new recovery code; it is shown until something else is done, and never again."""
        operators, actor = self.context.desk.operators, self.context.actor

        def got(code: str) -> None:
            self.set(code=code)

        self.submit(Lane.SALE, lambda: operators.new_recovery_code(actor, reason=REASON), got)

    def hide_code(self) -> None:
        """Forget the shown code."""
        if self.state.code:
            self.set(code="")

    def _with_person(
        self,
        work: Callable[[Actor, PersonRow], None],
        done: Callable[[PersonRow], str],
        *,
        field: str = "pin",
    ) -> None:
        person, actor = self.state.person, self.context.actor
        if person is not None:
            self._submit(lambda: work(actor, person), done(person), field=field)

    def _submit(self, work: Callable[[], object], done: str, *, field: str = "") -> None:
        operators, actor = self.context.desk.operators, self.context.actor

        def run() -> tuple[object, tuple[PersonRow, ...]]:
            result = work()
            return result, self._rows(operators.list_operators(actor))

        def ok(found: tuple[object, tuple[PersonRow, ...]]) -> None:
            result, rows = found
            is_added = isinstance(result, Actor)
            self.state = replace(self.state, people=rows, is_new=False, done=done)
            self._take(result.id if isinstance(result, Actor) else self.state.chosen)
            self.set(done=done)
            self.context.shell.toast(done)
            if is_added:
                self.context.shell.refresh_status()

        self.submit(Lane.SALE, run, ok, field=field or "form")

    def refuse(self, error: BaseException, field: str) -> None:
        """Show a refusal at the field it is about."""
        code = str(getattr(error, "code", ""))
        places = {
            "operator.name": "name",
            "operator.name_taken": "name",
            "operator.self": "name",
            "operator.institution": "institution",
            "operator.last_administrator": "role",
            "pin.form": "pin",
            "pin.new_needed": "pin",
        }
        super().refuse(error, places.get(code, "name" if field == "form" else field))

    def _got(self, rows: tuple[PersonRow, ...]) -> None:
        self.state = replace(self.state, people=rows)
        if not self.state.is_new:
            chosen = self.state.chosen or (rows[0].id if rows else None)
            self._take(chosen)
        self.set()

    def _take(self, person_id: UUID | None) -> None:
        self.state = replace(self.state, chosen=person_id, is_new=False)
        person = self.state.person
        if person is not None:
            self.state = replace(
                self.state, name=person.name, role=person.role.value, institution=person.institution
            )

    def _rows(self, people: tuple[Any, ...]) -> tuple[PersonRow, ...]:
        return tuple(self._row(one.actor, one.lock_out, is_active=one.is_active) for one in people)

    def _row(self, actor: Actor, lock_out: Any, *, is_active: bool) -> PersonRow:
        say = self.say
        state, tone = say("Active"), "ok"
        is_locked = bool(lock_out.is_locked or lock_out.wait_left_ms)
        if is_locked:
            state, tone = say("Locked"), "warn"
        if not is_active:
            state, tone = say("Left"), "neutral"
        word = self.role_words()[actor.role]
        return PersonRow(
            actor.id,
            actor.name,
            actor.role,
            word,
            actor.institution or "",
            is_active=is_active,
            is_locked=is_locked,
            state=state,
            tone=tone,
        )

    def role_words(self) -> dict[Role, str]:
        """Return the duties in words."""
        say = self.say
        return {
            Role.CASHIER: say("Cashier"),
            Role.SUPERVISOR: say("Supervisor"),
            Role.FACILITY_MANAGER: say("Facility manager"),
            Role.ADMINISTRATOR: say("Administrator"),
            Role.AUDITOR: say("Auditor"),
        }
