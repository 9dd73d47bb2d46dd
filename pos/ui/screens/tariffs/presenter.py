"""The tariffs: what is in force and what comes, the editor of a new version, its worked example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pos.domain.money import minor_digits, parse_scaled
from pos.domain.permissions import Permission
from pos.domain.price_terms import Basis
from pos.domain.tariff import Tariff
from pos.domain.tariff_csv import UNIT_DIGITS
from pos.errors import UserError
from pos.services.price_view import price_view, unit_of
from pos.services.tariffs import TariffFileError, TariffImport, TariffTrial, TariffVersion, price_draft
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.tariffs.changes import changes
from pos.ui.screens.tariffs.form import Path as FieldPath
from pos.ui.screens.tariffs.form import ReadForm, TariffForm, blank_form, form_of, read_form
from pos.ui.screens.tariffs.state import Example, TariffsState, tariff_rows
from pos.ui.screens.tariffs.words import sentence_for

SHOWN_FILE_ERRORS = 6


class TariffsPresenter:
    """Decides; `show` gets each new state."""

    def __init__(self, context: Context, *, show: Callable[[TariffsState], None]) -> None:
        self._context = context
        self._show = show
        self.state = TariffsState()
        self._read: ReadForm | None = None

    @property
    def may_edit(self) -> bool:
        """Whether the person may add versions."""
        return self._context.may(Permission.TARIFF_EDIT)

    # -- the list -----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Read the versions."""
        self._load(None)

    def choose(self, n: int) -> None:
        """Choose a version."""
        if self.state.rows:
            n = min(len(self.state.rows) - 1, max(0, n))
            if n != self.state.chosen:
                self._set(chosen=n)
                self._work_out()

    def choose_version(self, version: TariffVersion) -> None:
        """Choose a version by itself."""
        for n, row in enumerate(self.state.rows):
            if row.version.key == version.key:
                self.choose(n)

    def _load(self, wanted: tuple[str, int] | None) -> None:
        context = self._context
        tariffs, actor = context.desk.tariffs, context.actor

        def got(versions: tuple[TariffVersion, ...]) -> None:
            rows = tariff_rows(versions, context.desk.clock.now())
            chosen = next(
                (n for n, one in enumerate(rows) if (one.version.code, one.version.version) == wanted),
                min(self.state.chosen, max(0, len(rows) - 1)),
            )
            self._set(rows=rows, chosen=chosen, is_read=True)
            self._work_out()

        context.tasks.submit(
            Lane.READ, lambda: tariffs.list_versions(actor), on_ok=got, on_error=context.shell.show_error
        )

    # -- the editor ---------------------------------------------------------------------------------------

    def begin_version(self) -> None:
        """Open the editor with the chosen version as the start of the next one."""
        row = self.state.row
        if row is None or not self.may_edit:
            return
        code = row.version.code
        version = 1 + max(one.version.version for one in self.state.rows if one.version.code == code)
        form = form_of(row.tariff, name=row.version.name, version=version, valid_from=self._next_month())
        self._edit(form)

    def begin_tariff(self) -> None:
        """Open the editor empty, for a tariff that there is not yet."""
        if self.may_edit:
            self._edit(blank_form(self._next_month()))

    def leave_editor(self) -> bool:
        """Go back to the list; False if it is there."""
        if self.state.form is None:
            return False
        self._read = None
        self._set(form=None, wrong={}, touched=frozenset(), shows_all=False, reason="", reason_wrong="")
        self._work_out()
        return True

    def type_field(self, path: FieldPath, text: str) -> None:
        """Take what was typed in a field."""
        form = self.state.form
        if form is not None and form.entry(path) != text:
            self._set(touched=self.state.touched | {path})
            self._change(form.with_text(path, text))

    def add(self, part: str) -> None:
        """Add a block, charge, levy or tax."""
        if self.state.form is not None:
            self._forget(part)
            self._change(self.state.form.with_added(part))

    def remove(self, part: str, place: int) -> None:
        """Remove one."""
        form = self.state.form
        if form is not None and (part != "block" or len(form.parts[part]) > 1):
            self._forget(part)
            self._change(form.without(part, place))

    def type_reason(self, text: str) -> None:
        """Take the reason."""
        self._set(reason=text, reason_wrong="")

    def save(self) -> None:
        """Store the version, or show at the fields what is wrong."""
        state, read = self.state, self._read
        if state.form is None or read is None or state.is_busy:
            return
        say = self._context.say
        code = state.form.head["code"].strip()
        wrong = dict(state.wrong)
        if state.form.is_new_code and any(one.version.code == code for one in state.rows):
            wrong[("head", 0, "code")] = say("There is a tariff {code} already.", code=code)
        reason = " ".join(state.reason.split())
        reason_wrong = "" if reason else say("Say why, for the journal.")
        if read.tariff is None or wrong or reason_wrong:
            self._set(shows_all=True, wrong=wrong, reason_wrong=reason_wrong)
            return
        self._set(is_busy=True)
        context = self._context
        tariffs, actor, text = context.desk.tariffs, context.actor, read.text
        context.attempt(
            Lane.SALE,
            lambda _: tariffs.import_csv(actor, text, reason=reason),
            on_ok=self._saved,
            on_error=self._not_saved,
        )

    def _saved(self, done: TariffImport) -> None:
        context = self._context
        self._set(is_busy=False)
        self.leave_editor()
        if not done.added:
            context.shell.toast(context.say("Nothing is new: this version is stored already."), light="warn")
            return
        added = done.added[0]
        context.shell.toast(
            context.say(
                "{name}, version {n}, counts from {day}.",
                name=added.name or added.code,
                n=added.version,
                day=context.wording.day(added.valid_from),
            )
        )
        self._load((added.code, added.version))

    def _not_saved(self, error: BaseException) -> None:
        self._set(is_busy=False)
        self._context.shell.show_error(error)

    def _next_month(self) -> str:
        local = self._context.desk.clock.now().astimezone(self._context.desk.shop.time_zone)
        year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
        return f"{year}-{month:02}-01"

    def _edit(self, form: TariffForm) -> None:
        self._set(touched=frozenset(), shows_all=False, reason="", reason_wrong="", file_errors=())
        self._change(form)

    def _forget(self, part: str) -> None:
        """Places move when an entry comes or goes."""
        self._set(touched=frozenset(path for path in self.state.touched if path[0] != part))

    def _change(self, form: TariffForm) -> None:
        desk = self._context.desk
        self._read = read = read_form(form, desk.shop.currency, desk.shop.time_zone)
        say = self._context.wording.say
        wrong = {path: sentence_for(code, text, say) for path, (code, text) in read.wrong.items()}
        is_past = read.tariff is not None and read.tariff.valid_from < desk.clock.now()
        self._set(form=form, wrong=wrong, starts_in_past=is_past)
        self._work_out()

    # -- the worked example -------------------------------------------------------------------------------

    def type_example(self, **texts: Any) -> None:
        """Take what the example is asked: amount, bought, owed, is_units."""
        self._set(example_texts=replace(self.state.example_texts, **texts))
        self._work_out()

    def _work_out(self) -> None:
        state = self.state
        if state.form is not None:
            tariff = None if self._read is None else self._read.tariff
            before = self._version_before(state.form.head["code"], state.form.version)
        else:
            tariff = None if state.row is None else state.row.tariff
            before = None if tariff is None else self._version_before(tariff.code, tariff.version)
        wording = self._context.wording
        if tariff is None:
            first = next(iter(state.wrong.values()), "")
            refusal = self._context.say("The example follows when every field is right.")
            self._set(example=Example(refusal=refusal, wrong=first), changes=())
            return
        found = changes(before, tariff, wording) if before is not None else ()
        self._set(example=self._example(tariff), changes=found)

    def _version_before(self, code: str, version: int) -> Tariff | None:
        older = [one for one in self.state.rows if one.version.code == code and one.version.version < version]
        return max(older, key=lambda one: one.version.version).tariff if older else None

    def _example(self, tariff: Tariff) -> Example:
        texts, wording = self.state.example_texts, self._context.wording
        money_digits = minor_digits(tariff.currency)
        amount_digits = UNIT_DIGITS if texts.is_units else money_digits
        try:
            amount = parse_scaled(texts.amount or "0", amount_digits)
            bought_milli = parse_scaled(texts.bought or "0", UNIT_DIGITS)
            owed_minor = parse_scaled(texts.owed or "0", money_digits)
            if not amount:
                return Example(refusal=wording.say("Type an amount."), tariff=tariff)
            basis = Basis(bought_before_milli=bought_milli, arrears_before_minor=owed_minor)
            wanted = TariffTrial(
                code=tariff.code,
                basis=basis,
                money_minor=None if texts.is_units else amount,
                units_milli=amount if texts.is_units else None,
            )
            item = price_draft(tariff, wanted)
        except UserError as error:
            return Example(refusal=sentence_for(error.code, error.text, wording.say), tariff=tariff)
        shown = item.to_json() | {"basis": {"arrears_before_minor": owed_minor}}
        view = price_view(shown, tariff, wording, self._context.desk.clock.now())
        return Example(view, tariff, bought_milli)

    def unit(self) -> str:
        """Return the unit of what is shown."""
        form = self.state.form
        if form is not None:
            return "m\u00b3" if form.head["service"] == "water" else "kWh"
        return unit_of(None if self.state.row is None else self.state.row.tariff)

    # -- files --------------------------------------------------------------------------------------------

    def import_file(self, path: Path) -> None:
        """Store the versions of a CSV file."""
        context = self._context
        tariffs, actor = context.desk.tariffs, context.actor

        def done(result: TariffImport) -> None:
            self._set(is_busy=False)
            say = context.say
            text = say(
                "New versions: {added}. Already here: {unchanged}.",
                added=len(result.added),
                unchanged=result.unchanged,
            )
            context.shell.toast(text, light="ok" if result.added else "warn")
            last = result.added[-1] if result.added else None
            self._load(None if last is None else (last.code, last.version))

        self._set(is_busy=True, file_errors=())
        context.tasks.submit(
            Lane.BULK, lambda: tariffs.import_file(actor, path), on_ok=done, on_error=self._file_refused
        )

    def _file_refused(self, error: BaseException) -> None:
        self._set(is_busy=False)
        if not isinstance(error, TariffFileError):
            self._context.shell.show_error(error)
            return
        say = self._context.say
        lines = tuple(
            say(
                "Line {line}, {column}: {text}",
                line=one.line,
                column=one.column or say("the row"),
                text=sentence_for(one.error_code, one.error_text, say),
            )
            for one in error.errors[:SHOWN_FILE_ERRORS]
        )
        self._set(file_errors=lines, file_error_count=len(error.errors))

    def close_file_errors(self) -> bool:
        """Stop showing what was wrong in a file; False if nothing was."""
        had = bool(self.state.file_errors)
        if had:
            self._set(file_errors=())
        return had

    def export_file(self, path: Path) -> None:
        """Write every version to a CSV file."""
        context = self._context
        tariffs, actor = context.desk.tariffs, context.actor
        context.tasks.submit(
            Lane.REPORT,
            lambda: tariffs.export_file(actor, path),
            on_ok=lambda _: context.shell.toast(context.say("Written: {name}", name=path.name)),
            on_error=context.shell.show_error,
        )

    def _set(self, **values: Any) -> None:
        self.state = replace(self.state, **values)
        self._show(self.state)
