"""The Uploads screen: groups of entries at the left, head office at the right."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from pos.services.uploads_desk import PAGE_ROWS, Entry, FlaggedEntry, RefusedEntry
from pos.ui.context import Context
from pos.ui.files import Files, SystemFiles
from pos.ui.keymap import Act
from pos.ui.look import Look
from pos.ui.screen import Screen
from pos.ui.screens.uploads.group_card import GroupCard, RowAct, acts_width
from pos.ui.screens.uploads.presenter import UploadsPresenter
from pos.ui.screens.uploads.side import UploadsSide
from pos.ui.screens.uploads.state import SENT, TO_DO, UploadsState
from pos.ui.screens.uploads.words import (
    amount_of,
    detail_of,
    flag_word,
    flagged_detail,
    refused_detail,
    refused_title,
    title_of,
)
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import PagedModel
from pos.ui.widgets.card import Card
from pos.ui.widgets.controls import Segments
from pos.ui.widgets.empty import EmptyPanel
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.headed import ScreenHead, lay_headed
from pos.ui.widgets.table import Table
from pos.ui.widgets.zones import scrolling


def make_screen(context: Context, look: Look) -> Screen:
    """Make the screen."""
    return UploadsScreen(context, look)


class UploadsScreen(Screen):
    """Facts that left this till, or still will."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self.files: Files = SystemFiles(self)
        self._context = context
        self.presenter = UploadsPresenter(context, show=self.show_state)
        say = look.say
        head = ScreenHead(look, say("Uploads"), say("Facts that left this till, or still will"))
        self.tabs = Segments(
            look, [(TO_DO, say("To do")), (SENT, say("Sent today"))], chosen=TO_DO, name=say("Show")
        )
        self.tabs.chosen.connect(self._turn)
        head.add(self.tabs)
        self.pages = QStackedWidget()
        self.pages.addWidget(self._make_groups())
        self.pages.addWidget(self._make_sent())
        self.side = UploadsSide(look, self.presenter)
        self.side.enrol_wanted.connect(lambda: context.shell.go("settings", page="office"))
        lay_headed(self, look, head, self.pages, self.side, main_height=look.metrics.px(420))
        self._shown_bar: tuple[bool, ...] = ()
        self._wants_focus = False
        self.show_state(self.presenter.state)

    def _make_groups(self) -> QWidget:
        look, say, wording = self.look, self.look.say, self.look.wording
        presenter = self.presenter
        width = acts_width(look, [[say("See both sums")], [say("Send again"), say("Report")]])
        self.waiting: GroupCard[Entry] = GroupCard(
            look,
            say("Waiting"),
            "off",
            columns=self._entry_columns(lambda entry: self._age(entry), "neutral"),
            width=width,
            on_opened=presenter.open_sale,
        )
        self.flagged: GroupCard[FlaggedEntry] = GroupCard(
            look,
            say("Taken, with a question"),
            "warn",
            columns=[
                Column(say("Entry"), 76, lambda row: wording.count(row.entry.seq), Paint.QUIET),
                Column(
                    say("What"),
                    0,
                    lambda row: title_of(row.entry, wording),
                    Paint.TWO_LINES,
                    second=lambda row: flagged_detail(row, wording),
                ),
                Column(wording.currency, 92, lambda row: self._money(row.entry), Paint.MONEY),
                Column(
                    say("State"),
                    146,
                    lambda row: flag_word(row, wording),
                    Paint.BADGE,
                    tone=lambda _: "warn",
                    fits=True,
                ),
            ],
            acts=[
                RowAct(say("See both sums"), self._see_sums, lambda row: row.entry.kind == "sale_delivered")
            ],
            width=width,
            on_opened=lambda row: presenter.open_sale(row.entry),
        )
        self.refused: GroupCard[RefusedEntry] = GroupCard(
            look,
            say("Not taken"),
            "bad",
            columns=[
                Column(
                    say("Entry"),
                    76,
                    lambda row: "" if row.entry is None else wording.count(row.entry.seq),
                    Paint.QUIET,
                ),
                Column(
                    say("What"),
                    0,
                    lambda row: refused_title(row, wording),
                    Paint.TWO_LINES,
                    second=lambda row: refused_detail(row, wording),
                ),
                Column(
                    wording.currency,
                    92,
                    lambda row: "" if row.entry is None else self._money(row.entry),
                    Paint.MONEY,
                ),
                Column(say("State"), 146, lambda row: row.code, Paint.BADGE, tone=lambda _: "bad", fits=True),
            ],
            acts=[
                RowAct(
                    say("Send again"), lambda _: presenter.send_now(), lambda row: row.code != "sync.fork"
                ),
                RowAct(say("Report"), self._report),
            ],
            width=width,
        )
        inside = QWidget()
        inside.setProperty("klGround", "bg")
        column = QVBoxLayout(inside)
        # Room for the ring of the focus, which is outside its card.
        column.setContentsMargins(3, 0, 3, 3)
        column.setSpacing(look.metrics.gap)
        self.nothing = EmptyPanel(look, "check", say("Nothing is to do."), say("Head office has everything."))
        for card in (self.waiting, self.flagged, self.refused):
            card.row_chosen.connect(lambda card=card: self._only_in(card))
            card.hide()
            column.addWidget(card)
        column.addWidget(self.nothing)
        column.addStretch(1)
        return inside if look.metrics.is_single_column else scrolling(inside)

    def _entry_columns(self, badge: object, tone: str) -> list[Column[Entry]]:
        say, wording = self.look.say, self.look.wording
        assert callable(badge)
        return [
            Column(say("Entry"), 76, lambda row: wording.count(row.seq), Paint.QUIET),
            Column(
                say("What"),
                0,
                lambda row: title_of(row, wording),
                Paint.TWO_LINES,
                second=lambda row: detail_of(row, wording),
            ),
            Column(wording.currency, 92, self._money, Paint.MONEY),
            Column(say("State"), 146, badge, Paint.BADGE, tone=lambda _: tone, fits=True),
        ]

    def _make_sent(self) -> QWidget:
        look, say, wording = self.look, self.look.say, self.look.wording
        card = Card()
        self.sent: PagedModel[Entry] = PagedModel(
            self._entry_columns(lambda entry: wording.time(entry.at), "ok"),
            self._context.tasks,
            limit=PAGE_ROWS,
            on_error=self._context.shell.show_error,
            parent=self,
        )
        self.sent_table = Table(look, name=say("Sent today"), row_height=look.metrics.px(48, 44))
        self.sent_table.setModel(self.sent)
        self.sent_table.opened.connect(self._open_sent)
        card.body.addWidget(self.sent_table)
        return card

    def _money(self, entry: Entry) -> str:
        amount = amount_of(entry)
        return "" if amount is None else self.look.wording.amount(amount)

    def _age(self, entry: Entry) -> str:
        seconds = int((self.presenter.state.at - entry.at).total_seconds())
        return self.look.wording.age(max(0, seconds))

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: UploadsState) -> None:
        """Show groups, counts and head office."""
        say, wording, now = self.look.say, self.look.wording, state.now
        if now is not None:
            more = now.waiting_count - len(now.waiting)
            self.waiting.show_rows(now.waiting, wording.count(now.waiting_count), self._next_try(state, more))
            self.flagged.show_rows(now.flagged, wording.count(now.flagged_count))
            self.refused.show_rows(now.refused, wording.count(len(now.refused)))
            self.nothing.setVisible(now.to_do == 0)
            self.tabs.set_text(TO_DO, f"{say('To do')} {wording.count(now.to_do)}")
            self.tabs.set_text(SENT, f"{say('Sent today')} {wording.count(now.today.taken)}")
            if self._wants_focus:
                self._wants_focus = False
                self._focus_rows()
        self.tabs.choose(state.tab)
        self.pages.setCurrentIndex(0 if state.tab == TO_DO else 1)
        self.side.show_state(state)
        shown = (state.sync.is_running, self._can_send())
        if shown != self._shown_bar:
            self._shown_bar = shown
            self.bar_changed.emit()

    def _next_try(self, state: UploadsState, more: int) -> str:
        say, wording = self.look.say, self.look.wording
        parts = (
            [say("the first {n} are shown", n=wording.count(len(state.now.waiting)))]
            if more and state.now
            else []
        )
        if state.sync.is_running:
            parts.append(say("going out now"))
        elif (
            state.sync.next_at is not None and state.now is not None and state.now.office.state == "enrolled"
        ):
            seconds = max(0, round((state.sync.next_at - state.at).total_seconds()))
            parts.append(say("next try in {time}", time=wording.age(seconds)))
        return " · ".join(parts)

    def _can_send(self) -> bool:
        now = self.presenter.state.now
        return now is not None and now.office.has_office

    # -- acts ---------------------------------------------------------------------------------------------

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do."""
        say = self.look.say
        is_running = self.presenter.state.sync.is_running
        return {
            Act.FIND: BarItem(say("Find")),
            Act.PLACE_5: BarItem(say("Refresh")),
            Act.MAIN: BarItem(say("Send now"), is_on=self._can_send() and not is_running, is_main=True),
            Act.REPRINT: BarItem(say("Reprint"), is_on=self._chosen() is not None),
        }

    def act(self, act: Act) -> bool:
        """Do an act."""
        if act is Act.MAIN:
            self.presenter.send_now()
        elif act in (Act.PLACE_5, Act.REFRESH):
            self.presenter.refresh()
            if self.presenter.state.tab == SENT:
                self.sent.ask(self.presenter.sent_page)
        elif act is Act.FIND:
            self._context.shell.go("sales")
        elif act is Act.REPRINT:
            self.presenter.open_sale(self._chosen())
        else:
            return False
        return True

    def escape(self) -> bool:
        """Stop what runs; put the sums away; leave the list of what was sent."""
        if self.presenter.cancel() or self.presenter.close_sums():
            return True
        if self.presenter.state.tab == SENT:
            self._turn(TO_DO)
            return True
        return False

    def step(self, by: int) -> bool:
        """Choose another entry."""
        table = self._table()
        if table is not None:
            table.step(by)
        return table is not None

    def opened(self) -> None:
        """Read; the caret stands in the first group as soon as there is one."""
        self.tabs.setFocus()
        self._wants_focus = True
        self.presenter.open()

    def left(self) -> None:
        """Follow no longer."""
        self.presenter.close()

    def where(self) -> Mapping[str, object]:
        """Return the open tab."""
        return {"tab": self.presenter.state.tab}

    def show_where(self, where: Mapping[str, object]) -> None:
        """Open a tab."""
        self._turn(str(where.get("tab", TO_DO)))

    def _turn(self, tab: str) -> None:
        self.presenter.turn(tab)
        if tab == SENT:
            self.sent.ask(self.presenter.sent_page)
            self.sent_table.setFocus()
        else:
            self._focus_rows()

    def _focus_rows(self) -> None:
        table = self._table()
        if table is None:
            self.tabs.setFocus()
            return
        table.setFocus()
        if not table.currentIndex().isValid():
            table.choose(0)

    def _only_in(self, card: QWidget) -> None:
        """Let one group at a time have a chosen row."""
        for other in (self.waiting, self.flagged, self.refused):
            if other is not card:
                other.unchoose()

    def _table(self) -> Table | None:
        if self.presenter.state.tab == SENT:
            return self.sent_table
        cards = (self.waiting, self.flagged, self.refused)
        shown = [card.table for card in cards if card.isVisibleTo(self)]
        return next((table for table in shown if table.hasFocus()), shown[0] if shown else None)

    def _chosen(self) -> Entry | None:
        table = self._table()
        row = None if table is None else table.chosen()
        entry = row if isinstance(row, Entry) else getattr(row, "entry", None)
        return entry if isinstance(entry, Entry) and entry.sale is not None else None

    def _open_sent(self, row: object) -> None:
        if isinstance(row, Entry):
            self.presenter.open_sale(row)

    def _see_sums(self, row: FlaggedEntry) -> None:
        if row.entry.sale_id is not None:
            self.presenter.see_sums(row.entry.sale_id)

    def _report(self, row: RefusedEntry) -> None:
        seq = "change" if row.entry is None else str(row.entry.seq)
        path = self.files.to_write(self.look.say("Report"), f"not-taken-{seq}.json", "JSON (*.json)")
        if path is not None:
            self.presenter.report(row, path)
