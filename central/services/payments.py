"""The server as the mouth of tills that have no keys of a provider: it passes on, and decides nothing.

What it adds: a reference belongs to the till that used it first, or the one that replaced it, and is written
down before anything leaves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from central.clock import Clock
from central.db import Database
from central.errors import Problem
from central.models.payments import payment_reference, webhook
from central.services.former_lines import succession_of
from central.services.payment_accounts import PaymentAccounts
from central.services.till_sessions import TillPrincipal
from pos.contracts.payments import (
    BalanceAnswer,
    BanksAnswer,
    PayAnswer,
    PayerAnswer,
    PayRefund,
    PayRequest,
    PayStep,
    ProvidersAnswer,
)
from pos.domain.journal import instant_text
from pos.domain.payment_reports import Outcome
from pos.errors import Rejected, Unavailable
from pos.gateways.bank_lists import BankLists
from pos.gateways.base import Answer, PaymentGateway, RefundRequest
from pos.gateways.requests_check import check_country
from pos.gateways.wire import answer_message, banks_message, provider_message, refund_of, request_of, step_of

_OWNED = select(payment_reference).where(
    payment_reference.c.provider == bindparam("of_provider"),
    payment_reference.c.reference == bindparam("of_reference"),
)
"""Made once: each call about a payment asks it."""


class Payments:
    """Speaks to providers in the name of tills; no call is made inside a transaction."""

    def __init__(self, database: Database, accounts: PaymentAccounts, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock
        self._banks = BankLists(clock)

    def providers(self, who: TillPrincipal) -> ProvidersAnswer:
        """Return what a till may offer."""
        found = []
        for gateway in self._accounts.gateways(who.organisation_id).values():
            profile = gateway.profile
            currency = min(profile.currencies, default="")
            found.append(provider_message(profile, gateway.limits(currency)))
        return ProvidersAnswer(providers=tuple(found))

    def request(self, who: TillPrincipal, provider: str, message: PayRequest) -> PayAnswer:
        """Ask a payer for money. Raises Problem as `_take`, UserError `provider.*`."""
        gateway = self._gateway(who, provider)
        self._take(
            who,
            provider,
            message.reference,
            kind="payment",
            amount_minor=message.amount_minor,
            currency=message.currency,
        )
        return answer_message(gateway.request_payment(request_of(message)))

    def status(self, who: TillPrincipal, provider: str, reference: str) -> PayAnswer:
        """Ask what became of a payment.

        A reference that came to nothing on its way here is asked about too: the provider's word counts.
        """
        gateway = self._gateway(who, provider)
        self._refuse_foreign(who, provider, reference)
        return answer_message(gateway.ask_payment(reference))

    def step(self, who: TillPrincipal, provider: str, reference: str, *, message: PayStep) -> PayAnswer:
        """Hand over what the payer gave for a step."""
        gateway = self._gateway(who, provider)
        self._refuse_foreign(who, provider, reference)
        return answer_message(gateway.continue_payment(reference, step_of(message)))

    def refund(self, who: TillPrincipal, provider: str, message: PayRefund) -> PayAnswer:
        """Give a payment back. Raises Problem as `_take`."""
        gateway = self._gateway(who, provider)
        self._refuse_foreign(who, provider, message.payment_reference)
        self._take(
            who,
            provider,
            message.reference,
            kind="refund",
            amount_minor=message.amount_minor,
            currency=message.currency,
        )
        payment = gateway.ask_payment(message.payment_reference)
        if payment.is_silent:
            return answer_message(replace(payment, outcome=Outcome.NOT_SENT))
        return answer_message(gateway.refund(_own_refund(message, payment)))

    def refund_status(self, who: TillPrincipal, provider: str, message: PayRefund) -> PayAnswer:
        """Ask what became of a refund."""
        gateway = self._gateway(who, provider)
        self._refuse_foreign(who, provider, message.payment_reference)
        payment = gateway.ask_payment(message.payment_reference)
        if payment.is_silent:
            return answer_message(payment)
        return answer_message(gateway.ask_refund(_own_refund(message, payment)))

    def balance(self, who: TillPrincipal, provider: str) -> BalanceAnswer:
        """Ask for the shop's money there. Raises Problem 503."""
        gateway = self._gateway(who, provider)
        try:
            found = gateway.balance()
        except (Unavailable, Rejected) as error:
            raise _not_now(error) from error
        return BalanceAnswer(
            amount_minor=found.amount_minor, currency=found.currency, at=instant_text(found.at)
        )

    def banks(self, who: TillPrincipal, provider: str) -> BanksAnswer:
        """Return the banks whose accounts a provider charges, asked for at most once a day for all tills.

        Raises Problem 503, UserError `provider.not_offered`.
        """
        gateway = self._gateway(who, provider)
        try:
            return banks_message(self._banks.get(gateway).value)
        except (Unavailable, Rejected) as error:
            raise _not_now(error) from error

    def payer(self, who: TillPrincipal, provider: str, phone: str) -> PayerAnswer:
        """Ask whose phone this is. Raises Problem 503, UserError `provider.country`."""
        gateway = self._gateway(who, provider)
        check_country(phone, gateway.profile)
        try:
            found = gateway.verify_payer(phone)
        except (Unavailable, Rejected) as error:
            raise _not_now(error) from error
        return PayerAnswer(is_active=found.is_active, name=found.name)

    def _gateway(self, who: TillPrincipal, provider: str) -> PaymentGateway:
        gateway = self._accounts.gateways(who.organisation_id).get(provider)
        if gateway is None:
            raise Problem("provider.not_set_up", "Head office has no account at this provider.", status=404)
        return gateway

    def _take(
        self,
        who: TillPrincipal,
        provider: str,
        reference: str,
        *,
        kind: str,
        amount_minor: int,
        currency: str,
    ) -> None:
        """Write down whose a reference is. Raises Problem 409 `payment.reference_taken`."""
        wanted = (kind, amount_minor, currency)
        with self._database.read() as connection:
            known = _known(connection, provider, reference)
        if known is None:
            try:
                with self._database.write() as connection:
                    connection.execute(
                        payment_reference.insert().values(
                            provider=provider,
                            reference=reference,
                            organisation_id=who.organisation_id,
                            till_id=who.till_id,
                            kind=kind,
                            amount_minor=amount_minor,
                            currency=currency,
                            first_at=self._clock.now(),
                        )
                    )
                return
            except IntegrityError:
                # Another request with the same reference was faster.
                with self._database.read() as connection:
                    known = _known(connection, provider, reference)
        if known is None or (known.kind, known.amount_minor, known.currency) != wanted:
            raise _taken()
        self._refuse_another_till(who, known.till_id)

    def _refuse_foreign(self, who: TillPrincipal, provider: str, reference: str) -> None:
        with self._database.read() as connection:
            known = _known(connection, provider, reference)
        if known is not None:
            self._refuse_another_till(who, known.till_id)

    def _refuse_another_till(self, who: TillPrincipal, owner: UUID) -> None:
        """A till that replaced another goes on with that one's payments."""
        if owner == who.till_id:
            return
        with self._database.read() as connection:
            if owner not in succession_of(connection, who.till_id):
                raise _taken()


def forget_old_payments(connection: Connection, before: datetime) -> None:
    """Drop references and callbacks of before an instant."""
    connection.execute(delete(webhook).where(webhook.c.received_at < before))
    connection.execute(delete(payment_reference).where(payment_reference.c.first_at < before))


def owner_of(connection: Connection, provider: str, reference: str) -> UUID | None:
    """Return the till whose payment or refund a reference is, None for nobody's."""
    known = _known(connection, provider, reference)
    return None if known is None else known.till_id


def _own_refund(message: PayRefund, payment: Answer) -> RefundRequest:
    """Give a refund with the provider's own number of its payment: what a till gives may be another's."""
    return replace(refund_of(message), provider_reference=payment.provider_reference)


def _known(connection: Connection, provider: str, reference: str) -> Any:
    return connection.execute(_OWNED, {"of_provider": provider, "of_reference": reference}).one_or_none()


def _taken() -> Problem:
    return Problem("payment.reference_taken", "This reference belongs to another payment.", status=409)


def _not_now(error: Unavailable | Rejected) -> Problem:
    return Problem(*(error.code, error.text), status=503)
