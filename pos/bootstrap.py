"""The composition root: opens a data folder and wires the services; nothing else constructs them."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pos.config import (
    BACKUP_FOLDER,
    BACKUP_HOURS,
    BANK_ACCOUNT,
    BANK_NAME,
    DUPLICATE_GUARD_MINUTES,
    DUPLICATE_LIMIT_MINOR,
    FLOAT_LOW_MINOR,
    GOODWILL_LIMIT_MINOR,
    LANGUAGE,
    PAPER_WIDTH_MM,
    PRINTER,
    RECEIPT_FOOTER,
    RECEIPT_LOGO,
    SHIFT_DIFFERENCE_LIMIT_MINOR,
    SMALLEST_COIN_MINOR,
)
from pos.domain.permissions import Actor
from pos.errors import MachineFault, UserError
from pos.models.ledger_book import Book, read_head
from pos.models.schema import open_till_database, read_till_database
from pos.models.uow import Units, WriteUnit
from pos.printing.devices import open_printer
from pos.printing.fiscal import NoFiscalSigner
from pos.printing.layout import COLUMNS_58_MM, COLUMNS_80_MM
from pos.printing.thermal import ThermalPaper
from pos.services.after_stop import AfterStop
from pos.services.approval import Approver
from pos.services.backup import BackupPlan, Backups
from pos.services.books_desk import BooksDesk
from pos.services.cases import Cases
from pos.services.cash import Cash
from pos.services.central_holder import CENTRAL
from pos.services.checkout import Checkout
from pos.services.clock_acts import ClockActs
from pos.services.counter import Counter
from pos.services.customers import Customers
from pos.services.delivery import CheckoutRules, Delivery
from pos.services.drafts import Drafts
from pos.services.engineering import EngineeringTokens
from pos.services.envelopes import Envelopes
from pos.services.erased_papers import ErasedPapers
from pos.services.fraud_hold import FraudHold
from pos.services.free_issue import FreeIssues
from pos.services.head_office import HeadOffice, OfficePorts
from pos.services.issuing import Issuing
from pos.services.key_changes import KeyChanges
from pos.services.key_loading import KeyLoading
from pos.services.local_envelope import LocalEnvelopes
from pos.services.meter_history import MeterHistory
from pos.services.meter_import import MeterImport
from pos.services.meter_shop import MeterChecks
from pos.services.meters import Meters
from pos.services.mirror import Mirror
from pos.services.money_papers import BankRules, MoneyPapers
from pos.services.office import OfficeAdmin
from pos.services.office_facts import OfficeFactsReader
from pos.services.office_papers import OfficePapers
from pos.services.operators import Operators
from pos.services.paper_files import PaperFiles
from pos.services.papers import PaperRules, ShopPapers, StoredPapers
from pos.services.past_sales import PastSales
from pos.services.payment_board import PaymentBoard
from pos.services.payments import Payments, PaymentShop
from pos.services.phones import PhoneReader
from pos.services.pins import PinSeal, RecoveryCodes
from pos.services.print_spool import Printer, PrintSpool
from pos.services.printer_check import PrinterCheck
from pos.services.quoting import Quoting
from pos.services.refunds import Refunds
from pos.services.reports import Reports
from pos.services.reprint import Reprints
from pos.services.restore import Restore, RestoreRequest
from pos.services.restore_report import RestoreReport
from pos.services.sales_export import SalesExport
from pos.services.settings import Settings
from pos.services.shift_desk import ShiftDesk
from pos.services.shift_papers import ShiftPapers
from pos.services.shifts import ShiftRules, Shifts
from pos.services.shop_file import ShopPlan
from pos.services.shop_rows import BookKind
from pos.services.shop_setup import SetupPorts, ShopMade, ShopSetup, refuse_mixed
from pos.services.sign_in import Recovery, SignIn
from pos.services.statement_papers import StatementPapers
from pos.services.supplier_float import SupplierFloats
from pos.services.support_bundle import SupportBundles
from pos.services.tariffs import Tariffs, import_tariffs
from pos.services.till_status import TillStatusReader
from pos.services.token_check import TokenCheck
from pos.services.token_vending import TokenVending
from pos.services.uploads_desk import UploadsDesk
from pos.services.verify import Anchor, verify
from pos.services.verify_anchors import KeyringAnchor, MirrorAnchor
from pos.services.verify_findings import VerifyReport
from pos.services.void import Voids
from pos.sync.state import OfficeClock
from pos.system.clock import Clock, SystemClock
from pos.system.disk import free_bytes, require_room
from pos.system.instance_lock import InstanceLock
from pos.system.mirror_file import mirror_name
from pos.system.paths import DataFolder, make_data_folder
from pos.system.secret_names import TILL_KEY
from pos.system.secrets import AskPassphrase, SecretStore, open_existing_secret_store, open_secret_store
from pos.system.vault_file import VaultFile
from pos.tokens.vault import SoftwareVault, VaultStatus

if TYPE_CHECKING:
    from pos.sync.engine import SyncEngine

DEMO_PASSPHRASE = "kilotill-demo"  # noqa: S105 - a demo's keys and PINs are public
"""Opens the sealed secrets of a demo on a machine without a key store."""


HOME_COUNTRIES = {
    "RWF": "RW",
    "UGX": "UG",
    "KES": "KE",
    "TZS": "TZ",
    "BIF": "BI",
    "CDF": "CD",
    "ZMW": "ZM",
    "MWK": "MW",
    "ZAR": "ZA",
    "NGN": "NG",
    "GHS": "GH",
}
"""The country whose telephone numbers need no prefix, by the shop's currency."""

DEFAULT_COUNTRY = "RW"

SANDBOX_VARIABLE = "KILOTILL_SANDBOX_URL"
"""A sandbox that runs by itself, such as `kilotill sandbox`; it outlives one command."""

LOGO = "shop"
"""The name by which papers call the shop's picture."""


class Access(Enum):
    """What a command does with a data folder."""

    READS = "reads"
    """Only looks: takes no lock and needs no secret."""
    WRITES = "writes"
    """Takes the lock the window takes, opens secrets and, where it can, the vault."""


class VaultUse(Enum):
    """Whether a command needs the vault open, or works on the vault file itself."""

    OPEN = "open"
    LEFT_SHUT = "left shut"


AskPhrase = Callable[[], str | None]
"""Asks for the opening phrase of a live vault; None when nobody answers."""


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What never changes about a shop once it is set up."""

    currency: str
    time_zone: ZoneInfo
    is_demo: bool
    is_training: bool
    till_code: str
    sales_point: str


class Till:
    """The services of one data folder."""

    def __init__(
        self,
        folder: DataFolder,
        units: Units,
        shop: ShopFacts,
        *,
        clock: Clock,
        secrets: SecretStore | None,
        mirrors: bool = True,
    ) -> None:
        machine_clock, office_clock = clock, OfficeClock(clock)
        clock = office_clock
        self.folder = folder
        self.units = units
        self.clock: Clock = clock
        self.secrets = secrets
        self.mirrors = mirrors
        self.shop = shop
        self.vault = SoftwareVault()
        self.mirror = Mirror(units, self.backup_folder)
        self.book = Book(clock, self.shop.time_zone, mirror=self.mirror)
        self.settings = Settings(units, clock, data_folder=folder.root, book=self.book)
        self.office = self._wire_office(machine_clock, office_clock)
        self.rules = self._read_rules()
        self.paper_rules = self._read_paper_rules()
        self.papers = ShopPapers(self.shop.time_zone, NoFiscalSigner(), rules=self._paper_rules)
        state = self.office.state
        guards = (
            self._require_room,
            self._require_own_book,
            state.require_allowed,
            state.require_right_clock,
        )
        self.vending = TokenVending(self.vault, guards)
        self.delivery = Delivery(
            self.book, clock=clock, vending=self.vending, papers=self.papers, rules=self._checkout_rules
        )
        self.quoting = Quoting(self.shop.time_zone, may_give_free=self.office.may_give_free)
        self.keys = KeyLoading(units, self.vault, book=self.book)
        self.checkout = Checkout(
            units,
            self.book,
            self.delivery,
            clock=clock,
            quoting=self.quoting,
            vault=self.vault,
            rules=self._checkout_rules,
            remote_holders={CENTRAL: self.office.holder},
            guards=guards,
            fraud=FraudHold(self.shop.time_zone),
        )
        self._wire_register()
        self._wire_money()
        self._wire_desk()
        self._wire_safety()
        if secrets is not None:
            self._wire_people(secrets)
            self._wire_envelopes(secrets)

    @property
    def sync(self) -> SyncEngine | None:
        """What runs cycles with head office; None while the till is not enrolled or only looked at."""
        return None if self.secrets is None else self.office.engine

    def _wire_office(self, machine_clock: Clock, clock: OfficeClock) -> HeadOffice:
        return HeadOffice(
            self.units,
            self.book,
            machine_clock=machine_clock,
            office_clock=clock,
            ports=OfficePorts(
                sign=self._sign,
                seal_pin=self._seal_pin,
                random=SystemRandom(),
                machine=platform.node() or "till",
                time_zone=self.shop.time_zone.key,
            ),
        )

    def _seal_pin(self, operator_id: UUID, pin_hash: str) -> bytes:
        assert self.secrets is not None, "opened for writing"
        return PinSeal(self.secrets).seal_hash(operator_id, pin_hash)

    def _wire_register(self) -> None:
        read_phone = self.read_phone = PhoneReader(HOME_COUNTRIES.get(self.shop.currency, DEFAULT_COUNTRY))
        checks = MeterChecks(currency=self.shop.currency, read_phone=read_phone)
        self.meters = Meters(self.units, self.book, self.clock, checks, currency=self.shop.currency)
        self.imports = MeterImport(self.units, self.book, self.clock, checks)
        self.meter_history = MeterHistory(self.units, self.clock, self.shop.time_zone)
        self.customers = Customers(
            self.units,
            self.book,
            self.clock,
            read_phone=read_phone,
            papers=ErasedPapers(self.papers, self.clock),
        )

    def _wire_desk(self) -> None:
        """What a supervisor or the office does around a sale."""
        units, book, clock = self.units, self.book, self.clock
        office = OfficePapers(self.papers, self._checkout_rules)
        issuing = Issuing(book, clock=clock, papers=office, rules=self._checkout_rules)
        self.past_sales = PastSales(units)
        self.sales_export = SalesExport(self.past_sales, currency=self.shop.currency)
        self.reprints = Reprints(units, book, clock=clock, rules=self._checkout_rules)
        self.voids = Voids(units, book)
        self.refunds = Refunds(units, book, office, clock=clock, rules=self._checkout_rules)
        self.payments = self._wire_payments(office)
        self.payment_board = PaymentBoard(units, clock)
        self.drafts = Drafts(units, clock)
        self.token_checks = TokenCheck(units, self.vending, clock=clock)
        self.clock_acts = ClockActs(units, book, clock, time_zone=self.shop.time_zone)
        self.engineering = EngineeringTokens(units, book, issuing, vending=self.vending)
        self.key_changes = KeyChanges(units, book, issuing, vending=self.vending, vault=self.vault)
        self.free_issue = FreeIssues(
            units, issuing, self.vending, quoting=self.quoting, time_zone=self.shop.time_zone
        )
        self.cases = Cases(
            units,
            book,
            issuing,
            vending=self.vending,
            papers=office,
            clock=clock,
            rules=self._checkout_rules,
            goodwill_limit_minor=lambda: self.settings.values()[GOODWILL_LIMIT_MINOR],
        )

    def _wire_payments(self, office: OfficePapers) -> Payments:
        shop = self.shop
        payments = Payments(
            self.units,
            self.book,
            self.checkout,
            delivery=self.delivery,
            shop=PaymentShop(
                name=shop.sales_point,
                country=HOME_COUNTRIES.get(shop.currency, DEFAULT_COUNTRY),
                currency=shop.currency,
                time_zone=shop.time_zone,
                is_pretend=shop.is_demo or shop.is_training,
                folder=self.folder.root / "messages",
            ),
            clock=self.clock,
            secrets=self.secrets,
            papers=office,
            rules=self._checkout_rules,
            values=self.settings.values,
            office_client=self.office.payment_client,
        )
        payments.use_sandbox(os.environ.get(SANDBOX_VARIABLE, ""))
        return payments

    def _wire_envelopes(self, secrets: SecretStore) -> None:
        self.envelopes = Envelopes(self.units, self.book, LocalEnvelopes(secrets, self.clock))

    def _wire_safety(self) -> None:
        self.backups = Backups(self.folder, self.clock, plan=self._backup_plan, secrets=self.secrets)
        stored = StoredPapers(self.units)
        self.spool = PrintSpool(self.units, clock=self.clock, papers=stored, printers=self._printer)
        self.paper_files = PaperFiles(stored, self.logos)
        self.shift_desk = ShiftDesk(
            self.units,
            self.clock,
            shifts=self.shifts,
            papers=self.shift_papers,
            spool=self.spool,
            rules=self._checkout_rules,
        )
        self.after_stop = AfterStop(self.units, self.clock)
        self.counter = Counter(self.units, self.clock, self.shop.time_zone)
        self.reports = Reports(
            self.units,
            self.clock,
            self.paper_files,
            time_zone=self.shop.time_zone,
            shop_name=self.shop.sales_point,
        )
        self.statement_papers = StatementPapers(
            self.units,
            self.clock,
            floats=self.floats,
            papers=self.money_papers,
            files=self.paper_files,
            printer=lambda: self._printer(self.rules.printer) if self.rules.printer else None,
        )
        self.status = TillStatusReader(
            self.units,
            self.clock,
            sales_point=self.shop.sales_point,
            printer=lambda: self.rules.printer,
            is_vault_open=self.is_vault_open,
            is_clock_off=lambda: self.office.state.is_clock_off,
            tills=lambda: self.office.state.tills,
            backup=lambda: self.backups.last_seen,
        )
        self.printer_check = PrinterCheck(
            self.units,
            self.book,
            address=lambda: self.settings.values()[PRINTER],
            printers=self._printer,
            till_code=self.shop.till_code,
        )
        self.uploads_desk = UploadsDesk(self.units, self.clock, business_day=self.book.business_day)
        self.office_facts = OfficeFactsReader(self.units)
        self.office_admin = OfficeAdmin(self.units, self.clock, open_transport=self.office.transport_to)
        self.books_desk = BooksDesk(
            self.units,
            self.clock,
            files=self.paper_files,
            printer=lambda: self._printer(self.rules.printer) if self.rules.printer else None,
            business_day=self.book.business_day,
        )
        self.support = SupportBundles(
            self.folder,
            self.units,
            self.clock,
            settings=self.settings,
            status=self.status,
            verify=self.verify_books,
            secret_store=lambda: "" if self.secrets is None else self.secrets.describes_itself,
        )

    def restore_elsewhere(
        self, folder: Path, request: RestoreRequest, *, passphrase: str | None = None
    ) -> RestoreReport:
        """Restore a back-up into another, empty folder; this till goes on. Errors as `restore_till`."""
        return restore_till(DataFolder(folder), request, passphrase=passphrase)

    def _backup_plan(self) -> BackupPlan:
        values = self.settings.values()
        chosen = values[BACKUP_FOLDER]
        return BackupPlan(folder=Path(chosen) if chosen else self.folder.backups, hours=values[BACKUP_HOURS])

    def backup_folder(self) -> Path:
        """Return where back-ups and the mirror go."""
        return self._backup_plan().folder

    def anchors(self) -> tuple[Anchor, ...]:
        """Return the witnesses of the journal's head that this machine has."""
        with self.units.read() as connection:
            head = read_head(connection)
        mirror = MirrorAnchor(self.backup_folder() / mirror_name(head.till_code, head.till_id))
        secrets = self.secrets
        if secrets is None:
            given = DEMO_PASSPHRASE if self.shop.is_demo or self.shop.is_training else None
            # Whoever only looks need not know the passphrase: that witness is then called absent.
            with suppress(UserError, MachineFault):
                secrets = open_existing_secret_store(self.folder.root, given)
        return (mirror,) if secrets is None else (KeyringAnchor(self.units, secrets), mirror)

    def note_head(self) -> None:
        """Let the secret store remember how far the journal goes: at the start, after a close, at the end."""
        if self.secrets is not None:
            KeyringAnchor(self.units, self.secrets).note()

    def _printer(self, address: str) -> Printer:
        columns = COLUMNS_58_MM if self.settings.values()[PAPER_WIDTH_MM] == "58" else COLUMNS_80_MM
        paper = ThermalPaper(columns=columns, logos=self.logos())
        return Printer(open=lambda: open_printer(address or "dummy:"), paper=paper)

    def _checkout_rules(self) -> CheckoutRules:
        return self.rules

    def _wire_money(self) -> None:
        zone = self.shop.time_zone
        self.tariffs = Tariffs(self.units, self.book, clock=self.clock, time_zone=zone)
        self.floats = SupplierFloats(
            self.units,
            self.book,
            clock=self.clock,
            time_zone=zone,
            low_minor=lambda: self.settings.values()[FLOAT_LOW_MINOR],
        )
        self.money_papers = MoneyPapers(self.papers, zone, rules=self._checkout_rules, bank=self._bank_rules)
        self.cash = Cash(self.units, self.book, self.clock, papers=self.money_papers)
        self.shift_papers = ShiftPapers(zone, self.shop.sales_point, rules=self._checkout_rules)
        self.shifts = Shifts(
            self.units,
            self.book,
            clock=self.clock,
            rules=self._shift_rules,
            sign=self._sign,
            papers=self.shift_papers,
        )

    def _bank_rules(self) -> BankRules:
        values = self.settings.values()
        return BankRules(values[BANK_NAME], values[BANK_ACCOUNT])

    def _shift_rules(self) -> ShiftRules:
        return ShiftRules(
            difference_limit_minor=self.settings.values()[SHIFT_DIFFERENCE_LIMIT_MINOR],
            drawer=f"{self.shop.till_code}-1",
        )

    def _sign(self, message: bytes) -> bytes:
        stored = None if self.secrets is None else self.secrets.get(TILL_KEY)
        if stored is None:
            raise MachineFault(
                "secrets.till_key_gone",
                "The key of this till is not on this machine: restore or enrol it again.",
            )
        return Ed25519PrivateKey.from_private_bytes(stored.reveal()).sign(message)

    def begin_work(self) -> None:
        """Take up what a crash left: papers caught in the printer, lines the mirror lacks."""
        self.spool.recover()
        self.payments.desk.take_up()
        self.note_head()
        if self.mirrors:
            # Only the till's own folder is made: a stick that is out must not become a folder on this disk.
            self.folder.backups.mkdir(mode=0o700, exist_ok=True)
            # Before the first sale: a mirror that knows more than this database means an old copy.
            self.mirror.catch_up()
            self.mirror.start()

    def end_work(self) -> None:
        """Let the mirror finish, and note the journal's head."""
        self.payments.stop()
        # A key store that went away must not hide why the work ended.
        with suppress(MachineFault):
            self.note_head()
        if self.mirrors:
            self.mirror.stop()

    def _require_room(self) -> None:
        require_room(free_bytes(self.folder.root))

    def _require_own_book(self) -> None:
        """A mirror that is ahead, or another book's, means that this database is an old copy."""
        if isinstance(self.mirror.trouble, MachineFault):
            raise self.mirror.trouble

    def vault_file(self) -> VaultFile:
        """Return the vault file, for what is done to it rather than with it."""
        assert self.secrets is not None, "opened for writing"
        return VaultFile(self.folder.root, self.secrets)

    def is_vault_open(self) -> bool:
        """Say whether tokens can be made here."""
        return self.vault.status is VaultStatus.OPEN

    def unlock_vault(self, phrase: str) -> None:
        """Open the vault with the till's opening phrase. Raises UserError `vault.phrase`, MachineFault."""
        assert self.secrets is not None, "opened for writing"
        open_vault(self, self.secrets, lambda: phrase)

    def verify_books(self) -> VerifyReport:
        """Verify all books, with every witness this machine has."""
        return verify(self.units, self.anchors())

    def reload_settings(self) -> None:
        """Take changed settings into account."""
        self.rules = self._read_rules()
        self.paper_rules = self._read_paper_rules()

    def _wire_people(self, secrets: SecretStore) -> None:
        pins, codes = PinSeal(secrets), RecoveryCodes()
        self.sign_in = SignIn(self.units, self.clock, pins=pins)
        self.approver = Approver(self.sign_in, self.clock)
        self.recovery = Recovery(self.units, self.clock, pins=pins, codes=codes, book=self.book)
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
        return self.paper_rules

    def _read_paper_rules(self) -> PaperRules:
        values = self.settings.values()
        return PaperRules(
            currency=self.shop.currency,
            footer=values[RECEIPT_FOOTER],
            logo=LOGO if values[RECEIPT_LOGO] else "",
        )

    def logos(self) -> dict[str, bytes]:
        """Return the pictures that papers name; without the file of the logo a paper has none."""
        path = self.settings.values()[RECEIPT_LOGO]
        try:
            return {LOGO: Path(path).read_bytes()} if path else {}
        except OSError:
            return {}


@contextmanager
def open_till(
    folder: DataFolder,
    access: Access,
    *,
    passphrase: str | None = None,
    ask_passphrase: AskPassphrase | None = None,
    ask_phrase: AskPhrase | None = None,
    vault: VaultUse = VaultUse.OPEN,
    clock: Clock | None = None,
    mirrors: bool = True,
) -> Iterator[Till]:
    """Open the till of a data folder for as long as the block runs; `mirrors`: keep the second book copy.

    With `WRITES` the lock is taken and the vault opened: a demo's always, a live one's with what `ask_phrase`
    returns; where that is None it stays locked and only tokens wait.

    Raises UserError `data.no_till`, `till.in_use`, `vault.phrase`, `secrets.*`; MachineFault `data.*`,
    `disk.*`.
    """
    if not folder.database.exists():
        raise UserError(
            "data.no_till", f"There is no till in {folder.root}: run `kilotill init` or `demo` first."
        )
    lock = InstanceLock.take(folder) if access is Access.WRITES else None
    try:
        units = (open_till_database if access is Access.WRITES else read_till_database)(folder.root)
        try:
            shop = read_shop_facts(units)
            secrets = None
            if access is Access.WRITES:
                if passphrase is None and (shop.is_demo or shop.is_training):
                    passphrase = DEMO_PASSPHRASE
                secrets = open_secret_store(folder.root, passphrase, ask=ask_passphrase)
            till = Till(folder, units, shop, clock=clock or SystemClock(), secrets=secrets, mirrors=mirrors)
            if secrets is None:
                yield till
                return
            if vault is VaultUse.OPEN:
                open_vault(till, secrets, ask_phrase)
            till.begin_work()
            try:
                yield till
            finally:
                till.end_work()
        finally:
            units.close()
    finally:
        if lock is not None:
            lock.release()


def read_shop_facts(units: Units) -> ShopFacts:
    """Return what never changes about the shop. Raises UserError `data.no_till` where set-up never ended."""
    with units.read() as connection:
        row: Any = connection.exec_driver_sql(_SHOP).one_or_none()
        has_lines = connection.exec_driver_sql("SELECT 1 FROM journal LIMIT 1").scalar() is not None
    if row is None and has_lines:
        raise MachineFault(
            "disk.damaged", "The database file is damaged. Stop selling and restore a back-up."
        )
    if row is None:
        raise UserError(
            "data.no_till", "This data folder has no till yet: run `kilotill init` or `demo` first."
        )
    return ShopFacts(row[0], ZoneInfo(row[1]), bool(row[2]), bool(row[3]), row[4], row[5])


_SHOP = (
    "SELECT sales_point.currency, organisation.time_zone, book.is_demo, book.is_training, till.code, "
    "sales_point.name "
    "FROM book JOIN till ON till.id = book.till_id "
    "JOIN sales_point ON sales_point.id = till.sales_point_id JOIN branch ON branch.id = branch_id "
    "JOIN organisation ON organisation.id = organisation_id"
)


def set_up_shop(
    folder: DataFolder,
    plan: ShopPlan,
    kind: BookKind,
    *,
    passphrase: str | None = None,
    ask_passphrase: AskPassphrase | None = None,
    opening_phrase: str | None = None,
    clock: Clock | None = None,
) -> ShopMade:
    """Make the till of `plan` in a folder that has none; errors as `ShopSetup.init` and `open_till`."""
    make_data_folder(folder)
    clock = clock or SystemClock()
    with InstanceLock.take(folder):
        units = open_till_database(folder.root)
        try:
            if kind is not BookKind.LIVE and passphrase is None:
                passphrase = DEMO_PASSPHRASE
            secrets = open_secret_store(folder.root, passphrase, ask=ask_passphrase)

            def import_plan_tariffs(unit: WriteUnit, text: str, actor: Actor) -> object:
                return import_tariffs(
                    unit,
                    text,
                    actor,
                    book=Book(clock, plan.time_zone),
                    at=clock.now(),
                    time_zone=plan.time_zone,
                )

            setup = ShopSetup(
                units,
                clock,
                data_folder=folder.root,
                secrets=secrets,
                vault=VaultFile(folder.root, secrets),
                pins=PinSeal(secrets),
                codes=RecoveryCodes(),
                ports=SetupPorts(
                    make_book=lambda zone: Book(clock, zone),
                    import_tariffs=import_plan_tariffs,
                    take_envelope=LocalEnvelopes(secrets, clock).take,
                ),
            )
            return setup.init(plan, kind, opening_phrase=opening_phrase)
        finally:
            units.close()


def open_vault(till: Till, secrets: SecretStore, ask_phrase: AskPhrase | None) -> None:
    """Open the vault if this run can: a demo's needs nothing, a live one's the opening phrase."""
    file = VaultFile(till.folder.root, secrets)
    if not file.exists():
        return
    refuse_mixed(is_live_book=not (till.shop.is_demo or till.shop.is_training), is_demo_vault=file.is_demo())
    if file.is_demo():
        opened = file.open_demo()
    else:
        phrase = None if ask_phrase is None else ask_phrase()
        if phrase is None:
            return
        opened = file.open(phrase)
    till.vault.unlock(opened.keys, opened.save)


def restore_till(
    folder: DataFolder,
    request: RestoreRequest,
    *,
    passphrase: str | None = None,
    ask_passphrase: AskPassphrase | None = None,
) -> RestoreReport:
    """Restore a till into an empty folder; errors as `Restore.run` and `open_till`."""
    make_data_folder(folder)

    def open_secrets(*, is_pretend: bool) -> SecretStore:
        given = DEMO_PASSPHRASE if passphrase is None and is_pretend else passphrase
        return open_secret_store(folder.root, given, ask=ask_passphrase)

    with InstanceLock.take(folder):
        return Restore(folder, SystemClock(), open_secrets).run(request)
