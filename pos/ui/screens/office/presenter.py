"""Head office: signing in there, its lists, and one act at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pos.domain.csv_table import RowError
from pos.errors import KilotillError, MachineFault, Unavailable
from pos.services.office import EnrolmentCode, OfficePerson, SalesPointName
from pos.services.office_events import OfficeEvent
from pos.services.office_master import MergedMeter, MeterPage, OfficeImport, OfficeMeter
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.refusal_words import plain_sentence, plain_text
from pos.ui.screens.office.acts import (
    CONFLICTS,
    METERS,
    TILLS,
    WRONG_FIELDS,
    OfficeForm,
    Row,
    act_of,
    acts_for,
    make_work,
)
from pos.ui.screens.office.reading import Found, read_list

EVENTS_PAUSE_MS = 400

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
    number: str = ""
    next_page: str = ""
    tariff_codes: tuple[str, ...] = ()
    imported: OfficeImport | None = None
    events: tuple[OfficeEvent, ...] = ()
    events_of: str = ""
    """The meter whose last events these are."""

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
        self._is_paging = False
        self._rests = 0
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
            self._set(number="", next_page="", imported=None, tariff_codes=())
            self._read()

    def choose(self, row: object) -> None:
        """Choose a row; an act that is not for it gives way to one that is."""
        rows = self.state.rows
        if row not in rows or row == self.state.row:
            return
        self._set(chosen=rows.index(row))
        if self.state.tab == METERS and self.state.form.key != "import_meters":
            # What was begun for one meter is not done to the next.
            self._set(form=OfficeForm(self.state.form.key))
        self._fit_act()
        self._rest()

    def choose_act(self, key: str) -> None:
        """Choose what to do."""
        if key != self.state.form.key:
            self._set(form=OfficeForm(key), code=None, imported=None)
            self._fit_act()

    def choose_person(self, person: str) -> None:
        """Show the sessions of somebody else."""
        self._set(person=person, rows=(), chosen=0)
        self._read()

    def search(self, text: str) -> None:
        """Show the meters whose number begins so."""
        number = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
        self._set(number=number, chosen=0, imported=None)
        self._read()

    def more(self) -> None:
        """Read the next page of meters."""
        state, context, generation = self.state, self._context, self._generation
        if not state.next_page or self._is_paging:
            return
        self._is_paging = True
        master, actor = context.desk.office_admin.master, context.actor

        def got(page: MeterPage) -> None:
            self._is_paging = False
            if generation == self._generation:
                self._set(rows=(*self.state.rows, *page.meters), next_page=page.next)

        def failed(error: BaseException) -> None:
            self._is_paging = False
            if generation == self._generation:
                self._unread(error)

        context.tasks.submit(
            Lane.NET,
            lambda: master.list_meters(actor, state.number, after=state.next_page),
            on_ok=got,
            on_error=failed,
        )

    def line_of(self, error: RowError) -> str:
        """Say what is wrong with a line of an imported file."""
        say = self._context.say
        text = plain_text(error.error_code, error.error_text, self._context.wording)
        column = error.column or say("the row")
        return say("Line {line}, {column}: {text}", line=error.line, column=column, text=text)

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
        self._set(is_busy=True, code=None, imported=None)
        context.tasks.submit(Lane.NET, work, on_ok=self._done, on_error=self._refused)

    # -- hearing ------------------------------------------------------------------------------------------

    def _done(self, result: object) -> None:
        say, key = self._context.say, self.state.form.key
        self._set(is_busy=False, form=OfficeForm(key))
        if isinstance(result, EnrolmentCode):
            self._set(code=result)
        elif isinstance(result, OfficeImport):
            self._set(imported=result)
        else:
            self._context.shell.toast(say("{act}: done.", act=say(act_of(key).word)))
        if isinstance(result, MergedMeter):
            self._drop(result.duplicate_id)
            self._put(result.kept)
        elif isinstance(result, OfficeMeter):
            self._put(result)
        else:
            self._read()

    def _put(self, meter: OfficeMeter) -> None:
        """Show a meter as it is now in its place: the list stays where one was."""
        rows = (meter if getattr(row, "id", "") == meter.id else row for row in self.state.rows)
        self._set(rows=tuple(rows))
        self._fit_act()
        self._rest()

    def _drop(self, meter_id: str) -> None:
        """Take a meter off the list; the chosen one stays chosen."""
        chosen = self.state.row
        rows = tuple(row for row in self.state.rows if getattr(row, "id", "") != meter_id)
        self._set(rows=rows, chosen=rows.index(chosen) if chosen in rows else 0)

    def _rest(self) -> None:
        """Read what people did to the meter one has come to rest on: stepping through a list asks nobody."""
        row = self.state.row
        self._rests += 1
        if not isinstance(row, OfficeMeter):
            return
        if row.id != self.state.events_of:
            self._set(events=(), events_of="")
        turn = self._rests
        self._context.tasks.later(EVENTS_PAUSE_MS, lambda: self._read_events(row, turn))

    def _read_events(self, row: OfficeMeter, turn: int) -> None:
        context = self._context
        master, actor = context.desk.office_admin.master, context.actor

        def is_wanted() -> bool:
            return turn == self._rests and getattr(self.state.row, "id", "") == row.id

        def got(events: tuple[OfficeEvent, ...]) -> None:
            if is_wanted():
                self._set(events=events, events_of=row.id)

        def failed(error: BaseException) -> None:
            if is_wanted():
                self._unread(error)

        if is_wanted():
            context.tasks.submit(Lane.NET, lambda: master.list_events(actor, row), on_ok=got, on_error=failed)

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
            if code in CONFLICTS:
                self._read()

    def _ended(self, error: BaseException) -> bool:
        """Go back to signing in where the session has ended."""
        if not isinstance(error, KilotillError) or error.code != "office.signed_out":
            return False
        self.sign_out()
        self._set(sign_in_wrong={"sign_in": plain_sentence(error, self._context.wording)})
        return True

    def _read(self) -> None:
        context, state = self._context, self.state
        office, actor = context.desk.office_admin, context.actor
        self._generation += 1
        generation = self._generation

        def got(found: Found) -> None:
            if generation != self._generation:
                return
            chosen = min(self.state.chosen, max(0, len(found.rows) - 1))
            self._set(
                rows=found.rows,
                places=found.places,
                people=found.people,
                tariff_codes=found.tariff_codes,
                next_page=found.next_page,
                chosen=chosen,
                is_read=True,
            )
            self._fit_act()
            self._rest()

        def failed(error: BaseException) -> None:
            if generation == self._generation:
                self._unread(error)

        context.tasks.submit(
            Lane.NET,
            lambda: read_list(
                office,
                actor,
                state.tab,
                person=state.person,
                number=state.number,
                codes=state.tariff_codes,
            ),
            on_ok=got,
            on_error=failed,
        )

    def _unread(self, error: BaseException) -> None:
        if self._ended(error):
            return
        self._set(is_read=True)
        if isinstance(error, Unavailable):
            self._context.shell.toast(plain_sentence(error, self._context.wording), light="warn")
        else:
            self._context.shell.show_error(error)

    def _fit_act(self) -> None:
        keys = [act.key for act in acts_for(self.state.tab, self.state.row)]
        if self.state.form.key not in keys:
            self._set(form=OfficeForm(keys[0] if keys else ""))
        form, given = self.state.form, self._given()
        if form.key and given.keys() - form.texts.keys():
            self._set(form=replace(form, texts={**given, **form.texts}))

    def _given(self) -> dict[str, str]:
        """What the fields of the act begin with."""
        row, places = self.state.row, self.state.places
        fields = act_of(self.state.form.key).fields if self.state.form.key else ()
        given = {"sales_point": places[0].id} if places else {}
        if isinstance(row, OfficeMeter):
            given |= {"status": row.status, "block_reason": row.block_reason, "tariff": row.tariff_code}
        return {name: text for name, text in given.items() if name in fields}

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._show(self.state)
