"""`--tender` options into parts of a payment, and a payment as text and JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import click

from pos.bootstrap import Till
from pos.cli.context import money_option
from pos.cli.paper_files import hand_over
from pos.domain.money import format_major
from pos.domain.permissions import Actor
from pos.domain.states import PaymentState, SaleState
from pos.errors import UserError
from pos.gateways.base import ByLink, ByPhone, Means
from pos.gateways.reasons import Reason
from pos.services.payment_parts import Part
from pos.services.payment_views import PaymentView, SaleView
from pos.services.sale_values import SaleResult

ENDED_UNPAID = frozenset({SaleState.FAILED, SaleState.VOIDED, SaleState.EXPIRED})
NOT_FINAL = 3
"""How a command ends that waited and has no token: the payment goes on, or a part of it is still to pay."""

LOOK_EVERY_S = 0.5
HINT = "--tender"


def parts_of(till: Till, tenders: Sequence[str]) -> tuple[Part, ...]:
    """Read tenders such as `cash:2000`, `momo:+250788123456`, `airtel:0738123456:3000`, `paystack:a@b.org`.

    Where a provider serves several networks the phone's stands after it: `paystack:0241234567/mtn`. Cash of
    a split may name what was given: `cash:2000:5000`.
    The last piece is an amount in whole units; a part without one is the rest. Usage error for anything else.
    """
    return tuple(_part(till, text) for text in tenders)


def cash_alone(tenders: Sequence[str]) -> bool:
    """Say whether a sale is paid with cash in one go."""
    return len(tenders) == 1 and tenders[0].partition(":")[0] == "cash"


def _part(till: Till, text: str) -> Part:
    name, *pieces = text.split(":")
    currency = till.shop.currency
    if name == "cash":
        if len(pieces) > 2:
            raise click.BadParameter(
                f"{text!r} is not like cash:AMOUNT or cash:AMOUNT:GIVEN", param_hint=HINT
            )
        amounts = [money_option(piece, currency, HINT) for piece in pieces]
        amount_minor, given_minor = (*amounts, None, None)[:2]
        return Part("", amount_minor, given_minor)
    payer = pieces.pop(0) if pieces else ""
    if len(pieces) > 1:
        raise click.BadParameter(f"{text!r} is not like momo:PHONE or momo:PHONE:AMOUNT", param_hint=HINT)
    amount_minor = money_option(pieces[0], currency, HINT) if pieces else None
    if not payer or "@" in payer:
        if Means.LINK not in till.payments.desk.gateway(name).profile.means:
            raise click.BadParameter(f"{name} needs the payer's phone: {name}:PHONE", param_hint=HINT)
        return Part(name, amount_minor, pay_by=ByLink(), payer_email=payer)
    phone, _, network = payer.partition("/")
    try:
        return Part(name, amount_minor, pay_by=ByPhone(till.read_phone(phone), network))
    except UserError as error:
        raise click.BadParameter(error.text, param_hint=HINT) from error


def wait_for(till: Till, view: SaleView, seconds: float) -> SaleView:
    """Ask on until a sale is final or the time is over; an interrupt only stops the waiting."""
    ends = time.monotonic() + seconds
    try:
        while is_open(view) and time.monotonic() < ends:
            time.sleep(LOOK_EVERY_S)
            till.payments.run_due()
            view = till.payments.desk.look(view.sale_id)
    except KeyboardInterrupt:
        click.echo("Stopped waiting. The sale goes on.", err=True)
    return view


def hand_over_new(till: Till, view: SaleView, actor: Actor, *, is_quiet: bool) -> SaleResult | None:
    """Print a sale that has just been delivered and state that its token was shown; None without a token yet.

    It is the first time that somebody sees it, though the sale was begun before.
    """
    if view.result is None:
        return None
    with till.units.read() as connection:
        job: int | None = connection.exec_driver_sql(
            "SELECT key FROM print_job WHERE place = ? AND copy = 0 AND state = 'waiting'",
            (view.result.place,),
        ).scalar()
        was_handed: int = connection.exec_driver_sql(
            "SELECT is_handed_over FROM sale WHERE id = ?", (view.sale_id.bytes,)
        ).scalar_one()
    if was_handed:
        return view.result
    result = replace(view.result, is_repeat=False, print_job=job)
    hand_over(till, result, actor, is_quiet=is_quiet)
    return result


def is_open(view: SaleView) -> bool:
    """Say whether something will still come of a sale by itself."""
    ready = view.state is SaleState.AWAITING_PAYMENT and view.rest_minor == 0
    return view.is_waiting or ready or view.state is SaleState.PAID


def exit_code(view: SaleView, *, was_waited_for: bool) -> int:
    """Return how a command ends: 0 delivered or asked, 1 nothing comes of it, 3 waited and not final."""
    if view.state in ENDED_UNPAID:
        return 1
    return NOT_FINAL if was_waited_for and (is_open(view) or view.is_refused) else 0


def say_next(view: SaleView) -> None:
    """Tell people on standard error what to do next with a sale that has no token."""
    failed = [part for part in view.parts if part.state is PaymentState.FAILED and part.reason]
    if view.result is not None:
        return
    if failed:
        click.echo(f"Not paid: {Reason(failed[-1].reason).text}", err=True)
    if view.state in ENDED_UNPAID:
        click.echo("Nothing was taken. Sell again to ask again.", err=True)
    elif view.is_refused:
        click.echo(f"Next: kilotill pay rest {view.sale_id} --tender cash", err=True)
    elif is_open(view):
        click.echo(f"Next: kilotill pay requery {view.sale_id} --wait", err=True)


def view_json(view: SaleView) -> dict[str, Any]:
    """Return a sale and its payments as JSON values."""
    return {
        "sale_id": str(view.sale_id),
        "state": view.state.value,
        "meter": view.drn,
        "owner": view.owner,
        "age_seconds": int(view.age.total_seconds()),
        "money_minor": view.money_minor,
        "paid_minor": view.paid_minor,
        "rest_minor": view.rest_minor,
        "trouble": view.trouble,
        "payments": [payment_json(part) for part in view.parts],
    }


def payment_json(part: PaymentView) -> dict[str, Any]:
    """Return one payment as JSON values."""
    return {
        "payment_id": str(part.id),
        "tender": part.tender,
        "state": part.state.value,
        "amount_minor": part.amount_minor,
        "change_minor": part.change_minor,
        "fee_minor": part.fee_minor,
        "reference": part.reference,
        "provider_reference": part.provider_reference,
        "phone_last3": part.phone_last3,
        "reason": part.reason,
        "code": part.code,
        "ask_at": None if part.ask_at is None else f"{part.ask_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "attention": sorted(part.attention),
        "link": "" if part.step is None else part.step.url,
    }


def view_text(view: SaleView, currency: str) -> str:
    """Return a sale and its payments as lines."""
    money = format_major(view.money_minor, currency)
    # Nothing is kept of the meter of a sale that came to nothing.
    meter = f"  meter {view.drn}" if view.drn else ""
    rows = [f"{view.sale_id}  {view.state.value}{meter}  {money} {currency}"]
    rows.append(f"  begun by {view.owner}, {age_text(view.age)} ago")
    if view.trouble:
        rows.append(f"  paid, and not delivered: {view.trouble}")
    rows += [f"  {payment_text(part, currency)}" for part in view.parts]
    if view.is_refused:
        rows.append(f"  still to pay: {format_major(view.rest_minor, currency)}")
    return "\n".join(rows)


def payment_text(part: PaymentView, currency: str) -> str:
    """Return one payment as a line."""
    words = [f"{part.tender:<10}{format_major(part.amount_minor, currency):>12}  {part.state.value:<14}"]
    if part.phone_last3:
        words.append(f"…{part.phone_last3}")
    if part.reason:
        words.append(part.reason)
    if part.attention:
        words.append(f"[{', '.join(sorted(part.attention))}]")
    if part.step is not None and part.step.url:
        words.append(part.step.url)
    if part.provider:
        words.append(str(part.id))
    return " ".join(words).rstrip()


def age_text(age: timedelta) -> str:
    """Return an age in its largest two units."""
    minutes, seconds = divmod(int(age.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def say(answer: dict[str, Any], *, as_json: bool, text: str) -> None:
    """Write an answer for a machine or for a person."""
    click.echo(json.dumps(answer) if as_json else text)
