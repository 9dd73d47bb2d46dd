"""Callbacks of providers: let in by their signature, kept once, and handed to the till as a hint to ask."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from central.clock import Clock
from central.db import Database
from central.models.payments import webhook
from central.services.former_lines import succession_of
from central.services.payment_accounts import PaymentAccounts
from central.services.payments import owner_of
from pos.contracts.payments import HINTS_MAX, HintMessage, HintsAnswer
from pos.errors import UserError
from pos.gateways.webhooks import Hint, read_airtel, read_mtn, read_paystack, read_vtpass

PAYSTACK_HEADER = "x-paystack-signature"
AIRTEL_HEADER = "x-airtel-hash"
MTN_HEADER = "x-reference-id"


# Made once: to make a statement anew costs as much as to run it.
_LAST = select(func.coalesce(func.max(webhook.c.number), 0))
_KNOWN = select(webhook.c.number).where(
    webhook.c.provider == bindparam("known_provider"), webhook.c.event_id == bindparam("known_event")
)
_KEEP = insert(webhook)


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback as it came: the bytes, the headers in lower case, and the hidden part of the address."""

    provider: str
    body: bytes
    headers: Mapping[str, str]
    secret: str = ""


class Webhooks:
    """Takes callbacks in and gives hints out."""

    def __init__(self, database: Database, accounts: PaymentAccounts, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock

    def take(self, callback: Callback) -> bool:
        """Keep a callback; False for one that came before, and for one that is no use.

        Where nothing vouches for the sender, only what names a payment of ours is kept: else whoever finds
        the address could fill the database.

        Raises:
            UserError: `webhook.unknown_provider`, `webhook.signature`, `webhook.unreadable`,
                `webhook.no_reference`, `webhook.too_long`.
        """
        hint = self._read(callback)
        if not self._is_vouched_for(hint) and self._owner_of(hint) is None:
            return False
        with self._database.write(lock="webhook") as connection:
            place = {"known_provider": hint.provider, "known_event": hint.event_id}
            if connection.execute(_KNOWN, place).scalar() is not None:
                return False
            last: int = connection.execute(_LAST).scalar_one()
            row = {
                "number": last + 1,
                "provider": hint.provider,
                "event_id": hint.event_id,
                "event": hint.event[:60],
                "reference": hint.reference,
                "till_id": owner_of(connection, hint.provider, hint.reference),
                "signed_by": hint.signed_by[:40],
                "body": hint.kept_body,
                "received_at": self._clock.now(),
            }
            connection.execute(_KEEP, row)
        return True

    def _is_vouched_for(self, hint: Hint) -> bool:
        """Say whether a signature fitted, or the hidden part of an address that has one."""
        has_hidden_part = any(one.callback_secret for one in self._accounts.of_provider(hint.provider))
        return bool(hint.signed_by) or (hint.provider == "mtn_momo" and has_hidden_part)

    def _owner_of(self, hint: Hint) -> UUID | None:
        with self._database.read() as connection:
            return owner_of(connection, hint.provider, hint.reference)

    def last_number(self) -> int:
        """Return the number of the newest callback, 0 before the first."""
        with self._database.read() as connection:
            found: int = connection.execute(_LAST).scalar_one()
        return found

    def hints(self, till_id: UUID, after: int) -> HintsAnswer:
        """Return the callbacks about a till's payments after a number; below 0 asks where to begin.

        Those of a till that it replaced are its own.
        """
        if after < 0:
            return HintsAnswer(hints=(), after=self.last_number())
        with self._database.read() as connection:
            owners = succession_of(connection, till_id)
            rows = connection.execute(
                select(webhook.c.number, webhook.c.provider, webhook.c.reference)
                .where(webhook.c.till_id.in_(owners), webhook.c.number > after)
                .order_by(webhook.c.number)
                .limit(HINTS_MAX)
            ).all()
        hints = tuple(HintMessage(provider=row.provider, reference=row.reference) for row in rows)
        return HintsAnswer(hints=hints, after=rows[-1].number if rows else after)

    def _read(self, callback: Callback) -> Hint:
        readers: Mapping[str, Callable[[Callback], Hint]] = {
            "paystack": self._paystack,
            "airtel_money": self._airtel,
            "mtn_momo": self._mtn,
            "vtpass": lambda one: read_vtpass(one.body),
        }
        reader = readers.get(callback.provider)
        if reader is None:
            raise UserError("webhook.unknown_provider", "No provider calls back here.")
        return reader(callback)

    def _paystack(self, callback: Callback) -> Hint:
        keys = [one.account.credentials["secret_key"] for one in self._accounts.of_provider("paystack")]
        signature = callback.headers.get(PAYSTACK_HEADER, "")
        for key in keys:
            try:
                return read_paystack(callback.body, signature, key)
            except UserError as error:
                if error.code != "webhook.signature":
                    raise
        raise _refused()

    def _airtel(self, callback: Callback) -> Hint:
        keys = tuple(
            key
            for one in self._accounts.of_provider("airtel_money")
            for key in (*one.callback_keys, one.account.credentials["client_secret"])
        )
        return read_airtel(callback.body, callback.headers.get(AIRTEL_HEADER, ""), keys=keys)

    def _mtn(self, callback: Callback) -> Hint:
        secrets = [one.callback_secret for one in self._accounts.of_provider("mtn_momo")]
        given = callback.secret.encode()
        fitting = [one for one in secrets if one and hmac.compare_digest(one.encode(), given)]
        if any(secrets) and not fitting:
            raise UserError("webhook.signature", "This address is not one that was given to the provider.")
        return read_mtn(callback.body, callback.headers.get(MTN_HEADER, ""))


def _refused() -> UserError:
    return UserError("webhook.signature", "The signature does not fit this message.")
