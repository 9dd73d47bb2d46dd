import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pos.config import LANGUAGE, PRINTER, RECEIPT_LANGUAGES
from pos.domain.canonical import parse_canonical
from pos.domain.envelope import envelope_message
from pos.domain.permissions import Actor
from pos.errors import KilotillError, MachineFault, UserError
from pos.models.ledger_book import Book, read_head
from pos.models.uow import Units, WriteUnit
from pos.services.local_envelope import LocalEnvelopes
from pos.services.pins import PinSeal, RecoveryCodes
from pos.services.settings import Settings
from pos.services.shop_file import read_shop_plan
from pos.services.shop_rows import BookKind
from pos.services.shop_setup import SetupPorts, ShopMade, ShopSetup, refuse_mixed
from pos.system.vault_file import VaultFile
from tests.db.schema import make_database
from tests.factories.people import QUICK, Staff, staff_of
from tests.factories.shop_file import OPENING_PHRASE, shop_json
from tests.fakes.clock import FakeClock
from tests.fakes.fact_list import FactList
from tests.fakes.secret_store import MemorySecretStore


@dataclass
class Tariffs:
    """Takes a tariff file as the real service would, or refuses it."""

    is_bad: bool = False
    taken: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, unit: WriteUnit, text: str, actor: Actor) -> None:
        if self.is_bad:
            raise UserError("tariff_csv.bad", "bad")
        self.taken.append((text, actor.name))


class Machine:
    """An empty till with everything a set-up works on."""

    def __init__(self, folder: Path, book: FactList | None = None) -> None:
        self.folder = folder
        self.units: Units = make_database(folder)
        self.clock = FakeClock()
        self.store = MemorySecretStore()
        self.vault = VaultFile(folder, self.store, QUICK)
        self.tariffs = Tariffs()
        self.setup = ShopSetup(
            self.units,
            self.clock,
            data_folder=folder,
            secrets=self.store,
            vault=self.vault,
            pins=PinSeal(self.store, QUICK),
            codes=RecoveryCodes(QUICK),
            ports=SetupPorts(
                make_book=self.make_book if book is None else lambda zone: book,
                import_tariffs=self.tariffs,
                take_envelope=LocalEnvelopes(self.store, self.clock).take,
            ),
        )
        (folder / "tariffs.csv").write_text("a tariff")

    def make_book(self, zone: tzinfo) -> Book:
        return Book(self.clock, zone)

    def init(
        self, kind: BookKind = BookKind.LIVE, phrase: str | None = OPENING_PHRASE, **changes: Any
    ) -> ShopMade:
        return self.setup.init(read_shop_plan(shop_json(**changes), self.folder), kind, opening_phrase=phrase)

    def staff(self) -> Staff:
        return staff_of(self.units, self.clock, self.store)

    def rows(self, query: str) -> list[Any]:
        with self.units.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def test_init_when_done_then_everybody_signs_in_and_the_shop_is_there(machine: Machine) -> None:
    made = machine.init()
    signed_in = machine.staff().sign_in.sign_in("Alice", "444444")
    assert signed_in in made.operators
    assert [person.name for person in made.operators] == ["Chantal", "Samuel", "Fatou", "Alice"]
    assert machine.rows("SELECT name, time_zone, tin FROM organisation") == [
        ("Amashanyarazi Ltd", "Africa/Kigali", "102345678")
    ]
    assert machine.rows("SELECT name, address, phone, currency, language FROM sales_point") == [
        ("Kimironko", "KG 11 Ave", "+250788000111", "RWF", "rw")
    ]
    assert machine.rows(
        "SELECT till.code, branch.name FROM till JOIN sales_point ON sales_point.id = sales_point_id "
        "JOIN branch ON branch.id = branch_id JOIN organisation ON organisation.id = organisation_id"
    ) == [("T03", "Kimironko")]
    assert machine.rows(
        "SELECT sgc, key_method, algorithm, base_date, ti, krn, kt, ken, tid_zone, lanes, lane, holders, "
        "supplier, check_value FROM supply_group ORDER BY sgc"
    ) == [
        ("123456", "02", "07", "14", "01", 1, 2, 255, "UTC", 1, 0, '["vault"]', "own", "544E54"),
        ("201457", "04", "07", "14", "01", 1, 2, 255, "UTC", 1, 0, '["vault"]', "own", "13C395"),
    ]
    assert machine.rows("SELECT code, credit_limit_minor FROM supplier") == [("own", 2**53 - 1)]
    assert machine.tariffs.taken == [("a tariff", "Alice")]


def test_init_when_done_then_the_book_begins_with_the_till_and_its_envelope(machine: Machine) -> None:
    made = machine.init()
    with machine.units.read() as connection:
        head = read_head(connection)
    assert (head.number, head.till_id, head.till_code, head.head_seq) == (0, made.till_id, "T03", 2)
    assert (head.is_demo, head.is_training, head.trusted_at) == (False, False, machine.clock.now())
    assert machine.rows("SELECT seq, kind, business_day FROM journal ORDER BY seq") == [
        (1, "till_enrolled", "2026-11-20"),
        (2, "envelope_taken", "2026-11-20"),
    ]


def test_init_when_done_then_the_till_key_signs_what_the_till_row_proves(machine: Machine) -> None:
    machine.init()
    ((public,),) = machine.rows("SELECT public_key FROM till")
    stored = machine.store.get("till_key")
    assert stored is not None
    key = Ed25519PrivateKey.from_private_bytes(stored.reveal())
    assert key.public_key().public_bytes_raw() == public
    assert machine.store.get("pii_key") is not None
    ((body, signature, as_of_seq, money_minor, units_milli),) = machine.rows(
        "SELECT body, signature, as_of_seq, money_minor, units_milli FROM envelope "
        "WHERE taken_place IS NOT NULL"
    )
    envelope = parse_canonical(body.encode())
    assert isinstance(envelope, dict)
    Ed25519PublicKey.from_public_bytes(public).verify(signature, envelope_message(envelope))
    assert (as_of_seq, money_minor, units_milli) == (1, 500_000, 2_000_000)
    assert (envelope["issuer"], envelope["currency"], envelope["sequence"]) == ("local", "RWF", 1)
    assert envelope["groups"] == [
        {"base_date": "14", "holders": ["vault"], "lane": 0, "lanes": 1, "sgc": sgc}
        for sgc in ("123456", "201457")
    ]


def test_init_when_stated_then_the_facts_say_who_and_what(tmp_path: Path) -> None:
    facts = FactList()
    machine = Machine(tmp_path, facts)
    made = machine.init()
    enrolled, taken = facts.facts
    ((public, sales_point),) = machine.rows("SELECT public_key, sales_point_id FROM till")
    assert enrolled.body == {
        "till_code": "T03",
        "public_key": public.hex(),
        "sales_point_id": str(UUID(bytes=sales_point)),
    }
    ((body,),) = machine.rows("SELECT body FROM envelope")
    assert taken.body == {"sequence": 1, "sha256": sha256(body.encode()).hexdigest()}
    assert {enrolled.actor, taken.actor} == {made.operators[3].id}


def test_init_when_done_then_settings_follow_the_file(machine: Machine) -> None:
    machine.init()
    values = Settings(machine.units, machine.clock, data_folder=machine.folder, book=FactList()).values()
    assert (values[LANGUAGE], values[RECEIPT_LANGUAGES][0], values[PRINTER]) == ("rw", "rw", "dummy")


def test_init_when_live_then_the_vault_opens_with_the_phrase_and_is_empty(machine: Machine) -> None:
    machine.init()
    assert machine.vault.open(OPENING_PHRASE).keys == ()
    assert not machine.vault.is_demo()


@pytest.mark.parametrize("kind", [BookKind.DEMO, BookKind.TRAINING])
def test_init_when_not_live_then_the_vault_holds_the_sample_keys(machine: Machine, kind: BookKind) -> None:
    machine.init(kind, None)
    assert {key.group.sgc for key in machine.vault.open_demo().keys} == {"123456", "201457", "201458"}
    with machine.units.read() as connection:
        head = read_head(connection)
    assert (head.is_demo, head.is_training) == (kind is BookKind.DEMO, kind is BookKind.TRAINING)


def test_init_when_a_till_is_there_then_nothing_of_it_is_touched(machine: Machine) -> None:
    machine.init(BookKind.DEMO, None)
    before = (
        machine.vault.path.read_bytes(),
        machine.store.get("till_key"),
        machine.rows("SELECT * FROM book"),
    )
    assert code_of(machine.init) == "shop.exists"
    after = (
        machine.vault.path.read_bytes(),
        machine.store.get("till_key"),
        machine.rows("SELECT * FROM book"),
    )
    assert after == before


def test_recovery_code_when_shown_at_set_up_then_lets_the_administrator_in(machine: Machine) -> None:
    made = machine.init()
    assert made.recovery_code not in repr(made)
    staff = machine.staff()
    staff.recovery.recover("Alice", made.recovery_code, new_pin="987654")
    assert staff.sign_in.sign_in("Alice", "987654")
    ((stored,),) = machine.rows("SELECT hash FROM recovery_code")
    assert made.recovery_code.replace("-", "") not in stored


@pytest.mark.parametrize(("phrase", "code"), [(None, "shop.phrase_missing"), ("short", "vault.phrase_short")])
def test_init_when_the_phrase_is_not_good_then_nothing_is_made(
    machine: Machine, phrase: str | None, code: str
) -> None:
    assert code_of(lambda: machine.init(phrase=phrase)) == code
    assert not machine.vault.exists()
    assert machine.store.get("till_key") is None


def test_init_when_the_tariffs_are_bad_then_the_database_stays_empty_and_a_second_try_works(
    machine: Machine,
) -> None:
    machine.tariffs.is_bad = True
    assert code_of(machine.init) == "tariff_csv.bad"
    for table in (
        "organisation",
        "till",
        "operator",
        "supply_group",
        "supplier",
        "book",
        "journal",
        "setting",
    ):
        assert machine.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    machine.tariffs.is_bad = False
    machine.init(phrase="another phrase this time")
    assert machine.vault.open("another phrase this time").keys == ()
    assert machine.staff().sign_in.sign_in("Alice", "444444")
    assert len(list(machine.folder.glob("vault.sealed.aside-*"))) == 1


def test_init_when_no_tariffs_are_named_then_none_are_imported(machine: Machine) -> None:
    machine.init(tariffs_csv=None)
    assert machine.tariffs.taken == []


def test_secrets_when_the_shop_is_set_up_then_no_pin_phrase_or_key_is_in_any_file(machine: Machine) -> None:
    made = machine.init()
    machine.units.close()
    key = machine.store.get("till_key")
    assert key is not None
    content = b"".join(path.read_bytes() for path in machine.folder.iterdir() if path.is_file())
    for secret in (b"444444", b"222222", OPENING_PHRASE.encode(), made.recovery_code.encode(), key.reveal()):
        assert secret not in content
    assert b"argon2id" in content  # the recovery code's hash only
    assert content.count(b"$argon2id$") == 1


@pytest.mark.parametrize("is_live", [True, False])
def test_refuse_mixed_when_vault_and_book_do_not_belong_together_then_is_a_machine_fault(
    *, is_live: bool
) -> None:
    refuse_mixed(is_live_book=is_live, is_demo_vault=not is_live)
    with pytest.raises(MachineFault) as caught:
        refuse_mixed(is_live_book=is_live, is_demo_vault=is_live)
    assert caught.value.code == "shop.demo_mixed"


def test_local_envelope_when_renewed_then_the_next_number_is_in_force(machine: Machine) -> None:
    made = machine.init()
    book = machine.make_book(UTC)
    with machine.units.write() as unit:
        LocalEnvelopes(machine.store, machine.clock).take(
            unit, book, money_minor=9, units_milli=8, actor=made.operators[3].id
        )
    rows = machine.rows("SELECT sequence, money_minor, body FROM envelope ORDER BY sequence")
    assert [(sequence, money) for sequence, money, _ in rows] == [(1, 500_000), (2, 9)]
    assert json.loads(rows[1][2])["as_of_seq"] == 2


def test_local_envelope_when_the_till_key_is_gone_then_says_so(machine: Machine) -> None:
    made = machine.init()
    machine.store.delete("till_key")
    book = machine.make_book(UTC)

    def renew() -> None:
        with machine.units.write() as unit:
            LocalEnvelopes(machine.store, machine.clock).take(
                unit, book, money_minor=9, units_milli=8, actor=made.operators[3].id
            )

    assert code_of(renew) == "secrets.till_key_gone"
