"""The first start: every step by keyboard, what each refuses, the till that comes of it."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from pos.bootstrap import Access, open_till, set_up_shop
from pos.config import BACKUP_FOLDER, PRINTER
from pos.errors import MachineFault, UserError
from pos.i18n.resources import resource_path
from pos.services.shop_file import ShopPlan
from pos.services.shop_rows import BookKind
from pos.services.shop_setup import ShopMade
from pos.system.paths import DataFolder
from pos.ui.first_start.presenter import CHECK, CODE, STEPS, SetUp
from pos.ui.first_start.start import look_maker, run_first_start, system_language
from pos.ui.first_start.window import FirstStart
from pos.ui.style import KilotillStyle
from pos.ui.tasks import TaskRunner
from tests.ui.test_tariffs import GivenFiles

PASSPHRASE = "a passphrase for tests"
PHRASE = "four blue goats sing"
TARIFFS = str(resource_path("demo", "tariffs_rwanda.csv"))


class Wizard:
    """The window as a test drives it."""

    def __init__(self, window: FirstStart, tasks: TaskRunner) -> None:
        self.window = window
        self.tasks = tasks

    @property
    def step(self) -> str:
        return self.window.presenter.state.page.key

    def settle(self) -> None:
        for _ in range(3):
            for executor in list(self.tasks._executors.values()):
                executor.submit(lambda: None).result(timeout=20)
            QCoreApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.window, key)
        self.settle()

    def next(self) -> None:
        self.key(Qt.Key.Key_Return)

    def type(self, name: str, text: str, place: int = -1) -> None:
        edit = self.field(name, place)
        assert isinstance(edit, QLineEdit)
        edit.setFocus()
        edit.selectAll()
        QTest.keyClick(edit, Qt.Key.Key_Delete)
        QTest.keyClicks(edit, text)

    def field(self, name: str, place: int = -1) -> QWidget:
        assert self.window.page is not None
        return self.window.page.fields[place, name].field

    def wrong(self) -> dict[str, str]:
        return {path[1]: text for path, text in self.window.presenter.state.wrong.items()}

    def go_to(self, step: str) -> None:
        """Answer everything up to a step."""
        answers: dict[str, Callable[[], None]] = {
            "shop": lambda: self.fill(organisation="Nyange Energy", sales_point="Market counter"),
            "person": lambda: self.fill(name="Claire", pin="975310", pin_again="975310"),
            "phrase": lambda: self.fill(phrase=PHRASE, phrase_again=PHRASE),
            "limits": lambda: self.fill(money="5000000", units="50000"),
        }
        while self.step != step:
            before = self.step
            answers.get(before, lambda: None)()
            self.next()
            assert self.step != before, self.wrong()

    def fill(self, **texts: str) -> None:
        for name, text in texts.items():
            self.type(name, text)


class MakeWizard(Protocol):
    def __call__(self, set_up: SetUp, *, asks_passphrase: bool = False) -> Wizard: ...


@pytest.fixture
def make_wizard(qapp: QApplication, style: KilotillStyle) -> Iterator[MakeWizard]:
    made: list[tuple[FirstStart, TaskRunner]] = []

    def make(set_up: SetUp, *, asks_passphrase: bool = False) -> Wizard:
        tasks = TaskRunner()
        look = look_maker(qapp, style)
        window = FirstStart(look, set_up, tasks, time_zone="Africa/Kigali", asks_passphrase=asks_passphrase)
        window.resize(1366, 768)
        window.show()
        window.activateWindow()
        made.append((window, tasks))
        wizard = Wizard(window, tasks)
        wizard.settle()
        return wizard

    yield make
    for window, tasks in made:
        tasks.close()
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def never(plan: ShopPlan, phrase: str, passphrase: str) -> ShopMade:
    raise AssertionError("not to be set up")


@pytest.fixture
def wizard(make_wizard: MakeWizard) -> Wizard:
    return make_wizard(never)


def test_first_start_when_answered_by_keys_makes_the_till(make_wizard: MakeWizard, tmp_path: Path) -> None:
    folder, stick = DataFolder(tmp_path / "till"), tmp_path / "stick"
    stick.mkdir()

    def set_up(plan: ShopPlan, phrase: str, passphrase: str) -> ShopMade:
        return set_up_shop(folder, plan, BookKind.LIVE, passphrase=PASSPHRASE, opening_phrase=phrase)

    wizard = make_wizard(set_up)
    ended: list[object] = []
    wizard.window.finished.connect(ended.append)
    wizard.go_to("tariffs")
    wizard.window.files = wizard.window.page._files = GivenFiles(Path(TARIFFS))  # type: ignore[union-attr]
    wizard.window.page._pick_tariffs()  # type: ignore[union-attr]
    wizard.next()
    wizard.window.presenter.add_group()
    wizard.type("sgc", "600713", place=0)
    wizard.next()
    wizard.fill(printer="network:192.168.0.50", backup_folder=str(stick))
    wizard.next()
    assert wizard.step == "check"
    wizard.next()

    state = wizard.window.presenter.state
    assert (state.step, state.failure) == (CODE, "")
    assert state.made is not None and wizard.window.page is not None
    assert wizard.window.page.code.text() == state.made.recovery_code
    assert PHRASE not in str(dict(state.answers.texts))
    assert "975310" not in str(dict(state.answers.texts))
    assert not wizard.window.next_button.isEnabled()
    wizard.key(Qt.Key.Key_Space)
    wizard.next()
    assert len(ended) == 1

    with open_till(folder, Access.WRITES, passphrase=PASSPHRASE, ask_phrase=lambda: PHRASE) as till:
        claire = till.sign_in.sign_in("Claire", "975310")
        assert till.is_vault_open()
        assert (till.shop.currency, till.shop.till_code, till.shop.time_zone.key) == (
            "RWF",
            "T01",
            "Africa/Kigali",
        )
        assert {one.code for one in till.tariffs.list_versions(claire)} >= {"RES", "WATER"}
        envelope = till.envelopes.state(claire)
        assert envelope is not None
        assert (envelope.money_minor, envelope.units_milli) == (5_000_000, 50_000_000)
        values = till.settings.values()
        assert values[PRINTER] == "network:192.168.0.50"
        assert values[BACKUP_FOLDER] == str(stick)


@pytest.mark.parametrize(
    ("step", "texts", "wrong"),
    [
        ("shop", {}, {"organisation": "Fill this in.", "sales_point": "Fill this in."}),
        ("till", {"till_code": "T"}, {"till_code": "2 to 4 capital letters or digits, such as T01."}),
        (
            "person",
            {"name": "", "pin": "12345", "pin_again": "12346"},
            {"name": "Fill this in.", "pin": "6 to 8 digits.", "pin_again": "This is not the same PIN."},
        ),
        (
            "phrase",
            {"phrase": "short", "phrase_again": "shorter"},
            {
                "phrase": "At least 12 characters; several words are best.",
                "phrase_again": "This is not the same phrase.",
            },
        ),
        (
            "limits",
            {"money": "0", "units": "many"},
            {
                "money": "This must be above zero.",
                "units": "Write a number above zero, with a dot: 12.5",
            },
        ),
        ("tariffs", {"tariffs": "/no/such/file.csv"}, {"tariffs": "There is no such file."}),
        (
            "machine",
            {"printer": "EPSON", "backup_folder": "/no/such/folder"},
            {
                "printer": "Write it like network:192.168.0.50, usb:04b8:0202 or windows:NAME.",
                "backup_folder": "There is no such folder.",
            },
        ),
    ],
)
def test_step_when_answers_are_wrong_says_so_at_every_field_and_stays(
    wizard: Wizard, step: str, texts: dict[str, str], wrong: dict[str, str]
) -> None:
    wizard.go_to(step)
    wizard.fill(**texts)
    wizard.next()

    assert wizard.step == step
    assert wizard.wrong() == wrong
    first = wizard.field(next(iter(path for path in _order(wizard) if path in wrong)))
    assert first.hasFocus()


def _order(wizard: Wizard) -> list[str]:
    assert wizard.window.page is not None
    return [name for _, name in wizard.window.page.fields]


def test_supplier_when_a_utility_is_behind_asks_for_its_name(wizard: Wizard) -> None:
    wizard.go_to("limits")
    assert wizard.window.page is not None
    wizard.window.page._on_supplier("utility")
    wizard.fill(money="5000", units="50", supplier_code="R E G", credit_limit="a lot")
    wizard.next()

    assert set(wizard.wrong()) == {"supplier_code", "supplier_name", "credit_limit"}
    wizard.fill(supplier_code="reg", supplier_name="Rwanda Energy Group", credit_limit="")
    wizard.next()
    assert wizard.step == "tariffs"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("sgc", "12", "The supply group code has 6 digits."),
        ("ti", "1", "The tariff index has 2 digits."),
        ("check_value", "XYZ", "The check value has 6 letters and digits, 0-9 and A-F."),
        ("krn", "x", "The revision is a number from 1 to 9."),
    ],
)
def test_supply_group_when_a_value_is_wrong_says_so_at_its_field(
    wizard: Wizard, name: str, text: str, sentence: str
) -> None:
    wizard.go_to("keys")
    wizard.window.presenter.add_group()
    wizard.type("sgc", "600713", place=0)
    wizard.type(name, text, place=0)
    wizard.next()

    assert wizard.wrong() == {name: sentence}
    wizard.window.presenter.remove_group(0)
    wizard.next()
    assert wizard.step == "machine"


def test_tariff_file_when_it_has_a_mistake_names_its_line(wizard: Wizard, tmp_path: Path) -> None:
    path = tmp_path / "tariffs.csv"
    wizard.go_to("tariffs")
    cases = {
        b"tariff_code,version,valid_from,currency,row,rate\nA,1,2026-01-01,RWF,block,x\n": "Line 2, rate",
        b"tariff_code,version,valid_from,currency,row,rate\nA,1,2026-01-01,KES,block,9\n": "A is in KES",
        b"tariff_code,version,valid_from,currency,row,rate\n": "There is no tariff in the file.",
        b"\xff\xfe": "The file is not UTF-8: save it as UTF-8.",
    }
    for content, sentence in cases.items():
        path.write_bytes(content)
        wizard.type("tariffs", str(path))
        wizard.next()
        assert wizard.wrong()["tariffs"].startswith(sentence)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_backup_folder_when_it_cannot_be_written_says_so(wizard: Wizard, tmp_path: Path) -> None:
    wizard.go_to("machine")
    tmp_path.chmod(0o500)
    wizard.fill(backup_folder=str(tmp_path))
    wizard.next()

    assert wizard.wrong() == {"backup_folder": "The till may not write into this folder."}


def test_back_when_pressed_keeps_every_answer(wizard: Wizard) -> None:
    wizard.go_to("person")
    wizard.key(Qt.Key.Key_Escape)
    wizard.key(Qt.Key.Key_Escape)

    assert wizard.step == "shop"
    field = wizard.field("organisation")
    assert isinstance(field, QLineEdit) and field.text() == "Nyange Energy"
    wizard.key(Qt.Key.Key_Escape)
    wizard.key(Qt.Key.Key_Escape)
    assert wizard.step == "welcome"


def test_steps_when_pressed_lead_only_where_one_has_been(wizard: Wizard) -> None:
    wizard.go_to("person")
    wizard.window._on_step(CHECK)
    assert wizard.step == "person"
    wizard.window._on_step(1)
    assert wizard.step == "shop"
    wizard.type("organisation", "")
    wizard.window._on_step(3)
    assert (wizard.step, set(wizard.wrong())) == ("shop", {"organisation"})


def test_currency_when_chosen_brings_its_time_zone(wizard: Wizard) -> None:
    wizard.go_to("till")
    wizard.window.presenter.type_field((-1, "currency"), "KES")

    assert wizard.window.presenter.state.answers.text("time_zone") == "Africa/Nairobi"


def test_language_when_chosen_is_that_of_the_window_and_the_shop(wizard: Wizard) -> None:
    wizard.window._choose_language("fr")
    wizard.settle()

    assert wizard.window.look.wording.language == "fr"
    assert wizard.window.presenter.state.answers.text("language") == "fr"


def test_window_when_made_small_keeps_step_and_answers(wizard: Wizard) -> None:
    wizard.go_to("shop")
    wizard.fill(organisation="Nyange Energy")
    wizard.window.resize(1024, 600)
    wizard.settle()

    assert wizard.window.look.metrics.is_compact
    field = wizard.field("organisation")
    assert isinstance(field, QLineEdit) and field.text() == "Nyange Energy"


@pytest.mark.parametrize(
    "error",
    [
        UserError("shop.exists", "This data folder already holds a till."),
        MachineFault("disk.full", "The disk is full."),
    ],
)
def test_set_up_when_refused_says_why_and_can_be_tried_again(
    make_wizard: MakeWizard, error: Exception
) -> None:
    tries: list[str | None] = []

    def set_up(plan: ShopPlan, phrase: str, passphrase: str) -> ShopMade:
        tries.append(phrase)
        raise error

    wizard = make_wizard(set_up)
    wizard.go_to("check")
    wizard.next()
    assert wizard.window._failure.isVisible()
    assert wizard.window.presenter.state.failure
    wizard.next()

    assert tries == [PHRASE, PHRASE]
    assert wizard.step == "check"


def test_passphrase_when_the_computer_has_no_key_store_then_asked_for_with_the_opening_phrase(
    make_wizard: MakeWizard,
) -> None:
    told: list[tuple[str, str]] = []

    def set_up(plan: ShopPlan, phrase: str, passphrase: str) -> ShopMade:
        told.append((phrase, passphrase))
        raise UserError("shop.exists", "This data folder already holds a till.")

    wizard = make_wizard(set_up, asks_passphrase=True)
    wizard.go_to("phrase")
    wizard.fill(phrase=PHRASE, phrase_again=PHRASE, passphrase="short", passphrase_again="other")
    wizard.next()
    assert wizard.step == "phrase" and set(wizard.wrong()) == {"passphrase", "passphrase_again"}
    wizard.fill(passphrase=PASSPHRASE, passphrase_again=PASSPHRASE)
    wizard.next()
    wizard.fill(money="5000000", units="50000")
    for _ in range(5):
        wizard.next()

    assert told == [(PHRASE, PASSPHRASE)]
    edit = wizard.window.presenter.state.answers.without_secrets()
    assert edit.text("passphrase") == edit.text("passphrase_again") == ""


@pytest.mark.expect_log("the till could not be set up")
def test_set_up_when_the_program_fails_logs_it(make_wizard: MakeWizard) -> None:
    wizard = make_wizard(never)
    wizard.go_to("check")
    wizard.next()

    assert "Nothing was made" in wizard.window.presenter.state.failure


def test_demo_when_wanted_instead_is_told(wizard: Wizard) -> None:
    told: list[bool] = []
    wizard.window.wants_demo.connect(lambda: told.append(True))
    wizard.window.demo_button.click()

    assert told == [True]


def test_run_first_start_when_the_demo_is_wanted_says_so(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(*_: object) -> int:
        window = next(
            one for one in qapp.topLevelWidgets() if isinstance(one, FirstStart) and one.isVisible()
        )
        window.demo_button.click()
        return 0

    monkeypatch.setattr(QApplication, "exec", press)

    assert run_first_start(never) == "demo"
    assert system_language() in ("en", "fr", "rw", "sw")


def test_enrolment_when_wanted_next_is_told_with_the_end(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finish(*_: object) -> int:
        window = next(
            one for one in qapp.topLevelWidgets() if isinstance(one, FirstStart) and one.isVisible()
        )
        presenter = window.presenter
        presenter.state = replace(presenter.state, step=CODE, made=ShopMade(uuid4(), "T01", (), "AAAA-BBBB"))
        presenter.refresh()
        assert window.page is not None
        window.page.written.setChecked(True)
        window.page.enrols.setChecked(True)
        presenter.finish()
        return 0

    monkeypatch.setattr(QApplication, "exec", finish)

    assert run_first_start(never) == "enrol"


def test_steps_when_read_have_short_words() -> None:
    assert all(len(step.word) <= 18 for step in STEPS)
