"""The names under which a till keeps secrets, and no others (docs/formats.md §15, docs/adr/0006)."""

from __future__ import annotations

import re

from pos.errors import UserError

TILL_KEY = "till_key"
VAULT_KEY = "vault_key"
PIN_KEY = "pin_key"
PII_KEY = "pii_key"
VOUCHER_KEY = "voucher_key"
JOURNAL_HEAD = "journal_head"
"""No secret: the last line of the journal this machine saw, where a forger of the database does not look."""

_FIXED_NAMES = frozenset({TILL_KEY, VAULT_KEY, PIN_KEY, PII_KEY, VOUCHER_KEY, JOURNAL_HEAD})
_PROVIDER_NAME = re.compile(r"provider:[a-z][a-z0-9_]{0,39}")


def check_name(name: str) -> None:
    """Refuse a name that is not one of docs/formats.md §15. Raises UserError `secrets.name`."""
    if name not in _FIXED_NAMES and not _PROVIDER_NAME.fullmatch(name):
        raise UserError("secrets.name", f"There is no secret called {name[:60]!r}.")
