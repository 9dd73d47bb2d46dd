from collections.abc import Callable
from uuid import UUID

import pytest

from pos.domain.permissions import Role
from pos.errors import KilotillError, MachineFault
from pos.services.pins import PinSeal, RecoveryCodes, check_pin
from pos.system.sealed_file import PassphraseCost
from pos.tokens.sealing import new_sealing_key, unseal
from tests.factories.people import QUICK
from tests.fakes.secret_store import MemorySecretStore

ANNE, BEN = UUID(int=1), UUID(int=2)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


@pytest.fixture
def store() -> MemorySecretStore:
    return MemorySecretStore()


@pytest.fixture
def pins(store: MemorySecretStore) -> PinSeal:
    made = PinSeal(store, QUICK)
    made.make_key_if_gone()
    return made


@pytest.mark.parametrize("role", list(Role))
def test_check_pin_when_the_length_is_right_for_the_role_then_passes(role: Role) -> None:
    shortest = 6 if role in (Role.SUPERVISOR, Role.ADMINISTRATOR) else 5
    for length in range(12):
        pin = "123456789012"[:length]
        if shortest <= length <= 8:
            check_pin(pin, role)
        else:
            assert code_of(lambda pin=pin: check_pin(pin, role)) == "pin.form"


@pytest.mark.parametrize(
    "pin", ["12 456", "12345a", "\uff11\uff12\uff13\uff14\uff15\uff16", "-12345", "123456\n", "\u0663" * 6]
)
def test_check_pin_when_not_plain_digits_then_is_refused_and_not_repeated(pin: str) -> None:
    with pytest.raises(KilotillError) as caught:
        check_pin(pin, Role.CASHIER)
    assert pin not in caught.value.text


def test_pin_seal_when_the_pin_is_typed_then_only_the_right_one_of_that_person_opens(pins: PinSeal) -> None:
    sealed = pins.seal(ANNE, "12345")
    assert pins.is_right(ANNE, "12345", sealed)
    assert not pins.is_right(ANNE, "12346", sealed)
    assert code_of(lambda: pins.is_right(BEN, "12345", sealed)) == "pin.must_be_set"


def test_pin_seal_when_sealed_then_an_argon2id_hash_of_the_wanted_cost_is_inside(
    store: MemorySecretStore,
) -> None:
    pins = PinSeal(store, PassphraseCost(memory_kib=16, passes=2, lanes=1))
    pins.make_key_if_gone()
    sealed = pins.seal(ANNE, "12345")
    key = store.get("pin_key")
    assert key is not None
    inside = unseal(sealed, key, header=b"kilotill-pin-v1\n" + ANNE.bytes)
    assert inside.startswith(b"$argon2id$v=19$m=16,t=2,p=1$")
    assert b"argon2" not in sealed
    assert pins.seal(ANNE, "12345") != sealed


def test_pin_seal_when_nothing_is_said_then_a_guess_costs_64_mib_and_three_passes(
    store: MemorySecretStore,
) -> None:
    pins = PinSeal(store)
    pins.make_key_if_gone()
    key = store.get("pin_key")
    assert key is not None
    inside = unseal(pins.seal(ANNE, "12345"), key, header=b"kilotill-pin-v1\n" + ANNE.bytes)
    assert inside.startswith(b"$argon2id$v=19$m=65536,t=3,p=1$")


def test_pin_seal_when_the_secret_is_gone_or_another_then_says_so(
    pins: PinSeal, store: MemorySecretStore
) -> None:
    sealed = pins.seal(ANNE, "12345")
    store.set("pin_key", new_sealing_key())
    assert code_of(lambda: pins.is_right(ANNE, "12345", sealed)) == "pin.must_be_set"
    store.delete("pin_key")
    with pytest.raises(MachineFault) as caught:
        pins.is_right(ANNE, "12345", sealed)
    assert caught.value.code == "secrets.pin_key_gone"


def test_recovery_code_when_typed_in_any_spelling_then_is_right() -> None:
    codes = RecoveryCodes(QUICK)
    shown, stored = codes.make()
    assert [len(group) for group in shown.split("-")] == [5, 5, 5, 5, 5]
    for typed in (shown, shown.replace("-", ""), shown.lower(), f" {shown.replace('-', ' ')} "):
        assert codes.is_right(typed, stored)
    other = ("A" if shown[0] != "A" else "B") + shown[1:]
    assert not codes.is_right(other, stored)
    assert not codes.is_right("", stored)
    assert shown.replace("-", "") not in stored
    assert not codes.is_right(shown, "damaged")


def test_recovery_code_when_made_many_times_then_never_repeats_and_shows_no_lookalikes() -> None:
    made = {RecoveryCodes(QUICK).make()[0] for _ in range(50)}
    assert len(made) == 50
    assert not set("".join(made)) & set("01IO")
