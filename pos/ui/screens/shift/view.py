"""The Shift screen: its pages, and its keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from pos.ui.context import Context
from pos.ui.keymap import Act
from pos.ui.look import Look
from pos.ui.screen import Screen
from pos.ui.screens.shift.count_page import CountPage
from pos.ui.screens.shift.overview_page import OverviewPage
from pos.ui.screens.shift.past_page import PastPage, XPage
from pos.ui.screens.shift.presenter import ShiftPresenter
from pos.ui.screens.shift.result_page import ResultPage, has_slip
from pos.ui.screens.shift.state import MoveKind, Page, ShiftState
from pos.ui.widgets.fkey_bar import BarItem

AskPath = Callable[[QWidget, str, str], str]


def ask_pdf_path(parent: QWidget, title: str, name: str) -> str:
    """Ask where a PDF goes, with the system's own dialog; empty when nobody says."""
    path, _ = QFileDialog.getSaveFileName(parent, title, name, "PDF (*.pdf)")
    return path


_MOVES = {
    Act.CASH: MoveKind.CASH,
    Act.PLACE_7: MoveKind.SAFE_DROP,
    Act.PLACE_6: MoveKind.BANKING,
    Act.PLACE_5: MoveKind.NO_SALE,
}


class ShiftScreen(Screen):
    """One page at a time; each is made when it is first needed."""

    def __init__(self, context: Context, look: Look, *, ask_path: AskPath = ask_pdf_path) -> None:
        super().__init__(look)
        self._context = context
        self._ask_path = ask_path
        self._pages: dict[Page, QWidget] = {}
        self._page = Page.WAIT
        self._at = -1
        self._is_shown = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.stack = QStackedWidget()
        self.stack.setObjectName("desk")
        column.addWidget(self.stack)
        self._pages[Page.WAIT] = QWidget()
        self.stack.addWidget(self._pages[Page.WAIT])
        self.presenter = ShiftPresenter(context, self.show_state)
        if self.presenter.state.page is not Page.WAIT:
            self.show_state(self.presenter.state)

    # -- pages --------------------------------------------------------------------------------------------

    def page(self, kind: Page) -> QWidget:
        """Return a page, made now if it was never shown."""
        if kind not in self._pages:
            made = self._make_page(kind)
            self._pages[kind] = made
            self.stack.addWidget(made)
        return self._pages[kind]

    def _make_page(self, kind: Page) -> QWidget:
        look, presenter = self.look, self.presenter
        if kind in (Page.OPEN, Page.COUNT):
            count = presenter.state.counts
            assert count is not None, "a page that counts is shown once there is a count"
            return CountPage(look, presenter, kind, count)
        if kind is Page.OVERVIEW:
            return OverviewPage(look, presenter)
        if kind is Page.RESULT:
            return ResultPage(look, presenter)
        if kind is Page.X:
            return XPage(look, presenter)
        past = PastPage(look, presenter)
        past.pdf.clicked.connect(self._save_pdf)
        return past

    def show_state(self, state: ShiftState) -> None:
        """Show the page of a state and what is on it."""
        if state.page in (Page.OPEN, Page.COUNT) and state.counts is None:
            return
        is_new = state.page is not self._page
        self._page = state.page
        shown = self.page(state.page)
        if isinstance(shown, (CountPage, OverviewPage, ResultPage, XPage, PastPage)):
            if is_new and isinstance(shown, PastPage):
                shown.read()
            shown.show_state(state)
        had_form = self._has_form
        self._has_form = state.move is not None
        self.stack.setCurrentWidget(shown)
        at = state.counts.at if state.counts is not None else -1
        is_moved = isinstance(shown, CountPage) and at != self._at
        self._at = at
        if self._is_shown and (is_new or is_moved or (had_form and not self._has_form)):
            self._take_focus()
        self.bar_changed.emit()

    _has_form = False

    def _take_focus(self) -> None:
        shown = self._pages.get(self._page)
        if isinstance(shown, (CountPage, OverviewPage, ResultPage, XPage, PastPage)):
            shown.take_focus(self.presenter.state)

    # -- the window's part --------------------------------------------------------------------------------

    def opened(self) -> None:
        """Read how the till stands; the caret goes where it was."""
        self._is_shown = True
        self.presenter.open()
        self._take_focus()

    def left(self) -> None:
        """Leave the caret to another screen."""
        self._is_shown = False

    def show_where(self, where: Mapping[str, object]) -> None:
        """Show the cash form or the past reports at once."""
        self.presenter.show_where(where)

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the keys do on the page that is shown."""
        say, state, presenter = self.look.say, self.presenter.state, self.presenter
        is_on = not state.is_busy
        items: dict[Act, BarItem] = {}
        if state.page is Page.OPEN:
            items[Act.MAIN] = BarItem(say("Open shift"), is_on, is_main=True)
        elif state.page in (Page.OVERVIEW, Page.COUNT, Page.X) and presenter.may_act:
            may_bank = is_on and not presenter.moves.refusal(MoveKind.BANKING)
            items[Act.PLACE_5] = BarItem(say("Open drawer"), is_on)
            items[Act.PLACE_6] = BarItem(say("Banking"), may_bank, short=say("Bank"))
            items[Act.PLACE_7] = BarItem(say("Safe drop"), is_on, short=say("Safe"))
            items[Act.CASH] = BarItem(say("Cash in/out"), is_on)
            captions = {
                Page.COUNT: say("Confirm") if self.look.metrics.is_compact else say("Confirm count"),
                Page.OVERVIEW: say("Close shift"),
            }
            caption = say("Book it") if state.move is not None else captions.get(state.page, "")
            if caption:
                items[Act.MAIN] = BarItem(caption, is_on, is_main=True)
        elif state.page is Page.RESULT and state.result is not None:
            if has_slip(state.result):
                items[Act.PLACE_6] = BarItem(say("Deposit slip"))
            items[Act.MAIN] = BarItem(say("Close shift"), is_main=True)
            items[Act.REPRINT] = BarItem(say("Print again"))
        elif state.page is Page.PAST:
            items[Act.REPRINT] = BarItem(say("Print"), state.past is not None, is_main=True)
        if state.page is Page.X:
            items[Act.REPRINT] = BarItem(say("Print"), is_main=True)
        elif state.page in (Page.OVERVIEW, Page.COUNT) and presenter.may_see_x:
            items[Act.REPRINT] = BarItem(say("X report"), is_on)
        if state.page in (Page.OPEN, Page.OVERVIEW) and presenter.may_see_past:
            items[Act.RECENT] = BarItem(say("Z reports"), is_on)
        return items

    def act(self, act: Act) -> bool:
        """Do what a key stands for here."""
        presenter, page = self.presenter, self.presenter.state.page
        if act is Act.MAIN:
            presenter.main()
        elif act is Act.REPRINT:
            if page in (Page.OVERVIEW, Page.COUNT):
                presenter.show_x()
            else:
                presenter.print_paper()
        elif act is Act.RECENT:
            presenter.show_past()
        elif act is Act.EXPORT:
            self._save_pdf()
        elif act is Act.PLACE_6 and page in (Page.RESULT, Page.PAST):
            presenter.print_slip()
        elif act in _MOVES:
            presenter.begin_move(_MOVES[act])
        else:
            return False
        return True

    def type_text(self, text: str) -> bool:
        """Count one more or one less with the keys of a calculator."""
        by = {"+": 1, "-": -1}.get(text)
        if by is None:
            return False
        shown = self._pages.get(self._page)
        if isinstance(shown, CountPage):
            self.presenter.change_line(by)
            return True
        return isinstance(shown, OverviewPage) and shown.form is not None and shown.form.change_line(by)

    def enter(self) -> bool:
        """Go to the next line or field; then do the main act."""
        shown = self._pages.get(self._page)
        if isinstance(shown, CountPage):
            self.presenter.enter_line()
        elif isinstance(shown, OverviewPage) and shown.form is not None:
            shown.form.enter()
        elif isinstance(shown, XPage):
            self.presenter.print_paper()
        else:
            self.presenter.main()
        return True

    def escape(self) -> bool:
        """Go one step back."""
        return self.presenter.back()

    def step(self, by: int) -> bool:
        """Move through lines, fields, rows or a paper."""
        shown = self._pages.get(self._page)
        if isinstance(shown, CountPage):
            self.presenter.step_line(by)
        elif isinstance(shown, OverviewPage):
            if shown.form is not None:
                return shown.form.step(by)
            shown.table.step(by)
        elif isinstance(shown, PastPage):
            shown.table.step(by)
        elif isinstance(shown, (ResultPage, XPage)):
            shown.paper.move_paper(by)
        return True

    def _save_pdf(self) -> None:
        state = self.presenter.state
        number = state.past.z_number if state.past is not None and state.page is Page.PAST else None
        if state.page is Page.RESULT and state.result is not None:
            number = state.result.report.number
        if not self.presenter.paper_place():
            return
        name = f"Z-{self._context.desk.shop.till_code}-{number:04d}.pdf"
        path = self._ask_path(self, self.look.say("Save the Z report"), name)
        if path:
            self.presenter.save_pdf(Path(path))


def make_screen(context: Context, look: Look) -> Screen:
    """Make the Shift screen."""
    return ShiftScreen(context, look)
