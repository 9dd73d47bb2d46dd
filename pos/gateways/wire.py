"""Values of the payment port as the messages that travel between till and server, and back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypeVar

from pos.contracts.payments import (
    BankMessage,
    BanksAnswer,
    PaceMessage,
    PayAnswer,
    PayByMessage,
    PayRefund,
    PayRequest,
    PayStep,
    ProviderMessage,
    RawMessage,
    StepMessage,
)
from pos.domain.journal import instant_text, parse_instant
from pos.domain.payment_reports import Outcome
from pos.domain.poll_schedule import Pace, PollSchedule
from pos.errors import UserError
from pos.gateways.base import (
    Address,
    Answer,
    Bank,
    BankList,
    ByBank,
    ByLink,
    ByPhone,
    BySavedCard,
    ByUssd,
    Limits,
    Means,
    NextStep,
    PayBy,
    PaymentRequest,
    Profile,
    RawAnswer,
    RefundRequest,
    StepInput,
    StepKind,
)
from pos.gateways.reasons import Reason

W = TypeVar("W", Outcome, Reason, StepKind)


def request_message(request: PaymentRequest) -> PayRequest:
    """Raises UserError `provider.means`: a typed card's number never goes through head office."""
    return PayRequest(
        reference=request.reference,
        amount_minor=request.amount_minor,
        currency=request.currency,
        pay_by=_pay_by_message(request.pay_by),
        payer_email=request.payer_email,
        payer_text=request.payer_text,
        note=request.note,
    )


def request_of(message: PayRequest) -> PaymentRequest:
    return PaymentRequest(
        message.reference,
        message.amount_minor,
        message.currency,
        _pay_by_of(message.pay_by),
        payer_email=message.payer_email,
        payer_text=message.payer_text,
        note=message.note,
    )


def refund_message(request: RefundRequest) -> PayRefund:
    return PayRefund(
        reference=request.reference,
        payment_reference=request.payment_reference,
        provider_reference=request.provider_reference,
        amount_minor=request.amount_minor,
        currency=request.currency,
        note=request.note,
    )


def refund_of(message: PayRefund) -> RefundRequest:
    return RefundRequest(
        message.reference,
        message.payment_reference,
        message.provider_reference,
        message.amount_minor,
        message.currency,
        message.note,
    )


def step_message(given: StepInput) -> PayStep:
    value = given.value
    if isinstance(value, Address):
        return PayStep(
            kind=given.kind.value,
            street=value.street,
            city=value.city,
            state=value.state,
            zip_code=value.zip_code,
        )
    text = value.isoformat() if isinstance(value, date) else value
    return PayStep(kind=given.kind.value, value=text)


def step_of(message: PayStep) -> StepInput:
    """Raises UserError `payment.no_step`: no step of ours, or no date."""
    try:
        kind = StepKind(message.kind)
        if kind is StepKind.GIVE_ADDRESS:
            return StepInput(kind, Address(message.street, message.city, message.state, message.zip_code))
        is_date = kind is StepKind.GIVE_BIRTHDAY
        return StepInput(kind, date.fromisoformat(message.value) if is_date else message.value)
    except ValueError as error:
        raise UserError("payment.no_step", "This is no step that a payer can take.") from error


def answer_message(answer: Answer) -> PayAnswer:
    step = answer.step
    return PayAnswer(
        outcome=answer.outcome.value,
        reason=answer.reason.value,
        raw=RawMessage(
            at=instant_text(answer.raw.at),
            call=answer.raw.call,
            http_status=answer.raw.http_status,
            body=answer.raw.body,
        ),
        code=answer.code,
        amount_minor=answer.amount_minor,
        currency=answer.currency,
        reference=answer.reference,
        provider_reference=answer.provider_reference,
        fee_minor=answer.fee_minor,
        step=None
        if step is None
        else StepMessage(
            kind=step.kind.value,
            text=step.text,
            url=step.url,
            ussd_code=step.ussd_code,
            account_number=step.account_number,
        ),
        is_silent=answer.is_silent,
        ask_after=None if answer.ask_after is None else instant_text(answer.ask_after),
    )


def answer_of(message: PayAnswer) -> Answer:
    """Read an answer; a word that this program does not know is an unknown outcome, never a success."""
    step = message.step
    raw = message.raw
    return Answer(
        outcome=_word(Outcome, message.outcome, Outcome.UNKNOWN),
        reason=_word(Reason, message.reason, Reason.UNKNOWN_WORD),
        raw=RawAnswer(parse_instant(raw.at), raw.call, raw.http_status, raw.body),
        code=message.code,
        amount_minor=message.amount_minor,
        currency=message.currency,
        reference=message.reference,
        provider_reference=message.provider_reference,
        fee_minor=message.fee_minor,
        step=None
        if step is None
        else NextStep(
            _word(StepKind, step.kind, StepKind.APPROVE_ON_PHONE),
            step.text,
            step.url,
            step.ussd_code,
            step.account_number,
        ),
        is_silent=message.is_silent,
        ask_after=None if message.ask_after is None else parse_instant(message.ask_after),
    )


def banks_message(found: BankList) -> BanksAnswer:
    banks = tuple(BankMessage(code=one.code, name=one.name) for one in found.banks)
    return BanksAnswer(banks=banks, at=instant_text(found.at))


def banks_of(message: BanksAnswer) -> BankList:
    return BankList(tuple(Bank(one.code, one.name) for one in message.banks), parse_instant(message.at))


def provider_message(profile: Profile, limits: Limits) -> ProviderMessage:
    schedule = profile.schedule
    return ProviderMessage(
        code=profile.code,
        label=profile.label,
        tender=profile.tender,
        currencies=tuple(sorted(profile.currencies)),
        countries=tuple(sorted(profile.countries)),
        means=tuple(sorted(profile.means)),
        paces=tuple(
            PaceMessage(until_s=_seconds(pace.until), every_s=_seconds(pace.every)) for pace in schedule.paces
        ),
        then_every_s=_seconds(schedule.then_every),
        grace_s=_seconds(schedule.grace),
        resend_until_s=_seconds(schedule.resend_until),
        alarm_after_s=_seconds(schedule.alarm_after),
        gap_s=_seconds(schedule.gap),
        can_refund_part=profile.can_refund_part,
        can_name_payer=profile.can_name_payer,
        least_minor=limits.least_minor,
        most_minor=limits.most_minor,
    )


def profile_of(message: ProviderMessage) -> Profile:
    """Read a profile; ways to pay that this program does not know are left out, and typed cards."""
    known = {means.value for means in Means} - {Means.CARD.value}
    return Profile(
        code=message.code,
        label=message.label,
        tender=message.tender,
        currencies=frozenset(message.currencies),
        countries=frozenset(message.countries),
        means=frozenset(Means(word) for word in message.means if word in known),
        schedule=PollSchedule(
            paces=tuple(
                Pace(timedelta(seconds=pace.until_s), timedelta(seconds=pace.every_s))
                for pace in message.paces
            ),
            then_every=timedelta(seconds=message.then_every_s),
            grace=timedelta(seconds=message.grace_s),
            resend_until=timedelta(seconds=message.resend_until_s),
            alarm_after=timedelta(seconds=message.alarm_after_s),
            gap=timedelta(seconds=message.gap_s),
        ),
        can_refund_part=message.can_refund_part,
        can_name_payer=message.can_name_payer,
    )


def _pay_by_message(pay_by: PayBy) -> PayByMessage:
    match pay_by:
        case ByPhone():
            return PayByMessage(by="phone", phone=pay_by.phone, network=pay_by.network)
        case ByLink():
            return PayByMessage(by="link")
        case ByBank():
            return PayByMessage(by="bank", bank_code=pay_by.bank_code, account_number=pay_by.account_number)
        case ByUssd():
            return PayByMessage(by="ussd", bank_code=pay_by.bank_code)
        case BySavedCard():
            return PayByMessage(by="saved_card", authorization_code=pay_by.authorization_code)
        case _:
            raise UserError("provider.means", "A card's number is never sent through head office.")


def _pay_by_of(message: PayByMessage) -> PayBy:
    match message.by:
        case "phone":
            return ByPhone(message.phone, message.network)
        case "bank":
            return ByBank(message.bank_code, message.account_number)
        case "ussd":
            return ByUssd(message.bank_code)
        case "saved_card":
            return BySavedCard(message.authorization_code)
        case _:
            return ByLink()


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def _word(words: type[W], text: str, otherwise: W) -> W:
    try:
        return words(text)
    except ValueError:
        return otherwise
