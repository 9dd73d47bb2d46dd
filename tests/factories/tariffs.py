"""Tariffs and terms with sensible defaults: the check figures' blocks, in francs without minor units."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pos.domain.price_terms import Basis, Terms
from pos.domain.tariff import (
    ArrearsKind,
    ArrearsRule,
    Block,
    Charge,
    Levy,
    Period,
    Service,
    Tariff,
    Tax,
    Taxed,
)

BLOCKS = (Block(89_000_000, 20_000), Block(310_000_000, 50_000), Block(369_000_000))
VAT = Tax("VAT", 180_000, frozenset({Taxed.ENERGY, Taxed.CHARGE, Taxed.LEVY}))
MONTHLY = Charge("monthly", 500, Period.MONTH)
QUARTER = ArrearsRule(ArrearsKind.PERCENT, ppm=250_000)


def make_tariff(**changes: Any) -> Tariff:
    """The three blocks of the check figures without tax, charge or arrears."""
    fields: dict[str, Any] = {
        "code": "RES",
        "version": 1,
        "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
        "currency": "RWF",
        "blocks": BLOCKS,
    }
    return Tariff(**(fields | changes))


def make_terms(tariff: Tariff | None = None, *, bought: int = 0, arrears: int = 0, **changes: Any) -> Terms:
    """Terms of a meter that bought `bought` milli this month and owes `arrears`."""
    basis = Basis(bought_before_milli=bought, arrears_before_minor=arrears)
    return Terms(tariff or make_tariff(), **({"basis": basis} | changes))


def make_full_tariff() -> Tariff:
    """A tariff with one of everything, in a currency of two minor digits."""
    return make_tariff(
        code="KPL-D",
        version=3,
        valid_from=datetime(2026, 6, 30, 21, 0, 0, 500_000, tzinfo=UTC),
        currency="KES",
        service=Service.WATER,
        blocks=(Block(12_230_000, 30_000), Block(16_450_000, 100_000), Block(19_080_001)),
        charges=(
            Charge("Meter rent", 15_050, Period.MONTH, "EX"),
            Charge("Service", 2_000, Period.PURCHASE),
        ),
        levies=(Levy("Rural", ppm=50_000), Levy("Regulator", rate_micro=80_000, is_inclusive=True)),
        taxes=(
            Tax("VAT", 160_000, frozenset({Taxed.ENERGY, Taxed.CHARGE, Taxed.FEE}), is_inclusive=True),
            Tax("EX", 0),
        ),
        arrears=ArrearsRule(ArrearsKind.PERCENT, ppm=300_000, cap_minor=100_000, tax_code="VAT"),
        free_milli=2_500,
        min_minor=10_000,
        max_minor=5_000_000,
    )
