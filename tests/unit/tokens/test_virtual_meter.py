"""The virtual meter judges as a real one does (docs/sts.md §3, §6)."""

from itertools import permutations

import pytest

from pos.tokens.amount import encode_amount, encode_currency
from pos.tokens.block import encrypted_token
from pos.tokens.cipher import BlockCipher, cipher_for
from pos.tokens.crc import block_crc
from pos.tokens.credit import credit_token, currency_token
from pos.tokens.digits import group, token_digits
from pos.tokens.display import display_token
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.management import extended_flag, extended_value, management_token
from pos.tokens.names import EncryptionAlgorithm, KeyType, Service
from pos.tokens.numbers import make_drn
from pos.tokens.virtual_meter import MeterMake, ResultCode, VirtualMeter

STA, MISTY1 = EncryptionAlgorithm.STA, EncryptionAlgorithm.MISTY1
DITK, DDTK, DUTK, DCTK = KeyType.DITK, KeyType.DDTK, KeyType.DUTK, KeyType.DCTK
OLD_KEYS = {
    STA: bytes.fromhex("87f3ecbb2e46b48f"),
    MISTY1: bytes.fromhex("929bd3a415c9420a05ec5ee9f3ce91c3"),
}
NEW_KEYS = {
    STA: bytes.fromhex("7f78cdd220be39b8"),
    MISTY1: bytes.fromhex("b199270a77af96d3156c51b0964a8782"),
}
CIPHER = cipher_for(STA, OLD_KEYS[STA])
SECTION_RESULTS = [
    ResultCode.FIRST_KCT,
    ResultCode.SECOND_KCT,
    ResultCode.THIRD_KCT,
    ResultCode.FOURTH_KCT,
]
SETS = [(STA, False, 2), (STA, True, 3), (MISTY1, False, 4)]
ORDERS = [(ea, with_group, order) for ea, with_group, length in SETS for order in permutations(range(length))]
MAY_LOAD = {
    DITK: {DITK, DDTK, DUTK, DCTK},
    DDTK: {DDTK, DUTK, DCTK},
    DUTK: {DDTK, DUTK},
    DCTK: {DDTK, DCTK},
}


def test_enter_a_token_then_enter_it_again_is_used() -> None:
    meter, token = _meter(), _credit(1000)

    assert meter.enter(token).result is ResultCode.ACCEPT
    assert meter.enter(token).result is ResultCode.USED
    assert meter.enter(group(token)).result is ResultCode.USED
    assert meter.registers[0] == 256


def test_enter_a_token_tells_what_it_read() -> None:
    entry = _meter().enter(_credit(1000))

    assert entry.is_accepted
    assert entry.token is not None
    assert entry.token.tid == 1000


def test_enter_the_same_amount_with_another_tid_is_accepted() -> None:
    meter = _meter()

    assert [_enter(meter, tid) for tid in (1000, 1001)] == [ResultCode.ACCEPT] * 2
    assert meter.registers[0] == 512


def test_enter_a_token_from_before_the_meter_was_made_is_old() -> None:
    meter = _meter(manufactured_tid=5000)

    assert _enter(meter, 4999) is ResultCode.OLD
    assert _enter(meter, 5000) is ResultCode.USED
    assert _enter(meter, 5001) is ResultCode.ACCEPT


def test_enter_the_minute_the_meter_was_made_stays_used_while_the_store_holds_it() -> None:
    meter = _meter(manufactured_tid=5000, make=MeterMake(tid_store_size=3))

    assert [_enter(meter, tid) for tid in (5001, 5000, 5002, 5000)] == [
        ResultCode.ACCEPT,
        ResultCode.USED,
        ResultCode.ACCEPT,
        ResultCode.USED,
    ]
    assert [_enter(meter, tid) for tid in (5003, 5000)] == [ResultCode.ACCEPT, ResultCode.OLD]


def test_enter_more_tokens_than_the_store_holds_gives_up_the_smallest() -> None:
    meter = _meter(make=MeterMake(tid_store_size=3))

    assert [_enter(meter, tid) for tid in (30, 10, 20, 40)] == [ResultCode.ACCEPT] * 4
    assert _enter(meter, 10) is ResultCode.OLD
    assert _enter(meter, 15) is ResultCode.OLD
    assert _enter(meter, 20) is ResultCode.USED
    assert _enter(meter, 25) is ResultCode.ACCEPT
    assert _enter(meter, 20) is ResultCode.OLD
    assert [_enter(meter, tid) for tid in (25, 30, 40)] == [ResultCode.USED] * 3


def test_enter_with_a_store_of_one_takes_rising_tokens_only() -> None:
    meter = _meter(make=MeterMake(tid_store_size=1))

    assert [_enter(meter, tid) for tid in (10, 9, 10, 11)] == [
        ResultCode.ACCEPT,
        ResultCode.OLD,
        ResultCode.USED,
        ResultCode.ACCEPT,
    ]


def test_enter_fifty_tokens_backwards_accepts_all_then_the_next_older_is_old() -> None:
    meter = _meter()

    assert {_enter(meter, tid) for tid in range(150, 100, -1)} == {ResultCode.ACCEPT}
    assert _enter(meter, 100) is ResultCode.OLD


def test_enter_three_tokens_of_one_minute_accepts_all_in_any_order() -> None:
    for order in permutations((63, 64, 65)):
        meter = _meter()

        assert [_enter(meter, tid) for tid in order] == [ResultCode.ACCEPT] * 3


@pytest.mark.parametrize("ea", [STA, MISTY1])
def test_enter_a_token_of_another_key_is_a_crc_error(ea: EncryptionAlgorithm) -> None:
    meter = _meter(ea=ea)

    entry = meter.enter(_credit(1000, cipher=cipher_for(ea, NEW_KEYS[ea])))

    assert entry.result is ResultCode.CRC
    assert entry.token is None
    assert meter.registers[0] == 0


@pytest.mark.parametrize("text", ["", "abc", "1" * 19, "1" * 21, "9" * 20, f"{3 << 27:020d}", "\u0661" * 20])
def test_enter_what_is_no_token_is_a_format_error(text: str) -> None:
    assert _meter().enter(text).result is ResultCode.FORMAT


@pytest.mark.parametrize(("ea", "with_group", "order"), ORDERS)
def test_key_change_in_any_order_works_and_says_each_section(
    *, ea: EncryptionAlgorithm, with_group: bool, order: tuple[int, ...]
) -> None:
    meter = _meter(ea=ea)
    tokens = _set(ea, with_supply_group=with_group)

    results = [meter.enter(tokens[place]).result for place in order]

    assert results == [*(SECTION_RESULTS[place] for place in order[:-1]), ResultCode.ACCEPT]
    new = _attributes(ti="02", krn=2, ken=254, sgc="201458" if with_group or ea is MISTY1 else "201457")
    assert meter.key == new
    assert meter.enter(_credit(1, cipher=cipher_for(ea, OLD_KEYS[ea]))).result is ResultCode.CRC
    assert meter.enter(_credit(1, cipher=cipher_for(ea, NEW_KEYS[ea]))).is_accepted


@pytest.mark.parametrize(("ea", "with_group", "length"), SETS)
def test_key_change_without_one_token_changes_nothing(
    *, ea: EncryptionAlgorithm, with_group: bool, length: int
) -> None:
    for missing in range(length):
        meter = _meter(ea=ea)
        for place, token in enumerate(_set(ea, with_supply_group=with_group)):
            if place != missing:
                assert meter.enter(token).result is SECTION_RESULTS[place]

        assert meter.key == _attributes()
        assert meter.enter(_credit(1, cipher=cipher_for(ea, OLD_KEYS[ea]))).is_accepted


def test_key_change_with_one_token_entered_twice_still_works() -> None:
    meter = _meter()
    first, second = _set(STA)

    assert [meter.enter(token).result for token in (first, first, second)] == [
        ResultCode.FIRST_KCT,
        ResultCode.FIRST_KCT,
        ResultCode.ACCEPT,
    ]


def test_key_change_forgotten_half_way_needs_the_whole_set_again() -> None:
    meter = _meter()
    first, second = _set(STA)
    meter.enter(first)

    meter.forget_key_change()

    assert meter.enter(second).result is ResultCode.SECOND_KCT
    assert meter.enter(first).result is ResultCode.ACCEPT


@pytest.mark.parametrize("new", KeyType, ids=lambda kt: f"to-{kt.name}")
@pytest.mark.parametrize("old", KeyType, ids=lambda kt: f"from-{kt.name}")
@pytest.mark.parametrize("ea", [STA, MISTY1])
def test_key_change_from_any_type_to_any_type_follows_the_rules(
    ea: EncryptionAlgorithm, old: KeyType, new: KeyType
) -> None:
    meter = _meter(ea=ea, kt=old)

    *_, last = [meter.enter(token).result for token in _set(ea, kt=new)]

    if new in MAY_LOAD[old]:
        assert last is ResultCode.ACCEPT
        assert meter.key.kt == new
    else:
        assert last is ResultCode.KEY_TYPE
        assert meter.key == _attributes(kt=old)
        assert meter.enter(_tamper(1, cipher_for(ea, OLD_KEYS[ea]))).is_accepted


def test_key_change_refused_for_its_type_forgets_its_sections() -> None:
    meter = _meter(kt=DUTK)
    for token in _set(STA, kt=DCTK):
        meter.enter(token)

    assert meter.enter(_set(STA)[1]).result is ResultCode.SECOND_KCT


def test_key_change_with_rollover_clears_the_store() -> None:
    meter = _meter(manufactured_tid=5_000_000)
    assert _enter(meter, 6_000_000) is ResultCode.ACCEPT

    for token in _set(STA, is_rollover=True):
        meter.enter(token)

    new = cipher_for(STA, NEW_KEYS[STA])
    assert meter.enter(_credit(100, cipher=new)).result is ResultCode.ACCEPT
    assert meter.enter(_credit(100, cipher=new)).result is ResultCode.USED
    assert meter.enter(_credit(6_000_000, cipher=new)).result is ResultCode.ACCEPT


def test_key_change_with_rollover_leaves_even_the_first_minute_unused() -> None:
    meter = _meter(manufactured_tid=5_000_000)
    for token in _set(STA, is_rollover=True):
        meter.enter(token)

    new = cipher_for(STA, NEW_KEYS[STA])
    assert meter.enter(_credit(0, cipher=new)).result is ResultCode.ACCEPT
    assert meter.enter(_credit(0, cipher=new)).result is ResultCode.USED


def test_key_change_to_a_supply_group_of_seven_digits_is_out_of_range_in_three_tokens() -> None:
    for sgc, result in ((999_999, ResultCode.ACCEPT), (1_000_000, ResultCode.RANGE)):
        meter = _meter()
        first, second, _ = _set(STA, with_supply_group=True)
        third = encrypted_token(CIPHER, 2, 8 << 44 | sgc << 20)

        assert [meter.enter(token).result for token in (first, second, third)][-1] is result
        assert meter.key.sgc == ("999999" if result is ResultCode.ACCEPT else "201457")


def test_key_change_to_a_supply_group_of_seven_digits_is_out_of_range_in_four_tokens() -> None:
    cipher = cipher_for(MISTY1, OLD_KEYS[MISTY1])
    for sgc, result in ((999_999, ResultCode.ACCEPT), (1_000_000, ResultCode.RANGE)):
        meter = _meter(ea=MISTY1)
        first, second, *_ = _set(MISTY1)
        third = encrypted_token(cipher, 2, 8 << 44 | (sgc & 0xFFF) << 32)
        fourth = encrypted_token(cipher, 2, 9 << 44 | (sgc >> 12) << 32)

        assert [meter.enter(token).result for token in (first, second, third, fourth)][-1] is result
        assert meter.key.sgc == ("999999" if result is ResultCode.ACCEPT else "201457")


def test_key_change_without_rollover_keeps_the_store() -> None:
    meter = _meter(manufactured_tid=5_000_000)
    assert _enter(meter, 6_000_000) is ResultCode.ACCEPT

    for token in _set(STA):
        meter.enter(token)

    new = cipher_for(STA, NEW_KEYS[STA])
    assert meter.enter(_credit(100, cipher=new)).result is ResultCode.OLD
    assert meter.enter(_credit(6_000_000, cipher=new)).result is ResultCode.USED


def test_key_change_third_token_of_a_pair_is_kept_and_not_used() -> None:
    meter = _meter()
    third = _set(STA, with_supply_group=True)[2]

    results = [meter.enter(token).result for token in (third, *_set(STA))]

    assert results == [ResultCode.THIRD_KCT, ResultCode.FIRST_KCT, ResultCode.ACCEPT]
    assert meter.key.sgc == "201457"


def test_key_change_third_token_with_a_dirty_pad_is_a_format_error() -> None:
    token = encrypted_token(CIPHER, 2, 8 << 44 | 201458 << 20 | 1)

    assert _meter().enter(token).result is ResultCode.FORMAT


def test_key_change_fourth_token_for_a_64_bit_meter_is_no_function_of_it() -> None:
    assert _meter().enter(encrypted_token(CIPHER, 2, 9 << 44)).result is ResultCode.FUNCTION


@pytest.mark.parametrize("kt", [DITK, DUTK, DCTK])
def test_credit_under_any_key_but_the_default_one_is_accepted(kt: KeyType) -> None:
    assert _enter(_meter(kt=kt), 1000) is ResultCode.ACCEPT


def test_credit_under_a_default_key_is_refused_and_engineering_is_not() -> None:
    meter = _meter(kt=DDTK)

    assert _enter(meter, 1000) is ResultCode.DDTK
    assert meter.enter(_currency(1000)).result is ResultCode.DDTK
    assert meter.enter(_tamper(1000)).result is ResultCode.ACCEPT


def test_token_beyond_the_key_expiry_is_refused_until_the_key_is_changed() -> None:
    meter = _meter(ken=85)
    new = cipher_for(STA, NEW_KEYS[STA])

    assert _enter(meter, (86 << 16) - 1) is ResultCode.ACCEPT
    assert _enter(meter, 86 << 16) is ResultCode.KEY_EXPIRED
    assert meter.enter(_tamper(86 << 16)).result is ResultCode.KEY_EXPIRED
    assert [meter.enter(token).result for token in _set(STA)][-1] is ResultCode.ACCEPT
    assert meter.enter(_credit(86 << 16, cipher=new)).result is ResultCode.ACCEPT


def test_token_beyond_the_key_expiry_in_a_meter_without_expiry_is_accepted() -> None:
    meter = _meter(ken=85, make=MeterMake(has_expiry=False))

    assert _enter(meter, 86 << 16) is ResultCode.ACCEPT


def test_token_with_a_key_that_never_expires_is_accepted_to_the_last_minute() -> None:
    assert _enter(_meter(ken=255), 0xFFFFFF) is ResultCode.ACCEPT


def test_credit_above_what_the_register_holds_is_an_overflow_and_stays_usable() -> None:
    meter = _meter(make=MeterMake(register_max=511))

    assert _enter(meter, 1000) is ResultCode.ACCEPT
    assert _enter(meter, 1001) is ResultCode.OVERFLOW
    assert meter.registers[0] == 256
    assert meter.enter(_clear(1002, 0)).is_accepted
    assert _enter(meter, 1001) is ResultCode.ACCEPT


def test_currency_credit_beyond_the_register_is_an_overflow_both_ways() -> None:
    meter = _meter(make=MeterMake(currency_register_max=150_000))

    assert meter.enter(_currency(1, steps=100_000)).is_accepted
    assert meter.enter(_currency(2, steps=100_000)).result is ResultCode.OVERFLOW
    assert meter.enter(_currency(3, steps=-200_000)).is_accepted
    assert meter.registers[4] < 0
    assert meter.enter(_currency(4, steps=-200_000)).result is ResultCode.OVERFLOW


@pytest.mark.parametrize("subclass", range(8))
def test_credit_goes_to_the_register_of_its_sub_class(subclass: int) -> None:
    meter = _meter()

    assert meter.enter(_credit_of(subclass)).is_accepted
    assert [register for register, value in meter.registers.items() if value] == [subclass]


@pytest.mark.parametrize("subclass", range(8))
def test_credit_for_a_service_the_meter_has_not_is_no_function_of_it(subclass: int) -> None:
    others = frozenset(Service) - {Service(subclass & 3)}
    meter = _meter(make=MeterMake(services=others))

    assert meter.enter(_credit_of(subclass)).result is ResultCode.FUNCTION
    assert meter.enter(_clear(1, subclass)).result is ResultCode.FUNCTION


@pytest.mark.parametrize(
    ("token_class", "subclass"),
    [(0, 8), (0, 15), (1, 3), (1, 6), (1, 15), (2, 11), (2, 15)],
)
def test_token_of_a_reserved_sub_class_is_no_function_of_the_meter(token_class: int, subclass: int) -> None:
    assert _meter().enter(_reserved(token_class, subclass)).result is ResultCode.FUNCTION


@pytest.mark.parametrize(("subclass", "code"), [(0, 4), (0, 0), (1, 4), (1, 0), (2, 4), (2, 0)])
def test_display_token_of_the_maker_or_of_all_is_accepted_again_and_again(subclass: int, code: int) -> None:
    meter = _meter()
    token = display_token(subclass=subclass, manufacturer_code=code, control=1)

    assert [meter.enter(token).result for _ in range(2)] == [ResultCode.ACCEPT] * 2


@pytest.mark.parametrize(("subclass", "code"), [(0, 7), (1, 1234), (2, 5)])
def test_display_token_of_another_maker_is_refused(subclass: int, code: int) -> None:
    token = display_token(subclass=subclass, manufacturer_code=code, control=1)

    assert _meter().enter(token).result is ResultCode.MFR_CODE


def test_display_token_with_a_wrong_checksum_is_a_crc_error() -> None:
    digits = display_token(subclass=0, manufacturer_code=0, control=1)

    assert _meter().enter(f"{int(digits) ^ 1:020d}").result is ResultCode.CRC


def test_power_limits_are_set_within_what_the_meter_can_do() -> None:
    meter = _meter(make=MeterMake(power_limit_max_watts=10_000))

    assert meter.enter(_managed(1, 0, 10_000)).is_accepted
    assert meter.enter(_managed(2, 0, 10_001)).result is ResultCode.RANGE
    assert meter.power_limit_watts == 10_000
    assert meter.enter(_managed(2, 6, 9_000)).is_accepted
    assert meter.enter(_managed(3, 6, 10_001)).result is ResultCode.RANGE
    assert meter.phase_unbalance_limit_watts == 9_000
    assert meter.enter(_managed(3, 0, encode_amount(5_000))).is_accepted
    assert meter.power_limit_watts == 5_000


def test_power_limit_above_the_first_range_is_read_as_an_amount() -> None:
    meter = _meter()

    assert meter.enter(_managed(1, 0, encode_amount(180_224))).is_accepted
    assert meter.power_limit_watts == 180_224


def test_tamper_flag_is_cleared_by_its_token() -> None:
    meter = _meter()
    meter.is_tampered = True

    assert meter.enter(_tamper(1)).is_accepted
    assert not meter.is_tampered


def test_clear_credit_of_one_register_leaves_the_others() -> None:
    meter = _full_meter()

    assert meter.enter(_clear(100, 5)).is_accepted
    assert [register for register, value in meter.registers.items() if not value] == [5]


def test_clear_credit_of_all_registers_leaves_none() -> None:
    meter = _full_meter()

    assert meter.enter(_clear(100, 0xFFFF)).is_accepted
    assert set(meter.registers.values()) == {0}


def test_clear_credit_of_a_register_that_does_not_exist_is_out_of_range() -> None:
    meter = _full_meter()

    assert meter.enter(encrypted_token(CIPHER, 2, 1 << 44 | 100 << 16 | 8)).result is ResultCode.RANGE
    assert 0 not in meter.registers.values()


def test_tariff_rate_and_water_factor_are_kept_as_given() -> None:
    meter = _meter()

    assert meter.enter(_managed(1, 2, 777)).is_accepted
    assert meter.enter(_managed(2, 7, 555)).is_accepted
    assert (meter.tariff_rate, meter.water_factor) == (777, 555)


def test_water_factor_in_a_meter_without_water_is_no_function_of_it() -> None:
    meter = _meter(make=MeterMake(services=frozenset({Service.ELECTRICITY})))

    assert meter.enter(_managed(1, 7, 555)).result is ResultCode.FUNCTION
    assert meter.water_factor == 0


def test_extended_values_and_flags_are_kept_by_number() -> None:
    meter = _meter()

    assert meter.enter(_managed(1, 10, extended_value(5, 123))).is_accepted
    assert meter.enter(_managed(2, 10, extended_flag(7, is_set=True))).is_accepted
    assert meter.enter(_managed(3, 10, extended_flag(8, is_set=False))).is_accepted
    assert meter.extended == {5: 123}
    assert meter.flags == {7: True, 8: False}


def test_engineering_token_entered_again_is_used() -> None:
    meter = _meter()

    assert [meter.enter(_tamper(1)).result for _ in range(2)] == [ResultCode.ACCEPT, ResultCode.USED]


def test_lockout_after_wrong_entries_lasts_until_it_is_ended() -> None:
    meter = _meter(make=MeterMake(lockout_after=3))
    wrong = _credit(1, cipher=cipher_for(STA, NEW_KEYS[STA]))

    assert [meter.enter(wrong).result for _ in range(2)] == [ResultCode.CRC] * 2
    assert meter.enter("1").result is ResultCode.FORMAT
    assert _enter(meter, 1000) is ResultCode.LOCKOUT
    meter.end_lockout()
    assert _enter(meter, 1000) is ResultCode.ACCEPT


def test_lockout_counts_wrong_entries_in_a_row_only() -> None:
    meter = _meter(make=MeterMake(lockout_after=2))

    assert [meter.enter(text).result for text in ("1", _credit(1), "1", _credit(2))] == [
        ResultCode.FORMAT,
        ResultCode.ACCEPT,
        ResultCode.FORMAT,
        ResultCode.ACCEPT,
    ]


def test_meter_that_is_not_ready_answers_so_and_keeps_nothing() -> None:
    meter = _meter()
    meter.is_ready = False

    assert _enter(meter, 1000) is ResultCode.NOT_READY
    meter.is_ready = True
    assert _enter(meter, 1000) is ResultCode.ACCEPT


def _meter(
    *,
    ea: EncryptionAlgorithm = STA,
    kt: KeyType = DUTK,
    ken: int = 255,
    make: MeterMake | None = None,
    manufactured_tid: int = 0,
) -> VirtualMeter:
    return VirtualMeter(
        make_drn("04", "12345678"),
        cipher_for(ea, OLD_KEYS[ea]),
        _attributes(kt=kt, ken=ken),
        make=make,
        manufactured_tid=manufactured_tid,
    )


def _full_meter() -> VirtualMeter:
    meter = _meter()
    for subclass in range(8):
        assert meter.enter(_credit_of(subclass, tid=1 + subclass)).is_accepted
    return meter


def _attributes(
    *, kt: KeyType = DUTK, ken: int = 255, sgc: str = "201457", ti: str = "01", krn: int = 1
) -> KeyAttributes:
    return KeyAttributes(sgc=sgc, ti=ti, krn=krn, kt=kt, ken=ken)


def _set(
    ea: EncryptionAlgorithm,
    *,
    kt: KeyType = DUTK,
    is_rollover: bool = False,
    with_supply_group: bool = False,
) -> list[str]:
    return key_change_tokens(
        cipher_for(ea, OLD_KEYS[ea]),
        new_key=NEW_KEYS[ea],
        attributes=_attributes(kt=kt, ken=254, sgc="201458", ti="02", krn=2),
        is_rollover=is_rollover,
        with_supply_group=with_supply_group,
    )


def _enter(meter: VirtualMeter, tid: int) -> ResultCode:
    return meter.enter(_credit(tid)).result


def _credit(tid: int, *, cipher: BlockCipher = CIPHER) -> str:
    return credit_token(cipher, subclass=0, rnd=5, tid=tid, amount_field=256)


def _currency(tid: int, *, steps: int = 100_000, subclass: int = 4) -> str:
    return currency_token(CIPHER, subclass=subclass, tid=tid, field=encode_currency(steps))


def _credit_of(subclass: int, *, tid: int = 1000) -> str:
    if subclass > 3:
        return _currency(tid, subclass=subclass)
    return credit_token(CIPHER, subclass=subclass, rnd=5, tid=tid, amount_field=256)


def _managed(tid: int, subclass: int, value_field: int) -> str:
    return management_token(CIPHER, subclass=subclass, rnd=5, tid=tid, value_field=value_field)


def _tamper(tid: int, cipher: BlockCipher = CIPHER) -> str:
    return management_token(cipher, subclass=5, rnd=5, tid=tid, value_field=0)


def _clear(tid: int, register: int) -> str:
    return _managed(tid, 1, register)


def _reserved(token_class: int, subclass: int) -> str:
    if token_class == 1:
        upper48 = subclass << 44
        return token_digits(1, upper48 << 16 | block_crc(1 << 48 | upper48))
    return encrypted_token(CIPHER, token_class, subclass << 44 | 1000 << 16)
