"""The screen of meters: the register, one meter, a new one, the import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from pos.services.meters import MeterRow
from pos.ui.context import Context
from pos.ui.keymap import Act
from pos.ui.look import Look
from pos.ui.screen import Screen
from pos.ui.screens.meters.detail_page import DetailPage
from pos.ui.screens.meters.detail_state import DetailState
from pos.ui.screens.meters.form_panel import FormPanel
from pos.ui.screens.meters.import_page import ImportPage
from pos.ui.screens.meters.import_presenter import ImportState
from pos.ui.screens.meters.list_page import ListPage
from pos.ui.screens.meters.presenter import ADD, DETAIL, IMPORT, LIST, MetersPresenter, MetersState
from pos.ui.widgets.fkey_bar import BarItem


class MetersScreen(Screen):
    """Shows what the presenter says; `ask_open` and `ask_save` are the system's file dialogs."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self.presenter = MetersPresenter(
            context, show=self.show_state, show_detail=self.show_detail, show_import=self.show_import
        )
        self.ask_open: Callable[[], str] = self._ask_open
        self.ask_save: Callable[[str], str] = self._ask_save
        self._page = ""
        self.stack = QStackedWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        self.list_page = ListPage(look, self.presenter)
        self.list_page.opened.connect(self._on_opened)
        self.list_page.add_pressed.connect(self.presenter.begin_add)
        self.list_page.import_pressed.connect(self.presenter.begin_import)
        self.list_page.export_pressed.connect(self._export)
        self.detail_page = DetailPage(look, self.presenter.detail)
        self.detail_page.changed.connect(self.bar_changed)
        self.import_page = ImportPage(look, self.presenter.importing)
        self.import_page.file_wanted.connect(self._choose_file)
        self.import_page.left.connect(self.presenter.to_list)
        self._add_page = QWidget()
        self._add_page.setProperty("klGround", "bg")
        self._add_column = QVBoxLayout(self._add_page)
        self._add_column.setContentsMargins(*(look.metrics.margin,) * 4)
        self.add_panel: FormPanel | None = None
        self._pages = {
            LIST: self.list_page,
            DETAIL: self.detail_page,
            ADD: self._add_page,
            IMPORT: self.import_page,
        }
        for page in self._pages.values():
            self.stack.addWidget(page)
        self._show_kept()

    # -- state --------------------------------------------------------------------------------------------

    def _show_kept(self) -> None:
        """Show what the person was doing before the window was built anew."""
        presenter = self.presenter
        if presenter.state.page == DETAIL:
            self.show_detail(presenter.detail.state)
        elif presenter.state.page == IMPORT:
            self.show_import(presenter.importing.state)
        self.show_state(presenter.state)

    def show_state(self, state: MetersState) -> None:
        """Show a page, and the list's question."""
        self.list_page.show_state(state)
        self._show_add(state)
        if state.page != self._page:
            self._page = state.page
            self.stack.setCurrentWidget(self._pages[state.page])
            self._focus()
        self.bar_changed.emit()

    def _show_add(self, state: MetersState) -> None:
        form, panel = state.form, self.add_panel
        if form is None:
            if panel is not None:
                self._add_column.removeWidget(panel)
                panel.hide()
                panel.deleteLater()
                self.add_panel = None
        elif panel is not None:
            panel.show_form(form)
        else:
            panel = FormPanel(self.look, form)
            panel.typed.connect(self.presenter.type)
            panel.submitted.connect(self.presenter.submit)
            panel.cancelled.connect(self.presenter.back)
            self._add_column.addWidget(panel)
            self.add_panel = panel

    def show_detail(self, state: DetailState) -> None:
        """Show one meter."""
        self.detail_page.show_state(state)

    def show_import(self, state: ImportState) -> None:
        """Show the import."""
        self.import_page.show_state(state)
        self.bar_changed.emit()

    def _focus(self) -> None:
        if self._page == LIST:
            self.list_page.focus()
        elif self._page == DETAIL:
            self.detail_page.focus()
        elif self._page == IMPORT:
            self.import_page.focus()
        elif self.add_panel is not None:
            self.add_panel.focus()

    # -- the window's keys --------------------------------------------------------------------------------

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do on this page."""
        items = {Act.FIND: BarItem(self.look.say("Find"))}
        if self.presenter.state.page == LIST:
            items |= self._list_bar()
        elif self.presenter.state.page == DETAIL:
            items |= self._detail_bar()
        return items

    def _list_bar(self) -> dict[Act, BarItem]:
        say, may = self.look.say, self.presenter.may
        items = {
            Act.PLACE_5: ("import", BarItem(say("Import"))),
            Act.PLACE_6: ("add", BarItem(say("New meter"))),
            Act.MAIN: ("sell", BarItem(say("Sell"), is_main=True)),
        }
        return {act: item for act, (key, item) in items.items() if may(key)}

    def _detail_bar(self) -> dict[Act, BarItem]:
        say, detail = self.look.say, self.presenter.detail
        if detail.state.form is not None:
            return {}
        if detail.may_print:
            return {Act.REPRINT: BarItem(say("Print"))}
        items = {
            Act.PLACE_5: ("free", BarItem(say("Free units"), is_on=detail.has_free)),
            Act.PLACE_6: ("case", BarItem(say("Case"))),
            Act.PLACE_7: ("engineering", BarItem(say("Engineering"))),
            Act.MAIN: ("sell", BarItem(say("Sell"), is_main=True)),
        }
        return {act: item for act, (key, item) in items.items() if detail.may(key)}

    def act(self, act: Act) -> bool:
        """Do what a key stands for on this page."""
        presenter = self.presenter
        if act is Act.FIND:
            if not self._is_busy():
                if presenter.state.page != LIST:
                    presenter.to_list()
                self._focus()
            return True
        detail = presenter.detail
        on_page: dict[str, dict[Act, Callable[[], object]]] = {
            LIST: {
                Act.PLACE_5: presenter.begin_import,
                Act.PLACE_6: presenter.begin_add,
                Act.MAIN: self._sell_chosen,
                Act.EXPORT: self._export,
            },
            DETAIL: {
                Act.PLACE_5: lambda: detail.begin("free"),
                Act.PLACE_6: lambda: detail.begin("case"),
                Act.PLACE_7: lambda: detail.begin("engineering"),
                Act.MAIN: detail.sell,
                Act.EDIT: lambda: detail.begin("edit"),
                Act.CHART_TABLE: detail.toggle_chart,
                Act.REPRINT: detail.print_again,
            },
        }
        do = on_page.get(presenter.state.page, {}).get(act)
        if do is None:
            return False
        do()
        return True

    def type_text(self, text: str) -> bool:
        """Letters go to the search line of the list."""
        if self.presenter.state.page != LIST:
            return False
        self.list_page.search.edit.setFocus()
        self.presenter.search(self.presenter.state.query + text)
        return True

    def scanned(self, code: str) -> bool:
        """Show the meter of a scanned number."""
        if self._is_busy() or not self.presenter.detail.is_free:
            return True
        return self.presenter.open_number(code)

    def enter(self) -> bool:
        """Press the button that has the focus, or do the page's main act."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QPushButton) and self.isAncestorOf(focused):
            focused.click()
            return True
        page = self.presenter.state.page
        if page == ADD:
            self.presenter.submit()
        elif page == DETAIL:
            self.presenter.detail.submit()
        elif page == IMPORT:
            return self.import_page.enter()
        else:
            row = self.list_page.table.chosen()
            if row is not None:
                self._on_opened(row)
        return True

    def escape(self) -> bool:
        """Go one step back."""
        return self.presenter.back()

    def step(self, by: int) -> bool:
        """Move in the table of the page."""
        page = self.presenter.state.page
        if page == LIST:
            self.list_page.table.step(by)
        elif page == DETAIL and self.presenter.detail.state.data is not None:
            self.detail_page.body.purchases.table.step(by)
        return page in (LIST, DETAIL)

    def show_where(self, where: Mapping[str, object]) -> None:
        """Show the meter that was asked for, or what a text finds."""
        if "meter" in where:
            self.presenter.open_number(str(where["meter"]))
        elif "text" in where:
            self.presenter.to_list()
            self.presenter.search(str(where["text"]))

    def opened(self) -> None:
        """Read what may have changed."""
        self.presenter.opened()
        self._focus()

    # -- files --------------------------------------------------------------------------------------------

    def _ask_open(self) -> str:
        say = self.look.say
        kinds = say("Lists of meters") + " (*.csv *.xlsx)"
        return QFileDialog.getOpenFileName(self, say("Choose a list of meters"), "", kinds)[0]

    def _ask_save(self, name: str) -> str:
        return QFileDialog.getSaveFileName(self, self.look.say("Export the register"), name, "*.csv")[0]

    def _choose_file(self) -> None:
        path = self.ask_open()
        if path:
            self.presenter.importing.choose_file(Path(path))

    def _export(self) -> None:
        if self.presenter.may("export") and not self.presenter.state.exporting:
            path = self.ask_save("meters.csv")
            if path:
                self.presenter.export(Path(path))

    def _is_busy(self) -> bool:
        """Say whether something is under way that must not be left alone."""
        presenter = self.presenter
        is_adding = presenter.state.form is not None and presenter.state.form.is_busy
        return is_adding or presenter.detail.is_busy or presenter.importing.state.is_busy

    def _sell_chosen(self) -> None:
        self.presenter.sell(self.list_page.table.chosen())

    def _on_opened(self, row: MeterRow) -> None:
        self.presenter.open_meter(row.drn)


def make_screen(context: Context, look: Look) -> Screen:
    """Make the screen."""
    return MetersScreen(context, look)
