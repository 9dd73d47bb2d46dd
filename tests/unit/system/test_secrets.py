import base64
import logging
import stat
import sys
import threading
import traceback
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import keyring
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import KilotillError, MachineFault, UserError
from pos.system import keyring_store
from pos.system.keyring_store import KeyringStore, find_os_keyring
from pos.system.sealed_file import PassphraseCost, head_of, join, split, stretch
from pos.system.sealed_store import SealedFileStore
from pos.system.secrets import PassphraseQuestion, SecretStore, get_or_make, open_secret_store
from pos.tokens.secret import Secret
from tests.fakes.secret_store import MemoryKeyring, MemorySecretStore
from tests.unit.tokens.spellings import shows

QUICK = PassphraseCost(memory_kib=8, passes=1)
VALUE = Secret(bytes(range(100, 132)))
WORDS = "four plain words here"
NAMES = ["till_key", "vault_key", "pin_key", "pii_key", "voucher_key", "provider:mtn_momo"]


def sealed(tmp_path: Path) -> SealedFileStore:
    return SealedFileStore.create(tmp_path / "secrets.sealed", WORDS, QUICK)


def in_keyring(_: Path) -> KeyringStore:
    return KeyringStore(MemoryKeyring(), "0" * 32, "Test Keys")


def in_memory(_: Path) -> MemorySecretStore:
    return MemorySecretStore()


@pytest.fixture(params=[sealed, in_keyring, in_memory])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStore:
    return request.param(tmp_path)


def code_of(call: Callable[[], object], kind: type[KilotillError] = KilotillError) -> str:
    with pytest.raises(kind) as caught:
        call()
    return caught.value.code


# Every store, and the fake that stands for them


@pytest.mark.parametrize("name", NAMES)
def test_store_when_set_replaced_and_deleted_then_follows(store: SecretStore, name: str) -> None:
    assert store.get(name) is None
    store.set(name, VALUE)
    assert store.get(name) == VALUE
    store.set(name, Secret(b"\x00\xff other"))
    assert store.get(name) == Secret(b"\x00\xff other")
    assert all(store.get(other) is None for other in NAMES if other != name)
    store.delete(name)
    store.delete(name)
    assert store.get(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "Till_key", "till_key ", "session", "provider:", "provider:MTN", "provider:a:b", "provider:../x"],
)
def test_store_when_the_name_is_not_one_of_ours_then_is_refused(store: SecretStore, name: str) -> None:
    for call in (lambda: store.get(name), lambda: store.set(name, VALUE), lambda: store.delete(name)):
        assert code_of(call, UserError) == "secrets.name"


def test_store_when_a_secret_is_wanted_then_it_is_made_once(store: SecretStore) -> None:
    made = get_or_make(store, "pin_key")
    assert len(made) == 32
    assert get_or_make(store, "pin_key") == made == store.get("pin_key")
    assert get_or_make(store, "pii_key") != made


def test_store_when_described_or_printed_then_shows_no_secret(store: SecretStore) -> None:
    store.set("till_key", VALUE)
    assert store.describes_itself
    assert not shows(
        store.describes_itself + repr(store) + repr(vars(store)).replace("texts", ""), VALUE.reveal()
    )


# The key store of the operating system


def test_keyring_when_two_tills_share_it_then_they_do_not_meet() -> None:
    backend = MemoryKeyring()
    first, second = KeyringStore(backend, "1" * 32, "Test Keys"), KeyringStore(backend, "2" * 32, "Test Keys")
    first.set("vault_key", VALUE)
    assert second.get("vault_key") is None
    assert list(backend.texts) == [("kilotill-" + "1" * 32, "vault_key")]


def test_keyring_when_it_fails_then_the_error_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    backend = MemoryKeyring()
    store = KeyringStore(backend, "1" * 32, "Test Keys")
    backend.is_locked = True
    for call in (
        lambda: store.get("pin_key"),
        lambda: store.set("pin_key", VALUE),
        lambda: store.delete("pin_key"),
    ):
        with caplog.at_level(logging.DEBUG), pytest.raises(MachineFault, match="LockedError") as caught:
            call()
        assert caught.value.code == "secrets.keyring"
        assert not shows("".join(traceback.format_exception(caught.value)) + caplog.text, VALUE.reveal())


def test_keyring_when_it_does_not_keep_what_is_set_then_is_found_out_at_once() -> None:
    backend = MemoryKeyring()
    backend.is_forgetful = True
    store = KeyringStore(backend, "1" * 32, "Test Keys")
    assert code_of(lambda: store.set("pin_key", VALUE), MachineFault) == "secrets.keyring"


def test_keyring_when_an_entry_was_edited_by_hand_then_is_damaged_and_can_be_deleted() -> None:
    backend = MemoryKeyring()
    store = KeyringStore(backend, "1" * 32, "Test Keys")
    backend.texts["kilotill-" + "1" * 32, "pin_key"] = "not base64!"
    assert code_of(lambda: store.get("pin_key"), MachineFault) == "secrets.damaged"
    store.delete("pin_key")
    assert store.get("pin_key") is None


def use_backend(monkeypatch: pytest.MonkeyPatch, backend: object) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)


def known_backend(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    monkeypatch.setattr(
        keyring_store, "_OS_BACKENDS", {MemoryKeyring.__module__: "Test Keys"} | keyring_store._OS_BACKENDS
    )
    return MemoryKeyring()


def test_find_when_keyring_has_only_the_failing_back_end_then_there_is_none() -> None:
    assert find_os_keyring() is None  # conftest chooses keyring.backends.fail for every test


@pytest.mark.parametrize("name", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"])
def test_find_when_keyring_offers_a_back_end_that_keeps_nothing_then_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    use_backend(monkeypatch, keyring.core.load_keyring(name))
    assert find_os_keyring() is None


def test_find_when_the_back_end_is_unknown_then_it_is_refused_though_it_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = MemoryKeyring()  # stands for any that would write plain text
    use_backend(monkeypatch, backend)
    assert find_os_keyring() is None
    assert backend.texts == {}


def test_find_when_the_back_end_is_the_systems_and_works_then_it_is_taken_and_left_clean(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = known_backend(monkeypatch)
    use_backend(monkeypatch, backend)
    assert find_os_keyring() == (backend, "Test Keys")
    assert backend.texts == {}


@pytest.mark.parametrize("fault", ["is_locked", "is_forgetful"])
def test_find_when_the_systems_back_end_fails_the_trial_then_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    backend = known_backend(monkeypatch)
    setattr(backend, fault, True)
    use_backend(monkeypatch, backend)
    assert find_os_keyring() is None


def test_find_when_keyring_chains_several_then_the_first_good_one_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Chain:
        backends: tuple[object, ...] = ()

    good = known_backend(monkeypatch)
    chain = Chain()
    chain.backends = (keyring.core.load_keyring("keyring.backends.null.Keyring"), good)
    use_backend(monkeypatch, chain)
    assert find_os_keyring() == (good, "Test Keys")


def test_known_back_ends_when_listed_then_are_modules_of_keyring() -> None:
    assert all(find_spec(module) for module in keyring_store._OS_BACKENDS)


# The sealed file


def test_cost_when_nothing_is_said_then_is_the_one_of_the_formats_page(tmp_path: Path) -> None:
    assert PassphraseCost() == PassphraseCost(memory_kib=65536, passes=3, lanes=1)
    path = tmp_path / "secrets.sealed"
    SealedFileStore.create(path, WORDS)
    header = split(path.read_bytes(), b"kilotill-secrets-v1").header
    assert header["cost"] == {"memory_kib": 65536, "passes": 3, "lanes": 1}


def test_stretch_when_the_same_letters_are_coded_differently_then_agrees() -> None:
    assert stretch("café au lait", bytes(16), QUICK) == stretch("cafe\u0301 au lait", bytes(16), QUICK)
    assert stretch("a", bytes(16), QUICK) != stretch("b", bytes(16), QUICK)
    assert stretch("a", bytes(16), QUICK) != stretch("a", bytes(15) + b"\x01", QUICK)


def test_sealed_when_opened_again_then_has_what_was_set(tmp_path: Path) -> None:
    store = sealed(tmp_path)
    store.set("till_key", VALUE)
    store.set("pin_key", Secret(b""))
    again = SealedFileStore.open(tmp_path / "secrets.sealed", WORDS)
    assert (again.get("till_key"), again.get("pin_key"), again.get("pii_key")) == (VALUE, Secret(b""), None)
    assert again.describes_itself == "sealed file secrets.sealed"


def test_sealed_when_on_disk_then_shows_nothing_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    sealed(tmp_path).set("till_key", VALUE)
    content = (tmp_path / "secrets.sealed").read_bytes()
    for visible in (VALUE.reveal(), base64.b64encode(VALUE.reveal()), b"till_key", WORDS.encode()):
        assert visible not in content
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "secrets.sealed").stat().st_mode) == 0o600


def test_sealed_when_the_passphrase_is_wrong_then_says_that(tmp_path: Path) -> None:
    sealed(tmp_path)
    for wrong in (WORDS + " ", WORDS.upper(), ""):
        with pytest.raises(UserError) as caught:
            SealedFileStore.open(tmp_path / "secrets.sealed", wrong)
        assert caught.value.code == "secrets.passphrase"
        assert not wrong or wrong not in str(caught.value)


def test_sealed_when_the_passphrase_is_empty_then_none_is_made(tmp_path: Path) -> None:
    path = tmp_path / "secrets.sealed"
    assert code_of(lambda: SealedFileStore.create(path, "", QUICK), UserError) == "secrets.passphrase_missing"
    assert not path.exists()


def test_sealed_when_there_is_one_already_then_it_is_not_overwritten(tmp_path: Path) -> None:
    sealed(tmp_path).set("till_key", VALUE)
    assert code_of(lambda: sealed(tmp_path), MachineFault) == "secrets.exists"
    assert SealedFileStore.open(tmp_path / "secrets.sealed", WORDS).get("till_key") == VALUE


@settings(max_examples=60)
@given(data=st.data())
def test_sealed_when_any_bit_is_changed_or_the_end_is_missing_then_is_damaged(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("sealed")
    sealed(folder).set("till_key", VALUE)
    path = folder / "secrets.sealed"
    content = path.read_bytes()
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    flipped = (int.from_bytes(content, "big") ^ 1 << bit).to_bytes(len(content), "big")
    shorter = content[: data.draw(st.integers(0, len(content) - 1))]
    for broken in (flipped, shorter):
        path.write_bytes(broken)
        assert code_of(lambda: SealedFileStore.open(path, WORDS), MachineFault) == "secrets.damaged"


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"salt": "00" * 16},
        {"salt": "zz", "cost": QUICK.to_header()},
        {"salt": 5, "cost": QUICK.to_header()},
        {"salt": "00" * 16, "cost": {"memory_kib": 1 << 30, "passes": 1, "lanes": 1}},
        {"salt": "00" * 16, "cost": {"memory_kib": 8, "passes": 0, "lanes": 1}},
        {"salt": "00" * 16, "cost": {"memory_kib": 8, "passes": 1, "lanes": 2}},
        {"salt": "00" * 16, "cost": {"memory_kib": "8", "passes": 1, "lanes": 1}},
        {"salt": "00" * 16, "cost": {"memory": 8}},
    ],
)
def test_sealed_when_a_forger_writes_a_header_then_it_is_refused_before_any_work(
    tmp_path: Path, header: dict[str, object]
) -> None:
    path = tmp_path / "secrets.sealed"
    path.write_bytes(join(head_of(b"kilotill-secrets-v1", header), bytes(40)))
    assert code_of(lambda: SealedFileStore.open(path, WORDS), MachineFault) == "secrets.damaged"


@pytest.mark.parametrize("line", [b"[]", b"{", b"\xff"])
def test_sealed_when_its_header_is_no_object_then_is_damaged(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "secrets.sealed"
    path.write_bytes(join(b"kilotill-secrets-v1\n" + line + b"\n", bytes(40)))
    assert code_of(lambda: SealedFileStore.open(path, WORDS), MachineFault) == "secrets.damaged"


def test_sealed_when_the_header_was_forged_with_a_good_digest_then_does_not_open(tmp_path: Path) -> None:
    sealed(tmp_path).set("till_key", VALUE)
    path = tmp_path / "secrets.sealed"
    parts = split(path.read_bytes(), b"kilotill-secrets-v1")
    path.write_bytes(join(head_of(b"kilotill-secrets-v1", parts.header | {"note": "x"}), parts.body))
    assert code_of(lambda: SealedFileStore.open(path, WORDS), UserError) == "secrets.passphrase"


def test_sealed_when_the_passphrase_is_changed_then_only_the_new_one_opens_it(tmp_path: Path) -> None:
    store = sealed(tmp_path)
    store.set("till_key", VALUE)
    store.change_passphrase("quite other words", QUICK)
    store.set("pin_key", VALUE)
    path = tmp_path / "secrets.sealed"
    assert code_of(lambda: SealedFileStore.open(path, WORDS)) == "secrets.passphrase"
    again = SealedFileStore.open(path, "quite other words")
    assert again.get("till_key") == again.get("pin_key") == VALUE


def test_sealed_when_the_disk_fails_then_memory_and_file_stay_as_they_were(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    store = sealed(folder)
    store.set("till_key", VALUE)
    folder.rename(tmp_path / "gone")
    for call in (
        lambda: store.set("till_key", Secret(b"new")),
        lambda: store.delete("till_key"),
        lambda: store.change_passphrase("quite other words", QUICK),
    ):
        assert code_of(call, MachineFault) == "disk.write"
    assert store.get("till_key") == VALUE
    (tmp_path / "gone").rename(folder)
    store.set("pin_key", VALUE)
    assert SealedFileStore.open(folder / "secrets.sealed", WORDS).get("till_key") == VALUE


def test_sealed_when_many_threads_set_then_nothing_is_lost(tmp_path: Path) -> None:
    store = sealed(tmp_path)
    names = [f"provider:p{n}" for n in range(24)]
    threads = [threading.Thread(target=store.set, args=(name, Secret(name.encode()))) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = SealedFileStore.open(tmp_path / "secrets.sealed", WORDS)
    assert all(again.get(name) == Secret(name.encode()) for name in names)


# Which of the two


class Person:
    """Answers the question for a passphrase and remembers it."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.questions: list[PassphraseQuestion] = []

    def __call__(self, question: PassphraseQuestion) -> str | None:
        self.questions.append(question)
        return self.answer


def open_store(folder: Path, backend: MemoryKeyring | None = None, **arguments: object) -> SecretStore:
    defaults = {
        "environ": {},
        "os_keyring": lambda: None if backend is None else (backend, "Test Keys"),
        "cost": QUICK,
    }
    return open_secret_store(folder, **(defaults | arguments))  # type: ignore[arg-type]


def test_open_when_the_system_has_a_key_store_then_it_is_used_and_said(tmp_path: Path) -> None:
    backend = MemoryKeyring()
    store = open_store(tmp_path, backend, passphrase=WORDS)
    store.set("till_key", VALUE)
    assert store.describes_itself == "operating system key store (Test Keys)"
    assert open_store(tmp_path, backend).get("till_key") == VALUE
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.keyring"]
    assert not shows((tmp_path / "secrets.keyring").read_text(), VALUE.reveal())


def test_open_when_another_data_folder_uses_the_same_key_store_then_has_its_own_secrets(
    tmp_path: Path,
) -> None:
    backend = MemoryKeyring()
    for name in ("live", "demo"):
        (tmp_path / name).mkdir()
    open_store(tmp_path / "live", backend).set("till_key", VALUE)
    assert open_store(tmp_path / "demo", backend).get("till_key") is None


def test_open_when_there_is_no_key_store_then_the_sealed_file_is_used_and_said(tmp_path: Path) -> None:
    person = Person(WORDS)
    open_store(tmp_path, ask=person).set("till_key", VALUE)
    store = open_store(tmp_path, ask=person)
    assert store.get("till_key") == VALUE
    assert store.describes_itself == "sealed file secrets.sealed"
    assert person.questions == [PassphraseQuestion.NEW, PassphraseQuestion.OPEN]
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.sealed"]


def test_open_when_several_passphrases_are_offered_then_argument_beats_variable_beats_question(
    tmp_path: Path,
) -> None:
    person = Person("asked")
    variable = {"KILOTILL_PASSPHRASE": "from variable"}
    open_store(tmp_path, passphrase="given", environ=variable, ask=person)
    assert code_of(lambda: open_store(tmp_path, environ=variable, ask=person)) == "secrets.passphrase"
    assert person.questions == []
    assert code_of(lambda: open_store(tmp_path, ask=person)) == "secrets.passphrase"
    assert open_store(tmp_path, passphrase="given").get("till_key") is None


@pytest.mark.parametrize("ask", [None, Person(None), Person("")])
def test_open_when_nobody_gives_a_passphrase_then_nothing_is_written(
    tmp_path: Path, ask: Person | None
) -> None:
    assert code_of(lambda: open_store(tmp_path, ask=ask), UserError) == "secrets.passphrase_missing"
    assert list(tmp_path.iterdir()) == []


def test_open_when_the_sealed_file_is_in_use_then_a_new_key_store_does_not_replace_it(tmp_path: Path) -> None:
    open_store(tmp_path, passphrase=WORDS).set("till_key", VALUE)
    store = open_store(tmp_path, MemoryKeyring(), passphrase=WORDS)
    assert store.get("till_key") == VALUE
    assert store.describes_itself == "sealed file secrets.sealed"


def test_open_when_the_key_store_in_use_is_gone_then_there_is_no_silent_new_file(tmp_path: Path) -> None:
    open_store(tmp_path, MemoryKeyring()).set("till_key", VALUE)
    assert code_of(lambda: open_store(tmp_path, passphrase=WORDS), MachineFault) == "secrets.keyring_gone"
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.keyring"]


def test_open_when_the_marker_is_damaged_then_says_so(tmp_path: Path) -> None:
    (tmp_path / "secrets.keyring").write_bytes(b"\xff\x00")
    assert code_of(lambda: open_store(tmp_path, MemoryKeyring()), MachineFault) == "secrets.damaged"
