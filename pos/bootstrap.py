"""The composition root: opens a data folder and wires the services; nothing else constructs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from zoneinfo import ZoneInfo

from pos.config import (
    DUPLICATE_GUARD_MINUTES,
    DUPLICATE_LIMIT_MINOR,
    LANGUAGE,
    PRINTER,
    RECEIPT_FOOTER,
    SMALLEST_COIN_MINOR,
)
from pos.errors import UserError
from pos.models.ledger_book import Book
from pos.models.uow import Units
from pos.printing.fiscal import NoFiscalSigner
from pos.services.approval import Approver
from pos.services.checkout import Checkout
from pos.services.delivery import CheckoutRules, Delivery
from pos.services.operators import Operators
from pos.services.papers import PaperRules, ShopPapers
from pos.services.pins import PinSeal, RecoveryCodes
from pos.services.quoting import Quoting
from pos.services.settings import Settings
from pos.services.sign_in import SignIn
from pos.services.token_vending import TokenVending
from pos.system.clock import Clock, SystemClock
from pos.system.instance_lock import InstanceLock
from pos.system.paths import DataFolder
from pos.system.secrets import AskPassphrase, SecretStore, open_secret_store
from pos.system.vault_file import VaultFile
from pos.tokens.vault import SoftwareVault

DEMO_PASSPHRASE = "kilotill-demo"  # noqa: S105 - a demo's keys and PINs are public
"""Opens the sealed secrets of a demo on a machine without a key store."""


class Access(Enum):
    """What a command does with a data folder."""

    READS = "reads"
    """Only looks: takes no lock and needs no secret."""
    WRITES = "writes"
    """Takes the lock the window takes, opens secrets and, where it can, the vault."""


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What never changes about a shop once it is set up."""

    currency: str
    time_zone: ZoneInfo
    is_demo: bool
    is_training: bool
    till_code: str


class Till:
    """The services of one data folder."""

    def __init__(self, folder: DataFolder, units: Units, clock: Clock, secrets: SecretStore | None) -> None:
        self.folder = folder
        self.units = units
        self.clock = clock
        self.secrets = secrets
        self.shop = read_shop_facts(units)
        self.vault = SoftwareVault()
        self.book = Book(clock, self.shop.time_zone)
        self.settings = Settings(units, clock, data_folder=folder.root, book=self.book)
        self.rules = self._read_rules()
        self.papers = ShopPapers(self.shop.time_zone, NoFiscalSigner(), rules=self._paper_rules)
        self.vending = TokenVending(self.vault)
        self.delivery = Delivery(
            self.book, clock=clock, vending=self.vending, papers=self.papers, rules=lambda: self.rules
        )
        self.quoting = Quoting(self.shop.time_zone)
        self.checkout = Checkout(
            units,
            self.book,
            self.delivery,
            clock=clock,
            quoting=self.quoting,
            vault=self.vault,
            rules=lambda: self.rules,
            remote_holders={},
        )
        if secrets is not None:
            self._wire_people(secrets)

    def reload_settings(self) -> None:
        """Take changed settings into account."""
        self.rules = self._read_rules()

    def _wire_people(self, secrets: SecretStore) -> None:
        pins, codes = PinSeal(secrets), RecoveryCodes()
        self.sign_in = SignIn(self.units, self.clock, pins=pins)
        self.approver = Approver(self.sign_in, self.clock)
        self.operators = Operators(self.units, self.clock, pins=pins, codes=codes, book=self.book)

    def _read_rules(self) -> CheckoutRules:
        values = self.settings.values()
        return CheckoutRules(
            currency=self.shop.currency,
            language=values[LANGUAGE],
            duplicate_minutes=values[DUPLICATE_GUARD_MINUTES],
            duplicate_limit_minor=values[DUPLICATE_LIMIT_MINOR],
            smallest_coin_minor=values[SMALLEST_COIN_MINOR],
            printer=values[PRINTER],
        )

    def _paper_rules(self) -> PaperRules:
        return PaperRules(currency=self.shop.currency, footer=self.settings.values()[RECEIPT_FOOTER])


@contextmanager
def open_till(
    folder: DataFolder,
    access: Access,
    *,
    passphrase: str | None = None,
    ask_passphrase: AskPassphrase | None = None,
    opening_phrase: str | None = None,
    clock: Clock | None = None,
) -> Iterator[Till]:
    """Open the till of a data folder for as long as the block runs.

    With `WRITES` the lock is taken and the vault opened: a demo's always, a live one's when `opening_phrase` is
    given; otherwise it stays locked and only tokens wait. Raises UserError `data.no_till`, `till.in_use`,
    `vault.phrase`, `secrets.*`; MachineFault `data.*`, `disk.*`.
    """
    if not folder.database.exists():
        raise UserError("data.no_till", f"There is no till in {folder.root}: run `kilotill init` or `demo` first.")
    lock = InstanceLock.take(folder) if access is Access.WRITES else None
    try:
        units = open_till_database(folder.root)
        try:
            secrets = None
            if access is Access.WRITES:
                secrets = open_secrets(folder, passphrase, ask_passphrase)
            till = Till(folder, units, clock or SystemClock(), secrets)
            if secrets is not None:
                open_vault(till, secrets, opening_phrase)
            yield till
        finally:
            units.close()
    finally:
        if lock is not None:
            lock.release()


def open_secrets(folder: DataFolder, passphrase: str | None, ask: AskPassphrase | None) -> SecretStore:
    """Open the secret store of a folder; a demo's sealed file opens with the public demo passphrase."""
    is_demo = is_demo_folder(folder)
    return open_secret_store(folder.root, DEMO_PASSPHRASE if is_demo and not passphrase else passphrase, ask=ask)


def open_vault(till: Till, secrets: SecretStore, opening_phrase: str | None) -> None:
    """Open the vault if this run can: a demo's needs nothing, a live one's the opening phrase."""
    file = VaultFile(till.folder.root, secrets)
    if not file.exists():
        return
    refuse_mixed(is_live_book=not (till.shop.is_demo or till.shop.is_training), is_demo_vault=file.is_demo())
    if file.is_demo():
        opened = file.open_demo()
    elif opening_phrase is not None:
        opened = file.open(opening_phrase)
    else:
        return
    till.vault.unlock(opened.keys, opened.save)
