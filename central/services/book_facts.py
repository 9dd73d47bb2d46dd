"""What the postings of a line depend on, as the server knows it (pos.domain.ledger)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from central.services.book_context import Context

Body = Mapping[str, Any]

UNKNOWN_SUPPLIER = "unknown"
_PAID = frozenset({"paid", "awaiting_payment"})


class ServerFacts:
    """`LedgerFacts` from what was looked up for the lines at hand; `at` is the instant of the present one."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.at: datetime = context.now
        self.hidden: frozenset[str] = frozenset()
        """Groups and hashes of tariffs to be looked at as not known."""

    def supplier_of(self, item: Body) -> str:
        """Return the code of the supplier whose product an item sells."""
        meter = item.get("meter")
        sgc = "" if meter is None else meter["sgc"]
        group = None if sgc in self.hidden else self._context.groups.get(sgc)
        return UNKNOWN_SUPPLIER if group is None else str(group.supplier)

    def commission_ppm(self, supplier: str) -> int:
        """Return the commission share in force at the line's instant."""
        ppm = 0
        for valid_from, share in self._context.commissions.get(supplier, ()):
            if valid_from <= self.at:
                ppm = share
        return ppm

    def tax_ppm(self, item: Body, tax_code: str) -> int:
        """Return the rate of a tax code in the item's tariff, 0 where the server does not know it."""
        basis = item.get("basis")
        sha256 = "" if basis is None else basis["tariff_sha256"]
        known = None if sha256 in self.hidden else self._context.tariffs.get(sha256)
        tax = None if known is None else known.tariff.tax_named(tax_code)
        return 0 if tax is None else tax.ppm

    def balance_minor(self, account: str) -> int:
        """Return an account's balance before the line."""
        context = self._context
        return context.balances.get(account, 0) + context.taken_over.get(account, 0)

    def is_paid(self, sale_id: str) -> bool:
        """Return whether earlier lines took the sale's money."""
        known = self._context.transactions.get(sale_id)
        return known is not None and known.state in _PAID

    def tender_of(self, payment_id: str) -> str:
        """Return the tender of an earlier payment."""
        return self._context.tenders.get(payment_id, "cash")
