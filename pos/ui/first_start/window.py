"""The window of the first start: the steps on the frame at the left, one page at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFocusFrame,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from pos.ui.files import Files, SystemFiles
from pos.ui.first_start.pages import Page
from pos.ui.first_start.presenter import CHECK, CODE, STEPS, FirstStartPresenter, FirstStartState, SetUp
from pos.ui.icons import draw_icon
from pos.ui.lanes import Tasks
from pos.ui.look import Look, Type
from pos.ui.metrics import Metrics, metrics_for
from pos.ui.widgets.card import Note
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule

MINIMUM = (1024, 600)

MakeLook = Callable[[str, Metrics], Look]
"""Makes the look of a language and size and gives it to the application."""


class FirstStart(QWidget):
    """Asks the questions of a new till. `finished` gives the `ShopMade`; `wants_demo` comes instead of it."""

    finished = Signal(object)
    wants_demo = Signal()

    def __init__(
        self,
        make_look: MakeLook,
        set_up: SetUp,
        tasks: Tasks,
        *,
        language: str = "en",
        time_zone: str = "",
        files: Files | None = None,
        asks_passphrase: bool = False,
    ) -> None:
        super().__init__()
        self._make_look = make_look
        self.files: Files = files or SystemFiles(self)
        self._language = language
        self.look = make_look(language, metrics_for(*MINIMUM, 100))
        self.presenter = FirstStartPresenter(
            set_up,
            tasks,
            self.look.wording,
            show=self.show_state,
            finished=self.finished.emit,
            time_zone=time_zone,
            asks_passphrase=asks_passphrase,
        )
        self._content: QWidget | None = None
        self._focus_frame: QFocusFrame | None = None
        self._shape: object = None
        self.page: Page | None = None
        self.setWindowTitle("Kilotill")
        self.setObjectName("desk")
        self.setMinimumSize(*MINIMUM)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._on_focus)
        self._build()

    # -- building -----------------------------------------------------------------------------------------

    def _build(self) -> None:
        if self._content is not None:
            self._content.hide()
            self._content.deleteLater()
        if self._focus_frame is not None:
            # It has moved into the window by itself, and would stay there when the content goes.
            self._focus_frame.deleteLater()
        self._focus_frame = None
        self._shape = None
        look = self.look
        self._content = QWidget()
        row = QHBoxLayout(self._content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._steps = _Steps(look)
        self._steps.pressed.connect(self._on_step)
        row.addWidget(self._steps)
        row.addWidget(self._make_right(), 1)
        self._outer.addWidget(self._content)
        self._focus_frame = QFocusFrame(self._content)
        self.presenter.refresh()

    def _make_right(self) -> QWidget:
        look, say, metrics = self.look, self.look.say, self.look.metrics
        right = QWidget()
        right.setProperty("klGround", "bg")
        column = QVBoxLayout(right)
        sides = metrics.fixed(56, 28)
        column.setContentsMargins(sides, metrics.fixed(40, 20), sides, metrics.fixed(24, 14))
        column.setSpacing(metrics.fixed(12, 8))
        self._title = label(look, "", Type.TITLE, wraps=True)
        self._help = label(look, "", Type.BODY, tone="text2", wraps=True)
        column.addWidget(self._title)
        column.addWidget(self._help)
        column.addSpacing(metrics.fixed(8, 0))
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setMaximumWidth(metrics.px(820))
        column.addWidget(self._scroll, 1)
        self._failure = Note(look, "bad", "", "")
        column.addWidget(self._failure)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 0)
        self._progress.setMaximumWidth(metrics.px(820))
        column.addWidget(self._progress)
        column.addWidget(rule())
        low = QHBoxLayout()
        low.setSpacing(12)
        self.demo_button = KeyButton(look, say("Open the demo shop instead"), kind="quiet", icon="play")
        self.demo_button.clicked.connect(self.wants_demo)
        self._why = label(look, "", Type.SUPPORT, tone="text2")
        self.back_button = KeyButton(look, say("Back"), cap="Esc", size="large")
        self.back_button.clicked.connect(self.presenter.back)
        self.next_button = KeyButton(look, say("Next"), cap="Enter", kind="accent", size="large")
        self.next_button.clicked.connect(self._next)
        low.addWidget(self.demo_button)
        low.addWidget(self._why, 1)
        low.addWidget(self.back_button)
        low.addWidget(self.next_button)
        column.addLayout(low)
        return right

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: FirstStartState) -> None:
        """Show the step."""
        if self._content is None:
            return
        look, say, step = self.look, self.look.say, state.page
        self._title.setText(say(step.title))
        self._help.setText(say(step.help))
        shape = (state.step, len(state.answers.groups))
        if shape != self._shape or self.page is None:
            self._shape = shape
            self.page = Page(look, self.presenter, self.files, language_chosen=self._choose_language)
            self.page.setProperty("klGround", "bg")
            self._scroll.setWidget(self.page)
            self._focus_page()
        else:
            self.page.show_state(state)
        self._steps.show_steps([say(one.word) for one in STEPS], state.step, state.reached)
        self._failure.say(state.failure)
        self._failure.setVisible(bool(state.failure))
        self._progress.setVisible(state.is_busy)
        self._show_buttons(state)

    def _show_buttons(self, state: FirstStartState) -> None:
        say = self.look.say
        captions = {CHECK: say("Set up the till"), CODE: say("Open the till")}
        self.next_button.set_caption(captions.get(state.step, say("Next")))
        is_waiting = state.step == CODE and not state.is_written_down
        self.next_button.setEnabled(not state.is_busy and not is_waiting)
        self.back_button.setVisible(0 < state.step < CODE)
        self.back_button.setEnabled(not state.is_busy)
        self.demo_button.setVisible(state.step == 0)
        why = say("First say that the code is written down.") if is_waiting else ""
        self._why.setText(say("Setting up, about five seconds.") if state.is_busy else why)

    def _focus_page(self) -> None:
        if self.page is None:
            return
        self.page.focus_first()
        if not self.page.fields:
            target = self.page.written if self.presenter.state.step == CODE else self.next_button
            target.setFocus()

    # -- acts ---------------------------------------------------------------------------------------------

    def _next(self) -> None:
        if self.presenter.state.step == CODE:
            self.presenter.finish()
            return
        self.presenter.next()
        if self.presenter.state.wrong and self.page is not None:
            self.page.focus_first()

    def _on_step(self, step: int) -> None:
        self.presenter.go(step)

    def _choose_language(self, language: str) -> None:
        self.presenter.type_field((-1, "language"), language)
        self._language = language
        self._rebuild(self.look.metrics)

    def _rebuild(self, metrics: Metrics) -> None:
        self.look = self._make_look(self._language, metrics)
        self.presenter.wording = self.look.wording
        self._build()

    def _on_focus(self, _old: QWidget | None, now: QWidget | None) -> None:
        frame = self._focus_frame
        if frame is None:
            return
        has_ring = now is not None and not isinstance(now, QLineEdit) and self.isAncestorOf(now)
        frame.setWidget(now if has_ring else None)  # type: ignore[arg-type]  # Qt takes null: no ring

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Build anew when the window crosses the compact limit."""
        super().resizeEvent(event)
        wanted = metrics_for(self.width(), self.height(), 100)
        if wanted != self.look.metrics:
            self._rebuild(wanted)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, Esc goes back."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F8):
            if self.next_button.isEnabled():
                self._next()
        elif event.key() == Qt.Key.Key_Escape:
            self.presenter.back()
        else:
            super().keyPressEvent(event)


class _Steps(QFrame):
    """The dark side: the steps, which are done, which is now."""

    pressed = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._names: list[str] = []
        self._step = 0
        self._reached = 0
        self.setProperty("klGround", "frame")
        self.setFixedWidth(look.metrics.fixed(300, 230))

    def show_steps(self, names: list[str], step: int, reached: int) -> None:
        """Show where we are."""
        self._names, self._step, self._reached = names, step, reached
        self.setAccessibleName(
            self._look.say("Step {n} of {count}: {name}", n=step + 1, count=len(names), name=names[step])
        )
        self.update()

    def _row(self, n: int) -> QRectF:
        metrics = self._look.metrics
        high = metrics.px(40, 36)
        return QRectF(0, metrics.px(112, 84) + n * high, self.width(), high)

    def sizeHint(self) -> QSize:
        """Room for every step."""
        return QSize(self.width(), round(self._row(len(STEPS)).bottom()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a step that was come to before."""
        for n in range(len(self._names)):
            if self._row(n).contains(event.position()):
                self.pressed.emit(n)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the name of the program and the steps."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = self._look
        left = look.metrics.fixed(32, 20)
        draw_icon(
            painter,
            look.icons,
            "logo",
            QRectF(left, look.metrics.fixed(40, 24), 32, 32),
            look.hex("framebar"),
            look.hex("frame"),
        )
        painter.setFont(look.font(Type.TITLE))
        painter.setPen(look.colour("frametext"))
        painter.drawText(
            QRectF(left + 44, look.metrics.fixed(40, 24), self.width() - left - 44, 32),
            int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
            "Kilotill",
        )
        for n, name in enumerate(self._names):
            self._paint_step(painter, self._row(n), left, name, n)

    def _paint_step(self, painter: QPainter, row: QRectF, left: int, name: str, n: int) -> None:
        look = self._look
        is_now, is_done = n == self._step, n < self._reached
        if is_now:
            painter.fillRect(row, look.colour("frame2"))
            painter.fillRect(QRectF(0, row.top(), 3, row.height()), look.colour("framebar"))
        mark = QRectF(left, row.center().y() - 8, 16, 16)
        state = "light-ok" if is_done else "light-off"
        tone = "frameok" if is_done else "frameoff"
        draw_icon(painter, look.icons, state, mark, look.hex(tone), look.hex("frame"))
        painter.setFont(look.font(Type.NAME if is_now else Type.BODY))
        painter.setPen(look.colour("frametext" if is_now or is_done else "frametext2"))
        words = QRectF(left + 28, row.top(), row.width() - left - 36, row.height())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)
