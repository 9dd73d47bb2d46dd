"""What the Sell screen does: every key a cashier presses ends here, and nothing here knows a widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pos.config import DUPLICATE_GUARD_MINUTES, DUPLICATE_LIMIT_MINOR, LANGUAGE, RECEIPT_LANGUAGES
from pos.domain.denominations import quick_tenders
from pos.domain.money import AmountTextError, format_major, format_scaled, parse_major, parse_scaled
from pos.domain.permissions import Permission
from pos.errors import KilotillError, UserError
from pos.services.checkout import DuplicateSaleError
from pos.services.counter import MeterRow, OwnerCard, ShownSale
from pos.services.payment_views import SaleView
from pos.services.price_view import PriceView, price_view
from pos.services.quoting import Quote
from pos.services.sale_values import SaleKind, SaleRequest, SaleResult
from pos.system.ids import new_id
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.refusal_words import plain_sentence
from pos.ui.screens.sell.after_sale import AfterSale
from pos.ui.screens.sell.finding import Finding
from pos.ui.screens.sell.side_acts import SideActs
from pos.ui.screens.sell.state import CASH, Paid, SellState, Stage
from pos.ui.screens.sell.tender import TenderActs
from pos.ui.screens.sell.waits import Delivered, WaitActs

SIDE_AGES_AFTER = timedelta(seconds=5)
"""How old the lists beside the empty screen may be while something waits in them."""

_UNIT_DIGITS = 3


class SellPresenter:
    """Holds the state; `show` gets each new one."""

    def __init__(self, context: Context, show: Callable[[SellState], None]) -> None:
        self.context = context
        self._show = show
        moved = context.memory.pop(_MEMORY, None)
        self.state = moved if isinstance(moved, SellState) else SellState(language=self._shop_language())
        self._is_handed_over = False
        self._opening = 0
        self._recalled_id: UUID | None = None
        self._trial_number = 0
        self._priced_number = 0
        self._commits_when_priced = False
        self._pays_if_minor: int | None = None
        self._begun_at: datetime | None = None
        self._side_read_at: datetime | None = None
        self._seconds: list[int] = []
        self.finding = Finding(self)
        self.after = AfterSale(self)
        self.side = SideActs(self)
        self.tender = TenderActs(self)
        self.waits = WaitActs(self)

    def _shop_language(self) -> str:
        language: str = self.context.desk.settings.values()[LANGUAGE]
        return language

    def set(self, **changes: Any) -> None:
        """Become another state and show it."""
        self.state = replace(self.state, **changes)
        self._show(self.state)

    def say(self, source: str, /, **values: object) -> str:
        """Translate a text."""
        return self.context.say(source, **values)

    # -- opening ------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Read what stands beside a sale: recent meters, the last token, sales on hold."""
        if (
            self.state.stage is Stage.AMOUNT
            and self.state.price is None
            and (self.state.amount or self.state.units)
        ):
            self._price()
        if self.state.stage is Stage.WAITING:
            self.waits.resume()
        self.refresh_side()
        self._show(self.state)

    def refresh_side(self) -> None:
        """Read the side of the screen anew."""
        desk, actor = self.context.desk, self.context.actor
        self._side_read_at = desk.clock.now()

        def read() -> dict[str, object]:
            status = desk.status.read()
            return {
                "recent": tuple(desk.counter.recent(actor)),
                "last": desk.counter.last_sale(actor),
                "drafts": tuple(desk.drafts.list(actor)),
                "own_count": desk.counter.own_count(actor),
                "board": desk.payment_board.read(actor),
                "envelope_left_minor": status.envelope_left_minor,
            }

        self.context.tasks.submit(
            Lane.READ, read, on_ok=lambda found: self.set(**found), on_error=self.context.shell.show_error
        )

    def grow_older(self) -> None:
        """Read the side anew now and then while a sale waits there: it gets older, and may need a person."""
        at, board = self._side_read_at, self.state.board
        is_old = at is not None and abs(self.context.desk.clock.now() - at) >= SIDE_AGES_AFTER
        if is_old and self.state.stage is Stage.IDLE and (board.count or board.ready):
            self.refresh_side()

    # -- the customer -------------------------------------------------------------------------------------

    def open_meter(self, number: str, *, then: Callable[[], None] | None = None) -> None:
        """Show the owner card of a meter; an amount typed for another customer is held, not lost."""
        if self.state.is_paying:
            return
        self.keep_what_was_typed()
        self.tender.refresh_ways()
        self.finding.cancel()
        self._opening += 1
        opening = self._opening
        desk, actor = self.context.desk, self.context.actor
        self._begun_at = desk.clock.now()

        def got(card: OwnerCard) -> None:
            if opening != self._opening:
                return
            self._recalled_id = None
            self._forget_price()
            self.context.shell.customer_display("")
            self.set(
                stage=Stage.CONFIRM,
                search=card.meter.drn,
                search_problem=None,
                results=(),
                sale_id=new_id(desk.clock.now()),
                card=card,
                kind=SaleKind.ENERGY,
                is_by_units=False,
                amount="",
                units="",
                price=None,
                amount_problem="",
                tendered="",
                tender_problem="",
                way=CASH,
                parts=(),
                rest=None,
                wait=None,
                is_another_wanted=False,
                is_paying=False,
                guard=None,
                paid=None,
                unknown=None,
                check=None,
                trial_only=False,
                shows_all_lines=False,
                language=self.state.language or self._shop_language(),
            )
            if then is not None:
                then()

        self.context.tasks.submit(
            Lane.READ,
            lambda: desk.counter.card(actor, number),
            on_ok=got,
            on_error=lambda error: self.finding.failed(number, error) if opening == self._opening else None,
        )

    def confirm(self) -> None:
        """It is this customer: on to the amount, or to the guard if the meter bought a moment ago."""
        card = self.state.card
        if card is None:
            return
        if card.meter.status != "active":
            reason = card.meter.block_reason or ""
            self.context.shell.toast(
                self.say(
                    "This meter is {status}: nothing can be sold. {reason}",
                    status=self.say(card.meter.status),
                    reason=reason,
                ),
                light="bad",
            )
            return
        values = self.context.desk.settings.values()
        minutes = values[DUPLICATE_GUARD_MINUTES]
        newest = card.purchases[0] if card.purchases else None
        age_s = int((self.context.desk.clock.now() - newest.at).total_seconds()) if newest else 0
        if (
            newest is not None
            and 0 <= age_s < minutes * 60
            and newest.state == "delivered"
            and newest.token_tenths
        ):
            self.open_guard(newest.sale_id)
            return
        self.set(stage=Stage.AMOUNT)

    def open_guard(self, sale_id: UUID) -> None:
        """Show the earlier token before another is sold."""
        desk, actor, values = self.context.desk, self.context.actor, self.context.desk.settings.values()

        def got(sale: ShownSale) -> None:
            age = desk.clock.now() - sale.row.at
            self.set(
                stage=Stage.GUARD,
                guard=sale,
                guard_minutes=values[DUPLICATE_GUARD_MINUTES],
                guard_limit_minor=values[DUPLICATE_LIMIT_MINOR],
                guard_age_s=max(0, int(age.total_seconds())),
                is_paying=False,
            )

        self.context.tasks.submit(
            Lane.READ,
            lambda: desk.counter.shown_sale(actor, sale_id),
            on_ok=got,
            on_error=self.context.shell.show_error,
        )

    def sell_another(self) -> None:
        """The customer wants more: the earlier token was seen."""
        stage = Stage.TENDER if self.state.amount or self.state.units else Stage.AMOUNT
        self.set(stage=stage, is_another_wanted=True)

    def other_meter(self) -> None:
        """Take another meter of the same customer."""
        if self.state.card is not None and self.state.card.others and self.state.stage is Stage.CONFIRM:
            self.open_meter(self.state.card.others[0].drn)

    # -- the amount ---------------------------------------------------------------------------------------

    def type_amount(self, text: str) -> None:
        """Take what stands in the amount field, and price it."""
        self.set(amount=text, is_by_units=False, amount_problem="")
        self._price()

    def type_units(self, text: str) -> None:
        """Take what stands in the units field, and price it."""
        self.set(units=text, is_by_units=True, amount_problem="")
        self._price()

    def use_amount(self, amount_minor: int) -> None:
        """Take an amount that a button offers."""
        self.type_amount(format_major(amount_minor, self.context.wording.currency))

    def toggle_arrears(self) -> None:
        """Take a payment on the debt alone, or a token again."""
        if self.state.card is None or self.state.stage is not Stage.AMOUNT:
            return
        is_arrears = self.state.kind is SaleKind.ARREARS
        if not is_arrears and self.state.card.arrears_minor <= 0:
            return
        self.set(
            kind=SaleKind.ENERGY if is_arrears else SaleKind.ARREARS, is_by_units=False, amount_problem=""
        )
        self._price()

    def request(self) -> SaleRequest | None:
        """Return what is asked for so far, None where it is not complete. Raises AmountTextError."""
        state, currency = self.state, self.context.wording.currency
        typed = state.units if state.is_by_units else state.amount
        if state.card is None or state.sale_id is None or not typed.strip("0."):
            return None
        tendered = parse_major(state.tendered, currency) if state.tendered else None
        return SaleRequest(
            sale_id=state.sale_id,
            drn=state.card.meter.drn,
            money_minor=None if state.is_by_units else parse_major(state.amount, currency),
            units_milli=parse_scaled(state.units, _UNIT_DIGITS) if state.is_by_units else None,
            tendered_minor=tendered,
            kind=state.kind,
            language=state.language or None,
            is_another_wanted=state.is_another_wanted,
        )

    def price_again(self) -> None:
        """Price the same once more: what is paid how changes its fees."""
        if self.state.stage is not Stage.TENDER:
            return
        if self.state.rest is not None:
            self._price_rest(self.state.rest)
        elif self.state.ways:
            self._price()

    def _price(self) -> None:
        """Price what is typed; a late answer to an earlier question is dropped."""
        self._trial_number += 1
        self._commits_when_priced = False
        self._pays_if_minor = None
        number = self._trial_number
        try:
            request = self.request()
        except AmountTextError as error:
            self._priced_number = number
            self.set(price=None, amount_problem=self._sentence(error))
            return
        if request is None:
            self._priced_number = number
            self.set(price=None, amount_problem="")
            return
        trial = replace(request, tendered_minor=None)
        self._ask_price(number, self.tender.trial(trial), is_by_units=trial.units_milli is not None)

    def _price_rest(self, rest: SaleView) -> None:
        """Price a sale of which a part is paid: its fees are those of what pays the rest."""
        self._trial_number += 1
        self._pays_if_minor = None
        self._ask_price(self._trial_number, self.tender.trial_rest(rest), is_by_units=self.state.is_by_units)

    def _ask_price(self, number: int, work: Callable[[], Quote], *, is_by_units: bool) -> None:
        def got(quote: Quote) -> None:
            if number == self._trial_number:
                self._priced_number = number
                self._got_price(quote, is_by_units=is_by_units)
                if self._commits_when_priced:
                    self.commit_amount()
                if self._pays_if_minor is not None and self._pays_if_minor == self.state.money_minor:
                    self.tender.pay()

        def failed(error: BaseException) -> None:
            if number != self._trial_number:
                return
            self._priced_number = number
            if isinstance(error, UserError) and self.state.stage is Stage.TENDER:
                self.set(tender_problem=self._sentence(error))
            elif isinstance(error, UserError):
                self.set(price=None, amount_problem=self._sentence(error))
            else:
                self.context.shell.show_error(error)

        self.context.tasks.submit(Lane.READ, work, on_ok=got, on_error=failed)

    def _got_price(self, quote: Quote, *, is_by_units: bool) -> None:
        wording, card = self.context.wording, self.state.card
        tariff = card.tariff if card is not None else None
        item = quote.item.to_json() | {"basis": quote.basis_json()}
        if self.state.kind is SaleKind.ARREARS:
            tariff = None
        view = price_view(item, tariff, wording, self.context.desk.clock.now())
        before = quote.figures.basis.bought_before_milli + quote.figures.basis.free_before_milli
        changes: dict[str, object] = {
            "price": view,
            "price_month": (before, before + quote.item.units_milli + quote.item.free_milli),
            "amount_problem": "",
        }
        if is_by_units:
            changes["amount"] = format_major(view.money_minor, wording.currency)
        else:
            changes["units"] = format_scaled(view.token_milli, _UNIT_DIGITS).rstrip("0").rstrip(".")
        self.set(**changes)

    def pays_when_priced(self) -> bool:
        """Say whether the price is still on its way: then it is paid on once it is there and no other."""
        is_on_its_way = self._priced_number != self._trial_number
        self._pays_if_minor = self.state.money_minor if is_on_its_way else None
        return is_on_its_way

    def _forget_price(self) -> None:
        """Drop the answer to a price that is still on its way: its amount is gone."""
        self._trial_number += 1
        self._priced_number = self._trial_number
        self._commits_when_priced = False
        self._pays_if_minor = None

    def commit_amount(self) -> None:
        """The amount is right: on to the money. Nothing is charged yet, and a power cut keeps it."""
        if self.state.trial_only or self.state.stage is not Stage.AMOUNT:
            return
        if self._priced_number != self._trial_number and self.state.amount + self.state.units:
            # Faster than the price: what is typed now counts, not what the last price was for.
            self._commits_when_priced = True
            return
        self._commits_when_priced = False
        if self.state.price is None:
            if not self.state.amount_problem:
                self.set(amount_problem=self.say("Type the amount, then Enter."))
            return
        self.set(stage=Stage.TENDER, tendered="", tender_problem="")
        money = self.context.wording.money(self.state.price.money_minor)
        self.context.shell.customer_display(money, self.say("To pay"))
        self._keep_draft()

    def toggle_trial(self) -> None:
        """Price only: Enter leads no further until the key is pressed again."""
        if self.state.stage is Stage.AMOUNT:
            self.set(trial_only=not self.state.trial_only)

    def toggle_lines(self) -> None:
        """Unfold the lines of the price, or fold them again."""
        if self.state.stage in (Stage.AMOUNT, Stage.TENDER):
            self.set(shows_all_lines=not self.state.shows_all_lines)

    # -- the money ----------------------------------------------------------------------------------------

    def type_tendered(self, text: str) -> None:
        """Take what stands in "cash received"."""
        self.set(tendered=text, tender_problem="")

    def use_tendered(self, amount_minor: int) -> None:
        """Take a sum of notes that a button offers; the amount counts as committed then."""
        if self.state.stage is Stage.AMOUNT:
            self.commit_amount()
        self.type_tendered(format_major(amount_minor, self.context.wording.currency))

    def tender_offers(self) -> tuple[int, ...]:
        """Return the exact money and the sums customers usually hand over."""
        money_minor = self.state.money_minor
        return () if money_minor is None else quick_tenders(money_minor, self.context.wording.currency)

    def change_minor(self) -> int | None:
        """Return the change for what is typed; None while it is less than the price or unreadable."""
        money_minor = self.state.money_minor
        if money_minor is None:
            return None
        if not self.state.tendered:
            return 0
        try:
            tendered = parse_major(self.state.tendered, self.context.wording.currency)
        except AmountTextError:
            return None
        return tendered - money_minor if tendered >= money_minor else None

    def tendered_minor(self) -> int | None:
        """Return what was received, None while nothing or nothing readable is typed."""
        try:
            return parse_major(self.state.tendered, self.context.wording.currency)
        except AmountTextError:
            return None

    def receipt_languages(self) -> tuple[str, ...]:
        """Return the languages a customer may choose for the receipt."""
        languages: tuple[str, ...] = self.context.desk.settings.values()[RECEIPT_LANGUAGES]
        return languages

    def choose_language(self, language: str) -> None:
        """Print the receipt in another language."""
        self.set(language=language)

    def main(self) -> None:
        """Do what Enter and F8 lead to: the next step of the sale."""
        stage = self.state.stage
        if stage is Stage.CONFIRM:
            self.confirm()
        elif stage is Stage.AMOUNT:
            self.commit_amount()
        elif stage is Stage.TENDER:
            self.pay()
        elif stage is Stage.WAITING:
            self.waits.main()

    def pay(self) -> None:
        """Sell: from here a second press does nothing until there is an answer."""
        state = self.state
        if state.is_paying or state.price is None or state.stage is not Stage.TENDER:
            return
        if state.tendered and self.tendered_minor() is None:
            self.set(tender_problem=self.say("That is no amount. Type it again."))
            return
        if state.way != CASH or state.rest is not None:
            self.tender.pay()
            return
        if self.change_minor() is None:
            self.set(tender_problem=self.say("That is less than the price."))
            return
        self.sell_for_cash()

    def sell_for_cash(self, tendered_minor: int | None = None) -> None:
        """Sell for cash in one go; without `tendered_minor` for what is typed as received."""
        request, card, price = self.request(), self.state.card, self.state.price
        if request is None or card is None or price is None:
            return
        if tendered_minor is not None:
            request = replace(request, tendered_minor=tendered_minor)
        self.set(is_paying=True, tender_problem="")
        checkout, actor = self.context.desk.checkout, self.context.actor
        self.context.attempt(
            Lane.SALE,
            lambda approval: checkout.sell(request, actor, approval=approval),
            on_ok=lambda result: self._sold(result, price),
            on_error=self.not_sold,
            subject=str(request.sale_id),
            facts=self.approval_facts(),
            on_refused=lambda: self.set(is_paying=False),
        )

    def approval_facts(self) -> str:
        """Say in one line what a supervisor lets happen."""
        card, price = self.state.card, self.state.price
        if card is None or price is None:
            return ""
        return self.say(
            "A second sale to {name} within a short time: {money}.",
            name=card.meter.name or card.meter.drn,
            money=self.context.wording.money(price.money_minor),
        )

    def not_sold(self, error: BaseException) -> None:
        """Show why nothing was sold, where that is to be put right."""
        if isinstance(error, UserError) and error.code in _SOLD_CODES:
            self._show_unfinished(error)
            return
        self.set(is_paying=False)
        if isinstance(error, DuplicateSaleError):
            self.open_guard(error.sale_id)
        elif isinstance(error, UserError) and error.code in _AMOUNT_CODES:
            self.set(stage=Stage.AMOUNT, amount_problem=self._sentence(error))
        elif isinstance(error, UserError) and error.code == "sale.tendered":
            self.set(tender_problem=self._sentence(error))
        else:
            self.context.shell.show_error(error)

    def _sold(self, result: SaleResult, price: PriceView) -> None:
        """Show what was sold: by the sale's own id and price, whatever the screen shows by now."""
        if self._begun_at is not None:
            seconds = int((self.context.desk.clock.now() - self._begun_at).total_seconds())
            self._seconds = [*self._seconds[-99:], seconds]
        payment = result.sale["payments"][0]
        change = int(payment["change_minor"])
        desk, actor, sale_id = self.context.desk, self.context.actor, result.sale_uuid

        def got(sale: ShownSale) -> None:
            received = int(payment["amount_minor"]) + change
            state = "" if result.print_job is None else "waiting"
            paid = Paid(sale, price, received, change, print_state=state)
            average = sum(self._seconds) // len(self._seconds) if self._seconds else None
            self.set(stage=Stage.PAID, paid=paid, search="", is_paying=False, average_s=average)
            self.after.begin(result, paid)
            self.refresh_side()
            self.context.shell.refresh_status()

        self.context.tasks.submit(
            Lane.SALE,
            lambda: desk.counter.shown_sale(actor, sale_id),
            on_ok=got,
            on_error=self._show_unfinished,
        )

    def show_delivered(self, found: Delivered) -> None:
        """Show the token of a sale whose money came from a provider."""
        payments = found.result.sale["payments"]
        change = sum(int(one["change_minor"]) for one in payments)
        state = "" if found.result.print_job is None else "waiting"
        if state == "" and found.shown.paper is not None:
            state = found.shown.paper.state
        received_minor = found.price.money_minor + change
        is_split = len(payments) > 1
        paid = Paid(
            found.shown, found.price, received_minor, change, may_be_given=is_split, print_state=state
        )
        self.set(
            stage=Stage.PAID,
            card=found.card,
            price=found.price,
            price_month=found.month,
            wait=None,
            paid=paid,
            search="",
            search_problem=None,
            is_paying=False,
        )
        self.after.begin(found.result, paid)
        self.refresh_side()
        self.context.shell.refresh_status()
        self.context.shell.payments_changed()

    def _show_unfinished(self, error: BaseException) -> None:
        """It is sold and cannot be shown here: the resume screen has it, with its token."""
        self.set(is_paying=False)
        self.reset()
        self.context.shell.go("resume")
        self.context.shell.show_error(error)

    # -- steps back ---------------------------------------------------------------------------------------

    def escape(self) -> bool:
        """Go one step back; never throws money or a request away. False where there is no step back."""
        self._opening += 1
        state = self.state
        if state.is_paying:
            return True
        if state.stage is Stage.WAITING:
            self.waits.serve_next()
        elif state.stage is Stage.TENDER and state.rest is not None:
            self.waits.open(state.rest.sale_id)
        elif state.stage is Stage.TENDER and state.way != CASH:
            self.tender.back_to_cash()
        elif state.stage is Stage.TENDER:
            self.set(stage=Stage.AMOUNT, tendered="", tender_problem="")
        elif state.stage is Stage.AMOUNT:
            self._forget_price()
            self._drop_draft()
            self.set(
                stage=Stage.CONFIRM, amount="", units="", price=None, amount_problem="", trial_only=False
            )
        elif state.stage in (Stage.CONFIRM, Stage.GUARD, Stage.UNKNOWN, Stage.CHECK, Stage.PAID):
            self.reset()
        elif state.search or state.stage is Stage.RESULTS:
            self.finding.clear()
        else:
            return False
        return True

    def reset(self) -> None:
        """Be ready for the next customer; while a sale is being paid there is none yet."""
        if self.state.is_paying:
            return
        self._opening += 1
        self._recalled_id = None
        self._forget_price()
        self.context.shell.customer_display("")
        self.set(
            stage=Stage.IDLE,
            search="",
            search_problem=None,
            results=(),
            results_for="",
            recent_at=-1,
            sale_id=None,
            card=None,
            amount="",
            units="",
            price=None,
            amount_problem="",
            tendered="",
            tender_problem="",
            way=CASH,
            parts=(),
            rest=None,
            wait=None,
            guard=None,
            paid=None,
            unknown=None,
            check=None,
            is_another_wanted=False,
            is_paying=False,
            trial_only=False,
            language=self._shop_language(),
        )

    # -- drafts -------------------------------------------------------------------------------------------

    def _draft_body(self) -> dict[str, str | bool | int]:
        state = self.state
        assert state.card is not None
        money = 0 if state.price is None else state.price.money_minor
        return {
            "drn": state.card.meter.drn,
            "name": state.card.meter.name or "",
            "kind": state.kind.value,
            "amount": state.amount,
            "units": state.units,
            "by_units": state.is_by_units,
            "money_minor": money,
        }

    def _keep_draft(self) -> None:
        state = self.state
        if state.sale_id is None or state.card is None:
            return
        drafts, actor, body, sale_id = (
            self.context.desk.drafts,
            self.context.actor,
            self._draft_body(),
            state.sale_id,
        )
        self.context.tasks.submit(
            Lane.SALE,
            lambda: drafts.hold(sale_id, actor, body=dict(body)),
            on_ok=lambda _: self.refresh_side(),
            on_error=self.context.shell.show_error,
        )

    def _drop_draft(self) -> None:
        sale_id = self.state.sale_id
        if sale_id is not None:
            self.discard(sale_id)

    def discard(self, sale_id: UUID) -> None:
        """Throw a held sale away; nothing was paid."""
        drafts, actor = self.context.desk.drafts, self.context.actor

        def failed(error: BaseException) -> None:
            if not (isinstance(error, KilotillError) and error.code == "draft.unknown"):
                self.context.shell.show_error(error)

        self.context.tasks.submit(
            Lane.SALE,
            lambda: drafts.discard(sale_id, actor),
            on_ok=lambda _: self.refresh_side(),
            on_error=failed,
        )

    def keep_what_was_typed(self) -> None:
        """Hold an unpaid sale whose amount is typed before something else takes its place."""
        state = self.state
        if state.stage is Stage.WAITING:
            self.waits.leave()
            return
        if state.stage not in (Stage.AMOUNT, Stage.TENDER) or state.is_paying:
            return
        if state.rest is not None:
            self.waits.leave_rest(state.rest)
            return
        if state.amount or state.units:
            # A held sale whose new amount has no price keeps the one it was held with.
            if state.price is not None or self._recalled_id is None:
                self._keep_draft()
            self.context.shell.toast(self.say("Held: {name}", name=self._name()), light="off", cap="F10")
        elif self._recalled_id is None:
            self._drop_draft()

    def _name(self) -> str:
        card = self.state.card
        return "" if card is None else card.meter.name or card.meter.drn

    def hold(self) -> None:
        """Put the sale on hold, or take the newest one up again."""
        state = self.state
        if state.is_selling and state.rest is None and not state.is_paying:
            self._keep_draft()
            self.context.shell.toast(self.say("Held: {name}", name=self._name()), light="off", cap="F10")
            self.reset()
        elif state.drafts and not state.is_selling:
            self.recall(state.drafts[0].sale_id)

    def recall(self, sale_id: UUID) -> None:
        """Take a held sale up again: same sale id, same amount, priced anew."""
        drafts, actor = self.context.desk.drafts, self.context.actor
        self.context.tasks.submit(
            Lane.READ,
            lambda: drafts.recall(sale_id, actor),
            on_ok=lambda draft: self._recalled(draft.sale_id, dict(draft.body)),
            on_error=self.context.shell.show_error,
        )

    def _recalled(self, sale_id: UUID, body: dict[str, object]) -> None:
        def then() -> None:
            self._recalled_id = sale_id
            self.set(
                sale_id=sale_id,
                kind=SaleKind(str(body.get("kind", SaleKind.ENERGY.value))),
                is_by_units=bool(body.get("by_units")),
                amount=str(body.get("amount", "")),
                units=str(body.get("units", "")),
            )
            self.confirm()
            if self.state.stage is Stage.AMOUNT:
                self._price()

        self.open_meter(str(body["drn"]), then=then)

    def can_hold(self) -> bool:
        """Say whether a sale can be held, or one that is held taken up; what was sent is parked, not held."""
        if self.state.rest is not None:
            return False
        return self.state.is_selling or (bool(self.state.drafts) and self.state.stage is Stage.IDLE)

    def hand_over(self) -> None:
        """The same sale goes on in a view of another look or size."""
        self.context.memory[_MEMORY] = self.state
        self._is_handed_over = True

    def leave(self) -> None:
        """The screen goes, perhaps for good: what was typed is kept."""
        if not self._is_handed_over:
            self.keep_what_was_typed()

    # -- words --------------------------------------------------------------------------------------------

    def _sentence(self, error: UserError) -> str:
        return plain_sentence(error, self.context.wording)

    def sentence(self, error: UserError) -> str:
        """Return an error in the person's language."""
        return self._sentence(error)

    def can_reprint(self) -> bool:
        """Say whether there is a token to print again."""
        return self.context.may(Permission.SALE_REPRINT) and (
            self.state.stage in (Stage.PAID, Stage.GUARD) or self.state.last is not None
        )

    def recent_row(self) -> MeterRow | None:
        """Return the chosen result of the search."""
        return self.state.chosen_result


_MEMORY = "sell"

_SOLD_CODES = frozenset({"sale.id_conflict", "sale.not_delivered"})
"""The sale is in the books already, with another amount than is typed now."""

_AMOUNT_CODES = frozenset(
    {
        "sale.below_minimum",
        "sale.above_maximum",
        "sale.above_token",
        "sale.below_charges",
        "sale.amount",
        "arrears.refused",
    }
)
