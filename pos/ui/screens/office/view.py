"""The Head office screen: signing in there, then its lists at the left and the acts at the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from pos.domain.permissions import Role
from pos.services.office import OfficeFlag, OfficePerson, OfficeProposal, OfficeSession, OfficeTill
from pos.services.office_master import OfficeMeter, OfficeTariff
from pos.ui.context import Context
from pos.ui.files import Files, SystemFiles
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.role_words import ROLE_WORDS
from pos.ui.screen import Screen
from pos.ui.screens.meters.words import status_tone, status_word
from pos.ui.screens.office.acts import METERS, PEOPLE, PROPOSALS, REVIEW, SESSIONS, TARIFFS, TILLS
from pos.ui.screens.office.detail import OfficeDetailCard
from pos.ui.screens.office.presenter import OfficePresenter, OfficeScreenState
from pos.ui.screens.office.side import OfficeActCard
from pos.ui.screens.sell.words import meter_text
from pos.ui.screens.uploads.words import FLAG_SENTENCES, FLAG_WORDS, flag_of
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.growing import GrowingModel
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.card import Card
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.empty import EmptyPanel
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.headed import ScreenHead, lay_headed
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.tab_row import TabRow
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import label

TAB_WORDS = {
    TILLS: "Tills",
    PEOPLE: "People",
    TARIFFS: "Tariffs",
    METERS: "Meters",
    REVIEW: "Review",
    PROPOSALS: "Proposals",
    SESSIONS: "Sessions",
}
RESOURCE_WORDS = {"meter": "Meter", "customer": "Customer", "change": "Change of a meter"}
CSV_KINDS = "CSV (*.csv)"
TILL_WORDS = {
    "enrolled": ("In use", "ok"),
    "revoked": ("Out of use", "bad"),
    "replaced": ("Replaced", "neutral"),
    "lost": ("Lost", "bad"),
}


def make_screen(context: Context, look: Look) -> Screen:
    """Make the screen."""
    return OfficeScreen(context, look)


class OfficeScreen(Screen):
    """What an administrator does at head office, from here."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self._context = context
        self.presenter = OfficePresenter(context, show=self.show_state)
        self._next_page = ""
        say = look.say
        head = ScreenHead(
            look, say("Head office"), say("Its tills, people, tariffs and meters, in your own name there")
        )
        self.tabs = TabRow(
            look, [(key, say(word)) for key, word in TAB_WORDS.items()], chosen=TILLS, name=say("Show")
        )
        self.tabs.chosen.connect(self._turn)
        self.leave = KeyButton(look, say("Sign out there"), size="small")
        self.leave.clicked.connect(self.presenter.sign_out)
        head.add(self.leave)
        top = QWidget()
        over = QVBoxLayout(top)
        over.setContentsMargins(0, 0, 0, 0)
        over.setSpacing(look.metrics.gap)
        over.addWidget(head)
        over.addWidget(self.tabs)
        self.files: Files = SystemFiles(self)
        self.acts = OfficeActCard(look, self.presenter, choose_file=self._choose_file)
        self.detail = OfficeDetailCard(look, self.presenter)
        self.pages = QStackedWidget()
        self.pages.addWidget(self._make_sign_in())
        self.pages.addWidget(self._make_lists())
        alone = Card()
        alone.body.addWidget(
            EmptyPanel(
                look,
                "building",
                say("This till stands alone."),
                say("Enrol it at a head office first: Settings, Head office."),
            )
        )
        self.pages.addWidget(alone)
        self.side = QWidget()
        column = QVBoxLayout(self.side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.gap)
        column.addWidget(self.acts)
        column.addWidget(self.detail)
        column.addStretch(1)
        lay_headed(self, look, top, self.pages, self.side, main_height=look.metrics.px(420))
        self.acts.keep_in(None if look.metrics.is_single_column else self.side.parentWidget())
        self._shown_bar: tuple[object, ...] = ()
        self._step = ""
        self.show_state(self.presenter.state)

    def _make_sign_in(self) -> QWidget:
        look, say = self.look, self.look.say
        card = Card(padding=look.metrics.fixed(24, 16), gap=look.metrics.gap)
        card.body.addWidget(label(look, say("Sign in at head office"), Type.HEADING, wraps=True))
        about = say(
            "With your own name and password there. This till keeps neither; lock it and you are signed out."
        )
        card.body.addWidget(label(look, about, Type.BODY, tone="text2", wraps=True))
        self.username = line_edit(look, hint="claire")
        self.username.setMaxLength(100)
        self.username.textEdited.connect(self.presenter.type_name)
        self.password = line_edit(look, is_secret=True)
        self.password.setMaxLength(128)
        self.totp = line_edit(look, hint="123456")
        self.totp.setMaxLength(40)
        self.sign_in_fields = {
            "username": LabelledField(look, say("Name at head office"), self.username),
            "password": LabelledField(look, say("Password"), self.password),
            "totp": LabelledField(look, say("Code from your phone, or a recovery code"), self.totp),
        }
        enter = EnterFilter(self, self._sign_in)
        for name, field in self.sign_in_fields.items():
            field.field.installEventFilter(enter)
            field.setMaximumWidth(look.metrics.px(420))
            card.body.addWidget(field)
            if name == "totp":
                field.hide()
        self.sign_in_said = label(look, "", Type.SUPPORT, tone="badtext", wraps=True)
        card.body.addWidget(self.sign_in_said)
        cap = look.keys.cap_of(Act.MAIN)
        self.enter_button = KeyButton(look, say("Sign in"), cap=cap, kind="accent")
        self.enter_button.clicked.connect(self._sign_in)
        row = QHBoxLayout()
        row.addWidget(self.enter_button)
        row.addStretch(1)
        card.body.addLayout(row)
        card.body.addStretch(1)
        return card

    def _make_lists(self) -> QWidget:
        look, say = self.look, self.look.say
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.gap)
        self.person = Choice(look, (), name=say("Whose sessions"))
        self.person.picked.connect(self.presenter.choose_person)
        self.person.hide()
        column.addWidget(self.person)
        self.number = line_edit(look, hint=say("How the meter number begins, then Enter"))
        self.number.setAccessibleName(say("Search meters"))
        self.number.setMaxLength(20)
        self.number.installEventFilter(EnterFilter(self, self._search))
        self.number.hide()
        column.addWidget(self.number)
        self.models: dict[str, RowsModel[object]] = {}
        self.tables: dict[str, Table] = {}
        self.lists = QStackedWidget()
        makers: dict[str, Callable[[], list[Column[object]]]] = {
            TILLS: self._till_columns,
            PEOPLE: self._people_columns,
            TARIFFS: self._tariff_columns,
            METERS: self._meter_columns,
            REVIEW: self._flag_columns,
            PROPOSALS: self._proposal_columns,
            SESSIONS: self._session_columns,
        }
        for tab, make in makers.items():
            model: RowsModel[object] = GrowingModel(
                make(), has_more=lambda: bool(self._next_page), more=self.presenter.more, parent=self
            )
            table = Table(look, name=say(TAB_WORDS[tab]))
            table.setModel(model)
            table.moved.connect(self.presenter.choose)
            table.opened.connect(lambda _: self.acts.focus_first())
            card = Card(padding=1)
            card.body.addWidget(table)
            self.models[tab], self.tables[tab] = model, table
            self.lists.addWidget(card)
        column.addWidget(self.lists, 1)
        return holder

    def _till_columns(self) -> list[Column[object]]:
        say, wording = self.look.say, self.look.wording

        def till(row: object) -> OfficeTill:
            assert isinstance(row, OfficeTill)
            return row

        def state(row: object) -> str:
            return say("Sold twice") if till(row).is_forked else say(TILL_WORDS[till(row).state][0])

        def tone(row: object) -> str:
            return "bad" if till(row).is_forked else TILL_WORDS[till(row).state][1]

        return [
            Column(say("Till"), 76, lambda row: till(row).code, Paint.STRONG),
            Column(say("Computer"), 0, lambda row: till(row).machine, Paint.QUIET),
            Column(
                say("Entries"),
                84,
                lambda row: wording.count(till(row).entries),
                Paint.QUIET_NUMBER,
                is_wide=True,
            ),
            self._when(say("Last sent"), lambda row: till(row).pushed_at),
            Column(
                say("Offline, {currency}", currency=wording.currency),
                120,
                lambda row: wording.amount(till(row).limit_money_minor),
                Paint.NUMBER,
                is_wide=True,
            ),
            Column(say("State"), 118, state, Paint.BADGE, tone=tone, fits=True),
        ]

    def _people_columns(self) -> list[Column[object]]:
        say = self.look.say

        def person(row: object) -> OfficePerson:
            assert isinstance(row, OfficePerson)
            return row

        def state(row: object) -> str:
            return say("May sign in") if person(row).is_active else say("Let in no longer")

        return [
            Column(say("Name to sign in with"), 160, lambda row: person(row).username, Paint.STRONG),
            Column(say("Whole name"), 0, lambda row: person(row).full_name),
            Column(
                say("Role"), 140, lambda row: say(ROLE_WORDS[Role(person(row).role)]), Paint.QUIET, fits=True
            ),
            Column(
                say("Second factor"),
                120,
                lambda row: say("yes") if person(row).has_second_factor else "",
                Paint.QUIET,
                is_wide=True,
            ),
            Column(
                say("State"),
                130,
                state,
                Paint.BADGE,
                tone=lambda row: "ok" if person(row).is_active else "neutral",
                fits=True,
            ),
        ]

    def _tariff_columns(self) -> list[Column[object]]:
        say, wording = self.look.say, self.look.wording

        def tariff(row: object) -> OfficeTariff:
            assert isinstance(row, OfficeTariff)
            return row

        return [
            Column(say("Code"), 150, lambda row: tariff(row).tariff.code, Paint.STRONG),
            Column(
                say("Version"), 80, lambda row: wording.count(tariff(row).tariff.version), Paint.QUIET_NUMBER
            ),
            Column(say("Valid from"), 130, lambda row: wording.day(tariff(row).tariff.valid_from)),
            Column(say("Name"), 0, lambda row: tariff(row).name, Paint.QUIET),
        ]

    def _meter_columns(self) -> list[Column[object]]:
        say, wording = self.look.say, self.look.wording

        def meter(row: object) -> OfficeMeter:
            assert isinstance(row, OfficeMeter)
            return row

        return [
            Column(say("Meter"), 132, lambda row: meter_text(meter(row).drn), Paint.STRONG, fits=True),
            Column(say("Tariff"), 0, lambda row: meter(row).tariff_code, Paint.QUIET),
            Column(
                say("Debt, {currency}", currency=wording.currency),
                110,
                lambda row: wording.amount(meter(row).arrears_minor),
                Paint.NUMBER,
            ),
            Column(
                say("Status"),
                110,
                lambda row: status_word(meter(row).status, wording),
                Paint.BADGE,
                tone=lambda row: status_tone(meter(row).status),
                fits=True,
            ),
        ]

    def _flag_columns(self) -> list[Column[object]]:
        say, wording = self.look.say, self.look.wording

        def flag(row: object) -> OfficeFlag:
            assert isinstance(row, OfficeFlag)
            return row

        def word(row: object) -> str:
            return say(FLAG_WORDS.get(flag_of(flag(row).flag), "Has a question"))

        return [
            self._when(say("When"), lambda row: flag(row).at),
            Column(say("Till"), 60, lambda row: flag(row).till_code, Paint.STRONG),
            Column(
                say("Entry"), 64, lambda row: wording.count(flag(row).seq), Paint.QUIET_NUMBER, is_wide=True
            ),
            Column(
                say("Question"),
                0,
                lambda row: say(FLAG_SENTENCES.get(flag_of(flag(row).flag), "Has a question")),
                Paint.TEXT,
            ),
            Column(wording.currency, 100, lambda row: wording.amount(flag(row).money_minor), Paint.MONEY),
            Column(say("State"), 130, word, Paint.BADGE, tone=lambda _: "warn", fits=True),
        ]

    def _proposal_columns(self) -> list[Column[object]]:
        say = self.look.say

        def proposal(row: object) -> OfficeProposal:
            assert isinstance(row, OfficeProposal)
            return row

        def which(row: object) -> str:
            one = proposal(row)
            return meter_text(one.name) if one.resource == "meter" else one.name

        return [
            self._when(say("When"), lambda row: proposal(row).received_at),
            Column(say("What"), 180, lambda row: say(RESOURCE_WORDS[proposal(row).resource]), Paint.STRONG),
            Column(say("Which"), 0, lambda row: which(row)),
        ]

    def _session_columns(self) -> list[Column[object]]:
        say = self.look.say

        def session(row: object) -> OfficeSession:
            assert isinstance(row, OfficeSession)
            return row

        return [
            self._when(say("Begun"), lambda row: session(row).created_at, Paint.STRONG),
            self._when(say("Last used"), lambda row: session(row).refreshed_at),
            Column(say("Address"), 130, lambda row: session(row).address, Paint.QUIET, is_wide=True),
            Column(say("Program"), 0, lambda row: session(row).user_agent, Paint.QUIET),
            Column(
                say("State"),
                110,
                lambda row: say("This one") if session(row).is_this else say("Open"),
                Paint.BADGE,
                tone=lambda row: "ok" if session(row).is_this else "neutral",
                fits=True,
            ),
        ]

    def _when(
        self, head: str, at: Callable[[object], datetime | None], paint: Paint = Paint.QUIET
    ) -> Column[object]:
        """Return a column of instants, never cut."""
        return Column(head, 150, lambda row: self._time(at(row)), paint, fits=True)

    def _time(self, at: datetime | None) -> str:
        return "" if at is None else self.look.wording.day_time(at)

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: OfficeScreenState) -> None:
        """Show where one is, the list and the act."""
        say = self.look.say
        page = 2 if not state.is_enrolled else 1 if state.is_signed_in else 0
        self.pages.setCurrentIndex(page)
        for widget in (self.tabs, self.leave, self.side):
            widget.setVisible(page == 1)
        self.tabs.choose(state.tab)
        if self.username.text() != state.username:
            self.username.setText(state.username)
        self.sign_in_fields["totp"].setVisible(state.asks_code)
        for name, field in self.sign_in_fields.items():
            field.set_wrong(state.sign_in_wrong.get(name, ""))
        self.sign_in_said.setText(state.sign_in_wrong.get("sign_in", ""))
        self.enter_button.setEnabled(not state.is_busy)
        if state.is_signed_in:
            self.password.clear()
            self.totp.clear()
        elif "password" in state.sign_in_wrong:
            self.password.clear()
        self._move_focus(state)
        self.lists.setCurrentIndex(list(TAB_WORDS).index(state.tab))
        self._next_page = state.next_page
        model, table = self.models[state.tab], self.tables[state.tab]
        if tuple(model.rows) != state.rows:
            model.show_rows(state.rows)
        if state.rows and table.currentIndex().row() != state.chosen:
            table.choose(state.chosen)
        self.number.setVisible(state.tab == METERS)
        self.person.setVisible(state.tab == SESSIONS)
        people = [("", say("My own"))] + [(one.id, one.full_name) for one in state.people]
        if [self.person.itemData(n) for n in range(self.person.count())] != [key for key, _ in people]:
            self.person.fill(people, state.person)
        self.person.choose(state.person)
        self.acts.show_state(state)
        self.detail.show_state(state)
        shown = (page, state.is_busy, state.form.key, state.tab)
        if shown != self._shown_bar:
            self._shown_bar = shown
            self.bar_changed.emit()

    def _move_focus(self, state: OfficeScreenState) -> None:
        """After an answer the caret stands where one goes on."""
        step = "list" if state.is_signed_in else "code" if state.asks_code else "name"
        if step == self._step:
            return
        self._step = step
        if step == "list":
            self.tables[state.tab].setFocus()
        elif step == "code":
            self.totp.setFocus()

    # -- acts ---------------------------------------------------------------------------------------------

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do."""
        say, state = self.look.say, self.presenter.state
        if not state.is_enrolled:
            return {Act.MAIN: BarItem(say("Enrol"), is_main=True)}
        if not state.is_signed_in:
            return {Act.MAIN: BarItem(say("Sign in"), is_on=not state.is_busy, is_main=True)}
        return {
            Act.FIND: BarItem(say("Fields")),
            Act.PLACE_5: BarItem(say("Refresh")),
            Act.PLACE_6: BarItem(say("Next list")),
            **({Act.PLACE_7: BarItem(say("Search"))} if state.tab == METERS else {}),
            Act.MAIN: BarItem(say("Do it"), is_on=bool(state.form.key) and not state.is_busy, is_main=True),
        }

    def act(self, act: Act) -> bool:
        """Do an act."""
        state = self.presenter.state
        if act is Act.MAIN:
            self._main(state)
            return True
        if not state.is_signed_in:
            return False
        if act is Act.FIND:
            self.acts.focus_first()
        elif act in (Act.PLACE_5, Act.REFRESH):
            self.presenter.open()
        elif act is Act.PLACE_6:
            tabs = list(TAB_WORDS)
            self._turn(tabs[(tabs.index(state.tab) + 1) % len(tabs)])
        elif act is Act.PLACE_7 and state.tab == METERS:
            self.number.setFocus()
            self.number.selectAll()
        else:
            return False
        return True

    def _main(self, state: OfficeScreenState) -> None:
        if not state.is_enrolled:
            self._context.shell.go("settings", page="office")
        elif state.is_signed_in:
            self.acts.do()
        else:
            self._sign_in()

    def escape(self) -> bool:
        """Go back to the list."""
        table = self.tables[self.presenter.state.tab]
        if not self.presenter.state.is_signed_in or table.hasFocus():
            return False
        table.setFocus()
        return True

    def step(self, by: int) -> bool:
        """Choose another row."""
        self.tables[self.presenter.state.tab].step(by)
        return True

    def opened(self) -> None:
        """Look how things stand; the caret stands where one goes on."""
        self.presenter.open()
        state = self.presenter.state
        if state.is_signed_in:
            self.tables[state.tab].setFocus()
        elif state.is_enrolled:
            self.username.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.setFocus()

    def left(self) -> None:
        """Forget what was typed as a secret."""
        self.password.clear()
        self.totp.clear()

    def where(self) -> Mapping[str, object]:
        """Return the open tab."""
        return {"tab": self.presenter.state.tab}

    def show_where(self, where: Mapping[str, object]) -> None:
        """Open a tab."""
        tab = str(where.get("tab", TILLS))
        if self.presenter.state.is_signed_in and tab in TAB_WORDS:
            self._turn(tab)

    def _choose_file(self) -> Path | None:
        return self.files.to_read(self.look.say("Import"), CSV_KINDS)

    def _search(self) -> None:
        self.presenter.search(self.number.text())
        self.tables[METERS].setFocus()

    def _turn(self, tab: str) -> None:
        self.number.clear()
        self.presenter.turn(tab)
        self.tables[tab].setFocus()

    def _sign_in(self) -> None:
        password, totp = self.password.text(), self.totp.text()
        if self.presenter.state.asks_code and not totp:
            self.totp.setFocus()
            return
        self.presenter.sign_in(password, totp)
