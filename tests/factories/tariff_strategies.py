"""Hypothesis strategies: sound tariffs of every shape, and terms to sell under."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from pos.domain.price_terms import Adjustment, Basis, Terms
from pos.domain.priced_item import LineKind
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

SHARES = st.integers(1, 1_000_000) | st.sampled_from([50_000, 160_000, 180_000, 500_000, 1_000_000])
CODES = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]) | st.just(" "), min_size=1, max_size=12
).filter(lambda text: text == text.strip() and text.isprintable())
LEVY_MICRO_MAX = 900_000
INSTANTS = st.integers(0, 10**12).map(
    lambda ms: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)


@st.composite
def block_lists(draw: st.DrawFn) -> tuple[Block, ...]:
    """One to four blocks whose rates leave room for two inclusive levies per unit."""
    bounds = sorted(draw(st.sets(st.integers(1, 60_000), max_size=3)))
    rates = draw(
        st.lists(
            st.integers(2 * LEVY_MICRO_MAX, 400_000_000), min_size=len(bounds) + 1, max_size=len(bounds) + 1
        )
    )
    return tuple(Block(rate, bound) for rate, bound in zip(rates, [*bounds, None], strict=True))


@st.composite
def levy_lists(draw: st.DrawFn) -> tuple[Levy, ...]:
    """Up to two levies, by share or by rate, inside or on top."""
    codes = draw(st.lists(CODES, max_size=2, unique=True))
    return tuple(
        draw(
            st.builds(Levy, st.just(code), ppm=SHARES, is_inclusive=st.booleans())
            | st.builds(
                Levy, st.just(code), rate_micro=st.integers(1, LEVY_MICRO_MAX), is_inclusive=st.booleans()
            )
        )
        for code in codes
    )


@st.composite
def tax_lists(draw: st.DrawFn) -> tuple[Tax, ...]:
    """Up to two taxes that share out what they apply to."""
    codes = draw(st.lists(CODES, max_size=2, unique=True))
    owners = {kind: draw(st.sampled_from([*codes, None])) for kind in Taxed}
    return tuple(
        Tax(code, draw(SHARES), frozenset(kinds), draw(st.booleans()))
        for code in codes
        if (kinds := [kind for kind, owner in owners.items() if owner == code])
    )


@st.composite
def charge_lists(draw: st.DrawFn, taxes: tuple[Tax, ...]) -> tuple[Charge, ...]:
    """Up to two charges, some naming a tax."""
    codes = draw(st.lists(CODES, max_size=2, unique=True))
    named = st.sampled_from(["", *(tax.code for tax in taxes)])
    return tuple(
        Charge(code, draw(st.integers(1, 2_000)), draw(st.sampled_from(Period)), draw(named))
        for code in codes
    )


@st.composite
def arrears_rules(draw: st.DrawFn, taxes: tuple[Tax, ...]) -> ArrearsRule:
    """Any arrears rule."""
    kind = draw(st.sampled_from(ArrearsKind))
    return ArrearsRule(
        kind,
        amount_minor=draw(st.integers(1, 3_000)) if kind is ArrearsKind.FIXED else None,
        ppm=draw(SHARES) if kind is ArrearsKind.PERCENT else None,
        cap_minor=draw(st.none() | st.integers(1, 3_000)),
        tax_code=draw(st.sampled_from(["", *(tax.code for tax in taxes)])),
    )


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """Any sound tariff with small amounts; now and then with a smallest or largest vend."""
    taxes = draw(tax_lists())
    min_minor = draw(st.just(0) | st.integers(0, 2_000))
    return Tariff(
        code=draw(CODES),
        version=draw(st.integers(1, 99)),
        valid_from=draw(INSTANTS),
        currency=draw(st.sampled_from(["RWF", "KES", "KWD"])),
        service=draw(st.sampled_from(Service)),
        blocks=draw(block_lists()),
        charges=draw(charge_lists(taxes)),
        levies=draw(levy_lists()),
        taxes=taxes,
        arrears=draw(arrears_rules(taxes)),
        free_milli=draw(st.just(0) | st.integers(0, 20_000)),
        min_minor=min_minor,
        max_minor=draw(st.none() | st.integers(max(1, min_minor), 200_000)),
    )


@st.composite
def adjustments(draw: st.DrawFn) -> Adjustment:
    """A fee, a discount or a credit."""
    kind = draw(st.sampled_from([LineKind.FEE, LineKind.DISCOUNT, LineKind.CREDIT]))
    return Adjustment(kind, draw(CODES), draw(st.integers(1, 500)))


@st.composite
def all_terms(draw: st.DrawFn) -> Terms:
    """A tariff, the meter's month so far, a carry and some adjustments."""
    tariff = draw(tariffs())
    taken = draw(st.lists(st.sampled_from(tariff.charges), unique=True)) if tariff.charges else []
    basis = Basis(
        bought_before_milli=draw(st.integers(0, 80_000)),
        charges_taken=tuple(charge.code for charge in taken),
        free_before_milli=draw(st.integers(0, 25_000)),
        arrears_before_minor=draw(st.just(0) | st.integers(0, 5_000)),
    )
    return Terms(
        tariff,
        basis,
        carry_in_milli=draw(st.integers(0, 99)),
        is_free_allowed=draw(st.booleans()),
        adjustments=tuple(draw(st.lists(adjustments(), max_size=2))),
    )
