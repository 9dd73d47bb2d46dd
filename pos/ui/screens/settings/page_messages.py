"""The page of messages: by which way texts go out, and what became of the newest."""

from __future__ import annotations

from pos import config
from pos.services.outbox import OutboxRow
from pos.ui.look import Look, Type
from pos.ui.refusal_words import code_words
from pos.ui.screens.settings.form import Form
from pos.ui.screens.settings.messages import MessagesSection, MessagesState
from pos.ui.screens.settings.page_fields import FieldsPage
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import Choosers, Fact, act_row, clear, pair, side_card, side_column
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule, set_tone


class MessagesPage(FieldsPage):
    """Settings at the left, the newest messages at the right."""

    def __init__(
        self, look: Look, page: Page, form: Form, *, choosers: Choosers, section: MessagesSection
    ) -> None:
        self._section = section
        super().__init__(look, page, form, choosers)
        section.show = self.show_state
        self.show_state(section.state)

    def build(self, page: Page) -> None:
        """Text messages, e-mail, its server and the password."""
        look, say, section = self.look, self.say, self._section
        for setting in (config.SMS_WAY, config.EMAIL_WAY, config.MESSAGE_FOLDER):
            self.column.addWidget(self.add(setting).widget)
        self.column.addWidget(rule())
        server, sender = self.add(config.SMTP_SERVER), self.add(config.SMTP_SENDER)
        self.column.addLayout(pair(look, server.widget, sender.widget))
        self.password = line_edit(look, is_secret=True)
        self.password.setMaxLength(200)
        self.password.textEdited.connect(lambda text: section.type(password=text))
        self.password.installEventFilter(EnterFilter(self.password, section.save))
        help_text = say("It is kept in this computer's key store.")
        self._password = LabelledField(
            look, say("Password of the mail server"), self.password, help_text=help_text
        )
        self.column.addWidget(self._password)
        self.keep = KeyButton(look, say("Keep the password"))
        self.keep.clicked.connect(section.save)
        self.column.addLayout(act_row(self.keep))
        self.said = label(look, "", Type.SUPPORT, tone="oktext", wraps=True)
        self.column.addWidget(self.said)
        self.column.addStretch(1)
        card, self._rows = side_card(look, say("Newest messages"))
        self.side = side_column(look, card)
        self.side_title = say("Newest messages")

    def show_state(self, state: MessagesState) -> None:
        """Show the newest messages; no address and no text of them."""
        if self.password.text() != state.password:
            self.password.setText(state.password)
        self._password.set_wrong(state.wrong.get("password", ""))
        self.said.setText(state.done)
        self.said.setVisible(bool(state.done))
        set_tone(self.said, "oktext")
        clear(self._rows)
        if not state.rows:
            text = self.say("No message was written yet.")
            self._rows.addWidget(label(self.look, text, Type.BODY, tone="text2", wraps=True))
        for row in state.rows:
            name, value, light = self._line(row)
            self._rows.addWidget(Fact(self.look, name, value, light))

    def _line(self, row: OutboxRow) -> tuple[str, str, str]:
        say, wording = self.say, self.look.wording
        channel = say("SMS") if row.channel == "sms" else say("E-mail")
        name = f"{wording.time(row.made_at)} {channel}"
        if row.sent_at is not None:
            return name, say("sent {time}", time=wording.time(row.sent_at)), "ok"
        trouble = code_words(row.trouble, wording) if row.trouble else ""
        if row.state == "failed":
            return name, trouble or say("not sent"), "bad"
        return name, trouble or say("waiting"), "off"
