"""`kilotill demo`, and what the program shows without a window: one sale in the demo shop."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from pos.bootstrap import Access, Till, open_till
from pos.cli.context import CommandContext, pass_command
from pos.cli.demo_shop import NOTES_AND_COINS, DemoShop, make_demo_shop, read_demo_shop
from pos.cli.paper_files import hand_over, write_pdf
from pos.cli.selling import sale_text
from pos.domain.permissions import Actor, Role
from pos.domain.shift import cash_count
from pos.errors import MachineFault
from pos.models.ledger_book import FORWARD_TOLERANCE, read_head
from pos.services.sale_values import SaleRequest
from pos.system.ids import new_id
from pos.system.paths import DataFolder
from pos.system.qt_libraries import missing_qt_packages

DEMO_MONEY_MINOR = 5000
_FLOAT_PIECES = 2


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object with people, PINs and meters.")
@pass_command
def demo(command: CommandContext, *, as_json: bool) -> int:
    """Fill an empty data folder with the demo shop: meters, staff, three months of sales.

    Run again, it only says what is there. A demo never becomes a real till.
    """
    shop = ready_demo_shop(command.folder)
    if as_json:
        click.echo(json.dumps({"operators": shop.operators, "meters": shop.meters}))
        return 0
    click.echo(f"Demo shop in {command.folder.root}, with {len(shop.meters)} meters. Sign in with:")
    for person in shop.operators:
        role = Role(person["role"]).name.lower().replace("_", " ")
        click.echo(f"  {person['name']:<10} {role:<18} PIN {person['pin']}")
    start = f"  kilotill --data {command.folder.root}"
    cashier = next(person["name"] for person in shop.operators if person["role"] == Role.CASHIER)
    click.echo("Sell a token:")
    click.echo(f"{start} shift open --operator {cashier} --float 50000")
    click.echo(f"{start} sell --meter {shop.meters[0]} --amount 5000 --operator {cashier}")
    return 0


def ready_demo_shop(folder: DataFolder) -> DemoShop:
    """Return the demo shop of a folder, making it first where there is none; progress goes to stderr."""
    if folder.database.exists():
        return _known_demo_shop(folder)
    shop = make_demo_shop(folder, datetime.now(UTC), watch=_show_progress)
    click.echo("", err=True)
    return shop


def _known_demo_shop(folder: DataFolder) -> DemoShop:
    try:
        return read_demo_shop(folder)
    except MachineFault as fault:
        if fault.code != "data.older":
            raise
    # Made by an earlier version: whoever opens it to write brings it to this one, with a copy kept.
    with open_till(folder, Access.WRITES):
        return read_demo_shop(folder)


def show_demo_sale(folder: DataFolder) -> int:
    """Sell one demo token in the terminal, through the services of the counter; write its receipt as PDF."""
    shop = ready_demo_shop(folder)
    people = {person["role"]: person for person in shop.operators}
    with open_till(folder, Access.WRITES) as till:
        cashier = till.sign_in.sign_in(people["C"]["name"], people["C"]["pin"])
        _ready_clock(till, people["S"])
        _ready_shift(till, cashier)
        request = SaleRequest(
            sale_id=new_id(till.clock.now()),
            drn=_next_meter(till, shop),
            money_minor=DEMO_MONEY_MINOR,
            tendered_minor=DEMO_MONEY_MINOR,
        )
        result = till.checkout.sell(request, cashier)
        pdf = folder.root / f"receipt-{result.sale['receipt_number']}.pdf"
        hand_over(till, result, cashier, is_quiet=True)
        write_pdf(till, result.place, pdf)
    click.echo("One sale in the demo shop, made as at the counter (public keys, a worthless token):\n")
    click.echo(sale_text(result))
    click.echo(f"\nReceipt: {pdf}")
    if packages := missing_qt_packages():
        click.echo(f"For a window, Debian needs: apt-get install {' '.join(packages)}", err=True)
    else:
        click.echo(f"Screen:  {_draw_sell_screen(folder, people['C'])}")
    click.echo(f"More:    .venv/bin/kilotill --data {folder.root} --help")
    return 0


def _draw_sell_screen(folder: DataFolder, cashier: dict[str, str]) -> Path:
    """Draw the Sell screen as the window would show it, without a display."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # Qt takes a moment to load, and the sale above does not wait for it.
    from pos.ui.picture import sell_picture

    path = folder.root / "sell.png"
    with open_till(folder, Access.WRITES) as till:
        sell_picture(till, till.sign_in.sign_in(cashier["name"], cashier["pin"]), path)
    return path


def _ready_clock(till: Till, supervisor: dict[str, str]) -> None:
    """A demo left alone for weeks asks for the date, as a real till would; its supervisor confirms it."""
    with till.units.read() as connection:
        is_far = till.clock.now() > read_head(connection).trusted_at + FORWARD_TOLERANCE
    if is_far:
        person = till.sign_in.sign_in(supervisor["name"], supervisor["pin"])
        till.clock_acts.confirm(person, till.clock.now().astimezone(till.shop.time_zone).date())


def _ready_shift(till: Till, cashier: Actor) -> None:
    if till.shifts.resume(cashier) is None:
        till.shifts.open_shift(cashier, cash_count([(NOTES_AND_COINS[0], _FLOAT_PIECES)]))


def _next_meter(till: Till, shop: DemoShop) -> str:
    """A meter that did not buy a moment ago: the duplicate guard is for people."""
    with till.units.read() as connection:
        sold: int = connection.exec_driver_sql("SELECT count(*) FROM sale").scalar_one()
    return shop.meters[sold % len(shop.meters)]


def _show_progress(done: int, whole: int) -> None:
    if sys.stderr.isatty() or done == whole:
        click.echo(f"\rMaking the demo shop: day {done} of {whole}", nl=False, err=True)
