"""What a till that is about to die does: it asks a payer for money, waits, and may deliver."""

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from uuid import UUID, uuid5

import requests
from sqlalchemy import event

from pos.gateways.base import PaymentGateway
from pos.gateways.http import Line, Pauses
from pos.models.uow import Units
from pos.services.payment_parts import Part
from pos.services.sale_values import SaleRequest
from tests.chaos.shared_clock import SharedClock
from tests.factories.gateways import PAYERS, payment_gateway
from tests.factories.payments import Counter, wire
from tests.factories.shop import reopen_shop

NAMESPACE = UUID("4b1f0a3e-0f57-4a2f-9d0e-0c5d3a8f1c22")
MONEY_MINOR = 5000
CASH_MINOR = 1500
LOOKS_MAX = 12
"""So often a living till asks; then it dies anyway."""


class Death:
    """Ends this process with SIGKILL just before a statement or a request; counts both together."""

    def __init__(self, at: int | None) -> None:
        self._left = at

    def step(self) -> None:
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            die()


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")


def open_counter(
    folder: Path, clock: SharedClock, name: str, url: str, death: Death | None = None
) -> Counter:
    """Open the shop with one provider behind the sandbox."""
    shop = reopen_shop(folder, clock=clock)
    # Short, as the sandbox is near: one scenario holds an answer back for longer.
    line = Line(
        clock,
        Pauses(connect_s=2, read_s=0.4),
        sleep=lambda seconds: clock.pass_time(seconds=seconds),
        chance=lambda: 1.0,
    )
    gateway = payment_gateway(name, url, line)
    gateways: dict[str, PaymentGateway] = {gateway.profile.code: gateway}
    (currency,) = gateway.profile.currencies
    counter = wire(shop, gateways, currency)
    if death is not None:
        _watch(shop.units, death)
    return counter


def request(trial: int, drn: str) -> SaleRequest:
    """The sale of a trial: the same each time it is asked for."""
    sale_id = uuid5(NAMESPACE, str(trial))
    return SaleRequest(sale_id=sale_id, drn=drn, money_minor=MONEY_MINOR, is_another_wanted=True)


def parts(trial: int, name: str, tender: str) -> tuple[Part, ...]:
    """Every third sale is split with cash."""
    by_phone = Part(tender, pay_by=PAYERS[name], payer_email="payer@example.com")
    return (Part("", CASH_MINOR), by_phone) if trial % 3 == 2 else (by_phone,)


def live(
    folder: Path,
    clock: SharedClock,
    *,
    trial: int,
    name: str,
    url: str,
    drn: str,
    die_at: int | None,
    say: Callable[[str], None],
) -> NoReturn:
    """Sell until killed; `say` gets `ready`, and `token DIGITS` once the customer could have read one."""
    death = Death(die_at)
    counter = open_counter(folder, clock, name, url, death)
    counter.desk.take_up()
    _watch_requests(death)
    say("ready")
    (gateway,) = counter.gateways.values()
    asked = request(trial, drn)
    view = counter.desk.begin(asked, parts(trial, name, gateway.profile.tender), counter.shop.supervisor)
    for look in range(LOOKS_MAX):
        if view.result is not None and view.result.credit_token is not None:
            say(f"token {view.result.credit_token['digits']}")
        clock.pass_time(seconds=3 + look)
        counter.desk.run_due()
        view = counter.desk.look(asked.sale_id)
    die()


def _watch(units: Units, death: Death) -> None:
    units._reading.dispose()

    @event.listens_for(units._reading, "connect")
    def _trace(connection: sqlite3.Connection, _record: object) -> None:
        connection.set_trace_callback(lambda _sql: death.step())


def _watch_requests(death: Death) -> None:
    """A death just before a request leaves and just after its answer was read."""
    send = requests.Session.send

    def counted(self: requests.Session, *arguments: object, **options: object) -> requests.Response:
        death.step()
        answer = send(self, *arguments, **options)  # type: ignore[arg-type]
        death.step()
        return answer

    requests.Session.send = counted  # type: ignore[method-assign]
