"""Token identifiers: base dates, zones, the reserved minute, lanes, the end of a base date, expiry."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from pos.tokens.cipher import cipher_for
from pos.tokens.credit import credit_token
from pos.tokens.errors import TidError
from pos.tokens.key_change import KeyAttributes
from pos.tokens.names import BaseDate, EncryptionAlgorithm
from pos.tokens.numbers import make_drn
from pos.tokens.tid import (
    LANES,
    MINUTES_PER_DAY,
    check_not_expired,
    instant_of,
    minute_of,
    next_tid,
    tid_at,
)
from pos.tokens.virtual_meter import VirtualMeter
from tests.reference.shuffling import seeded

Y14 = BaseDate.Y2014
NAIROBI = ZoneInfo("Africa/Nairobi")
MONTH_MINUTES = 30 * MINUTES_PER_DAY
MONTH_START = 12 * 365 * MINUTES_PER_DAY
METERS = 25
TILLS_MAX = 5
QUIET_SALES = 15
RUSH_MINUTES = [
    day * MINUTES_PER_DAY + minute for day, minute in ((0, 0), (0, 1), (14, 700), (29, 1), (29, 1439))
]
TOKENS_PER_METER_MAX = 50
"""What a meter remembers."""

BUSY_SALES = 6_000
BUSY_MINUTES = 2_000


@pytest.mark.parametrize(
    ("base_date", "year", "last"),
    [
        (BaseDate.Y1993, 1993, datetime(2024, 11, 24, 20, 15, tzinfo=UTC)),
        (BaseDate.Y2014, 2014, datetime(2045, 11, 24, 20, 15, tzinfo=UTC)),
        (BaseDate.Y2035, 2035, datetime(2066, 11, 24, 20, 15, tzinfo=UTC)),
    ],
)
def test_minute_of_a_base_date_counts_from_its_first_to_its_last_minute(
    base_date: BaseDate, year: int, last: datetime
) -> None:
    assert base_date.year == year
    assert minute_of(base_date, datetime(year, 1, 1, tzinfo=UTC)) == 0
    assert minute_of(base_date, last) == 0xFFFFFF
    assert instant_of(base_date, 0xFFFFFF) == last
    _refused("tid.exhausted", minute_of, base_date, last + timedelta(minutes=1))
    _refused("tid.before_base_date", minute_of, base_date, datetime(year - 1, 12, 31, 23, 59, 59, tzinfo=UTC))


@pytest.mark.parametrize(
    ("base_date", "remedy"),
    [
        (BaseDate.Y1993, "rollover key change to base date 2014"),
        (BaseDate.Y2014, "rollover key change to base date 2035"),
        (BaseDate.Y2035, "no later base date is defined"),
    ],
)
def test_tid_at_after_the_end_of_a_base_date_names_the_way_out(base_date: BaseDate, remedy: str) -> None:
    with pytest.raises(TidError, match=remedy) as refusal:
        tid_at(base_date, datetime(2067, 1, 1, tzinfo=UTC))

    assert refusal.value.code == "tid.exhausted"


def test_minute_of_an_instant_with_seconds_is_the_minute_begun() -> None:
    assert minute_of(Y14, datetime(2014, 1, 1, 0, 5, 59, 999_999, tzinfo=UTC)) == 5


def test_minute_of_an_instant_written_in_another_zone_is_the_same() -> None:
    instant = datetime(2026, 7, 29, 9, 30, tzinfo=UTC)

    assert minute_of(Y14, instant.astimezone(NAIROBI)) == minute_of(Y14, instant)


@pytest.mark.parametrize("zone", [NAIROBI, timezone(timedelta(hours=3))])
def test_minute_of_in_a_zone_east_of_utc_counts_its_local_minutes(zone: timezone) -> None:
    instant = datetime(2026, 7, 29, 9, 30, tzinfo=UTC)

    assert minute_of(Y14, instant, zone) == minute_of(Y14, instant) + 180
    assert instant_of(Y14, minute_of(Y14, instant, zone), zone) == instant
    assert minute_of(Y14, datetime(2013, 12, 31, 21, 0, tzinfo=UTC), zone) == 0


def test_tid_at_the_reserved_minute_of_the_zone_takes_the_next() -> None:
    local_one_past = datetime(2026, 7, 29, 0, 1, tzinfo=NAIROBI)
    utc_one_past = datetime(2026, 7, 29, 0, 1, tzinfo=UTC)

    assert tid_at(Y14, local_one_past, NAIROBI) % MINUTES_PER_DAY == 2
    assert tid_at(Y14, local_one_past) % MINUTES_PER_DAY == 21 * 60 + 1
    assert tid_at(Y14, utc_one_past) % MINUTES_PER_DAY == 2
    assert tid_at(Y14, utc_one_past, NAIROBI) % MINUTES_PER_DAY == 3 * 60 + 1


def test_minute_of_an_instant_without_a_zone_is_our_mistake() -> None:
    with pytest.raises(TypeError, match="zone"):
        minute_of(Y14, datetime(2026, 7, 29, 9, 30))  # noqa: DTZ001 - what is refused here


def test_next_tid_three_times_in_a_minute_runs_ahead_then_goes_back_to_the_clock() -> None:
    at_0003 = MONTH_START + 3
    last, given = None, []
    for minute in (at_0003, at_0003, at_0003, at_0003 + 1, at_0003 + 10):
        last = next_tid(Y14, minute, last=last)
        given.append(last - MONTH_START)

    assert given == [3, 4, 5, 6, 13]


def test_next_tid_after_midnight_skips_the_reserved_minute() -> None:
    assert next_tid(Y14, MONTH_START, last=None) == MONTH_START
    assert next_tid(Y14, MONTH_START, last=MONTH_START) == MONTH_START + 2
    assert next_tid(Y14, MONTH_START + 1, last=None) == MONTH_START + 2
    assert next_tid(Y14, MONTH_START + 1, last=MONTH_START + 2) == MONTH_START + 3


@pytest.mark.parametrize(
    ("lane", "lanes", "minute", "expected"),
    [
        (0, 4, 0, 0),
        (3, 4, 0, 3),
        (1, 4, 0, 5),
        (1, 4, 2, 5),
        (1, 16, 0, 17),
        (1, 60, 0, 61),
        (1, 60, 1438, 1501),
        (2, 60, 0, 2),
        (59, 60, 60, 119),
    ],
)
def test_next_tid_in_a_lane_is_the_lanes_next_minute_but_the_reserved_one(
    lane: int, lanes: int, minute: int, expected: int
) -> None:
    tid = next_tid(Y14, MONTH_START + minute, last=None, lane=lane, lanes=lanes)

    assert tid - MONTH_START == expected


def test_next_tid_in_a_lane_after_a_token_takes_the_lanes_next_minute() -> None:
    first = next_tid(Y14, MONTH_START + 100, last=None, lane=7, lanes=16)
    second = next_tid(Y14, MONTH_START + 100, last=first, lane=7, lanes=16)

    assert (first - MONTH_START, second - MONTH_START) == (103, 119)


@pytest.mark.parametrize(("lane", "lanes"), [(-1, 4), (4, 4), (0, 2), (0, 0), (0, 1440), (1, 1)])
def test_next_tid_in_a_lane_that_does_not_exist_is_refused(lane: int, lanes: int) -> None:
    _refused("tid.lane", next_tid, Y14, 1000, last=None, lane=lane, lanes=lanes)


def test_next_tid_a_day_ahead_of_the_clock_is_the_limit() -> None:
    minute = MONTH_START + 600

    assert next_tid(Y14, minute, last=minute + 1439) == minute + 1440
    _refused("tid.lead", next_tid, Y14, minute, last=minute + 1440)
    _refused("tid.lead", next_tid, Y14, minute, last=minute + 1439, lane=59, lanes=60)


def test_next_tid_beyond_the_last_minute_is_exhausted() -> None:
    assert next_tid(Y14, 0xFFFFFF, last=None) == 0xFFFFFF
    _refused("tid.exhausted", next_tid, Y14, 0xFFFFFF, last=0xFFFFFF)
    _refused("tid.exhausted", next_tid, Y14, 0xFFFFFF, last=None, lane=0, lanes=60)


def test_instant_of_a_tid_that_does_not_fit_is_exhausted() -> None:
    _refused("tid.exhausted", instant_of, Y14, 1 << 24)


@pytest.mark.parametrize("ken", [0, 85, 254])
def test_check_not_expired_splits_at_the_expiry_number(ken: int) -> None:
    check_not_expired((ken << 16) + 0xFFFF, ken)

    _refused("key.expired", check_not_expired, (ken + 1) << 16, ken)


def test_check_not_expired_with_the_last_number_never_refuses() -> None:
    check_not_expired(0xFFFFFF, 255)


@pytest.mark.parametrize("lanes", LANES)
def test_month_of_sales_by_several_tills_is_accepted_in_any_order_of_typing(lanes: int) -> None:
    chance = seeded()
    cipher = cipher_for(EncryptionAlgorithm.STA, bytes.fromhex("87f3ecbb2e46b48f"))
    for meter_number in range(METERS):
        sales = _month_of_one_meter(lanes, chance)
        tids = [sale.tid for sale in sales]
        assert len(tids) <= TOKENS_PER_METER_MAX
        _assert_month_is_whole(sales, lanes)

        chance.shuffle(tids)
        meter = VirtualMeter(
            make_drn("04", f"{meter_number:08d}"),
            cipher,
            KeyAttributes(sgc="123456", ti="01", krn=1, kt=2, ken=255),
            manufactured_tid=MONTH_START - 1,
        )
        tokens = [
            credit_token(cipher, subclass=0, rnd=chance.randrange(16), tid=tid, amount_field=100)
            for tid in tids
        ]
        assert all(meter.enter(token).is_accepted for token in tokens)
        assert not any(meter.enter(token).is_accepted for token in tokens)


@pytest.mark.parametrize("lanes", LANES)
def test_month_of_thousands_of_sales_in_every_lane_of_one_meter_never_collides(lanes: int) -> None:
    chance = seeded()
    common_minutes = chance.sample(range(MONTH_MINUTES), BUSY_MINUTES)
    moments = [
        (minute, lane)
        for lane in range(lanes)
        for minute in chance.choices(common_minutes, k=BUSY_SALES // lanes)
    ]
    moments += [(MONTH_MINUTES - 1, lane) for lane in range(lanes)]

    sales = _sell(sorted(moments), lanes)

    assert len(sales) > BUSY_SALES * 0.9
    _assert_month_is_whole(sales, lanes)


class Sale(NamedTuple):
    """When (minute of the month), by which till, with which TID."""

    minute: int
    lane: int
    tid: int


def _month_of_one_meter(lanes: int, chance: Random) -> list[Sale]:
    """In some minutes several tills sell to the meter, some of them twice; between them one till sells."""
    tills = chance.sample(range(lanes), min(lanes, TILLS_MAX))
    moments = [(minute, chance.choice(tills)) for minute in chance.sample(range(MONTH_MINUTES), QUIET_SALES)]
    moments += [(minute, till) for minute in RUSH_MINUTES for till in (*tills, chance.choice(tills))]
    return _sell(sorted(moments), lanes)


def _sell(moments: list[tuple[int, int]], lanes: int) -> list[Sale]:
    last: dict[int, int] = {}
    sales = []
    for minute, lane in moments:
        last[lane] = next_tid(Y14, MONTH_START + minute, last=last.get(lane), lane=lane, lanes=lanes)
        sales.append(Sale(minute, lane, last[lane]))
    return sales


def _assert_month_is_whole(sales: list[Sale], lanes: int) -> None:
    """It began on the first day and ended on the last, tills met in a minute, and no TID came twice."""
    assert sales[0].minute // MINUTES_PER_DAY == 0
    assert sales[-1].minute // MINUTES_PER_DAY == 29
    tills_by_minute: dict[int, list[int]] = {}
    for sale in sales:
        tills_by_minute.setdefault(sale.minute, []).append(sale.lane)
    assert max(len(tills) for tills in tills_by_minute.values()) >= 2
    assert lanes == 1 or any(len(set(tills)) >= 2 for tills in tills_by_minute.values())
    assert len({sale.tid for sale in sales}) == len(sales)
    assert all(sale.tid % lanes == sale.lane for sale in sales)
    assert not any(sale.tid % MINUTES_PER_DAY == 1 for sale in sales)


def _refused(code: str, function, *arguments, **options) -> None:
    with pytest.raises(TidError) as refusal:
        function(*arguments, **options)
    assert refusal.value.code == code
