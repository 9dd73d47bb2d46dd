"""The settings screen: the list of pages, the page, and the zone beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pos.ui.context import Context
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screen import Screen
from pos.ui.screens.settings.form import FormState
from pos.ui.screens.settings.page_about import AboutPage
from pos.ui.screens.settings.page_backup import BackupPage
from pos.ui.screens.settings.page_fees import FeesPage
from pos.ui.screens.settings.page_fields import (
    FieldsPage,
    RulesPage,
    ScannerPage,
    ShopPage,
    TrainingPage,
)
from pos.ui.screens.settings.page_keys import KeysPage
from pos.ui.screens.settings.page_look import LookPage
from pos.ui.screens.settings.page_messages import MessagesPage
from pos.ui.screens.settings.page_office import OfficePage
from pos.ui.screens.settings.page_payments import PaymentsPage
from pos.ui.screens.settings.page_people import PeoplePage
from pos.ui.screens.settings.page_printer import PrinterPage
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import Choosers, PageView, is_narrow, scroll_over
from pos.ui.screens.settings.presenter import SettingsPresenter, SettingsState
from pos.ui.widgets.card import Card
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import EnterFilter, SearchField
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.page_list import PageItem, PageList
from pos.ui.widgets.text import label


def make_screen(context: Context, look: Look) -> Screen:
    """Return the settings screen."""
    return SettingsScreen(context, look)


class SettingsScreen(Screen):
    """232 list, page, 408 beside it; on small screens the list is a combo box and the third a button away."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self.presenter = SettingsPresenter(context, self.show_state)
        self.choosers = Choosers(self)
        self._views: dict[str, PageView] = {}
        self._is_narrow = is_narrow(look)
        self._shown_page = ""
        self.main = QStackedWidget()
        self.sides = QStackedWidget()
        self.zones = QStackedWidget()
        if self._is_narrow:
            self._build_narrow()
        else:
            self._build_wide()
        self.presenter.form.show = self._show_form
        self.show_state(self.presenter.state)

    def _build_wide(self) -> None:
        look = self.look
        row = QHBoxLayout(self)
        margin = look.metrics.margin
        row.setContentsMargins(margin, margin, margin, margin)
        row.setSpacing(margin)
        card = Card(padding=0)
        card.setFixedWidth(look.metrics.px(232))
        self.search = SearchField(look, look.say("Find a setting"), is_large=False)
        top = QVBoxLayout()
        top.setContentsMargins(12, 12, 12, 8)
        top.addWidget(self.search)
        card.body.addLayout(top)
        self.list = PageList(look, look.say("Pages"))
        self.nothing = label(look, look.say("No setting has this."), Type.BODY, tone="text2", wraps=True)
        self.nothing.setContentsMargins(16, 8, 16, 8)
        self.nothing.hide()
        card.body.addWidget(self.list)
        card.body.addWidget(self.nothing)
        card.body.addStretch(1)
        row.addWidget(card)
        row.addWidget(self._main_card(), 1)
        self.sides.setFixedWidth(look.metrics.px(408))
        row.addWidget(self.sides)
        self.search.changed.connect(self.presenter.find)
        self.search.edit.installEventFilter(EnterFilter(self.search.edit, self._on_found))
        self.list.chosen.connect(self.presenter.choose)
        self.list.entered.connect(self._enter_page)

    def _build_narrow(self) -> None:
        look = self.look
        column = QVBoxLayout(self)
        margin = look.metrics.margin
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(look.metrics.gap)
        top = QHBoxLayout()
        top.setSpacing(look.metrics.gap)
        choices = [(page.key, page.word) for page in self.presenter.pages]
        self.combo = Choice(look, choices, name=look.say("Page"))
        self.combo.picked.connect(self.presenter.choose)
        self.combo.setMinimumWidth(look.metrics.px(240))
        self.search = SearchField(look, look.say("Find a setting"), is_large=False)
        self.search.changed.connect(self.presenter.find)
        self.search.edit.installEventFilter(EnterFilter(self.search.edit, self._on_found))
        self.turn = KeyButton(look, "", icon="swap")
        self.turn.clicked.connect(self._on_turn)
        top.addWidget(self.combo)
        top.addWidget(self.search, 1)
        top.addWidget(self.turn)
        column.addLayout(top)
        self.zones.addWidget(self._main_card())
        self.zones.addWidget(self.sides)
        column.addWidget(self.zones, 1)

    def _main_card(self) -> Card:
        card = Card(padding=1)
        card.body.addWidget(self.main)
        return card

    def opened(self) -> None:
        """Read what may have changed; the focus stands on the page."""
        self.presenter.open()
        self._enter_page()

    def left(self) -> None:
        """Forget secrets."""
        self.presenter.left()

    def where(self) -> Mapping[str, object]:
        """Return which page is open, so that a new look shows it again."""
        return {"page": self.presenter.state.page, "field": self.presenter.form.last_key}

    def show_where(self, where: Mapping[str, object]) -> None:
        """Open a page, and put the caret into a field of it."""
        page = str(where.get("page", ""))
        if page:
            self.presenter.choose(page)
        self._enter_page(str(where.get("field", "")))

    def bar(self) -> Mapping[Act, BarItem]:
        """Find, and what the page has."""
        items = {Act.FIND: BarItem(self.look.say("Find"))}
        view = self.page_view()
        return {**items, **(view.bar() if view else {})}

    def act(self, act: Act) -> bool:
        """Find, or what the page does."""
        if act is Act.FIND:
            self.search.edit.setFocus()
            self.search.edit.selectAll()
            return True
        view = self.page_view()
        return view is not None and view.act(act)

    def scanned(self, code: str) -> bool:
        """Let the page that tries scans have it; elsewhere a scan is a sale."""
        view = self.page_view()
        return view is not None and view.scanned(code)

    def enter(self) -> bool:
        """Press the button that has the focus."""
        focus = QApplication.focusWidget()
        if not isinstance(focus, QAbstractButton) or not self.isAncestorOf(focus):
            return False
        focus.click()
        return True

    def escape(self) -> bool:
        """One step back: the page's own, what is typed, the search, the side zone."""
        view, presenter = self.page_view(), self.presenter
        if view is not None and view.escape():
            return True
        if presenter.form.undo():
            return True
        if presenter.state.wanted:
            self.search.set_text("")
            presenter.find("")
            return True
        if presenter.state.is_side_shown:
            presenter.turn()
            return True
        return False

    def step(self, by: int) -> bool:
        """Go to the page before or after."""
        if not self.search.edit.hasFocus() and not self._is_narrow and not self.list.hasFocus():
            return False
        self.presenter.step(1 if by > 0 else -1)
        return True

    def page_view(self) -> PageView | None:
        """Return the view of the open page."""
        return self._views.get(self.presenter.state.page)

    def show_state(self, state: SettingsState) -> None:
        """Show the list and the open page."""
        if self._is_narrow:
            self.combo.choose(state.page)
        else:
            items = [PageItem(page.key, page.icon, page.word) for page in state.pages]
            self.list.show_pages(items, state.page)
            self.nothing.setVisible(not state.pages)
        if state.page:
            self._show_page(state)
        self.bar_changed.emit()

    def _show_page(self, state: SettingsState) -> None:
        view = self._views.get(state.page)
        if view is None:
            view = self._make_page(self.presenter.page)
            self._views[state.page] = view
            view.bar_changed.connect(self.bar_changed)
            view.side_wanted.connect(self._on_side_wanted)
            view.page_wanted.connect(self._on_page_wanted)
            scroll = scroll_over(view, "surface")
            self.main.addWidget(scroll)
            self.sides.addWidget(scroll_over(view.side or QWidget(), "bg"))
            self._show_form(self.presenter.form.state)
        at = list(self._views).index(state.page)
        self.main.setCurrentIndex(at)
        self.sides.setCurrentIndex(at)
        if self._is_narrow:
            self.zones.setCurrentIndex(1 if state.is_side_shown else 0)
            self.turn.setVisible(view.side is not None)
            page = self.presenter.page
            self.turn.set_caption(page.word if state.is_side_shown else view.side_title)

    def _make_page(self, page: Page) -> PageView:
        look, presenter, choosers = self.look, self.presenter, self.choosers
        form = presenter.form
        makers: dict[str, Callable[[], PageView]] = {
            "shop": lambda: ShopPage(look, page, form, choosers),
            "printer": lambda: PrinterPage(look, page, form, section=presenter.printer, choosers=choosers),
            "scanner": lambda: ScannerPage(look, page, presenter.scanner),
            "keys": lambda: KeysPage(look, page, form, section=presenter.vault, choosers=choosers),
            "people": lambda: PeoplePage(look, page, presenter.people),
            "rules": lambda: RulesPage(look, page, form, choosers=choosers, limit=presenter.limit),
            "look": lambda: LookPage(look, page, form, choosers=choosers, section=presenter.own_keys),
            "payments": lambda: PaymentsPage(look, page, form, choosers=choosers, section=presenter.payments),
            "fees": lambda: FeesPage(look, page, presenter.fees, choosers=choosers),
            "messages": lambda: MessagesPage(look, page, form, choosers=choosers, section=presenter.messages),
            "office": lambda: OfficePage(look, page, presenter.office),
            "backup": lambda: BackupPage(look, page, form, section=presenter.safety, choosers=choosers),
            "training": lambda: TrainingPage(
                look, page, form, choosers=choosers, shop=presenter.context.desk.shop
            ),
            "about": lambda: AboutPage(look, page, presenter.about, choosers=choosers),
        }
        return makers[page.key]()

    def _show_form(self, state: FormState) -> None:
        for view in self._views.values():
            if isinstance(view, (FieldsPage, PrinterPage, KeysPage, BackupPage)):
                view.show_form(state)

    def _enter_page(self, field: str = "") -> None:
        view = self.page_view()
        if view is None or (field and view.focus_setting(field)):
            return
        target = view.first()
        if target is not None:
            target.setFocus()

    def _on_found(self) -> None:
        self._enter_page(self.presenter.open_found())

    def _on_turn(self) -> None:
        self.presenter.turn()
        # What had the focus may be behind now.
        self.turn.setFocus()

    def _on_side_wanted(self) -> None:
        if self._is_narrow and not self.presenter.state.is_side_shown:
            self.presenter.turn()

    def _on_page_wanted(self) -> None:
        if self.presenter.state.is_side_shown:
            self.presenter.turn()
