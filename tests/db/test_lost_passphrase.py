"""The drill of docs/recovery.md §5 on a till of a shop that is no demo, each row as people would do it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest

from pos.bootstrap import Access, Till, open_till, restore_till, set_up_shop
from pos.cli.demo_shop import demo_plan
from pos.cli.root import run
from pos.config import DUPLICATE_GUARD_MINUTES
from pos.domain.permissions import Actor, Role
from pos.domain.shift import cash_count
from pos.errors import KilotillError
from pos.models.queries.people import list_people
from pos.services.key_loading import TypedComponents
from pos.services.restore import RestoreRequest
from pos.services.sale_values import SaleRequest
from pos.services.shop_rows import BookKind
from pos.services.vault_anew import begin_vault_anew
from pos.services.verify import verify
from pos.system.paths import DataFolder
from pos.tokens.numbers import make_drn

SGC = "600100"
FIRST, SECOND = "0123456789ABCDEF0123456789ABCDEF01234567", "FEDCBA98765432100123456789ABCDEF89ABCDEF"
PASSPHRASE, PHRASE, RECOVERY = "of the secrets", "of the vault each day", "kept outside the shop"
NEW_PHRASE, PIN = "of the vault from now on", "975310"
DRN = make_drn("04", "00000041").digits


@dataclass(slots=True)
class LiveShop:
    folder: DataFolder
    recovery_code: str

    @contextmanager
    def opened(self, *, passphrase: str = PASSPHRASE, phrase: str | None = PHRASE) -> Iterator[Till]:
        with open_till(self.folder, Access.WRITES, passphrase=passphrase, ask_phrase=lambda: phrase) as till:
            yield till


def person(till: Till, name: str) -> Actor:
    with till.units.read() as connection:
        return next(one.actor for one in list_people(connection) if one.actor.name == name)


def load_keys(till: Till) -> None:
    """Two administrators type their components again."""
    till.keys.load(
        SGC, TypedComponents(FIRST, SECOND), first=person(till, "Claire"), second=person(till, "Fidele")
    )


def sell(till: Till) -> str:
    request = SaleRequest(sale_id=uuid4(), drn=DRN, money_minor=5_000, is_another_wanted=True)
    token = till.checkout.sell(request, person(till, "Aline")).credit_token
    assert token is not None
    return str(token["digits"])


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveShop:
    """A shop with its own key, a meter, and a cashier whose shift is open."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    plan, folder = demo_plan(), DataFolder(tmp_path / "till")
    group = next(one for one in plan.supply_groups if one.key.method.value == "04")
    own = replace(group, key=replace(group.key, sgc=SGC), check_value=None)
    second = replace(next(one for one in plan.users if one.role is Role.ADMINISTRATOR), name="Fidele")
    made = set_up_shop(
        folder,
        replace(
            plan,
            supply_groups=(own,),
            users=(*plan.users, second),
            printer="",
        ),
        BookKind.LIVE,
        passphrase=PASSPHRASE,
        opening_phrase=PHRASE,
    )
    shop = LiveShop(folder, made.recovery_code)
    with shop.opened() as till:
        load_keys(till)
        with till.units.read() as connection:
            tariff_code = str(connection.exec_driver_sql("SELECT code FROM tariff LIMIT 1").scalar())
        cells = {"meter_number": DRN, "supply_group": SGC, "tariff_code": tariff_code}
        till.meters.add(person(till, "Claire"), cells)
        till.settings.change(person(till, "Claire"), DUPLICATE_GUARD_MINUTES, value=0, reason="drill")
        till.floats.top_up(person(till, "Claire"), "reg", amount_minor=10**6, reference="slip 1")
        till.shifts.open_shift(person(till, "Aline"), cash_count(((1000, 50),)))
    return shop


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", iter([f"{line}\n" for line in lines]))
    monkeypatch.setenv("KILOTILL_PASSPHRASE", PASSPHRASE)


def test_phrase_when_lost_the_recovery_passphrase_gives_a_new_one(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.opened() as till:
        till.vault_file().open(PHRASE).set_recovery(RECOVERY)

    typed(monkeypatch, RECOVERY, NEW_PHRASE)
    assert run(["--data", str(shop.folder.root), "vault", "recover", "--stdin"]) == 0

    with shop.opened(phrase=NEW_PHRASE) as till:
        assert len(sell(till)) == 20


def test_phrase_when_lost_without_a_recovery_passphrase_the_keys_are_loaded_again(
    shop: LiveShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KilotillError) as forgotten, shop.opened(phrase="something like it"):
        pass
    anew = ["vault", "new", "--operator", "Claire", "--reason", "nobody knows it", "--stdin"]

    typed(monkeypatch, PIN, NEW_PHRASE)
    assert run(["--data", str(shop.folder.root), *anew]) == 0

    assert forgotten.value.code == "vault.phrase"
    assert list(shop.folder.root.glob("vault.sealed.aside-*"))
    with shop.opened(phrase=NEW_PHRASE) as till:
        with pytest.raises(KilotillError) as empty:
            sell(till)
        load_keys(till)
        assert len(sell(till)) == 20
        assert verify(till.units).findings == ()
    assert empty.value.code == "key.unknown_group"


def test_passphrase_of_the_secrets_when_lost_the_back_up_comes_back_under_a_new_one(
    shop: LiveShop, tmp_path: Path
) -> None:
    with shop.opened() as till:
        sell(till)
        made = till.backups.begin().run()
    assert made is not None
    with pytest.raises(KilotillError) as lost, shop.opened(passphrase="something like it"):
        pass
    new = LiveShop(DataFolder(tmp_path / "new"), shop.recovery_code)

    report = restore_till(
        new.folder,
        RestoreRequest(backup=made.path, administrator="Claire", reason="passphrase lost"),
        passphrase="another passphrase",
    )

    assert (lost.value.code, report.new_code) == ("secrets.passphrase", "T03B")
    with new.opened(passphrase="another passphrase", phrase=None) as till:
        # No PIN of the old secrets opens any more: the recovery code lets the administrator in.
        with pytest.raises(KilotillError) as shut:
            till.sign_in.sign_in("Claire", PIN)
        till.recovery.recover("Claire", shop.recovery_code, new_pin="864209")
        claire = till.sign_in.sign_in("Claire", "864209")
        till.operators.reset_pin(claire, person(till, "Aline").id, pin="13579", reason="restored")
        begin_vault_anew(
            till.units, till.book, till.vault_file(), actor=claire, phrase=NEW_PHRASE, reason="restored"
        )
    assert shut.value.code == "pin.must_be_set"
    with new.opened(passphrase="another passphrase", phrase=NEW_PHRASE) as till:
        load_keys(till)
        assert till.sign_in.sign_in("Aline", "13579").role is Role.CASHIER
        assert len(sell(till)) == 20
        assert verify(till.units).findings == ()


def test_recovery_passphrase_of_back_ups_when_lost_a_new_one_opens_the_next(
    shop: LiveShop, tmp_path: Path
) -> None:
    with shop.opened() as till:
        till.backups.set_passphrase("the first one, lost")
        till.backups.set_passphrase("the second one, known")
        made = till.backups.begin().run()
    assert made is not None

    request = RestoreRequest(
        backup=made.path, administrator="Claire", reason="drill", passphrase="the second one, known"
    )
    report = restore_till(DataFolder(tmp_path / "new"), request, passphrase="another passphrase")

    assert report.new_code == "T03B"


def test_pin_when_lost_an_administrator_sets_another_and_the_last_of_them_has_the_code(
    shop: LiveShop,
) -> None:
    with shop.opened() as till:
        till.operators.reset_pin(
            person(till, "Claire"), person(till, "Bosco").id, pin="246813", reason="lost"
        )
        till.recovery.recover("Claire", shop.recovery_code, new_pin="864209")

        assert till.sign_in.sign_in("Bosco", "246813").role is Role.SUPERVISOR
        assert till.sign_in.sign_in("Claire", "864209").role is Role.ADMINISTRATOR


def test_vault_when_it_is_a_demos_is_not_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    folder = DataFolder(tmp_path / "demo")
    set_up_shop(folder, demo_plan(), BookKind.DEMO)
    with open_till(folder, Access.WRITES) as till, pytest.raises(KilotillError) as refusal:
        begin_vault_anew(
            till.units, till.book, till.vault_file(), actor=person(till, "Claire"), phrase=NEW_PHRASE,
            reason="curious",
        )  # fmt: skip

    assert refusal.value.code == "vault.demo"
