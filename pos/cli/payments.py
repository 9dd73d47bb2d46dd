"""`kilotill pay`: payments by phone and card: see them, ask again, resolve, refund, settle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from pos.bootstrap import Access, Till
from pos.cli.context import LOCAL_READER, CommandContext, money_option, pass_command
from pos.cli.paper_files import print_notes
from pos.cli.selling import WAIT_S, sale_json, sale_text
from pos.cli.tenders import (
    age_text,
    exit_code,
    hand_over_new,
    parts_of,
    say,
    say_next,
    view_json,
    view_text,
    wait_for,
)
from pos.domain.fees import FeePayer, FeeRule
from pos.domain.money import AmountTextError, format_major, parse_scaled
from pos.domain.payment_reports import Outcome
from pos.domain.permissions import Actor, Permission
from pos.domain.settlement import Mark, StatementForm
from pos.errors import ApprovalNeeded, UserError
from pos.models.queries.payments import answers_of, find_by_text
from pos.services.approval import Approval
from pos.services.payment_views import SaleView
from pos.services.provider_accounts import ProviderStatus
from pos.services.statements import ReadStatement, statement_text

OPERATOR = click.option("--operator", required=True, metavar="NAME", help="Who does it.")
APPROVED = click.option("--approved-by", metavar="NAME", help="Who lets the operator do it, if needed.")
PIN = click.option("--pin-stdin", is_flag=True, help="Read PINs from standard input, one a line, in order.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
WHICH = click.argument("which", metavar="ID")
PERCENT_DIGITS = 4
TENDERS = ("momo", "airtel", "paystack")


@click.group()
def pay() -> None:
    """Payments by phone and card. ID is a payment's id, a sale's id or a reference."""


@pay.command(name="list")
@AS_JSON
@pass_command
def list_payments(command: CommandContext, *, as_json: bool) -> int:
    """List the sales whose payment is under way or needs a person, the oldest first."""
    with command.till(Access.READS) as till:
        views = till.payments.desk.waiting(LOCAL_READER)
        currency = till.shop.currency
    text = "\n".join(view_text(view, currency) for view in views) or "No payment is under way."
    say({"sales": [view_json(view) for view in views]}, as_json=as_json, text=text)
    return 0


@pay.command()
@WHICH
@click.option("--raw", is_flag=True, help="Also what the provider answered, word by word.")
@AS_JSON
@pass_command
def status(command: CommandContext, which: str, *, raw: bool, as_json: bool) -> int:
    """Show a sale and its payments as the till knows them; nobody is asked."""
    with command.till(Access.READS) as till:
        view = _view(till, which)
        text = view_text(view, till.shop.currency)
        answer = view_json(view)
        if raw:
            lines = _raw(till, view)
            answer |= {"answers": lines}
            text = "\n".join([text, *(f"{one['at']}  {one['call']}: {one['body']}" for one in lines)])
    say(answer, as_json=as_json, text=text)
    return 0


@pay.command()
@WHICH
@click.option("--wait", is_flag=True, help="Go on asking until it is final, ten minutes at most.")
@OPERATOR
@PIN
@AS_JSON
@pass_command
def requery(command: CommandContext, /, *, which: str, as_json: bool, **options: Any) -> int:
    """Ask the provider now, and write the token if it has come.

    Ends with 0 when asked, 1 when nothing was paid, 3 when --wait ended before the payment did or a part is
    still to pay.
    """
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        view = _view(till, which)
        for part in view.parts:
            if part.provider and (part.is_under_way or part.ask_at is not None):
                view = till.payments.desk.requery(part.id, actor)
        till.payments.run_due()
        view = till.payments.desk.look(view.sale_id)
        if options["wait"]:
            view = wait_for(till, view, WAIT_S)
        _tell(till, view, actor, as_json=as_json)
    return exit_code(view, was_waited_for=options["wait"])


@pay.command()
@pass_command
def run(command: CommandContext) -> int:
    """Do once what is due: ask providers, deliver what became certain, send messages."""
    with command.till(Access.WRITES) as till:
        news = till.payments.run_due()
        for one in news:
            click.echo(f"{one.what} {one.sale_id}")
            till.payments.desk.seen(one.key)
    return 0


@pay.command()
@WHICH
@click.option("--tender", "tenders", multiple=True, required=True, help="As of `kilotill sell`.")
@click.option("--wait", is_flag=True, help="Wait until it is final, ten minutes at most.")
@OPERATOR
@PIN
@AS_JSON
@pass_command
def rest(command: CommandContext, /, *, which: str, as_json: bool, **options: Any) -> int:
    """Ask for what a refused part of a split left open, and write the token if it has come.

    Ends as `requery`.
    """
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        view = _view(till, which)
        view = till.payments.desk.pay_rest(view.sale_id, parts_of(till, options["tenders"]), actor)
        if options["wait"]:
            view = wait_for(till, view, WAIT_S)
        _tell(till, view, actor, as_json=as_json)
    return exit_code(view, was_waited_for=options["wait"])


def _percent_option(text: str) -> int:
    try:
        return parse_scaled(text, PERCENT_DIGITS)
    except AmountTextError as error:
        raise click.BadParameter(error.text, param_hint="--percent") from error


def _tell(till: Till, view: SaleView, actor: Actor, *, as_json: bool) -> None:
    """Write where a sale is, its token if it has one, and what is next if it has none."""
    result = hand_over_new(till, view, actor, is_quiet=as_json)
    answer, text = view_json(view), view_text(view, till.shop.currency)
    if result is not None:
        answer |= {"sale": sale_json(result)}
        text = f"{text}\n{sale_text(result)}"
    say(answer, as_json=as_json, text=text)
    say_next(view)


_OF_REFUND = {"given_back": Outcome.SUCCEEDED, "not_given_back": Outcome.FAILED}


@pay.command()
@WHICH
@click.option("--paid", "outcome", flag_value="succeeded", help="The provider has the money.")
@click.option("--failed", "outcome", flag_value="failed", help="No money came, and none will.")
@click.option("--given-back", "outcome", flag_value="given_back", help="Of a refund: the customer has it.")
@click.option(
    "--not-given-back", "outcome", flag_value="not_given_back", help="Of a refund: it is due again."
)
@click.option("--reason", required=True, help="What shows it: a slip, a statement.")
@OPERATOR
@APPROVED
@PIN
@AS_JSON
@pass_command
def resolve(command: CommandContext, /, *, which: str, as_json: bool, **options: Any) -> int:
    """Say what became of a payment, or of its refund, that its provider does not tell.

    Writes the token if it has come.
    """
    if options["outcome"] is None:
        raise click.UsageError("Give one of --paid, --failed, --given-back and --not-given-back.")
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        payment_id = _payment(till, which)

        def act(approval: Approval | None) -> SaleView:
            outcome, desk = options["outcome"], till.payments.desk
            resolve = desk.resolve_refund if outcome in _OF_REFUND else desk.resolve
            reached = _OF_REFUND.get(outcome) or Outcome(outcome)
            return resolve(payment_id, actor, outcome=reached, reason=options["reason"], approval=approval)

        view = _approved(command, till, options, act=act, subject=payment_id)
        _tell(till, view, actor, as_json=as_json)
    return 0


@pay.command()
@WHICH
@click.option("--reason", required=True, help="Why the money goes back.")
@click.option("--cash", "in_cash", is_flag=True, help="All of it out of the drawer.")
@OPERATOR
@APPROVED
@PIN
@AS_JSON
@pass_command
def refund(command: CommandContext, /, *, which: str, as_json: bool, **options: Any) -> int:
    """Give the money of a sale back that was paid and not delivered: each part as it came."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        view = _view(till, which)
        if view.state in ("awaiting_payment", "paid"):
            give_up = _give_up(till, view, actor, options["reason"])
            view = _approved(command, till, options, act=give_up, subject=view.sale_id)
        sale_id = view.sale_id

        def act(approval: Approval | None) -> SaleView:
            if options["in_cash"]:
                till.refunds.make(sale_id, actor, reason=options["reason"], approval=approval)
            else:
                till.payments.refunds.make(sale_id, actor, reason=options["reason"], approval=approval)
            return till.payments.desk.look(sale_id)

        view = _approved(command, till, options, act=act, subject=sale_id)
        print_notes(till)
        text = view_text(view, till.shop.currency)
    say(view_json(view), as_json=as_json, text=text)
    return 0


@pay.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tender", required=True, help="Whose statement it is, such as momo.")
@click.option("--reference", metavar="COLUMN", help="The column with our reference.")
@click.option("--provider-reference", metavar="COLUMN", help="The column with the provider's reference.")
@click.option("--amount", metavar="COLUMN", required=True, help="The column with the amount.")
@click.option("--fee", metavar="COLUMN", help="The column with the provider's fee.")
@click.option("--date", metavar="COLUMN", help="The column with the date.")
@click.option("--currency", metavar="COLUMN", help="The column with the currency.")
@click.option("--comma", is_flag=True, help="Amounts have a comma before the decimals.")
@click.option("--resolve", "resolves", is_flag=True, help="Settle open payments that it names as paid.")
@OPERATOR
@PIN
@AS_JSON
@pass_command
def settle(command: CommandContext, /, *, file: Path, as_json: bool, **options: Any) -> int:
    """Compare a provider's or a bank's statement (CSV) with the books, and list what differs."""
    columns = ("reference", "provider_reference", "amount", "fee", "date", "currency")
    form_columns = {name: options[name] for name in columns if options[name]}
    with command.till(Access.WRITES) as till:
        form = StatementForm(form_columns, till.shop.currency, Mark.COMMA if options["comma"] else Mark.DOT)
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        tender = till.payments.desk.gateway(options["tender"]).profile.tender
        text = statement_text(file)
        read = till.payments.statements.read(actor, tender, name=file.name, text=text, form=form)
        settled = till.payments.statements.resolve_open(actor, read) if options["resolves"] else []
        currency = till.shop.currency
    answer = _settlement_json(read) | {"resolved": [str(one) for one in settled]}
    say(answer, as_json=as_json, text=_settlement_text(read, currency))
    return 0 if read.settlement.is_clean and not read.errors else 1


@pay.command()
@click.option("--refresh", is_flag=True, help="Ask every provider now.")
@OPERATOR
@PIN
@AS_JSON
@pass_command
def providers(command: CommandContext, /, *, refresh: bool, as_json: bool, **options: Any) -> int:
    """Show the providers: set up or not, money there as last heard, and what our books say."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        if refresh:
            for code in till.payments.gateways():
                till.payments.accounts.refresh(code)
        found = till.payments.accounts.statuses(actor)
        currency = till.shop.currency
    rows = [_provider_text(one, currency) for one in found]
    say({"providers": [_provider_json(one) for one in found]}, as_json=as_json, text="\n".join(rows))
    return 0


@pay.command()
@click.argument("provider")
@OPERATOR
@PIN
@click.option("--test", "tests", is_flag=True, help="Try them before they are kept.")
@pass_command
def credentials(command: CommandContext, /, *, provider: str, tests: bool, **options: Any) -> int:
    """Keep a provider's credentials, typed unseen or one a line on standard input.

    PROVIDER is mtn_momo (subscription key, user id, api key, and the same three for refunds), airtel_money
    (client id, client secret) or paystack (secret key). An empty line leaves a field of refunds out.
    """
    from pos.gateways.factory import FIELDS

    if provider not in FIELDS:
        raise click.UsageError(f"One of {', '.join(FIELDS)} is wanted.")
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        given = {
            name: command.secret_line(name.replace("_", " "), from_stdin=options["pin_stdin"])
            for name in FIELDS[provider]
        }
        given = {name: value for name, value in given.items() if value}
        if tests:
            till.payments.accounts.test(actor, provider, given)
        till.payments.accounts.set_credentials(actor, provider, given)
    click.echo(f"The credentials of {provider} are kept.")
    return 0


@pay.command()
@click.argument("tender", type=click.Choice(TENDERS), metavar="TENDER")
@click.option("--percent", default="0", metavar="PERCENT", help="Of the amount, such as 1.5.")
@click.option("--fixed", default="0", metavar="MONEY", help="Besides, in whole units.")
@click.option("--least", default="0", metavar="MONEY", help="Never less.")
@click.option("--most", metavar="MONEY", help="Never more.")
@click.option("--tax", "tax_code", default="", help="The tax inside it; empty: the tariff's tax on fees.")
@click.option("--shop-pays", is_flag=True, help="The shop bears it: the customer sees no line.")
@OPERATOR
@PIN
@pass_command
def fee(command: CommandContext, /, *, tender: str, **options: Any) -> int:
    """Store what a tender costs from now on: the next version of its fee rule.

    TENDER is momo, airtel or paystack.
    """
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        currency = till.shop.currency
        most = options["most"]
        rule = till.payments.fees.add(
            actor,
            FeeRule(
                code=f"fee_{tender}",
                version=1,
                provider=tender,
                currency=currency,
                valid_from=till.clock.now(),
                percent_ppm=_percent_option(options["percent"]),
                fixed_minor=money_option(options["fixed"], currency, "--fixed"),
                least_minor=money_option(options["least"], currency, "--least"),
                most_minor=None if most is None else money_option(most, currency, "--most"),
                tax_code=options["tax_code"],
                payer=FeePayer.SHOP if options["shop_pays"] else FeePayer.CUSTOMER,
            ),
        )
    click.echo(f"Fee of {tender}, version {rule.version}, holds from now on.")
    return 0


def _view(till: Till, which: str) -> SaleView:
    return till.payments.desk.look(_found(till, which)[0])


def _payment(till: Till, which: str) -> UUID:
    """The payment that is meant: named itself, or the only one of a sale that a person can resolve."""
    sale_id, payment_id = _found(till, which)
    if payment_id is not None:
        return payment_id
    parts = till.payments.desk.look(sale_id).parts
    open_ones = [part.id for part in parts if part.provider and part.needs_word]
    if len(open_ones) != 1:
        raise UserError("payment.unknown", "Name the payment: this sale has not exactly one that is open.")
    return open_ones[0]


def _found(till: Till, which: str) -> tuple[UUID, UUID | None]:
    with till.units.read() as connection:
        found = find_by_text(connection, which)
    if found is None:
        raise UserError("payment.unknown", "This till knows no such payment.")
    return found


def _raw(till: Till, view: SaleView) -> list[dict[str, Any]]:
    lines = []
    with till.units.read() as connection:
        for part in view.parts:
            for one in answers_of(connection, part.id):
                lines.append(
                    {
                        "payment_id": str(part.id),
                        "at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
                        "call": one.call,
                        "http_status": one.http_status,
                        "outcome": one.outcome,
                        "body": one.body,
                    }
                )
    return lines


Act = Callable[[Approval | None], SaleView]


def _give_up(till: Till, view: SaleView, actor: Actor, reason: str) -> Act:
    def act(approval: Approval | None) -> SaleView:
        return till.payments.desk.give_up(view.sale_id, actor, reason=reason, approval=approval)

    return act


def _approved(
    command: CommandContext, till: Till, options: dict[str, Any], *, act: Act, subject: UUID
) -> SaleView:
    """Do an act; where another person must let it happen, ask for that person's PIN and do it again."""
    try:
        return act(None)
    except ApprovalNeeded as needed:
        name = options["approved_by"]
        if name is None:
            raise
        if "pin" not in options:
            # One PIN for both steps of an act.
            options["pin"] = command.secret_line(f"PIN of {name}", from_stdin=options["pin_stdin"])
        approval = till.approver.approve(
            Permission(needed.permission), str(subject), approver=name, pin=options["pin"]
        )
        return act(approval)


def _settlement_json(read: ReadStatement) -> dict[str, Any]:
    found = read.settlement
    return {
        "statement": read.key,
        "matched": len(found.matched),
        "differing": [
            {
                "line": pair.theirs.line,
                "payment_id": pair.ours.payment_id,
                "ours_minor": pair.ours.amount_minor,
                "theirs_minor": pair.theirs.amount_minor,
            }
            for pair in found.differing
        ],
        "only_theirs": [{"line": row.line, "amount_minor": row.amount_minor} for row in found.only_theirs],
        "only_ours": [
            {"payment_id": one.payment_id, "amount_minor": one.amount_minor} for one in found.only_ours
        ],
        "errors": [{"line": one.line, "code": one.error_code, "text": one.error_text} for one in read.errors],
    }


def _settlement_text(read: ReadStatement, currency: str) -> str:
    found = read.settlement

    def money(amount_minor: int) -> str:
        return format_major(amount_minor, currency)

    rows = [f"{len(found.matched)} payments agree."]
    rows += [
        f"line {pair.theirs.line}: the statement says {money(pair.theirs.amount_minor)}, "
        f"the books say {money(pair.ours.amount_minor)} ({pair.ours.payment_id})"
        for pair in found.differing
    ]
    rows += [
        f"line {row.line}: {money(row.amount_minor)} is not in the books "
        f"({row.reference or row.provider_reference})"
        for row in found.only_theirs
    ]
    rows += [f"not in the statement: {money(one.amount_minor)} ({one.payment_id})" for one in found.only_ours]
    rows += [f"line {one.line}: {one.error_text} [{one.error_code}]" for one in read.errors]
    return "\n".join(rows)


def _provider_json(one: ProviderStatus) -> dict[str, Any]:
    return {
        "provider": one.code,
        "tender": one.tender,
        "ready": one.is_ready,
        "offered": one.is_offered,
        "credentials": dict(one.credentials),
        "balance_minor": None if one.balance is None else one.balance.amount_minor,
        "balance_age_seconds": None if one.balance_age is None else int(one.balance_age.total_seconds()),
        "booked_minor": one.booked_minor,
        "low": one.is_low,
        "trouble": one.trouble,
        "line": None if one.breaker is None else one.breaker.circuit.value,
    }


def _provider_text(one: ProviderStatus, currency: str) -> str:
    state = "offered" if one.is_offered else "ready, not for this shop" if one.is_ready else "not set up"
    row = f"{one.label:<14}{state:<26}booked {format_major(one.booked_minor, currency)} {currency}"
    if one.balance is not None and one.balance_age is not None:
        amount = format_major(one.balance.amount_minor, one.balance.currency)
        row += f", says {amount} {one.balance.currency} {age_text(one.balance_age)} ago"
    if one.is_low:
        row += ", LOW"
    return f"{row} [{one.trouble}]" if one.trouble else row
