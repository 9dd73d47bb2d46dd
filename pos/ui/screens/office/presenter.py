"""Head office: signing in there, its lists, and one act at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pos.errors import KilotillError, MachineFault, Unavailable
from pos.services.office import EnrolmentCode, OfficePerson, SalesPointName
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.refusal_words import plain_sentence
from pos.ui.screens.office.acts import (
    PEOPLE,
    PROPOSALS,
    REVIEW,
    TILLS,
    WRONG_FIELDS,
    OfficeForm,
    Row,
    act_of,
    acts_for,
    make_work,
)

_SIGN_IN_FIELDS = {
    "office.typed": "username",
    "login.wrong": "password",
    "login.locked": "password",
    "login.wait": "password",
    "two_factor.code_missing": "totp",
    "two_factor.code_wrong": "totp",
}


@dataclass(frozen=True, slots=True)
class OfficeScreenState:
    """What the screen shows. Password and second factor are never in it: the fields hold them."""

    is_enrolled: bool = True
    is_signed_in: bool = False
    username: str = ""
    asks_code: bool = False
    sign_in_wrong: dict[str, str] = field(default_factory=dict)
    tab: str = TILLS
    rows: tuple[Row, ...] = ()
    chosen: int = 0
    form: OfficeForm = field(default_factory=lambda: OfficeForm("code"))
    is_busy: bool = False
    is_read: bool = False
    code: EnrolmentCode | None = None
    places: tuple[SalesPointName, ...] = ()
    people: tuple[OfficePerson, ...] = ()
    person: str = ""

    @property
    def row(self) -> Row | None:
        """The chosen row."""
        return self.rows[self.chosen] if 0 <= self.chosen < len(self.rows) else None


class OfficePresenter:
    """Decides; `show` gets each new state."""

    def __init__(self, context: Context, *, show: Callable[[OfficeScreenState], None]) -> None:
        self._context = context
        self._show = show
        self._generation = 0
        self.state = OfficeScreenState()

    def open(self) -> None:
        """Look whether one is signed in, and read the list."""
        office, actor = self._context.desk.office_admin, self._context.actor
        is_enrolled = self._context.desk.office.state.is_enrolled
        is_signed_in = office.is_signed_in(actor)
        self._set(is_enrolled=is_enrolled, is_signed_in=is_signed_in)
        if is_signed_in:
            self._read()

    def sign_in(self, password: str, totp: str) -> None:
        """Sign in with the typed name; password and code are sent and forgotten."""
        context, username = self._context, self.state.username
        office, actor = context.desk.office_admin, context.actor
        if self.state.is_busy:
            return
        self._set(is_busy=True, sign_in_wrong={})

        def ok(_: None) -> None:
            self._set(is_busy=False, is_signed_in=True, asks_code=False)
            self._read()

        context.tasks.submit(
            Lane.NET,
            lambda: office.sign_in(actor, username, password, totp=totp),
            on_ok=ok,
            on_error=self._sign_in_refused,
        )

    def _sign_in_refused(self, error: BaseException) -> None:
        self._set(is_busy=False)
        if not isinstance(error, KilotillError) or isinstance(error, MachineFault):
            self._context.shell.show_error(error)
            return
        name = _SIGN_IN_FIELDS.get(error.code, "sign_in")
        asks_code = self.state.asks_code or error.code.startswith("two_factor.code")
        self._set(asks_code=asks_code, sign_in_wrong={name: plain_sentence(error, self._context.wording)})

    def sign_out(self) -> None:
        """End the session of head office."""
        office = self._context.desk.office_admin
        end = office.leave()
        # It is forgotten here in any case; that head office may not hear of it is no trouble of a person.
        self._context.tasks.submit(Lane.NET, end, on_ok=lambda _: None, on_error=lambda _: None)
        self._set(is_signed_in=False, rows=(), code=None, form=OfficeForm(self.state.form.key), is_read=False)

    def type_name(self, username: str) -> None:
        """Take the name to sign in with."""
        self._set(username=username, sign_in_wrong={})

    def turn(self, tab: str) -> None:
        """Show another list; what was typed for the last one is dropped."""
        if tab != self.state.tab:
            acts = acts_for(tab, None)
            key = acts[0].key if acts else ""
            self._set(tab=tab, rows=(), chosen=0, form=OfficeForm(key), code=None, is_read=False)
            self._read()

    def choose(self, row: object) -> None:
        """Choose a row; an act that is not for it gives way to one that is."""
        rows = self.state.rows
        if row not in rows or row == self.state.row:
            return
        self._set(chosen=rows.index(row))
        self._fit_act()

    def choose_act(self, key: str) -> None:
        """Choose what to do."""
        if key != self.state.form.key:
            self._set(form=OfficeForm(key), code=None)

    def choose_person(self, person: str) -> None:
        """Show the sessions of somebody else."""
        self._set(person=person, rows=(), chosen=0)
        self._read()

    def type_field(self, name: str, text: str) -> None:
        """Take what was typed."""
        form = self.state.form
        wrong = {key: value for key, value in form.wrong.items() if key != name}
        self._set(form=replace(form, texts={**form.texts, name: text}, wrong=wrong))

    def do(self) -> None:
        """Do the chosen act, or show at its fields what is wrong."""
        state, context = self.state, self._context
        if state.is_busy or state.form.key not in {act.key for act in acts_for(state.tab, state.row)}:
            return
        work, wrong = make_work(state.form, state.row, context)
        if wrong:
            self._set(form=replace(state.form, wrong=wrong))
            return
        self._set(is_busy=True, code=None)
        context.tasks.submit(Lane.NET, work, on_ok=self._done, on_error=self._refused)

    # -- hearing ------------------------------------------------------------------------------------------

    def _done(self, result: object) -> None:
        say, key = self._context.say, self.state.form.key
        self._set(is_busy=False, form=OfficeForm(key))
        if isinstance(result, EnrolmentCode):
            self._set(code=result)
        else:
            self._context.shell.toast(say("{act}: done.", act=say(act_of(key).word)))
        self._read()

    def _refused(self, error: BaseException) -> None:
        self._set(is_busy=False)
        if not self._ended(error):
            code = error.code if isinstance(error, KilotillError) else ""
            name = WRONG_FIELDS.get(code, "")
            if name in act_of(self.state.form.key).fields and isinstance(error, KilotillError):
                wrong = {name: plain_sentence(error, self._context.wording)}
                self._set(form=replace(self.state.form, wrong=wrong))
            else:
                self._context.shell.show_error(error)

    def _ended(self, error: BaseException) -> bool:
        """Go back to signing in where the session has ended."""
        if not isinstance(error, KilotillError) or error.code != "office.signed_out":
            return False
        self.sign_out()
        self._set(sign_in_wrong={"sign_in": plain_sentence(error, self._context.wording)})
        return True

    def _read(self) -> None:
        context, tab, person = self._context, self.state.tab, self.state.person
        office, actor = context.desk.office_admin, context.actor
        self._generation += 1
        generation = self._generation

        def read() -> tuple[tuple[Row, ...], tuple[SalesPointName, ...], tuple[OfficePerson, ...]]:
            if tab == TILLS:
                return office.list_tills(actor), office.sales_points(actor), ()
            if tab == REVIEW:
                return office.list_flags(actor), (), ()
            if tab == PROPOSALS:
                return office.list_proposals(actor), (), ()
            people = office.list_people(actor)
            return (
                (people, (), people) if tab == PEOPLE else (office.list_sessions(actor, person), (), people)
            )

        def got(found: tuple[tuple[Row, ...], tuple[SalesPointName, ...], tuple[OfficePerson, ...]]) -> None:
            if generation != self._generation:
                return
            rows, places, people = found
            chosen = min(self.state.chosen, max(0, len(rows) - 1))
            self._set(rows=rows, places=places, people=people, chosen=chosen, is_read=True)
            self._fit_act()

        def failed(error: BaseException) -> None:
            if generation != self._generation or self._ended(error):
                return
            self._set(is_read=True)
            if isinstance(error, Unavailable):
                self._context.shell.toast(plain_sentence(error, context.wording), light="warn")
            else:
                self._context.shell.show_error(error)

        context.tasks.submit(Lane.NET, read, on_ok=got, on_error=failed)

    def _fit_act(self) -> None:
        keys = [act.key for act in acts_for(self.state.tab, self.state.row)]
        if self.state.form.key not in keys:
            self._set(form=OfficeForm(keys[0] if keys else ""))
        form, places = self.state.form, self.state.places
        if form.key == "code" and places and "sales_point" not in form.texts:
            self._set(form=replace(form, texts={**form.texts, "sales_point": places[0].id}))

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._show(self.state)
