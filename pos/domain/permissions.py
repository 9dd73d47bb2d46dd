"""Who may do what: roles, permissions, and which may be given on the spot (docs/formats.md §13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID


class Role(StrEnum):
    """What a person is in the shop; the letters stand in the database and in shop.json."""

    CASHIER = "C"
    SUPERVISOR = "S"
    FACILITY_MANAGER = "F"
    ADMINISTRATOR = "A"
    AUDITOR = "U"


class Permission(StrEnum):
    """One kind of act; the words stand in the journal (`privileged_act`) and are never renamed."""

    SALE_CREATE = "sale.create"
    SALE_VIEW_OWN = "sale.view_own"
    SALE_VIEW_ALL = "sale.view_all"
    SALE_REPRINT = "sale.reprint"
    SALE_DUPLICATE = "sale.duplicate"
    SALE_VOID = "sale.void"
    SALE_UNKNOWN_METER = "sale.unknown_meter"
    SALE_FREE_ISSUE = "sale.free_issue"
    SALE_BULK = "sale.bulk"
    REFUND_MAKE = "refund.make"
    CASE_OPEN = "case.open"
    CASE_DECIDE = "case.decide"
    TOKEN_VERIFY = "token.verify"  # noqa: S105 - a permission, not a password
    TOKEN_ENGINEERING = "token.engineering"  # noqa: S105
    TOKEN_KEY_CHANGE = "token.key_change"  # noqa: S105
    METER_VIEW = "meter.view"
    METER_EDIT = "meter.edit"
    METER_BLOCK = "meter.block"
    METER_IMPORT = "meter.import"
    CUSTOMER_VIEW = "customer.view"
    CUSTOMER_EDIT = "customer.edit"
    CUSTOMER_EXPORT = "customer.export"
    CUSTOMER_ERASE = "customer.erase"
    READING_ADD = "reading.add"
    TARIFF_VIEW = "tariff.view"
    TARIFF_EDIT = "tariff.edit"
    ARREARS_ADJUST = "arrears.adjust"
    SHIFT_OPEN = "shift.open"
    SHIFT_CLOSE = "shift.close"
    SHIFT_DIFFERENCE = "shift.difference"
    CASH_MOVE = "cash.move"
    CASH_BANK = "cash.bank"
    FLOAT_VIEW = "float.view"
    FLOAT_TOP_UP = "float.top_up"
    VOUCHER_MAKE = "voucher.make"
    VOUCHER_SELL = "voucher.sell"
    VOUCHER_REDEEM = "voucher.redeem"
    VOUCHER_CANCEL = "voucher.cancel"
    PAYMENT_REQUERY = "payment.requery"
    PAYMENT_RESOLVE = "payment.resolve"
    REPORT_VIEW = "report.view"
    REPORT_EXPORT = "report.export"
    ALERT_MANAGE = "alert.manage"
    INSTITUTION_MANAGE = "institution.manage"
    USER_MANAGE = "user.manage"
    USER_UNLOCK = "user.unlock"
    KEY_LOAD = "key.load"
    TILL_ENROL = "till.enrol"
    TILL_REVOKE = "till.revoke"
    SETTING_EDIT = "setting.edit"
    BACKUP_MAKE = "backup.make"
    BACKUP_RESTORE = "backup.restore"
    JOURNAL_VERIFY = "journal.verify"
    REVIEW_DECIDE = "review.decide"
    AUDIT_VIEW = "audit.view"


_TABLE: Mapping[Permission, str] = {
    Permission.SALE_CREATE: "CSA",
    Permission.SALE_VIEW_OWN: "C",
    Permission.SALE_VIEW_ALL: "SAU",
    Permission.SALE_REPRINT: "CSA",
    Permission.SALE_DUPLICATE: "S*",
    Permission.SALE_VOID: "CS",
    Permission.SALE_UNKNOWN_METER: "S*",
    Permission.SALE_FREE_ISSUE: "S*",
    Permission.SALE_BULK: "SFA",
    Permission.REFUND_MAKE: "S*",
    Permission.CASE_OPEN: "CSF",
    Permission.CASE_DECIDE: "S*A",
    Permission.TOKEN_VERIFY: "CSA",
    Permission.TOKEN_ENGINEERING: "S*A",
    Permission.TOKEN_KEY_CHANGE: "SA",
    Permission.METER_VIEW: "CSFAU",
    Permission.METER_EDIT: "SFA",
    Permission.METER_BLOCK: "SA",
    Permission.METER_IMPORT: "FA",
    Permission.CUSTOMER_VIEW: "CSFAU",
    Permission.CUSTOMER_EDIT: "CSFA",
    Permission.CUSTOMER_EXPORT: "A",
    Permission.CUSTOMER_ERASE: "A",
    Permission.READING_ADD: "FA",
    Permission.TARIFF_VIEW: "CSFAU",
    Permission.TARIFF_EDIT: "A",
    Permission.ARREARS_ADJUST: "S*A",
    Permission.SHIFT_OPEN: "CS",
    Permission.SHIFT_CLOSE: "CS",
    Permission.SHIFT_DIFFERENCE: "S*",
    Permission.CASH_MOVE: "CS",
    Permission.CASH_BANK: "S",
    Permission.FLOAT_VIEW: "SAU",
    Permission.FLOAT_TOP_UP: "SA",
    Permission.VOUCHER_MAKE: "A",
    Permission.VOUCHER_SELL: "CS",
    Permission.VOUCHER_REDEEM: "CSF",
    Permission.VOUCHER_CANCEL: "S*",
    Permission.PAYMENT_REQUERY: "CSA",
    Permission.PAYMENT_RESOLVE: "S*A",
    Permission.REPORT_VIEW: "SFAU",
    Permission.REPORT_EXPORT: "SFAU",
    Permission.ALERT_MANAGE: "FA",
    Permission.INSTITUTION_MANAGE: "FA",
    Permission.USER_MANAGE: "A",
    Permission.USER_UNLOCK: "SA",
    Permission.KEY_LOAD: "A",
    Permission.TILL_ENROL: "A",
    Permission.TILL_REVOKE: "A",
    Permission.SETTING_EDIT: "A",
    Permission.BACKUP_MAKE: "SA",
    Permission.BACKUP_RESTORE: "A",
    Permission.JOURNAL_VERIFY: "SAU",
    Permission.REVIEW_DECIDE: "A",
    Permission.AUDIT_VIEW: "AU",
}

HOLDERS: Mapping[Permission, frozenset[Role]] = MappingProxyType(
    {permission: frozenset(map(Role, letters.replace("*", ""))) for permission, letters in _TABLE.items()}
)
"""The roles that hold each permission by themselves."""

ON_THE_SPOT: frozenset[Permission] = frozenset(
    permission for permission, letters in _TABLE.items() if "*" in letters
)
"""What a holder may also let another person do once, with a PIN."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who has signed in, as every service takes it.

    `id` stands in the journal, `key` in the tables; `institution` is set where the person sees only one.
    """

    id: UUID
    key: int
    name: str
    role: Role
    institution: str | None = None


def holds(role: Role, permission: Permission) -> bool:
    """Say whether a role holds a permission by itself."""
    return role in HOLDERS[permission]


def may_be_given(role: Role, permission: Permission) -> bool:
    """Say whether a person of this role may be let do the act once; an auditor never changes anything."""
    return permission in ON_THE_SPOT and role is not Role.AUDITOR


def sees_institution(actor: Actor, institution: str | None) -> bool:
    """Say whether a record of `institution` (None: of nobody's) is in an actor's view.

    A facility manager sees one institution, or nothing while none is set. An auditor sees one if one is set,
    else the whole shop. The others see everything.
    """
    if actor.role is Role.FACILITY_MANAGER:
        return institution is not None and institution == actor.institution
    if actor.role is Role.AUDITOR:
        return actor.institution is None or institution == actor.institution
    return True
