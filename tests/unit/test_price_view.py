"""The lines of a price as people read them: the figures of the design's own example."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pos.domain.price_terms import Basis, Terms
from pos.domain.priced_item import LineKind
from pos.domain.pricing import price_by_money
from pos.domain.tariff import (
    ArrearsKind,
    ArrearsRule,
    Block,
    Charge,
    Levy,
    Period,
    Tariff,
    Tax,
    Taxed,
)
from pos.i18n.catalogue import catalogue
from pos.i18n.wording import Wording
from pos.services.price_view import price_view
from pos.tokens.amount import largest_amount_not_above

AT = datetime(2026, 11, 17, 12, tzinfo=UTC)
TARIFF = Tariff(
    code="T1",
    version=1,
    valid_from=datetime(2026, 10, 1, tzinfo=UTC),
    currency="RWF",
    blocks=(Block(89_000_000, to_milli=20_000), Block(310_000_000, to_milli=50_000), Block(369_000_000)),
    charges=(Charge("service", 500, Period.MONTH),),
    levies=(Levy("regulator", ppm=3_000),),
    taxes=(Tax("VAT", 180_000, frozenset({Taxed.ENERGY, Taxed.CHARGE})),),
    arrears=ArrearsRule(ArrearsKind.PERCENT, ppm=200_000),
)


def wording(language: str = "en") -> Wording:
    return Wording(catalogue(language), "RWF", ZoneInfo("Africa/Kigali"))


def test_lines_when_shown_then_add_up_and_stand_in_their_order() -> None:
    basis = Basis(arrears_before_minor=12_400)
    item = price_by_money(Terms(TARIFF, basis), 18_500, representable_tenths=largest_amount_not_above)
    json = item.to_json() | {"basis": {"arrears_before_minor": 12_400}}

    view = price_view(json, TARIFF, wording(), AT)

    rows = {row.name: (row.detail, row.amount_minor) for row in view.rows}
    assert rows["Old debt (arrears)"] == ("20\u00a0% of each payment · 8,700 left after", 3700)
    assert rows["Service charge, November"] == ("once a month, at the first purchase", 500)
    assert rows["Regulator levy"] == ("0.3\u00a0% of energy", 36)
    assert rows["VAT"] == ("18\u00a0% of energy and service charge", item.total_minor(LineKind.TAX))
    assert rows["Energy, block 1"] == ("20.0\u00a0kWh × 89", 1780)
    assert rows["Energy, block 2"] == ("30.0\u00a0kWh × 310", 9300)
    assert view.token_milli == 52_500
    assert sum(row.amount_minor for row in view.rows) == view.money_minor == 18_500
    assert [row.group for row in view.rows] == sorted(row.group for row in view.rows)


def test_lines_when_in_another_language_then_the_same_amounts() -> None:
    item = price_by_money(Terms(TARIFF), 18_500, representable_tenths=largest_amount_not_above).to_json()

    amounts = [
        [row.amount_minor for row in price_view(item, TARIFF, wording(language), AT).rows]
        for language in ("en", "fr", "rw", "sw")
    ]

    assert all(one == amounts[0] for one in amounts)


def test_lines_when_the_tariff_is_not_at_hand_then_no_explanations() -> None:
    item = price_by_money(Terms(TARIFF), 18_500, representable_tenths=largest_amount_not_above).to_json()

    view = price_view(item, None, wording(), AT)

    assert view.money_minor == 18_500
    assert {row.detail for row in view.rows if row.group == 0} == {""}
