"""The help screen: topics at the left, the text, the keyboard map at the right."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pos.ui.context import Context
from pos.ui.key_words import act_words, fixed_keys
from pos.ui.keymap import BAR_ACTS, Act
from pos.ui.look import Look, Type
from pos.ui.places import places_of
from pos.ui.screen import Screen
from pos.ui.screens.help.presenter import HelpPresenter, HelpState
from pos.ui.screens.help.texts import KEYBOARD, Topic
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import EnterFilter, SearchField
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.keycap import KeyCap
from pos.ui.widgets.page_list import PageItem, PageList
from pos.ui.widgets.text import label, rule


def make_screen(context: Context, look: Look) -> Screen:
    """Return the help screen."""
    return HelpScreen(context, look)


class HelpScreen(Screen):
    """232 topics, text, 408 keyboard; on small screens the topics are a combo box, the keyboard a button."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        places = tuple(place.key for place in places_of(context))
        self.presenter = HelpPresenter(context, places, self.show_state)
        self._is_narrow = look.metrics.is_compact or look.metrics.percent > 100
        self._shown: Topic | None = None
        self.search = SearchField(look, look.say("Find in the help"), is_large=False)
        self.search.changed.connect(self.presenter.find)
        self.search.edit.installEventFilter(EnterFilter(self.search.edit, self._on_found))
        self.nothing = label(
            look, look.say("Nothing in the help has this."), Type.BODY, tone="text2", wraps=True
        )
        self.nothing.setContentsMargins(16, 8, 16, 8)
        self.text = QWidget()
        self.text.setProperty("klGround", "surface")
        self._column = QVBoxLayout(self.text)
        padding = look.metrics.fixed(24, 14)
        self._column.setContentsMargins(padding, look.metrics.fixed(20, 12), padding, padding)
        self._column.setSpacing(look.metrics.fixed(12, 8))
        if self._is_narrow:
            self._build_narrow()
        else:
            self._build_wide()
        self.show_state(self.presenter.state)

    def _build_wide(self) -> None:
        look = self.look
        row = QHBoxLayout(self)
        margin = look.metrics.margin
        row.setContentsMargins(margin, margin, margin, margin)
        row.setSpacing(margin)
        card = Card()
        card.setFixedWidth(look.metrics.px(232))
        top = QVBoxLayout()
        top.setContentsMargins(12, 12, 12, 8)
        top.addWidget(self.search)
        card.body.addLayout(top)
        self.list = PageList(look, look.say("Topics"))
        self.list.chosen.connect(self.presenter.choose)
        card.body.addWidget(self.list)
        card.body.addWidget(self.nothing)
        card.body.addStretch(1)
        row.addWidget(card)
        row.addWidget(self._text_card(), 1)
        keyboard = self._keyboard_card()
        keyboard.setFixedWidth(look.metrics.px(408))
        row.addWidget(keyboard)

    def _build_narrow(self) -> None:
        look = self.look
        column = QVBoxLayout(self)
        margin = look.metrics.margin
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(look.metrics.gap)
        top = QHBoxLayout()
        top.setSpacing(look.metrics.gap)
        self.combo = Choice(
            look, [(topic.key, topic.word) for topic in self.presenter.all], name=look.say("Topics")
        )
        self.combo.setMinimumWidth(look.metrics.px(220))
        self.combo.picked.connect(self.presenter.choose)
        self.turn = KeyButton(look, "", icon="swap")
        self.turn.clicked.connect(self.presenter.turn)
        top.addWidget(self.combo)
        top.addWidget(self.search, 1)
        top.addWidget(self.turn)
        column.addLayout(top)
        column.addWidget(self.nothing)
        self.zones = QStackedWidget()
        self.zones.addWidget(self._text_card())
        self.zones.addWidget(self._keyboard_card())
        column.addWidget(self.zones, 1)

    def _text_card(self) -> Card:
        card = Card(padding=1)
        card.body.addWidget(_scroll(self.text))
        return card

    def _keyboard_card(self) -> Card:
        look = self.look
        card = Card(padding=1)
        card.body.addWidget(CardHead(look, look.say("Keyboard")))
        card.body.addWidget(rule())
        holder = QWidget()
        holder.setProperty("klGround", "surface")
        grid = QGridLayout(holder)
        padding = look.metrics.padding
        grid.setContentsMargins(padding, look.metrics.fixed(12, 8), padding, look.metrics.fixed(12, 8))
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(look.metrics.fixed(8, 6))
        grid.setColumnStretch(1, 1)
        columns = 2 if self._is_narrow and not look.metrics.is_single_column else 1
        if columns > 1:
            grid.setColumnStretch(3, 1)
        keys = [(look.keys.cap_of(act), word) for act, word in act_words(look.say).items()]
        keys += fixed_keys(look.say)
        rows = -(-len(keys) // columns)
        for n, (cap, word) in enumerate(keys):
            at, side = n % rows, 2 * (n // rows)
            grid.addWidget(
                KeyCap(look, cap), at, side, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
            )
            grid.addWidget(label(look, word, Type.BODY, wraps=True), at, side + 1)
        grid.setRowStretch(rows, 1)
        scroll = _scroll(holder)
        scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        scroll.setAccessibleName(look.say("Keyboard"))
        card.body.addWidget(scroll, 1)
        return card

    def opened(self) -> None:
        """The caret stands in the search."""
        self.search.edit.setFocus()

    def where(self) -> Mapping[str, object]:
        """Return the open topic."""
        return {"topic": self.presenter.state.came_from, "shown": self.presenter.state.topic}

    def show_where(self, where: Mapping[str, object]) -> None:
        """Open the topic of the place that F1 was pressed in."""
        self.search.set_text("")
        self.presenter.come(str(where.get("topic", "")))
        if "shown" in where:
            self.presenter.choose(str(where["shown"]))

    def bar(self) -> Mapping[Act, BarItem]:
        """Find in the texts."""
        return {Act.FIND: BarItem(self.look.say("Find"))}

    def act(self, act: Act) -> bool:
        """Find in the texts."""
        if act is not Act.FIND:
            return False
        self.search.edit.setFocus()
        self.search.edit.selectAll()
        return True

    def type_text(self, text: str) -> bool:
        """Typing goes to the search."""
        self.search.edit.setFocus()
        self.search.edit.insert(text)
        self.presenter.find(self.search.text())
        return True

    def step(self, by: int) -> bool:
        """The topic before or after."""
        self.presenter.step(1 if by > 0 else -1)
        return True

    def escape(self) -> bool:
        """Back to where help was asked for."""
        return self.presenter.back()

    def show_state(self, state: HelpState) -> None:
        """Show the topics and the open one."""
        self.search.set_text(state.wanted)
        self.nothing.setVisible(not state.topics)
        if self._is_narrow:
            self.combo.choose(state.topic)
            self.zones.setCurrentIndex(1 if state.is_side_shown else 0)
            topic = self.presenter.topic.word
            self.turn.set_caption(topic if state.is_side_shown else self.look.say("Keyboard"))
        else:
            items = [PageItem(topic.key, topic.icon, topic.word) for topic in state.topics]
            self.list.show_pages(items, state.topic)
        if self.presenter.topic is not self._shown:
            self._shown = self.presenter.topic
            self._show_topic(self._shown)

    def _show_topic(self, topic: Topic) -> None:
        look, column = self.look, self._column
        while (item := column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        column.addWidget(label(look, topic.word, Type.TITLE))
        column.addWidget(label(look, topic.about, Type.STRONG, tone="text2", wraps=True))
        for tone, name, sentence in topic.kinds:
            column.addWidget(_Kind(look, tone, name, sentence))
        for sentence in topic.sentences:
            column.addWidget(_Point(look, sentence))
        if topic.keys:
            column.addWidget(rule())
            column.addWidget(label(look, look.say("Keys here"), Type.NAME))
            column.addWidget(_Keys(look, topic))
        if topic.key == KEYBOARD:
            column.addWidget(rule())
            column.addWidget(_FunctionKeys(look))
        column.addStretch(1)

    def _on_found(self) -> None:
        if self.presenter.state.topics:
            self.presenter.choose(self.presenter.state.topic)


class _Point(QWidget):
    """One sentence with a dash before it."""

    def __init__(self, look: Look, sentence: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(label(look, "–", Type.BODY, tone="text3"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(look, sentence, Type.BODY, wraps=True), 1)


class _Kind(QWidget):
    """One kind of refusal: its badge and what it means."""

    def __init__(self, look: Look, tone: str, name: str, sentence: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        place = QWidget()
        place.setFixedWidth(look.metrics.px(116))
        inside = QHBoxLayout(place)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(Badge(look, name, tone))
        inside.addStretch(1)
        row.addWidget(place, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(look, sentence, Type.BODY, wraps=True), 1)


class _Keys(QWidget):
    """The keys of a topic: cap and what it does."""

    def __init__(self, look: Look, topic: Topic) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(look.metrics.fixed(8, 6))
        grid.setColumnStretch(1, 1)
        for n, (key, text) in enumerate(topic.keys):
            cap = look.keys.cap_of(key) if isinstance(key, Act) else key
            grid.addWidget(KeyCap(look, cap), n, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(look, text, Type.BODY, wraps=True), n, 1)


class _FunctionKeys(QWidget):
    """The twelve places of the bar as they lie on the keyboard: three groups of four."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(look.metrics.fixed(14, 8))
        words = act_words(look.say)
        for n, act in enumerate(BAR_ACTS):
            place = QVBoxLayout()
            place.setSpacing(4)
            place.addWidget(KeyCap(look, look.keys.cap_of(act)))
            place.addWidget(label(look, words[act], Type.SUPPORT, wraps=True))
            place.addStretch(1)
            grid.addLayout(place, n // 4, n % 4)
            grid.setColumnStretch(n % 4, 1)


def _scroll(inside: QWidget) -> QScrollArea:
    scroll = QScrollArea()
    scroll.setWidget(inside)
    scroll.setWidgetResizable(True)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return scroll
