import logging
from dataclasses import replace
from pathlib import Path

import pytest

from pos.domain.permissions import Role
from pos.errors import KilotillError
from pos.services.key_loading import KeyLoading, TypedComponents
from pos.tokens.vault import SoftwareVault
from tests.factories.shop import Shop, make_shop

FIRST = "0123456789ABCDEF0123456789ABCDEF01234567"
SECOND = "FEDCBA98765432100123456789ABCDEF89ABCDEF"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET is_demo = 0")
    return shop


def _loading(shop: Shop) -> tuple[KeyLoading, SoftwareVault]:
    vault = SoftwareVault()
    vault.unlock((), save=lambda _: None)
    return KeyLoading(shop.units, vault, book=shop.book), vault


def test_load_when_two_administrators_type_puts_the_key_in_and_says_so(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    loading, vault = _loading(shop)
    one = replace(shop.supervisor, role=Role.ADMINISTRATOR)
    two = replace(shop.cashier, role=Role.ADMINISTRATOR)
    typed = TypedComponents(FIRST, SECOND)

    with caplog.at_level(logging.DEBUG):
        loaded = loading.load("201457", typed, first=one, second=two)

    assert vault.groups() == (loaded,)
    assert loading.list_keys(one) == (loaded,)
    with shop.units.read() as connection:
        kind = connection.exec_driver_sql("SELECT kind FROM journal ORDER BY seq DESC LIMIT 1").scalar()
    assert kind == "privileged_act"
    assert FIRST not in repr(typed) + caplog.text
    assert SECOND not in repr(typed) + caplog.text


@pytest.mark.parametrize(
    ("sgc", "roles", "is_demo", "code"),
    [
        ("999999", ("A", "A"), 0, "meter.unknown_group"),
        ("201457", ("A", "S"), 0, "permission.denied"),
        ("201457", ("C", "A"), 0, "permission.denied"),
        ("201457", ("A", "A"), 1, "vault.demo"),
    ],
)
def test_load_when_it_may_not_be_is_refused_and_nothing_is_held(
    shop: Shop, sgc: str, roles: tuple[str, str], is_demo: int, code: str
) -> None:
    loading, vault = _loading(shop)
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET is_demo = ?", (is_demo,))
    first, second = (
        replace(person, role=Role(role))
        for person, role in zip((shop.supervisor, shop.cashier), roles, strict=True)
    )

    with pytest.raises(KilotillError) as refused:
        loading.load(sgc, TypedComponents(FIRST, SECOND), first=first, second=second)

    assert refused.value.code == code
    assert vault.groups() == ()


def test_load_when_one_person_types_both_is_refused_unless_the_shop_allows_it(shop: Shop) -> None:
    loading, vault = _loading(shop)
    alone = replace(shop.supervisor, role=Role.ADMINISTRATOR)

    with pytest.raises(KilotillError) as refused:
        loading.load("201457", TypedComponents(FIRST, SECOND), first=alone, second=alone)
    loading.load(
        "201457", TypedComponents(FIRST, SECOND), first=alone, second=alone, is_single_custodian=True
    )

    assert refused.value.code == "key.same_custodian"
    assert len(vault.groups()) == 1


def test_list_groups_when_a_change_is_announced_says_the_next_key(shop: Shop) -> None:
    loading, _ = _loading(shop)
    person = replace(shop.supervisor, role=Role.ADMINISTRATOR)
    plain = {group.sgc: group for group in loading.list_groups(person)}["201457"]
    assert (plain.krn, plain.next_krn, plain.next_from) == (1, None, None)
    change = '{"krn": 2, "ti": "03", "from": "2026-12-01T06:00:00.000Z"}'
    with shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE supply_group SET next_key = ? WHERE sgc = '201457'", (change,)
        )

    group = {group.sgc: group for group in loading.list_groups(person)}["201457"]

    assert (group.next_krn, group.next_ti) == (2, "03")
    assert group.next_from is not None and group.next_from.isoformat() == "2026-12-01T06:00:00+00:00"


def test_component_when_typed_shows_its_check_value_and_never_itself(shop: Shop) -> None:
    loading, _ = _loading(shop)
    person = replace(shop.supervisor, role=Role.ADMINISTRATOR)

    value = loading.component_check_value(person, "201457", FIRST)

    assert len(value) == 6 and value not in FIRST
    with pytest.raises(KilotillError) as caught:
        loading.component_check_value(person, "201457", FIRST[:-1])
    assert caught.value.code == "key.hex" and FIRST[:-1] not in caught.value.text


def test_load_when_the_next_revision_comes_stands_beside_the_present_one(shop: Shop) -> None:
    loading, vault = _loading(shop)
    one = replace(shop.supervisor, role=Role.ADMINISTRATOR)
    two = replace(shop.cashier, role=Role.ADMINISTRATOR)
    loading.load("201457", TypedComponents(FIRST, SECOND), first=one, second=two)

    loading.load("201457", TypedComponents(SECOND, "01" * 20), first=one, second=two, krn=2)

    assert [held.group.krn for held in vault.groups()] == [1, 2]


@pytest.mark.parametrize("role", [Role.CASHIER, Role.SUPERVISOR])
def test_groups_when_asked_for_by_another_role_are_not_told(shop: Shop, role: Role) -> None:
    loading, _ = _loading(shop)
    person = replace(shop.cashier, role=role)

    for look in (lambda: loading.list_groups(person), lambda: loading.component_check_value(person, "1", "")):
        with pytest.raises(KilotillError) as caught:
            look()
        assert caught.value.code == "permission.denied"
