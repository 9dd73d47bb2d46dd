"""The providers that the server speaks to for its tills: their accounts, from a file only it reads."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from central.clock import Clock
from central.settings import Settings
from pos.errors import UserError
from pos.gateways.base import PaymentGateway
from pos.gateways.factory import SANDBOX_PATHS, Account, make_gateway, sandbox_credentials
from pos.gateways.http import Line

FILE = "payments.json"
SANDBOX_VARIABLE = "KILOTILL_SANDBOX_URL"
EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """One account at one provider; `organisation` `*` serves every one.

    `callback_secret` is the hidden part of an address whose callbacks nobody signs; `callback_keys` are what
    callbacks may be signed with besides the credentials themselves.
    """

    organisation: str
    provider: str
    account: Account = field(repr=False)
    callback_secret: str = field(default="", repr=False)
    callback_keys: tuple[str, ...] = field(default=(), repr=False)

    def serves(self, organisation: UUID) -> bool:
        """Say whether it may be used for an organisation."""
        return self.organisation in (EVERYBODY, str(organisation))


class PaymentAccounts:
    """Gives gateways; each is made once, so that it keeps its connection, its bearer and its breaker."""

    def __init__(self, accounts: Sequence[ServerAccount], line: Line) -> None:
        """Raises UserError `provider.*`: a mistake in an account shows at the start."""
        self._accounts = [(one, make_gateway(one.provider, one.account, line)) for one in accounts]

    def gateways(self, organisation: UUID) -> dict[str, PaymentGateway]:
        """Return the providers of an organisation by code; its own account before everybody's."""
        found: dict[str, PaymentGateway] = {}
        for one, gateway in sorted(self._accounts, key=lambda pair: pair[0].organisation == EVERYBODY):
            if one.serves(organisation):
                found.setdefault(one.provider, gateway)
        return found

    def of_provider(self, provider: str) -> list[ServerAccount]:
        """Return every account at a provider: a callback may be of any."""
        return [one for one, _ in self._accounts if one.provider == provider]


def load_accounts(settings: Settings, clock: Clock) -> PaymentAccounts:
    """Read `payments.json` of the data folder; a demo without one uses the sandbox it is told of.

    Raises UserError `settings.payments`, `provider.*`: the server does not start with half an account.
    """
    path = settings.data_folder / FILE
    accounts: tuple[ServerAccount, ...] = ()
    if path.exists():
        accounts = _read(path)
    elif settings.is_demo and os.environ.get(SANDBOX_VARIABLE):
        accounts = sandbox_accounts(os.environ[SANDBOX_VARIABLE].rstrip("/"))
    return PaymentAccounts(accounts, Line(_RunningClock(clock)))


class _RunningClock:
    """The server's clock with the running time that gateways want."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def running_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


def _read(path: Path) -> tuple[ServerAccount, ...]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["accounts"]
        return tuple(_account(entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("settings.payments", f"{path.name} cannot be read: see docs/payments.md.") from error


def _account(entry: Mapping[str, Any]) -> ServerAccount:
    names = ("environment", "version", "email", "callback_url")
    account = Account(
        url=str(entry["url"]),
        country=str(entry["country"]),
        currency=str(entry["currency"]),
        credentials={str(name): str(value) for name, value in entry["credentials"].items()},
        **{name: str(entry[name]) for name in names if name in entry},
    )
    return ServerAccount(
        organisation=str(entry.get("organisation", EVERYBODY)),
        provider=str(entry["provider"]),
        account=account,
        callback_secret=str(entry.get("callback_secret", "")),
        callback_keys=tuple(str(key) for key in entry.get("callback_keys", ())),
    )


def sandbox_accounts(url: str) -> tuple[ServerAccount, ...]:
    """The accounts of a sandbox: published, and good for nothing else."""
    # Only where it is needed: a real server never loads the sandbox.
    from pos.gateways.sandbox.credentials import AIRTEL_CALLBACK_KEY

    credentials = sandbox_credentials()
    return tuple(
        ServerAccount(
            EVERYBODY,
            code,
            Account(
                url=f"{url}{SANDBOX_PATHS[code]}",
                country="RW",
                currency="RWF",
                credentials=credentials[code],
            ),
            callback_keys=(AIRTEL_CALLBACK_KEY,) if code == "airtel_money" else (),
        )
        for code in ("mtn_momo", "airtel_money")
    )
