"""The Sell screen: the search line on top, one page for each step below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from pos.ui.context import Context
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screen import Screen
from pos.ui.screens.help.texts import PAYMENTS
from pos.ui.screens.sell.check_page import CheckPage
from pos.ui.screens.sell.confirm_page import ConfirmPage
from pos.ui.screens.sell.guard_page import GuardPage
from pos.ui.screens.sell.idle_page import IdlePage
from pos.ui.screens.sell.paid_page import PaidPage
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import CASH, SellState, Stage
from pos.ui.screens.sell.trade_page import TradePage
from pos.ui.screens.sell.unknown_page import UnknownPage
from pos.ui.screens.sell.words import meter_text
from pos.ui.widgets.badge import Light
from pos.ui.widgets.card import Card
from pos.ui.widgets.fields import SearchField
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label
from pos.ui.widgets.zones import scrolling

_WITH_CUSTOMER = (Stage.CONFIRM, Stage.AMOUNT, Stage.TENDER, Stage.WAITING, Stage.GUARD)


_WIDE = 1100
"""From here on the money's zone stays free of a question."""


class SellScreen(Screen):
    """Shows the presenter's state and hands it every key."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self.presenter = SellPresenter(context, self.show_state)
        presenter = self.presenter
        metrics = look.metrics
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.margin, metrics.margin, metrics.margin, metrics.margin)
        column.setSpacing(metrics.gap)
        self.search = SearchField(
            look,
            look.say("Meter number, last digits, name or phone, or scan"),
            cap=look.keys.cap_of(Act.FIND),
            name=look.say("Find a meter"),
        )
        column.addWidget(self.search)
        self._problem = _ProblemCard(look, presenter)
        self._problem.hide()
        column.addWidget(self._problem)
        self.pages = QStackedWidget()
        self._scrolls: dict[QWidget, QScrollArea] = {}
        self.idle = IdlePage(look, presenter)
        self.confirm = ConfirmPage(look, presenter)
        self.trade = TradePage(look, presenter)
        self.paid = PaidPage(look, presenter)
        self.guard = GuardPage(look, presenter)
        self.unknown = UnknownPage(look, presenter)
        self.check = CheckPage(look, presenter)
        self._page_of: dict[Stage, QWidget] = {
            Stage.IDLE: self.idle,
            Stage.RESULTS: self.idle,
            Stage.CONFIRM: self.confirm,
            Stage.AMOUNT: self.trade,
            Stage.TENDER: self.trade,
            Stage.WAITING: self.trade,
            Stage.PAID: self.paid,
            Stage.GUARD: self.guard,
            Stage.UNKNOWN: self.unknown,
            Stage.CHECK: self.check,
        }
        self._renders: dict[Stage, Callable[[SellState], None]] = {
            Stage.IDLE: self.idle.show_state,
            Stage.RESULTS: self.idle.show_state,
            Stage.CONFIRM: self.confirm.show_state,
            Stage.AMOUNT: self.trade.show_state,
            Stage.TENDER: self.trade.show_state,
            Stage.WAITING: self.trade.show_state,
            Stage.PAID: self.paid.show_state,
            Stage.GUARD: self.guard.show_state,
            Stage.UNKNOWN: self.unknown.show_state,
            Stage.CHECK: self.check.show_state,
        }
        for stage, page in self._page_of.items():
            self._page_of[stage] = self._held(page)
            self.pages.addWidget(self._page_of[stage])
        if look.metrics.is_single_column:
            # What is said above a page gets its room first; the page scrolls.
            self.pages.setMinimumHeight(metrics.row)
        column.addWidget(self.pages, 1)
        self.search.changed.connect(presenter.finding.type)
        self._stage, self._was_paying = Stage.IDLE, False

    def _held(self, page: QWidget) -> QWidget:
        """Let a page scroll up and down where the text is large; the tables scroll by themselves."""
        if not self.look.metrics.is_single_column or page in (self.idle, self.confirm, self.trade):
            return page
        if page not in self._scrolls:
            page.setProperty("klGround", "bg")
            self._scrolls[page] = scrolling(page)
        return self._scrolls[page]

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: SellState) -> None:
        """Show a state; the focus follows the step."""
        is_new_stage = state.stage is not self._stage
        # While it was being paid the fields were off and the focus had gone elsewhere.
        is_back = self._was_paying and not state.is_paying
        self._stage, self._was_paying = state.stage, state.is_paying
        is_typing = self.search.edit.hasFocus() and state.stage in (Stage.IDLE, Stage.RESULTS, Stage.PAID)
        if not is_typing or state.search != self.search.text():
            whole = state.search if state.stage not in _WITH_CUSTOMER else self._number_of(state)
            self.search.set_text(whole)
        self.search.edit.setReadOnly(state.is_paying)
        is_empty = state.stage is Stage.IDLE and not state.search
        self.search.set_side(self.look.say("Scanner ready") if is_empty else "", "scan" if is_empty else "")
        self._show_problem(state)
        self.pages.setCurrentWidget(self._page_of[state.stage])
        self._renders[state.stage](state)
        if is_new_stage or is_back:
            self._put_focus(state)
            self._show_focus()
        self.bar_changed.emit()

    def _show_focus(self) -> None:
        """Bring what has the focus into sight, once the new page has its sizes."""
        area, focus = self._area(), self.focusWidget()
        if area is not None and focus is not None and area.isAncestorOf(focus):
            area.ensureWidgetVisible(focus, 0, self.look.metrics.gap)

    def _area(self) -> QScrollArea | None:
        """Return what scrolls on the page that is shown, where the text is large."""
        page = self.pages.currentWidget()
        if page is self.confirm:
            return self.confirm.facts
        if page is self.trade:
            return self.trade.upper
        return page if isinstance(page, QScrollArea) else None

    def _number_of(self, state: SellState) -> str:
        drn = state.guard.row.drn if state.guard and state.stage is Stage.GUARD else None
        if drn is None and state.card is not None:
            drn = state.card.meter.drn
        return meter_text(drn) if drn else state.search

    def _show_problem(self, state: SellState) -> None:
        problem = state.search_problem
        self.search.set_wrong(is_wrong=problem is not None)
        if problem is None:
            self._problem.hide()
            return
        self.search.set_side(self.look.say("Fix it"), "pencil")
        self._problem.say(problem.text, problem.advice, problem.offer, problem.code)
        self._problem.show()

    def _put_focus(self, state: SellState) -> None:
        if state.stage in (Stage.IDLE, Stage.RESULTS, Stage.PAID):
            self.search.edit.setFocus()
        elif state.stage is Stage.CONFIRM:
            self.confirm.card.setFocus()
        elif state.stage in (Stage.AMOUNT, Stage.TENDER):
            self.trade.focus(state)
        elif state.stage is Stage.WAITING:
            self.trade.wait.focus()
        elif state.stage is Stage.GUARD:
            self.guard.focus()
        elif state.stage is Stage.UNKNOWN:
            self.unknown.focus()
        elif state.stage is Stage.CHECK:
            self.check.focus()

    # -- the bar ------------------------------------------------------------------------------------------

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the keys do at this step."""
        say, state = self.look.say, self.presenter.state
        can_hold = self.presenter.can_hold()
        mains = {
            Stage.CONFIRM: (say("Yes"), True),
            Stage.AMOUNT: (say("Pay"), state.price is not None and not state.trial_only),
            Stage.TENDER: (say("Pay"), not state.is_paying),
        }
        caption, is_on = mains.get(state.stage, (say("Pay"), False))
        items = {
            Act.FIND: BarItem(say("Find")),
            Act.TRIAL: self._trial_item(state),
            Act.RECENT: BarItem(say("Recent")),
            Act.MAIN: BarItem(caption, is_on=is_on, is_main=is_on and state.stage is not Stage.CONFIRM),
            Act.REPRINT: BarItem(say("Reprint"), is_on=self.presenter.can_reprint()),
            Act.HOLD: BarItem(say("Hold") if state.is_selling else say("On hold"), is_on=can_hold),
            Act.CASH: BarItem(say("Cash in/out")),
        }
        if state.stage is Stage.PAID:
            items[Act.PLACE_6] = BarItem(say("Wrong meter"))
        return items

    def _trial_item(self, state: SellState) -> BarItem:
        say = self.look.say
        if not self.look.metrics.is_single_column:
            return BarItem(say("Trial"), is_on=state.stage is Stage.AMOUNT)
        has_lines = state.stage in (Stage.AMOUNT, Stage.TENDER) and state.price is not None
        return BarItem(say("Fold") if state.shows_all_lines else say("All lines"), is_on=has_lines)

    # -- keys ---------------------------------------------------------------------------------------------

    def zone_of_acts(self) -> QRect:
        """Return the sale's zone: the number above it and the money beside it stay in sight."""
        zone, metrics = self.pages.geometry(), self.look.metrics
        if zone.width() > _WIDE:
            zone.setWidth(zone.width() - metrics.side - metrics.margin)
        return zone

    def act(self, act: Act) -> bool:
        """Do what a key stands for."""
        presenter = self.presenter
        acts: dict[Act, Callable[[], object]] = {
            Act.FIND: self._find,
            Act.TRIAL: presenter.toggle_lines
            if self.look.metrics.is_single_column
            else presenter.toggle_trial,
            Act.RECENT: self._recent,
            Act.MAIN: presenter.main,
            Act.REPRINT: presenter.after.reprint,
            Act.HOLD: presenter.hold,
            Act.CASH: self._cash,
            Act.CHECK_TOKEN: presenter.side.open_check,
            Act.OTHER_METER: presenter.other_meter,
            Act.COPY: self.paid.copy,
            Act.ARREARS: presenter.toggle_arrears,
            Act.TENDER_1: self._tender_1,
            Act.TENDER_2: lambda: presenter.tender.choose_number(2),
            Act.TENDER_3: lambda: presenter.tender.choose_number(3),
            Act.TENDER_4: lambda: presenter.tender.choose_number(4),
            Act.TENDER_5: lambda: presenter.tender.choose_number(5),
            Act.ADD_PART: presenter.tender.add_part,
            Act.REFRESH: self._ask,
            Act.STOP_WAITING: presenter.waits.stop,
            Act.PLACE_6: self._wrong_meter,
        }
        found = acts.get(act)
        if found is None:
            return False
        found()
        return True

    def _tender_1(self) -> None:
        """Cash: where it is chosen already, the key pays."""
        if self.presenter.state.stage is Stage.TENDER and self.presenter.state.way != CASH:
            self.presenter.tender.choose_number(1)
        else:
            self.presenter.main()

    def _ask(self) -> None:
        """Ask the provider now; on the empty screen go to the sale that waits longest."""
        if self.presenter.state.stage is Stage.WAITING:
            self.presenter.waits.ask_now()
        elif self.presenter.state.stage in (Stage.IDLE, Stage.PAID):
            self.presenter.waits.open_first()

    def _find(self) -> None:
        """Go to the search; a finished sale goes, an unpaid one stays until another meter is opened."""
        if self.presenter.state.stage in (Stage.UNKNOWN, Stage.CHECK):
            self.presenter.escape()
        self.search.edit.setFocus()
        self.search.edit.selectAll()

    def _recent(self) -> None:
        if self.presenter.state.is_paying:
            return
        self.presenter.keep_what_was_typed()
        self.presenter.reset()
        self.presenter.finding.step(1)

    def _cash(self) -> None:
        self.presenter.context.shell.go("shift", part="cash")

    def _wrong_meter(self) -> None:
        paid = self.presenter.state.paid
        if paid is not None and self.presenter.state.stage is Stage.PAID:
            self.presenter.context.shell.go("sales", case=paid.sale.row.sale_id)

    def type_text(self, text: str) -> bool:
        """Letters go to the search from everywhere; R and S choose while the guard has the focus."""
        stage = self.presenter.state.stage
        if stage is Stage.TENDER and self.presenter.state.rest is not None:
            # A part of this sale is paid: nobody types it away.
            return True
        if stage is Stage.GUARD:
            return self._guard_key(text)
        if stage in (Stage.UNKNOWN, Stage.CHECK):
            return False
        if self.presenter.state.is_paying or (stage in (Stage.AMOUNT, Stage.TENDER) and not text.isalnum()):
            return True
        if stage is Stage.WAITING:
            self.presenter.waits.serve_next()
        self.search.edit.setFocus()
        if stage not in (Stage.IDLE, Stage.RESULTS):
            self.search.edit.clear()
        self.search.edit.insert(text)
        self.presenter.finding.type(self.search.text())
        return True

    def _guard_key(self, text: str) -> bool:
        if text in "rR":
            self.presenter.after.reprint()
        elif text in "sS":
            self.presenter.sell_another()
        return True

    def scanned(self, code: str) -> bool:
        """A scan is always a meter: open it."""
        if self.presenter.state.is_paying:
            return True
        if self.presenter.state.stage is Stage.CHECK and len(code) == 20 and code.isdecimal():
            self.presenter.side.type_check(digits=code)
            return True
        self.search.edit.setFocus()
        self.presenter.finding.type(code)
        self.presenter.finding.enter()
        return True

    def enter(self) -> bool:
        """Lead on to the next step."""
        presenter = self.presenter
        stage = presenter.state.stage
        if stage in (Stage.IDLE, Stage.RESULTS, Stage.PAID) or self.search.edit.hasFocus():
            if presenter.state.search_problem is not None and presenter.finding.use_offer():
                return True
            return presenter.finding.enter()
        if stage is Stage.UNKNOWN:
            presenter.side.add_unknown()
        elif stage is Stage.CHECK:
            presenter.side.check()
        elif stage is Stage.GUARD:
            self._guard_enter()
        else:
            presenter.main()
            if presenter.state.stage is Stage.TENDER and not presenter.state.is_paying:
                self.trade.money.focus_wrong(presenter.state)
        return True

    def _guard_enter(self) -> None:
        if self.guard.another.hasFocus():
            self.presenter.sell_another()
        else:
            self.presenter.after.reprint()

    def escape(self) -> bool:
        """Go one step back."""
        return self.presenter.escape()

    def step(self, by: int) -> bool:
        """Choose in the list that is shown."""
        if self.presenter.state.stage is Stage.GUARD:
            (self.guard.another if self.guard.reprint.hasFocus() else self.guard.reprint).setFocus()
            return True
        if self.presenter.state.stage is Stage.WAITING:
            return self.presenter.waits.step(by)
        return self.presenter.finding.step(by) or self._scroll(by)

    def _scroll(self, by: int) -> bool:
        """Scroll what does not fit because the text is large."""
        area = self._area()
        if area is None or not area.verticalScrollBar().maximum():
            return False
        bar = area.verticalScrollBar()
        bar.setValue(bar.value() + by * self.look.metrics.row)
        return True

    # -- places -------------------------------------------------------------------------------------------

    def show_where(self, where: Mapping[str, object]) -> None:
        """Open a meter, a scanned code, a held sale; go on with what was typed elsewhere."""
        if "meter" in where:
            self.presenter.open_meter(str(where["meter"]))
        elif "scan" in where:
            self.scanned(str(where["scan"]))
        elif "typed" in where:
            self.type_text(str(where["typed"]))
        elif "ready" in where:
            self.presenter.waits.open_ready()
        elif isinstance(where.get("waiting"), UUID):
            self.presenter.waits.open(UUID(str(where["waiting"])))
        elif isinstance(where.get("draft"), UUID):
            self.presenter.recall(UUID(str(where["draft"])))

    def opened(self) -> None:
        """Read the side anew; the caret stands where it belongs."""
        self.presenter.open()
        self._put_focus(self.presenter.state)

    def payments_changed(self) -> None:
        """Read the lists anew, and where the sale is that is waited for."""
        self.presenter.refresh_side()
        self.presenter.waits.look()

    def time_passed(self) -> None:
        """Let the ages of what waits grow."""
        self.presenter.grow_older()

    def help_topic(self) -> str:
        """Return what is asked about: paying by phone has a page of its own."""
        state = self.presenter.state
        is_by_provider = state.stage is Stage.TENDER and (state.way != CASH or state.rest is not None)
        return PAYMENTS if state.stage is Stage.WAITING or is_by_provider else ""

    def is_busy(self) -> bool:
        """Say whether a sale is being paid: the window waits for its answer."""
        return self.presenter.state.is_paying

    def will_be_rebuilt(self) -> None:
        """Hand the sale over to the next view, as it is."""
        self.presenter.hand_over()

    def left(self) -> None:
        """Keep what was typed: the session may end here."""
        self.presenter.leave()


class _ProblemCard(Card):
    """What is wrong with the number, the money, the token, what to say, and a way out."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__(padding=(16, 10, 16, 10), gap=4)
        self._look = look
        is_large = look.metrics.is_single_column
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(Light(look, "bad"), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._text = label(look, "", Type.NAME, tone="badtext", wraps=True)
        self._advice = label(look, "", Type.BODY, tone="text2", wraps=True)
        words.addWidget(self._text)
        words.addWidget(self._advice)
        row.addLayout(words, 1)
        self._use = KeyButton(look, "", cap=look.say("Enter"), kind="accent")
        self._clear = KeyButton(look, look.say("Clear"), cap="Esc")
        self._code = label(look, "", Type.MONO, tone="text2")
        for widget in (self._use, self._clear):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.addLayout(row)
        if is_large:
            row = QHBoxLayout()
            row.setSpacing(10)
            self.body.addLayout(row)
        row.addWidget(self._use)
        row.addWidget(self._clear)
        if is_large:
            row.addStretch(1)
        row.addWidget(self._code)
        self._use.clicked.connect(presenter.finding.use_offer)
        self._clear.clicked.connect(presenter.finding.clear)

    def say(self, text: str, advice: str, offer: str, code: str) -> None:
        """Say what is wrong."""
        self._text.setText(text)
        self._advice.setText(advice)
        self._advice.setVisible(bool(advice))
        if offer:
            self._use.set_caption(self._look.say("Use {number}", number=meter_text(offer)))
        self._use.setVisible(bool(offer))
        self._code.setText(code)
        self.setAccessibleName(f"{text} {advice}")


def make_screen(context: Context, look: Look) -> Screen:
    """Make the screen."""
    return SellScreen(context, look)
