"""How the customer pays: cash, a provider, or several parts with the exact rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pos.domain.money import AmountTextError, format_major, parse_major
from pos.errors import KilotillError, Rejected, UserError
from pos.gateways.base import ByBank, ByLink, ByPhone, ByUssd, Means, PayBy, PayerInfo, Profile
from pos.gateways.breaker import Circuit
from pos.gateways.requests_check import check_country
from pos.services.checkout import DuplicateSaleError
from pos.services.payment_desk import Stored
from pos.services.payment_parts import Part
from pos.services.payment_views import SaleView
from pos.services.payment_ways import means_of, networks_of, read_account, read_bank, ussd_banks_of
from pos.services.quoting import Quote
from pos.services.sale_values import SaleRequest
from pos.ui.lanes import Lane
from pos.ui.screens.sell.state import CASH, SPLIT, PartDraft, Stage, Way

if TYPE_CHECKING:
    from pos.ui.screens.sell.presenter import SellPresenter

PAYER_PAUSE_MS = 250
"""A provider is asked for a payer's name once the typing rests."""

PARTS_MOST = 6


class TenderActs:
    """Chooses ways, takes parts, and asks for the money."""

    def __init__(self, presenter: SellPresenter) -> None:
        self._presenter = presenter
        self._payer_number = 0

    # -- ways ---------------------------------------------------------------------------------------------

    def refresh_ways(self) -> None:
        """Read which providers may be offered here and whether they answer."""
        presenter = self._presenter
        payments = presenter.context.desk.payments

        def read() -> tuple[Way, ...]:
            profiles = payments.offers()
            broken = {
                code for code, state in payments.providers.breakers().items() if state.circuit is Circuit.OPEN
            }
            return tuple(
                Way(profile, profile.code in broken, payments.accounts.banks(profile)) for profile in profiles
            )

        def got(ways: tuple[Way, ...]) -> None:
            if ways != presenter.state.ways:
                presenter.set(ways=ways)

        presenter.context.tasks.submit(Lane.PAY, read, on_ok=got, on_error=presenter.context.shell.show_error)

    def way_of(self, code: str) -> Way | None:
        """Return a provider that is offered, None for cash and for one that is not any more."""
        return next((way for way in self._presenter.state.ways if way.code == code), None)

    def label(self, code: str) -> str:
        """Return the name of a way."""
        way = self.way_of(code)
        return self._presenter.say("Cash") if way is None else way.label

    def choose_number(self, number: int) -> None:
        """Take the way of a key: 1 cash, 4 split, the others the providers in order."""
        ways = self._presenter.state.ways
        if number == 1:
            self.choose(CASH)
        elif number == 4 and ways:
            self.choose(SPLIT)
        elif number != 4:
            at = number - 2 if number < 4 else number - 3
            if at < len(ways):
                self.choose(ways[at].code)

    def choose(self, code: str) -> None:
        """Pay in another way; in a split it is the part with the caret that is paid so."""
        presenter = self._presenter
        if presenter.state.stage is Stage.AMOUNT:
            presenter.commit_amount()
        state = presenter.state
        if state.stage is not Stage.TENDER or state.is_paying:
            return
        if state.way == SPLIT and code != SPLIT:
            amount = state.parts[state.part_at].amount
            self._put(state.part_at, self._looked_at(self._part(code, amount=amount), is_whole=False))
            presenter.price_again()
            return
        if code == SPLIT:
            self._begin_split()
        elif code == CASH:
            self.back_to_cash()
        else:
            self._set(way=code, parts=(self._part(code),), part_at=0)

    def back_to_cash(self) -> None:
        """Pay cash after all; nothing was asked for yet."""
        self._set(way=CASH, parts=(), part_at=0)

    def _begin_split(self) -> None:
        state = self._presenter.state
        if state.way == SPLIT:
            self.back_to_cash()
            return
        money_minor, tendered = state.money_minor or 0, self._presenter.tendered_minor() or 0
        in_hand = state.tendered if 0 < tendered < money_minor else ""
        kept = replace(state.parts[0], amount="") if state.parts else self._part(state.ways[0].code)
        parts = (PartDraft(CASH, amount=in_hand), kept)
        self._set(way=SPLIT, parts=parts, part_at=1 if in_hand else 0)

    def add_part(self) -> None:
        """Add another part to a split: by a way that has none yet."""
        state = self._presenter.state
        if state.stage is not Stage.TENDER or state.is_paying or not state.ways:
            return
        if state.way != SPLIT:
            self._begin_split()
            return
        if len(state.parts) >= PARTS_MOST:
            return
        used = {part.code for part in state.parts}
        codes = [CASH, *(way.code for way in state.ways)]
        code = next((one for one in codes if one not in used), state.ways[0].code)
        named = self._with_amounts(state.parts)
        self._set(parts=(*named, self._part(code)), part_at=len(named))

    def _with_amounts(self, parts: tuple[PartDraft, ...]) -> tuple[PartDraft, ...]:
        """Write the rest into the part that has it: the new part is to be the rest then."""
        currency = self._presenter.context.wording.currency
        return tuple(
            replace(part, amount=format_major(self.amount_minor(n) or 0, currency))
            if not part.amount
            else part
            for n, part in enumerate(parts)
        )

    def _part(self, code: str, *, amount: str = "") -> PartDraft:
        """Return a new part by a way, by the usual means of it."""
        way = self.way_of(code)
        by = Means.PHONE if way is None else means_of(way.profile)[0]
        return PartDraft(code, amount, by=by, payer=self._usual_payer(code))

    def look_at(self, at: int) -> None:
        """Note which part has the caret."""
        state = self._presenter.state
        if at != state.part_at and at < len(state.parts):
            self._presenter.set(part_at=at)

    # -- parts --------------------------------------------------------------------------------------------

    def type_amount(self, at: int, text: str) -> None:
        """Take the amount of a part."""
        self._change(at, amount=text)

    def choose_means(self, at: int, word: str) -> None:
        """Take another means of the same provider; what was typed for the other is gone."""
        parts = self._presenter.state.parts
        if at < len(parts) and word != parts[at].by:
            changed = replace(parts[at], by=Means(word), detail="", payer="", note="", tone="")
            if changed.by is Means.PHONE:
                changed = replace(changed, payer=self._usual_phone(parts[at].code))
            elif changed.by is Means.BANK:
                changed = self._looked_at(changed, is_whole=False)
            self._put(at, changed)

    def choose_detail(self, at: int, key: str) -> None:
        """Take the network of a phone, or the bank whose code is dialled."""
        parts = self._presenter.state.parts
        if at < len(parts):
            self._put(at, self._looked_at(replace(parts[at], detail=key, note="", tone=""), is_whole=False))

    def details(self, part: PartDraft) -> Mapping[str, str]:
        """Return what must be chosen beside a payer: networks or banks by key; nothing for most."""
        way = self.way_of(part.code)
        if way is None:
            return {}
        if part.by is Means.BANK:
            listed = () if way.banks is None else way.banks.banks
            return {bank.code: f"{bank.code} · {bank.name}" for bank in listed}
        if part.by is Means.PHONE:
            return networks_of(way.profile)
        return ussd_banks_of(way.profile) if part.by is Means.USSD else {}

    def means(self, part: PartDraft) -> tuple[Means, ...]:
        """Return the means of a part's provider, where there is a choice."""
        way = self.way_of(part.code)
        found = () if way is None else means_of(way.profile)
        return found if len(found) > 1 else ()

    def type_received(self, at: int, text: str) -> None:
        """Take what the customer put down for a cash part."""
        parts = self._presenter.state.parts
        if at < len(parts):
            self._put(at, replace(parts[at], received=text))

    def type_payer(self, at: int, text: str) -> None:
        """Take the phone or address of a payer, and look at once whether it can be one."""
        state = self._presenter.state
        if at >= len(state.parts):
            return
        part = replace(state.parts[at], payer=text, note="", tone="")
        part = self._looked_at(part, is_whole=False)
        self._put(at, part)

    def _change(self, at: int, **changes: Any) -> None:
        parts = self._presenter.state.parts
        if at < len(parts):
            part = replace(parts[at], **changes)
            self._put(at, self._looked_at(part, is_whole=False) if part.payer else part)
            self._presenter.price_again()

    def _put(self, at: int, part: PartDraft) -> None:
        parts = self._presenter.state.parts
        kept = (*parts[:at], part, *parts[at + 1 :])
        self._presenter.set(parts=kept, part_at=at, tender_problem="")

    def _set(self, **changes: Any) -> None:
        presenter = self._presenter
        presenter.set(tender_problem="", **changes)
        for n, part in enumerate(presenter.state.parts):
            if part.payer and not part.note:
                presenter.set(
                    parts=(
                        *presenter.state.parts[:n],
                        self._looked_at(part, is_whole=False),
                        *presenter.state.parts[n + 1 :],
                    )
                )
        presenter.price_again()

    def _usual_payer(self, code: str) -> str:
        """The customer's own phone is the first guess; whoever pays may say another."""
        way = self.way_of(code)
        is_by_phone = way is not None and means_of(way.profile)[0] is Means.PHONE
        return self._usual_phone(code) if is_by_phone else ""

    def _usual_phone(self, code: str) -> str:
        way, card = self.way_of(code), self._presenter.state.card
        if way is None or card is None or not card.meter.phone:
            return ""
        phone = card.meter.phone
        return self._presenter.context.desk.read_phone.home_text(phone) if _fits(phone, way.profile) else ""

    def _looked_at(self, part: PartDraft, *, is_whole: bool) -> PartDraft:
        """Say what a payer's number is: no number yet, one of another country, or one to be asked about."""
        way, say = self.way_of(part.code), self._presenter.say
        if way is None or part.by is Means.LINK:
            return part
        if part.by is Means.BANK:
            return self._bank_looked_at(part, way, is_whole=is_whole)
        if is_whole and not part.detail and self.details(part):
            text = say("Choose the network.") if part.by is Means.PHONE else say("Choose the bank.")
            return replace(part, note=text, tone="badtext")
        if part.by is not Means.PHONE:
            return part
        try:
            phone = self._presenter.context.desk.read_phone(part.payer)
            check_country(phone, way.profile)
        except UserError as error:
            is_short = error.code == "phone.invalid" and not is_whole
            if is_short:
                return replace(part, note="", tone="")
            text = say("Type the phone that pays.") if not part.payer.strip() else self._why(error, way)
            return replace(part, note=text, tone="badtext")
        self._ask_payer(way, phone)
        return part

    def _bank_looked_at(self, part: PartDraft, way: Way, *, is_whole: bool) -> PartDraft:
        """Say how old the list of banks is, or what is missing: with a list the bank, and the account."""
        say = self._presenter.say
        if is_whole and self._bank_of(part) is None:
            text = say("Type the bank's code and the account number.")
            if self.details(part):
                text = say("Type the account number.") if part.detail else say("Choose the bank.")
            return replace(part, note=text, tone="badtext")
        if way.banks is None or not way.banks.banks:
            return replace(part, note="", tone="")
        seconds = int((self._presenter.context.desk.clock.now() - way.banks.at).total_seconds())
        age = self._presenter.context.wording.age(max(0, seconds))
        return replace(part, note=say("list of banks, {age} old", age=age), tone="text2")

    @staticmethod
    def _bank_of(part: PartDraft) -> ByBank | None:
        """Return the account that is charged; its bank is chosen, or typed before it."""
        return read_account(part.payer, part.detail) if part.detail else read_bank(part.payer)

    def _why(self, error: UserError, way: Way) -> str:
        if error.code == "provider.country":
            return self._presenter.say(
                "{provider} does not work in the country of this number.", provider=way.label
            )
        return self._presenter.sentence(error)

    def _ask_payer(self, way: Way, phone: str) -> None:
        """Ask the provider who that is, once the typing rests; what stands there then is what is meant."""
        self._payer_number += 1
        number = self._payer_number
        if way.profile.can_name_payer and not way.is_down:
            self._presenter.context.tasks.later(
                PAYER_PAUSE_MS, lambda: self._ask_now(way, phone) if number == self._payer_number else None
            )

    def _ask_now(self, way: Way, phone: str) -> None:
        presenter = self._presenter
        accounts, actor = presenter.context.desk.payments, presenter.context.actor

        def got(info: PayerInfo) -> None:
            if not info.is_active:
                text = presenter.say("{provider} says this phone cannot pay.", provider=way.label)
                self._note_payer(way.code, phone, text, tone="badtext")
            elif info.name:
                self._note_payer(
                    way.code, phone, presenter.say("{name}, checked", name=info.name), tone="oktext"
                )
            else:
                self._note_payer(way.code, phone, presenter.say("checked"), tone="oktext")

        def failed(error: BaseException) -> None:
            if isinstance(error, Rejected):
                text = presenter.say("{provider} does not know this phone.", provider=way.label)
                self._note_payer(way.code, phone, text, tone="badtext")
            elif isinstance(error, KilotillError):
                # The line or the provider: the payment itself will tell.
                self._note_payer(way.code, phone, presenter.say("not checked"), tone="text2")
            else:
                presenter.context.shell.show_error(error)

        presenter.context.tasks.submit(
            Lane.PAY, lambda: accounts.accounts.payer(actor, way.code, phone), on_ok=got, on_error=failed
        )

    def _note_payer(self, code: str, phone: str, note: str, *, tone: str) -> None:
        presenter = self._presenter
        parts = tuple(
            replace(part, note=note, tone=tone)
            if part.code == code and self._phone_of(part) == phone
            else part
            for part in presenter.state.parts
        )
        if parts != presenter.state.parts:
            presenter.set(parts=parts)

    def _phone_of(self, part: PartDraft) -> str:
        try:
            return self._presenter.context.desk.read_phone(part.payer)
        except UserError:
            return ""

    def payers(self) -> tuple[tuple[str, str], ...]:
        """Return the phones that were typed, by provider, as people read them."""
        read_phone = self._presenter.context.desk.read_phone
        return tuple(
            (part.code, read_phone.home_text(phone))
            for part in self._presenter.state.parts
            if part.code != CASH and part.by is Means.PHONE and (phone := self._phone_of(part))
        )

    # -- sums ---------------------------------------------------------------------------------------------

    def amount_minor(self, at: int) -> int | None:
        """Return what a part amounts to: what is typed, or the rest for the last one without an amount."""
        state = self._presenter.state
        typed = [self._typed_minor(part) for part in state.parts]
        if typed[at] is not None or state.money_minor is None:
            return typed[at]
        open_ones = [n for n, amount in enumerate(typed) if amount is None]
        if at != open_ones[-1]:
            return None
        return max(0, state.money_minor - sum(amount or 0 for amount in typed))

    def _typed_minor(self, part: PartDraft) -> int | None:
        return self._read_minor(part.amount) if part.amount else None

    def _read_minor(self, text: str) -> int:
        try:
            return parse_major(text, self._presenter.context.wording.currency)
        except AmountTextError:
            return 0

    def received_minor(self, at: int) -> int | None:
        """Return what was put down for a cash part: exactly its amount unless more is typed."""
        part = self._presenter.state.parts[at]
        if not part.received:
            return self.amount_minor(at)
        return self._read_minor(part.received)

    def change_minor(self) -> int:
        """Return what is given back of the cash parts; a part with too little cash gives nothing back."""
        cash = [n for n, part in enumerate(self._presenter.state.parts) if part.code == CASH]
        return sum(self.part_change_minor(n) for n in cash)

    def part_change_minor(self, at: int) -> int:
        """Return what is given back of one cash part."""
        amount_minor = self.amount_minor(at)
        return max(0, (self.received_minor(at) or 0) - amount_minor) if amount_minor else 0

    def is_too_little(self, at: int) -> bool:
        """Say whether less cash is typed than the part needs."""
        part = self._presenter.state.parts[at]
        if part.code != CASH or not part.received:
            return False
        return (self.received_minor(at) or 0) < (self.amount_minor(at) or 0)

    def still_minor(self) -> int:
        """Return what no part covers yet; below zero where the parts are too much."""
        state = self._presenter.state
        covered = sum(self.amount_minor(n) or 0 for n in range(len(state.parts)))
        return (state.money_minor or 0) - covered

    def asked_minor(self) -> int:
        """Return what providers will be asked for."""
        parts = self._presenter.state.parts
        return sum(self.amount_minor(n) or 0 for n, part in enumerate(parts) if part.code != CASH)

    def fee_minor(self) -> int:
        """Return the fees that stand in the price."""
        price = self._presenter.state.price
        return 0 if price is None else sum(row.amount_minor for row in price.rows if row.is_fee)

    def trial(self, request: SaleRequest) -> Callable[[], Quote]:
        """Return what prices a sale as it would be paid now; its fees depend on that."""
        desk, actor = self._presenter.context.desk, self._presenter.context.actor
        parts = self._drafted_parts()
        if all(part.is_cash for part in parts):
            return lambda: desk.checkout.trial_vend(request, actor)
        return lambda: desk.payments.desk.trial(request, parts, actor)

    def trial_rest(self, rest: SaleView) -> Callable[[], Quote]:
        """Return what prices a sale anew whose rest would be paid as it is chosen now."""
        desk, actor = self._presenter.context.desk.payments.desk, self._presenter.context.actor
        parts = self._drafted_parts() or (Part(),)
        return lambda: desk.trial_rest(rest.sale_id, parts, actor)

    def _drafted_parts(self) -> tuple[Part, ...]:
        """Return the parts as far as they are typed; the last one without an amount is the rest."""
        state = self._presenter.state
        return tuple(
            Part("" if part.code == CASH else part.code, self._typed_minor(part))
            for n, part in enumerate(state.parts)
            if self.amount_minor(n)
        )

    # -- asking for the money -----------------------------------------------------------------------------

    def pay(self) -> None:
        """Freeze the sale and ask each provider for its part; what was sent is never sent anew."""
        presenter = self._presenter
        state = presenter.state
        if state.is_paying or state.stage is not Stage.TENDER or state.money_minor is None:
            return
        if presenter.pays_when_priced():
            return
        parts = self._checked_parts()
        if parts is None:
            return
        if state.rest is not None:
            self._ask_rest(state.rest, parts)
        elif all(part.is_cash for part in parts):
            presenter.sell_for_cash(sum(part.given_minor + part.change_minor for part in parts))
        else:
            self._ask(parts)

    def _checked_parts(self) -> tuple[Part, ...] | None:
        """Return the parts as they are asked for; None, with the reason shown, where one cannot be."""
        presenter, state = self._presenter, self._presenter.state
        if state.way == CASH:
            if presenter.change_minor() is None:
                presenter.set(tender_problem=presenter.say("That is less than the price."))
                return None
            return (Part("", state.money_minor, presenter.tendered_minor() or None),)
        parts = []
        for n, draft in enumerate(state.parts):
            amount_minor = self.amount_minor(n)
            if not amount_minor:
                continue
            if draft.code == CASH:
                if self.is_too_little(n):
                    presenter.set(part_at=n, tender_problem=presenter.say("That is less than the cash part."))
                    return None
                parts.append(Part("", amount_minor, self.received_minor(n)))
                continue
            pay_by = self._pay_by(n, draft)
            if pay_by is None:
                return None
            email = draft.payer.strip() if isinstance(pay_by, ByLink) else ""
            parts.append(Part(draft.code, amount_minor, pay_by=pay_by, payer_email=email))
        still_minor = self.still_minor()
        if still_minor:
            money = presenter.context.wording.money(abs(still_minor))
            text = presenter.say("{money} is not covered yet.", money=money)
            if still_minor < 0:
                text = presenter.say("The parts are {money} too much.", money=money)
            presenter.set(tender_problem=text)
            return None
        return tuple(parts)

    def _pay_by(self, at: int, draft: PartDraft) -> PayBy | None:
        looked = self._looked_at(draft, is_whole=True)
        pay_by = None if looked.tone == "badtext" else self._pay_by_of(draft)
        if pay_by is None:
            self._put(at, looked)
        return pay_by

    def _pay_by_of(self, draft: PartDraft) -> PayBy | None:
        if draft.by is Means.LINK:
            return ByLink()
        if draft.by is Means.BANK:
            return self._bank_of(draft)
        if draft.by is Means.USSD:
            return ByUssd(draft.detail)
        phone = self._phone_of(draft)
        return ByPhone(phone, draft.detail) if phone else None

    def _ask(self, parts: tuple[Part, ...]) -> None:
        presenter = self._presenter
        request = presenter.request()
        if request is None or presenter.state.price is None:
            return
        request = replace(request, tendered_minor=None)
        desk, actor = presenter.context.desk.payments.desk, presenter.context.actor
        presenter.set(is_paying=True, tender_problem="")
        presenter.context.attempt(
            Lane.SALE,
            lambda approval: self._stored(desk.store(request, parts, actor, approval=approval)),
            on_ok=lambda found: presenter.waits.begin(*found),
            on_error=self._refused,
            subject=str(request.sale_id),
            facts=presenter.approval_facts(),
            on_refused=lambda: presenter.set(is_paying=False),
        )

    def _ask_rest(self, rest: SaleView, parts: tuple[Part, ...]) -> None:
        presenter = self._presenter
        desk, actor = presenter.context.desk.payments.desk, presenter.context.actor
        presenter.set(is_paying=True, tender_problem="")
        presenter.context.tasks.submit(
            Lane.SALE,
            lambda: self._stored(desk.store_rest(rest.sale_id, parts, actor)),
            on_ok=lambda found: presenter.waits.begin(*found),
            on_error=self._refused,
        )

    def _stored(self, stored: Stored) -> tuple[Stored, SaleView]:
        """What is on disk, and how it looks before a byte has left."""
        return stored, self._presenter.context.desk.payments.desk.look(stored.sale_id)

    def _refused(self, error: BaseException) -> None:
        presenter = self._presenter
        presenter.set(is_paying=False)
        if isinstance(error, DuplicateSaleError):
            presenter.open_guard(error.sale_id)
        elif isinstance(error, UserError) and error.code in _AT_THE_TENDER:
            presenter.set(tender_problem=presenter.sentence(error))
        elif isinstance(error, UserError) and error.code == "payment.not_waiting":
            self._go_on_elsewhere(presenter.state.rest)
        else:
            presenter.not_sold(error)

    def _go_on_elsewhere(self, rest: SaleView | None) -> None:
        """Its money came after all, or somebody ended it: show what became of it."""
        if rest is not None:
            self._presenter.waits.open(rest.sale_id)

    def pay_again(self, sale_id: UUID) -> None:
        """Ask for the money of a failed sale in another sale: that one is over."""
        presenter = self._presenter
        parts = tuple(replace(part, note="", tone="") for part in presenter.state.parts)
        presenter.set(
            stage=Stage.TENDER,
            sale_id=sale_id,
            wait=None,
            rest=None,
            parts=parts,
            tender_problem="",
            is_paying=False,
        )
        presenter.price_again()

    def pay_rest(self, view: SaleView) -> None:
        """Ask for what a refused part left open; what was paid stays."""
        state = self._presenter.state
        code = state.ways[0].code if state.ways else CASH
        refused = next((one.provider for one in view.parts if one.state == "failed" and one.provider), code)
        code = refused if self.way_of(refused) is not None else code
        typed = next((part for part in state.parts if part.code == code), self._part(code))
        parts = () if code == CASH else (replace(typed, amount="", note="", tone=""),)
        self._presenter.set(
            stage=Stage.TENDER,
            rest=view,
            wait=None,
            way=code,
            parts=parts,
            part_at=0,
            tendered="",
            tender_problem="",
        )
        self._presenter.price_again()


def _fits(phone: str, profile: Profile) -> bool:
    try:
        check_country(phone, profile)
    except UserError:
        return False
    return True


_AT_THE_TENDER = frozenset(
    {
        "payment.parts",
        "sale.tendered",
        "provider.amount",
        "provider.country",
        "provider.means",
        "provider.network",
        "provider.currency",
        "provider.not_set_up",
        "fee_rule.endless",
    }
)
