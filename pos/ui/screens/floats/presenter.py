"""The float: where each supplier stands, the acts on it, its statement, the offline limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pos.errors import KilotillError
from pos.services.envelopes import EnvelopeState
from pos.services.float_statement import FloatStatement
from pos.services.supplier_float import FloatState
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.refusal_words import plain_sentence
from pos.ui.screens.floats.forms import (
    ACTS,
    ENVELOPE,
    FIELDS_OF_CODES,
    Act,
    ActForm,
    Reader,
    act_of,
    make_work,
)


@dataclass(frozen=True, slots=True)
class FloatsState:
    """What the screen shows."""

    floats: tuple[FloatState, ...] = ()
    chosen: int = 0
    envelope: EnvelopeState | None = None
    is_read: bool = False
    form: ActForm = field(default_factory=ActForm)
    is_busy: bool = False
    first_day: str = ""
    last_day: str = ""
    first_wrong: str = ""
    last_wrong: str = ""
    statement: FloatStatement | None = None
    has_printer: bool = False

    @property
    def float(self) -> FloatState | None:
        """The chosen float."""
        return self.floats[self.chosen] if 0 <= self.chosen < len(self.floats) else None


class FloatsPresenter:
    """Decides; `show` gets each new state."""

    def __init__(self, context: Context, *, show: Callable[[FloatsState], None]) -> None:
        self._context = context
        self._show = show
        today = context.desk.clock.now().astimezone(context.desk.shop.time_zone).date()
        self.state = FloatsState(first_day=today.replace(day=1).isoformat(), last_day=today.isoformat())
        self._generation = 0

    def acts(self) -> tuple[Act, ...]:
        """Return the acts the person may do."""
        return tuple(one for one in ACTS if self._context.may(one.permission))

    def open(self) -> None:
        """Read where everything stands."""
        allowed = self.acts()
        if allowed and self.state.form.key not in {one.key for one in allowed}:
            self._set(form=ActForm(allowed[0].key))
        desk, actor = self._context.desk, self._context.actor

        def read() -> tuple[tuple[FloatState, ...], EnvelopeState | None, bool]:
            return (
                desk.floats.list_floats(actor),
                desk.envelopes.state(actor),
                bool(desk.status.read().printer),
            )

        self._context.tasks.submit(Lane.READ, read, on_ok=self._got, on_error=self._context.shell.show_error)

    def _got(self, found: tuple[tuple[FloatState, ...], EnvelopeState | None, bool]) -> None:
        floats, envelope, has_printer = found
        chosen = min(self.state.chosen, max(0, len(floats) - 1))
        self._set(floats=floats, envelope=envelope, has_printer=has_printer, chosen=chosen, is_read=True)
        self.read_statement()

    def choose(self, n: int) -> None:
        """Choose a supplier."""
        if self.state.floats:
            n = min(len(self.state.floats) - 1, max(0, n))
            if n != self.state.chosen:
                self._set(chosen=n, statement=None)
                self.read_statement()

    def choose_code(self, code: str) -> None:
        """Choose a supplier by its code."""
        for n, one in enumerate(self.state.floats):
            if one.supplier.code == code:
                self.choose(n)

    # -- acts ---------------------------------------------------------------------------------------------

    def choose_act(self, key: str) -> None:
        """Choose what to do; what was typed for another act is dropped."""
        if key != self.state.form.key:
            self._set(form=ActForm(key))

    def type_field(self, name: str, text: str) -> None:
        """Take what was typed."""
        form = self.state.form
        wrong = {key: value for key, value in form.wrong.items() if key != name}
        self._set(form=replace(form, texts={**form.texts, name: text}, wrong=wrong))

    def do(self) -> None:
        """Do the chosen act, or show at its fields what is wrong."""
        context, form = self._context, self.state.form
        chosen = self.state.float
        if self.state.is_busy or (chosen is None and form.key != ENVELOPE):
            return
        reader = Reader(form, context.desk.shop.currency, context.say)
        supplier = "" if chosen is None else chosen.supplier.code
        work = make_work(form, reader, context.desk, supplier)
        if "reference" in act_of(form.key).fields and not form.text("reference"):
            reader.wrong["reference"] = context.say("Type the reference of the transfer.")
        if "needed_reason" in act_of(form.key).fields and not form.text("needed_reason"):
            reader.wrong["needed_reason"] = context.say("Say why the account is corrected.")
        if reader.wrong:
            self._set(form=replace(form, wrong=reader.wrong))
            return
        self._set(is_busy=True)
        desk, actor = context.desk, context.actor
        context.attempt(Lane.SALE, lambda _: work(desk, actor), on_ok=self._done, on_error=self._refused)

    def _done(self, _: object) -> None:
        context, key = self._context, self.state.form.key
        self._set(is_busy=False, form=ActForm(key))
        context.shell.toast(context.say("{act}: done.", act=context.say(act_of(key).word)))
        context.shell.refresh_status()
        self.open()

    def _refused(self, error: BaseException) -> None:
        self._set(is_busy=False)
        form = self.state.form
        code = error.code if isinstance(error, KilotillError) else ""
        names = [name for name in FIELDS_OF_CODES.get(code, ()) if name in act_of(form.key).fields]
        if names and isinstance(error, KilotillError):
            self._set(form=replace(form, wrong={names[0]: plain_sentence(error, self._context.wording)}))
        else:
            self._context.shell.show_error(error)

    # -- statement ----------------------------------------------------------------------------------------

    def type_days(self, *, first: str | None = None, last: str | None = None) -> None:
        """Take what was typed as the days of the statement."""
        if first is not None:
            self._set(first_day=first, first_wrong="")
        if last is not None:
            self._set(last_day=last, last_wrong="")

    def show_month(self, months_back: int) -> None:
        """Take a whole month as the days: 0 this one, 1 the one before."""
        context = self._context
        today = context.desk.clock.now().astimezone(context.desk.shop.time_zone).date()
        first, last = today.replace(day=1), today
        for _ in range(months_back):
            last = first - timedelta(days=1)
            first = last.replace(day=1)
        self.type_days(first=first.isoformat(), last=last.isoformat())
        self.read_statement()

    def read_statement(self) -> None:
        """Read the statement of the chosen supplier over the days."""
        chosen, days = self.state.float, self._days()
        if chosen is None or days is None:
            return
        self._generation += 1
        generation = self._generation
        floats, actor, code = self._context.desk.floats, self._context.actor, chosen.supplier.code

        def got(statement: FloatStatement) -> None:
            if generation == self._generation:
                self._set(statement=statement)

        self._context.tasks.submit(
            Lane.REPORT,
            lambda: floats.statement(actor, code, first_day=days[0], last_day=days[1]),
            on_ok=got,
            on_error=self._context.shell.show_error,
        )

    def _days(self) -> tuple[date, date] | None:
        say, state = self._context.say, self.state
        found: list[date | None] = []
        for text in (state.first_day, state.last_day):
            try:
                found.append(date.fromisoformat(text.strip()))
            except ValueError:
                found.append(None)
        first, last = found
        sentence = say("Write the day like 2026-12-01.")
        first_wrong, last_wrong = "" if first else sentence, "" if last else sentence
        if first is not None and last is not None and first > last:
            first_wrong = say("The first day is after the last.")
        elif first is not None and last is not None and (last - first).days > 366:
            first_wrong = say("At most one year at once.")
        self._set(first_wrong=first_wrong, last_wrong=last_wrong)
        if first is None or last is None or first_wrong:
            return None
        return first, last

    def print_statement(self) -> None:
        """Print the statement that is shown."""
        self._on_paper(
            Lane.DEVICE,
            lambda code, first, last: self._context.desk.statement_papers.print_out(
                self._context.actor, code, first_day=first, last_day=last
            ),
            self._context.say("The statement is printed."),
        )

    def write_pdf(self, path: Path) -> None:
        """Write the statement that is shown as PDF."""
        self._on_paper(
            Lane.REPORT,
            lambda code, first, last: self._context.desk.statement_papers.write_pdf(
                self._context.actor, code, path, first_day=first, last_day=last
            ),
            self._context.say("Written: {name}", name=path.name),
        )

    def _on_paper(self, lane: Lane, work: Callable[[str, date, date], None], said: str) -> None:
        statement = self.state.statement
        if statement is None:
            return
        code, first, last = statement.supplier.code, statement.first_day, statement.last_day
        self._context.tasks.submit(
            lane,
            lambda: work(code, first, last),
            on_ok=lambda _: self._context.shell.toast(said),
            on_error=self._context.shell.show_error,
        )

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._show(self.state)
