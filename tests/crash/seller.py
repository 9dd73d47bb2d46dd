"""What a till that is about to die does: it sells, and says what was acknowledged."""

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from uuid import UUID, uuid5

from sqlalchemy import event

from pos.errors import Unavailable
from pos.models.uow import Units
from pos.services.sale_values import SaleRequest, SaleResult
from tests.crash.remote_twin import RemoteHolderTwin, Step
from tests.factories.shop import Shop, reopen_shop

NAMESPACE = UUID("6b1f0a3e-0f57-4a2f-9d0e-0c5d3a8f1c11")
REMOTE_GROUP = "201458"
HOLDER_BOOK = "holder.jsonl"


def request(trial: int, n: int, drns: list[str]) -> SaleRequest:
    """The n-th sale of a trial: the same each time it is asked for."""
    return SaleRequest(
        sale_id=uuid5(NAMESPACE, f"{trial}/{n}"),
        drn=drns[n % len(drns)],
        money_minor=700 + 431 * (n % 9),
        is_another_wanted=True,
    )


def open_till(folder: Path, script: list[Step]) -> tuple[Shop, RemoteHolderTwin]:
    """Open the shop with its remote key holder."""
    holders: dict[str, RemoteHolderTwin] = {}
    shop = reopen_shop(folder, remote_holders=holders)
    shop.set_rules(printer="a printer")
    holders["central"] = RemoteHolderTwin(shop.vault, folder / HOLDER_BOOK, script)
    return shop, holders["central"]


def run_till(
    folder: Path, trial: int, drns: list[str], say: Callable[[str], None], *, die_at: int | None
) -> NoReturn:
    """Sell until killed; with `die_at`, kill itself at that statement after the till is open.

    `say` gets `token SALE_ID DIGITS` after every sale and `handed SALE_ID` after every second receipt.
    """
    shop, _ = open_till(folder, [Step.LOSE_ANSWER, Step.ANSWER, Step.LOSE_REQUEST])
    if die_at is not None:
        _die_at(shop.units, die_at)
    say("ready")
    n = 0
    while True:
        shop.clock.pass_time(seconds=50)
        asked = request(trial, n, drns)
        try:
            result = shop.checkout.sell(asked, shop.supervisor)
        except Unavailable:
            # Nothing came back: asked again, as the resume screen does.
            result = sell_again(shop, asked)
        assert result.credit_token is not None
        say(f"token {asked.sale_id} {result.credit_token['digits']}")
        if n % 2 == 0:
            hand_over(shop, asked.sale_id)
            say(f"handed {asked.sale_id}")
        n += 1


def sell_again(shop: Shop, asked: SaleRequest) -> SaleResult:
    """Ask for the same sale until the remote holder has answered."""
    for _ in range(5):
        try:
            return shop.checkout.sell(asked, shop.supervisor)
        except Unavailable:
            continue
    raise AssertionError("the other holder never answers")


def hand_over(shop: Shop, sale_id: UUID) -> None:
    with shop.units.write() as unit:
        shop.book.record(
            unit,
            "token_handed_over",
            {"sale_id": str(sale_id), "how": "printed", "copy": 0},
            actor=shop.supervisor.id,
        )


def _die_at(units: Units, statement: int) -> None:
    """Count statements of all connections from now on; the process ends just before the given one starts."""
    left = [statement]

    def count(_sql: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    units._reading.dispose()

    @event.listens_for(units._reading, "connect")
    def _trace(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(count)
