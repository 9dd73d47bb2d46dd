"""Before the till's window: asks for what opens the till, and says why it does not open."""

from __future__ import annotations

from PySide6.QtCore import QEventLoop, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from pos.errors import KilotillError, UserError
from pos.system.secrets import PassphraseQuestion
from pos.ui.app import make_application, make_style
from pos.ui.first_start.start import look_maker, system_language
from pos.ui.look import Look, Type
from pos.ui.metrics import metrics_for
from pos.ui.show_error import refusal_of
from pos.ui.widgets.fields import LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.refusal_panel import RefusalPanel
from pos.ui.widgets.text import label

_WIDTH, _HEIGHT = 640, 300


class SecretWindow(QWidget):
    """Asks for one secret. `answered` gives it; `left` says that nobody wants to type it."""

    answered = Signal(str)
    left = Signal()

    def __init__(self, look: Look, title: str, text: str, *, caption: str, other: str, wrong: str) -> None:
        super().__init__()
        self.setWindowTitle("Kilotill")
        self.setObjectName("desk")
        self.setProperty("klGround", "bg")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.resize(_WIDTH, _HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(12)
        column.addWidget(label(look, title, Type.TITLE, wraps=True))
        column.addWidget(label(look, text, Type.BODY, tone="text2", wraps=True))
        self.edit: QLineEdit = line_edit(look, is_secret=True)
        self.edit.setMaxLength(200)
        self.field = LabelledField(look, caption, self.edit)
        self.field.set_wrong(wrong)
        self.edit.textEdited.connect(lambda _: self.field.set_wrong(""))
        column.addWidget(self.field)
        column.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        self.other = KeyButton(look, other, cap="Esc", size="large")
        self.other.clicked.connect(self.close)
        self.main = KeyButton(look, look.say("Next"), cap=look.say("Enter"), kind="accent", size="large")
        self.main.clicked.connect(self._answer)
        row.addWidget(self.other)
        row.addWidget(self.main)
        column.addLayout(row)
        self.edit.setFocus()

    def _answer(self) -> None:
        if self.edit.text():
            self.answered.emit(self.edit.text())
        else:
            self.edit.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter answers, Esc leaves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._answer()
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nobody answers."""
        super().closeEvent(event)
        self.left.emit()


class RefusalWindow(QWidget):
    """Says why the till does not open. `left` when it was read."""

    left = Signal()

    def __init__(self, look: Look, error: KilotillError) -> None:
        super().__init__()
        self.setWindowTitle("Kilotill")
        self.setObjectName("desk")
        self.resize(_WIDTH, _HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        self.panel = RefusalPanel(look, refusal_of(error, look.wording))
        self.panel.main_pressed.connect(self.close)
        column.addWidget(self.panel)
        self.panel.main.set_caption(look.say("Close"))
        self.panel.main.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc close it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """It was read."""
        super().closeEvent(event)
        self.left.emit()


class StartQuestions:
    """Asks in windows for what opens a till; what was right is not asked for again."""

    def __init__(self) -> None:
        self._application = make_application()
        self._style = make_style(self._application)
        language = system_language()
        self.look = look_maker(self._application, self._style)(language, metrics_for(_WIDTH, _HEIGHT, 100))
        self._passphrase: str | None = None
        self._wrong = ""
        self.is_left = False
        """Nobody wanted to say the passphrase: the till stays closed."""

    def passphrase(self, _question: PassphraseQuestion) -> str | None:
        """Ask for the passphrase of the sealed secrets; None when nobody answers."""
        say = self.look.say
        if self._passphrase is None:
            self._passphrase = self._ask(
                say("Which passphrase opens this till?"),
                say("This computer has no key store, so the till's secrets are in a sealed file."),
                caption=say("Passphrase of this till"),
                other=say("Close"),
            )
            self.is_left = self._passphrase is None
        return self._passphrase

    def opening_phrase(self) -> str | None:
        """Ask for the opening phrase of the vault; None when it shall stay locked."""
        say = self.look.say
        return self._ask(
            say("Which phrase opens the vault?"),
            say("Without it everything works but making tokens. It can be opened later in Settings, Keys."),
            caption=say("Opening phrase"),
            other=say("Leave it locked"),
        )

    def may_ask_again(self, error: UserError) -> bool:
        """Say whether what was typed here was wrong, so that the question comes again and says so."""
        if error.code == "secrets.passphrase" and self._passphrase is not None:
            self._passphrase, self._wrong = None, self.look.say("This is not the passphrase.")
            return True
        if error.code == "vault.phrase":
            self._wrong = self.look.say("This is not the opening phrase.")
            return True
        return False

    def show_refusal(self, error: KilotillError) -> None:
        """Say why the till does not open, until it was read."""
        window = RefusalWindow(self.look, error)
        _run(window)

    def _ask(self, title: str, text: str, *, caption: str, other: str) -> str | None:
        window = SecretWindow(self.look, title, text, caption=caption, other=other, wrong=self._wrong)
        self._wrong = ""
        answers: list[str] = []
        window.answered.connect(answers.append)
        window.answered.connect(window.close)
        _run(window)
        return answers[0] if answers else None


def _run(window: SecretWindow | RefusalWindow) -> None:
    loop = QEventLoop()
    window.left.connect(loop.quit)
    window.show()
    window.activateWindow()
    loop.exec()
    window.deleteLater()
