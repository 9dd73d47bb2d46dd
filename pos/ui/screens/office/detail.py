"""What head office says of the chosen tariff, meter or question, and how an import went, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos.services.office import OfficeFlag
from pos.services.office_master import OfficeImport, OfficeMeter, OfficeTariff
from pos.ui.look import Look, Type
from pos.ui.screens.meters.words import status_word
from pos.ui.screens.office.acts import Row
from pos.ui.screens.office.events import event_lines
from pos.ui.screens.office.presenter import OfficePresenter, OfficeScreenState
from pos.ui.screens.sell.words import meter_text
from pos.ui.screens.tariffs.changes import described
from pos.ui.screens.uploads.words import FLAG_SENTENCES, FLAG_WORDS, flag_of
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.headed import SIDE_WIDTH
from pos.ui.widgets.text import label, rule

LINES_SHOWN = 20
_GAP = 16
_SCROLL_BAR = 14
_TEXTS = ("account_number", "site", "building", "department", "note")


class OfficeDetailCard(Card):
    """Names and values under each other; nothing where the list says all there is."""

    def __init__(self, look: Look, presenter: OfficePresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._head = CardHead(look, "")
        self.body.addWidget(self._head)
        self.body.addWidget(rule())
        self._inside = QWidget()
        self.body.addWidget(self._inside)
        self._shown: tuple[object, ...] = ()
        self.hide()

    def show_state(self, state: OfficeScreenState) -> None:
        """Show an import that was just made, or the chosen row."""
        shown = (state.imported, state.row, state.events, state.events_of)
        if shown == self._shown:
            return
        self._shown = shown
        title, lines = self._lines(state)
        self.setVisible(bool(lines))
        self._head.title.setText(title)
        self._fill(lines)

    def texts(self) -> list[str]:
        """Return what is shown, for whoever reads it aloud."""
        return [text for pair in self._lines(self._presenter.state)[1] for text in pair if text]

    def _lines(self, state: OfficeScreenState) -> tuple[str, list[tuple[str, str]]]:
        if state.imported is not None:
            return self._look.say("The import"), list(self._import_lines(state.imported))
        return self._row_lines(state.row)

    def _row_lines(self, row: Row | None) -> tuple[str, list[tuple[str, str]]]:
        say, wording = self._look.say, self._look.wording
        if isinstance(row, OfficeTariff):
            tariff = row.tariff
            head = say("{code}, version {version}", code=tariff.code, version=tariff.version)
            return head, [(say("Name"), row.name or "–"), *described(tariff, wording)]
        if isinstance(row, OfficeMeter):
            return meter_text(row.drn), [*self._meter_lines(row), *self._event_lines(row)]
        if isinstance(row, OfficeFlag):
            return say(FLAG_WORDS.get(flag_of(row.flag), "Has a question")), self._flag_lines(row)
        return "", []

    def _flag_lines(self, row: OfficeFlag) -> list[tuple[str, str]]:
        """The question whole and the entry, for which a narrow list has no room; a wide one says all."""
        say, metrics = self._look.say, self._look.metrics
        if not (metrics.is_compact or metrics.is_single_column):
            return []
        question = FLAG_SENTENCES.get(flag_of(row.flag), "Has a question")
        return [(say("Question"), say(question)), (say("Entry"), self._look.wording.count(row.seq))]

    def _meter_lines(self, row: OfficeMeter) -> Iterator[tuple[str, str]]:
        say, wording = self._look.say, self._look.wording
        yield say("Status"), status_word(row.status, wording)
        if row.block_reason:
            yield say("Why"), row.block_reason
        yield say("Tariff"), row.tariff_code
        yield say("Old debt (arrears)"), wording.money(row.arrears_minor)
        yield say("Supply group"), row.sgc
        captions = (say("Account"), say("Site"), say("Building"), say("Department"), say("Note"))
        for name, caption in zip(_TEXTS, captions, strict=True):
            if row.record.get(name):
                yield caption, str(row.record[name])

    def _event_lines(self, row: OfficeMeter) -> Iterator[tuple[str, str]]:
        state, say = self._presenter.state, self._look.say
        if state.events_of == row.id:
            yield say("Last changes at head office"), "" if state.events else say("None")
            yield from event_lines(state.events, self._look.wording)

    def _import_lines(self, done: OfficeImport) -> Iterator[tuple[str, str]]:
        say, count = self._look.say, self._look.wording.count
        yield say("Added"), count(done.added)
        yield say("Changed"), count(done.changed)
        yield say("Left out"), count(len(done.errors))
        for error in done.errors[:LINES_SHOWN]:
            yield "", self._presenter.line_of(error)
        if len(done.errors) > LINES_SHOWN:
            yield "", say("And {count} more.", count=count(len(done.errors) - LINES_SHOWN))

    def _fill(self, lines: list[tuple[str, str]]) -> None:
        look, old, metrics = self._look, self._inside, self._look.metrics
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(metrics.padding, metrics.gap, metrics.padding, metrics.padding)
        column.setSpacing(4)
        is_told = False
        for name, value in lines:
            if name and not value:
                # What follows stands under a heading of its own.
                is_told = True
                column.addSpacing(metrics.gap)
                column.addWidget(label(look, name, Type.BODY, tone="text", wraps=True))
            elif name and not is_told and self._has_room(name, value):
                column.addLayout(self._beside(name, value))
                continue
            elif name:
                column.addWidget(label(look, name, Type.SUPPORT, tone="text2", wraps=True))
            tone = "text" if name else "badtext"
            if value:
                column.addWidget(label(look, value, Type.BODY, tone=tone, wraps=True))
        self.body.replaceWidget(old, self._inside)
        old.hide()
        old.deleteLater()

    def _has_room(self, name: str, value: str) -> bool:
        """Say whether a name and its value stand beside each other."""
        look, metrics = self._look, self._look.metrics
        if metrics.is_single_column or "\n" in value:
            return False
        room = metrics.fixed(SIDE_WIDTH, metrics.side) - 2 * metrics.padding - _SCROLL_BAR
        wide = look.text_width(Type.BODY, name) + _GAP + look.text_width(Type.VALUE, value)
        return wide <= room

    def _beside(self, name: str, value: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(_GAP)
        row.addWidget(label(self._look, name, Type.BODY, tone="text2"))
        row.addStretch(1)
        row.addWidget(label(self._look, value, Type.VALUE))
        return row
