"""`kilotill sell`: one sale, as the counter does it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import click

from pos.bootstrap import Access, Till
from pos.cli.context import CommandContext, money_option, pass_command, units_option
from pos.cli.paper_files import hand_over
from pos.cli.tenders import (
    cash_alone,
    exit_code,
    hand_over_new,
    parts_of,
    payment_json,
    say_next,
    view_json,
    view_text,
    wait_for,
)
from pos.domain.money import format_major, format_scaled
from pos.domain.permissions import Permission
from pos.errors import ApprovalNeeded
from pos.models.queries.selling import find_sale
from pos.services.sale_values import SaleKind, SaleRequest, SaleResult
from pos.system.ids import new_id
from pos.tokens.digits import group

WAIT_S = 600


@click.command()
@click.option("--meter", "drn", required=True, metavar="DRN", help="The meter number, 11 or 13 digits.")
@click.option("--amount", metavar="MONEY", help="Money to sell for, in whole units such as 5000 or 12.50.")
@click.option("--units", metavar="UNITS", help="Units to sell instead, such as 12.5.")
@click.option(
    "--tender",
    "tenders",
    multiple=True,
    default=("cash",),
    help="cash, cash:GIVEN, momo:PHONE, airtel:PHONE, paystack[:E-MAIL], paystack:PHONE/NETWORK. Given "
    "several times it is a split: each but one with its amount, such as --tender cash:2000 --tender "
    "airtel:PHONE:1000 --tender momo:PHONE. Cash of a split may say what was given: cash:2000:5000.",
)
@click.option("--wait", is_flag=True, help="Wait until a payment by phone is final, ten minutes at most.")
@click.option("--arrears", "is_arrears", is_flag=True, help="Pay arrears only: no token.")
@click.option("--another", is_flag=True, help="Sell although this meter bought within the last half hour.")
@click.option("--operator", required=True, metavar="NAME", help="Who sells.")
@click.option("--approved-by", metavar="NAME", help="Who lets the operator do it, if that is needed.")
@click.option("--pin-stdin", is_flag=True, help="Read PINs from standard input, one a line, in order.")
@click.option("--sale-id", type=click.UUID, help="Repeat a sale safely: the same id sells once.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@pass_command
def sell(command: CommandContext, /, *, as_json: bool, **options: Any) -> int:
    """Sell electricity or water, for cash or by phone, and write the token.

    Ends with 0 when sold, or asked for without --wait; 1 when refused or not paid; 3 when --wait ended before
    the payment did, or a part is still to pay.
    """
    with command.till(Access.WRITES) as till:
        request = _request(till, options)
        if not cash_alone(options["tenders"]):
            return _sell_by_parts(command, till, request, options, as_json=as_json)
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        try:
            result = till.checkout.sell(request, actor)
        except ApprovalNeeded:
            if options["approved_by"] is None:
                raise
            approval = till.approver.approve(
                Permission.SALE_DUPLICATE,
                str(request.sale_id),
                approver=options["approved_by"],
                pin=command.secret_line(f"PIN of {options['approved_by']}", from_stdin=options["pin_stdin"]),
            )
            result = till.checkout.sell(request, actor, approval=approval)
        hand_over(till, result, actor, is_quiet=as_json)
        click.echo(json.dumps(sale_json(result)) if as_json else sale_text(result))
    return 0


def _sell_by_parts(
    command: CommandContext, till: Till, request: SaleRequest, options: dict[str, Any], *, as_json: bool
) -> int:
    """Ask providers for their parts, and wait for them if asked to."""
    desk, parts = till.payments.desk, parts_of(till, options["tenders"])
    with till.units.read() as connection:
        earlier = find_sale(connection, request.sale_id)
    actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
    try:
        view = desk.begin(request, parts, actor)
    except ApprovalNeeded:
        if options["approved_by"] is None:
            raise
        approval = till.approver.approve(
            Permission.SALE_DUPLICATE,
            str(request.sale_id),
            approver=options["approved_by"],
            pin=command.secret_line(f"PIN of {options['approved_by']}", from_stdin=options["pin_stdin"]),
        )
        view = desk.begin(request, parts, actor, approval=approval)
    if options["wait"]:
        view = wait_for(till, view, WAIT_S)
    if view.result is None:
        click.echo(json.dumps(view_json(view)) if as_json else view_text(view, till.shop.currency))
        say_next(view)
        return exit_code(view, was_waited_for=options["wait"])
    was_delivered = earlier is not None and earlier.delivered_place is not None
    result = view.result if was_delivered else hand_over_new(till, view, actor, is_quiet=as_json)
    assert result is not None, "it is delivered"
    answer = sale_json(result) | {"payments": [payment_json(part) for part in view.parts]}
    click.echo(json.dumps(answer) if as_json else sale_text(result))
    return 0


def sale_json(result: SaleResult) -> dict[str, Any]:
    """Return what `sell --json` says (docs/formats.md §16)."""
    item, token, sale = result.item, result.credit_token, result.sale
    return {
        "sale_id": sale["sale_id"],
        "receipt_number": sale["receipt_number"],
        "meter": item["meter"]["drn"],
        "money_minor": sale["money_minor"],
        "currency": sale["currency"],
        "units_milli": item["units_milli"],
        "free_milli": item["free_milli"],
        "token": None if token is None else token["digits"],
        "tid": None if token is None else token["tid"],
        "tokens": [one["digits"] for one in item.get("tokens", [])],
        "token_units_tenths": item["token_units_tenths"],
        "carry_in_milli": item["carry_in_milli"],
        "carry_out_milli": item["carry_out_milli"],
        "change_minor": sum(payment["change_minor"] for payment in sale["payments"]),
        "lines": [
            {
                "kind": line["kind"],
                "label": line["code"],
                "amount_minor": line["amount_minor"],
                "units_milli": line["units_milli"],
            }
            for line in item["lines"]
        ],
        "basis": item["basis"],
        "journal_seq": result.seq,
        "is_repeat": result.is_repeat,
    }


def sale_text(result: SaleResult) -> str:
    item, token, sale = result.item, result.credit_token, result.sale
    currency = sale["currency"]
    rows = [f"Receipt {sale['receipt_number']}   meter {item['meter']['drn']}"]
    for line in item["lines"]:
        rows.append("  " + price_row(line["code"], line["amount_minor"], line["units_milli"], currency))
    rows.append(f"  {'paid':<16}{format_major(sale['money_minor'], currency):>14} {currency}")
    for payment in sale["payments"]:
        if payment["change_minor"]:
            rows.append(f"  {'change':<16}{format_major(payment['change_minor'], currency):>14}")
    for one in item.get("tokens", []):
        name = "Token" if one is token else f"Key change {one['n']}"
        rows.append(f"{name}: {group(one['digits'])}")
    if result.is_repeat:
        rows.append("This sale was made before: nothing was sold again.")
    return "\n".join(rows)


def price_row(code: str, amount_minor: int, units_milli: int, currency: str) -> str:
    """Return one price line in columns, with its units where it has some."""
    row = f"{code:<16}{format_major(amount_minor, currency):>14}"
    return f"{row}{format_scaled(units_milli, 3):>12} units" if units_milli else row


def _request(till: Till, options: dict[str, Any]) -> SaleRequest:
    if (options["amount"] is None) == (options["units"] is None):
        raise click.UsageError("Give either --amount or --units.")
    currency = till.shop.currency
    tenders = options["tenders"]
    _, colon, tendered = tenders[0].partition(":") if cash_alone(tenders) else ("", "", "")
    sale_id: UUID | None = options["sale_id"]
    amount, units = options["amount"], options["units"]
    return SaleRequest(
        sale_id=sale_id or new_id(till.clock.now()),
        drn=options["drn"],
        money_minor=None if amount is None else money_option(amount, currency, "--amount"),
        units_milli=None if units is None else units_option(units),
        tendered_minor=money_option(tendered, currency, "--tender") if colon else None,
        kind=SaleKind.ARREARS if options["is_arrears"] else SaleKind.ENERGY,
        is_another_wanted=options["another"],
    )
