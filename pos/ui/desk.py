"""The services that screens work with, as the till wires them; screens see nothing else of the program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from pos.services.after_stop import AfterStop
from pos.services.approval import Approver
from pos.services.backup import Backups
from pos.services.books_desk import BooksDesk
from pos.services.cases import Cases
from pos.services.cash import Cash
from pos.services.checkout import Checkout
from pos.services.clock_acts import ClockActs
from pos.services.counter import Counter
from pos.services.customers import Customers
from pos.services.drafts import Drafts
from pos.services.engineering import EngineeringTokens
from pos.services.envelopes import Envelopes
from pos.services.free_issue import FreeIssues
from pos.services.head_office import HeadOffice
from pos.services.key_changes import KeyChanges
from pos.services.key_loading import KeyLoading
from pos.services.meter_history import MeterHistory
from pos.services.meter_import import MeterImport
from pos.services.meters import Meters
from pos.services.office import OfficeAdmin
from pos.services.office_facts import OfficeFactsReader
from pos.services.operators import Operators
from pos.services.paper_files import PaperFiles
from pos.services.past_sales import PastSales
from pos.services.payment_board import PaymentBoard
from pos.services.payments import Payments
from pos.services.phones import PhoneReader
from pos.services.print_spool import PrintSpool
from pos.services.printer_check import PrinterCheck
from pos.services.refunds import Refunds
from pos.services.reports import Reports
from pos.services.reprint import Reprints
from pos.services.restore import RestoreRequest
from pos.services.restore_report import RestoreReport
from pos.services.sales_export import SalesExport
from pos.services.settings import Settings
from pos.services.shift_desk import ShiftDesk
from pos.services.shifts import Shifts
from pos.services.sign_in import Recovery, SignIn
from pos.services.statement_papers import StatementPapers
from pos.services.supplier_float import SupplierFloats
from pos.services.support_bundle import SupportBundles
from pos.services.tariffs import Tariffs
from pos.services.till_status import TillStatusReader
from pos.services.token_check import TokenCheck
from pos.services.uploads_desk import UploadsDesk
from pos.services.verify_findings import Finding
from pos.services.void import Voids
from pos.system.clock import Clock

if TYPE_CHECKING:
    from pos.sync.engine import SyncEngine


class ShopFacts(Protocol):
    """What never changes about the shop."""

    @property
    def currency(self) -> str: ...
    @property
    def time_zone(self) -> ZoneInfo: ...
    @property
    def is_demo(self) -> bool: ...
    @property
    def is_training(self) -> bool: ...
    @property
    def till_code(self) -> str: ...
    @property
    def sales_point(self) -> str: ...


class Desk(Protocol):
    """A till that is open for writing: `pos.bootstrap.Till`."""

    @property
    def shop(self) -> ShopFacts: ...
    @property
    def sync(self) -> SyncEngine | None:
        """What talks with head office; None while the till stands alone."""
        ...

    clock: Clock
    office: HeadOffice
    after_stop: AfterStop
    approver: Approver
    backups: Backups
    books_desk: BooksDesk
    cases: Cases
    cash: Cash
    checkout: Checkout
    clock_acts: ClockActs
    counter: Counter
    customers: Customers
    drafts: Drafts
    engineering: EngineeringTokens
    envelopes: Envelopes
    floats: SupplierFloats
    free_issue: FreeIssues
    imports: MeterImport
    key_changes: KeyChanges
    keys: KeyLoading
    meter_history: MeterHistory
    meters: Meters
    office_admin: OfficeAdmin
    office_facts: OfficeFactsReader
    operators: Operators
    paper_files: PaperFiles
    past_sales: PastSales
    payment_board: PaymentBoard
    payments: Payments
    printer_check: PrinterCheck
    read_phone: PhoneReader
    recovery: Recovery
    refunds: Refunds
    reports: Reports
    reprints: Reprints
    sales_export: SalesExport
    settings: Settings
    shift_desk: ShiftDesk
    shifts: Shifts
    sign_in: SignIn
    spool: PrintSpool
    statement_papers: StatementPapers
    status: TillStatusReader
    support: SupportBundles
    tariffs: Tariffs
    token_checks: TokenCheck
    uploads_desk: UploadsDesk
    voids: Voids

    def reload_settings(self) -> None:
        """Take changed settings into account."""
        ...

    def backup_folder(self) -> Path:
        """Return where back-ups go."""
        ...

    def unlock_vault(self, phrase: str) -> None:
        """Open the vault with the opening phrase. Raises UserError `vault.phrase`, MachineFault."""
        ...

    def is_vault_open(self) -> bool:
        """Say whether tokens can be made."""
        ...

    def note_head(self) -> None:
        """Let the key store remember how far the journal goes."""
        ...

    def restore_elsewhere(
        self, folder: Path, request: RestoreRequest, *, passphrase: str | None = None
    ) -> RestoreReport:
        """Restore a back-up into another, empty folder; errors as `Restore.run`."""
        ...

    def verify_books(self) -> VerifyOutcome:
        """Verify all books; takes a while."""
        ...


class VerifyOutcome(Protocol):
    """What a verify run says."""

    @property
    def is_clean(self) -> bool: ...
    @property
    def findings(self) -> Sequence[Finding]: ...
    @property
    def checked(self) -> dict[str, int]: ...


DemoPins = Callable[[], list[tuple[str, str, str]]]
"""Returns name, role and PIN of the people of a demo; an empty list for a live shop."""
