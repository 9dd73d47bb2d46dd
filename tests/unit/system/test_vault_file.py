import json
import logging
import shutil
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.errors import KilotillError, MachineFault
from pos.system.sealed_file import PassphraseCost, head_of, join, split
from pos.system.sealed_store import SealedFileStore
from pos.system.vault_file import VaultFile
from pos.tokens.demo import demo_keys
from pos.tokens.errors import VaultError
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod
from pos.tokens.secret import Secret
from pos.tokens.vault import MeterKey, SoftwareVault
from tests.fakes.secret_store import MemorySecretStore
from tests.unit.tokens.spellings import shows

QUICK = PassphraseCost(memory_kib=8, passes=1)
PHRASE = "seven birds on a wire"
NEW_PHRASE = "eight fish in a bowl"
RECOVERY = "paper in the bank's box 42"
KIND = b"kilotill-vault-v1"
KEYS = demo_keys()


def code_of(call: Callable[[], object], kind: type[KilotillError] = VaultError) -> str:
    with pytest.raises(kind) as caught:
        call()
    return caught.value.code


def vault_file(folder: Path, store: MemorySecretStore | None = None) -> VaultFile:
    return VaultFile(folder, store or MemorySecretStore(), QUICK)


def live(folder: Path, store: MemorySecretStore) -> VaultFile:
    """A live vault with keys and a recovery passphrase."""
    file = vault_file(folder, store)
    opened = file.create(PHRASE)
    opened.save(KEYS)
    opened.set_recovery(RECOVERY)
    return file


def forge(path: Path, **changes: object) -> None:
    """Change the header and make the digest good again, as a forger would."""
    parts = split(path.read_bytes(), KIND)
    header = {name: value for name, value in (parts.header | changes).items() if value is not None}
    path.write_bytes(join(head_of(KIND, header), parts.body))


def test_vault_when_made_saved_and_opened_then_has_the_keys(tmp_path: Path) -> None:
    store = MemorySecretStore()
    file = vault_file(tmp_path, store)
    assert not file.exists()
    opened = file.create(PHRASE)
    assert (opened.keys, opened.is_demo, opened.has_recovery) == ((), False, False)
    opened.save(KEYS)
    assert opened.keys == KEYS
    again = vault_file(tmp_path, store).open(PHRASE)
    assert (again.keys, again.is_demo, again.has_recovery) == (KEYS, False, False)
    assert (file.exists(), file.is_demo()) == (True, False)
    assert [path.name for path in tmp_path.iterdir()] == ["vault.sealed"]


def test_vault_when_no_cost_is_said_then_it_is_the_one_of_the_formats_page(tmp_path: Path) -> None:
    VaultFile(tmp_path, MemorySecretStore()).create(PHRASE)
    header = split((tmp_path / "vault.sealed").read_bytes(), KIND).header
    assert header["opening"]["cost"] == {"memory_kib": 65536, "passes": 3, "lanes": 1}


def test_vault_when_on_disk_printed_or_logged_then_shows_no_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemorySecretStore()
    file = live(tmp_path, store)
    opened = file.open(PHRASE)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").info("%r %s %r %r", file, opened, opened.keys, vars(opened))
    content = file.path.read_bytes()
    vault_key = store.get("vault_key")
    assert vault_key is not None
    for secret in (vault_key, opened._content_key, *(key.secret for key in KEYS)):
        assert not shows(caplog.text, secret.reveal())
        assert not shows(content.decode("latin-1"), secret.reveal())
        assert secret.reveal() not in content
    for phrase in (PHRASE, RECOVERY):
        assert phrase.encode() not in content
        assert phrase not in caplog.text


def test_vault_when_the_phrase_is_wrong_then_says_that_without_repeating_it(tmp_path: Path) -> None:
    file = live(tmp_path, MemorySecretStore())
    for wrong in (PHRASE + "s", "", RECOVERY):
        with pytest.raises(VaultError) as caught:
            file.open(wrong)
        assert caught.value.code == "vault.phrase"
        assert not wrong or wrong not in "".join(traceback.format_exception(caught.value))


def test_vault_when_the_phrase_is_right_but_the_stored_secret_is_not_there_then_does_not_open(
    tmp_path: Path,
) -> None:
    live(tmp_path, MemorySecretStore())
    other = MemorySecretStore()
    assert code_of(lambda: vault_file(tmp_path, other).open(PHRASE)) == "vault.other_machine"
    assert other.get("vault_key") is None
    other.set("vault_key", Secret(bytes(32)))
    assert code_of(lambda: vault_file(tmp_path, other).open(PHRASE)) == "vault.other_machine"


def test_vault_when_the_stored_secrets_name_is_forged_then_the_secret_itself_still_counts(
    tmp_path: Path,
) -> None:
    live(tmp_path, MemorySecretStore())
    (tmp_path / "other").mkdir()
    other = MemorySecretStore()
    vault_file(tmp_path / "other", other).create(PHRASE)
    header = split((tmp_path / "other" / "vault.sealed").read_bytes(), KIND).header
    forge(tmp_path / "vault.sealed", key_id=header["key_id"])
    assert code_of(lambda: vault_file(tmp_path, other).open(PHRASE)) == "vault.phrase"


@pytest.mark.parametrize("short", ["", "eleven char", "eleven char   ", " " * 20])
def test_vault_when_a_phrase_has_under_twelve_characters_then_is_refused(tmp_path: Path, short: str) -> None:
    file = vault_file(tmp_path)
    assert code_of(lambda: file.create(short)) == "vault.phrase_short"
    assert not file.exists()
    opened = file.create("twelve chars")
    assert code_of(lambda: opened.change_phrase("twelve chars", short)) == "vault.phrase_short"
    assert code_of(lambda: opened.set_recovery(short)) == "vault.phrase_short"
    assert code_of(lambda: file.recover(RECOVERY, new_phrase=short)) == "vault.phrase_short"


def test_vault_when_there_is_one_already_then_none_is_made_over_it(tmp_path: Path) -> None:
    file = live(tmp_path, MemorySecretStore())
    assert code_of(lambda: file.create(PHRASE)) == "vault.exists"
    assert code_of(lambda: file.create_demo(KEYS)) == "vault.exists"
    assert file.open(PHRASE).keys == KEYS


def test_vault_when_there_is_none_then_says_so(tmp_path: Path) -> None:
    file = vault_file(tmp_path)
    for call in (
        lambda: file.open(PHRASE),
        file.open_demo,
        file.is_demo,
        file.set_aside,
        lambda: file.recover(RECOVERY, new_phrase=PHRASE),
    ):
        assert code_of(call) == "vault.missing"


def test_phrase_when_changed_then_only_the_new_one_opens_and_recovery_stays(tmp_path: Path) -> None:
    file = live(tmp_path, MemorySecretStore())
    opened = file.open(PHRASE)
    assert code_of(lambda: opened.change_phrase("not the old phrase", NEW_PHRASE)) == "vault.phrase"
    opened.change_phrase(PHRASE, NEW_PHRASE)
    assert code_of(lambda: file.open(PHRASE)) == "vault.phrase"
    assert file.open(NEW_PHRASE).keys == KEYS
    opened.save(KEYS[:1])
    assert file.open(NEW_PHRASE).keys == KEYS[:1]
    assert file.recover(RECOVERY, new_phrase=PHRASE).keys == KEYS[:1]


def test_recovery_when_on_another_machine_then_opens_the_back_up_and_binds_it_there(tmp_path: Path) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir(), away.mkdir()
    live(home, MemorySecretStore())
    shutil.copy(home / "vault.sealed", away)
    store = MemorySecretStore()
    file = vault_file(away, store)
    assert code_of(lambda: file.recover(PHRASE, new_phrase=NEW_PHRASE)) == "vault.recovery"
    assert code_of(lambda: file.open(PHRASE)) == "vault.other_machine"
    assert file.recover(RECOVERY, new_phrase=NEW_PHRASE).keys == KEYS
    assert file.open(NEW_PHRASE).keys == KEYS
    assert code_of(lambda: file.open(PHRASE)) == "vault.phrase"
    assert file.recover(RECOVERY, new_phrase=PHRASE).has_recovery


def test_recovery_when_replaced_then_the_old_passphrase_opens_nothing(tmp_path: Path) -> None:
    file = live(tmp_path, MemorySecretStore())
    file.open(PHRASE).set_recovery("another slip of paper")
    assert code_of(lambda: file.recover(RECOVERY, new_phrase=NEW_PHRASE)) == "vault.recovery"
    assert file.recover("another slip of paper", new_phrase=NEW_PHRASE).keys == KEYS


def test_recovery_when_never_set_then_keys_are_loaded_again_in_a_new_vault(tmp_path: Path) -> None:
    file = vault_file(tmp_path)
    file.create(PHRASE)
    assert code_of(lambda: file.recover(RECOVERY, new_phrase=NEW_PHRASE)) == "vault.no_recovery"
    old = file.path.read_bytes()
    aside = file.set_aside()
    assert aside.read_bytes() == old
    assert not file.exists()
    file.create(NEW_PHRASE).save(KEYS)
    assert file.open(NEW_PHRASE).keys == KEYS


def test_vault_when_it_cannot_be_set_aside_then_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    file = live(tmp_path, MemorySecretStore())
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail)
        assert code_of(file.set_aside, MachineFault) == "disk.write"
    assert file.open(PHRASE).keys == KEYS


def test_vault_when_the_file_is_a_sealed_store_then_is_damaged(tmp_path: Path) -> None:
    SealedFileStore.create(tmp_path / "vault.sealed", PHRASE, QUICK)
    assert code_of(lambda: vault_file(tmp_path).open(PHRASE), MachineFault) == "vault.damaged"


def test_demo_when_made_then_opens_with_the_stored_secret_alone(tmp_path: Path) -> None:
    store = MemorySecretStore()
    file = vault_file(tmp_path, store)
    file.create_demo(KEYS)
    opened = file.open_demo()
    assert (opened.keys, opened.is_demo, file.is_demo()) == (KEYS, True, True)
    assert code_of(vault_file(tmp_path, MemorySecretStore()).open_demo) == "vault.other_machine"


def test_demo_when_someone_would_make_it_live_then_nothing_does(tmp_path: Path) -> None:
    file = vault_file(tmp_path)
    opened = file.create_demo(KEYS)
    assert code_of(lambda: file.open(PHRASE)) == "vault.demo"
    assert code_of(lambda: opened.change_phrase("", PHRASE)) == "vault.demo"
    assert code_of(lambda: opened.set_recovery(RECOVERY)) == "vault.demo"
    assert code_of(lambda: file.create(PHRASE)) == "vault.exists"
    assert code_of(lambda: file.recover(RECOVERY, new_phrase=PHRASE)) == "vault.no_recovery"
    opened.save(KEYS[:1])
    assert file.open_demo().is_demo
    for demo in (False, 0, None):
        forge(file.path, demo=demo)
        assert code_of(lambda: file.open(PHRASE), MachineFault) == "vault.damaged"


def test_demo_when_a_live_vault_is_forged_into_one_then_it_does_not_open(tmp_path: Path) -> None:
    file = live(tmp_path, MemorySecretStore())
    assert code_of(file.open_demo) == "vault.live"
    forge(file.path, demo=True)
    assert code_of(file.open_demo, MachineFault) == "vault.damaged"
    assert code_of(lambda: file.open(PHRASE)) == "vault.demo"


@pytest.mark.parametrize("field", ["opening", "recovery"])
def test_vault_when_a_wrap_was_taken_out_or_spoiled_with_a_good_digest_then_is_refused(
    tmp_path: Path, field: str
) -> None:
    file = live(tmp_path, MemorySecretStore())
    whole = file.path.read_bytes()
    fields = split(whole, KIND).header[field]

    def open_it() -> object:
        return file.open(PHRASE) if field == "opening" else file.recover(RECOVERY, new_phrase=PHRASE)

    for name, value, expected in (
        ("wrapped", "", ("vault.phrase", "vault.recovery")),
        ("wrapped", "xyz", ("vault.damaged",)),
        ("salt", None, ("vault.damaged",)),
        ("cost", {"memory_kib": 1 << 40, "passes": 1, "lanes": 1}, ("vault.damaged",)),
    ):
        file.path.write_bytes(whole)
        forge(file.path, **{field: {**fields, name: value}})
        assert code_of(open_it, KilotillError) in expected


def test_vault_when_a_header_note_is_added_with_a_good_digest_then_the_keys_do_not_open(
    tmp_path: Path,
) -> None:
    file = live(tmp_path, MemorySecretStore())
    forge(file.path, note="added")
    assert code_of(lambda: file.open(PHRASE), MachineFault) == "vault.damaged"
    assert code_of(lambda: file.recover(RECOVERY, new_phrase=PHRASE), MachineFault) == "vault.damaged"


def test_vault_when_an_older_body_is_put_under_a_newer_header_then_it_does_not_open(tmp_path: Path) -> None:
    file = live(tmp_path, MemorySecretStore())
    old = split(file.path.read_bytes(), KIND)
    file.open(PHRASE).change_phrase(PHRASE, NEW_PHRASE)
    new = split(file.path.read_bytes(), KIND)
    file.path.write_bytes(join(new.head, old.body))
    assert code_of(lambda: file.open(NEW_PHRASE), MachineFault) == "vault.damaged"


@settings(max_examples=60)
@given(data=st.data())
def test_vault_when_any_bit_is_changed_or_the_end_is_missing_then_is_damaged(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = live(tmp_path_factory.mktemp("vault"), MemorySecretStore())
    content = file.path.read_bytes()
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    flipped = (int.from_bytes(content, "big") ^ 1 << bit).to_bytes(len(content), "big")
    shorter = content[: data.draw(st.integers(0, len(content) - 1))]
    for broken in (flipped, shorter):
        file.path.write_bytes(broken)
        assert code_of(lambda: file.open(PHRASE), MachineFault) == "vault.damaged"
        assert code_of(lambda: file.recover(RECOVERY, new_phrase=PHRASE), MachineFault) == "vault.damaged"


def test_vault_when_saving_fails_then_file_and_keys_stay(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    file = live(folder, MemorySecretStore())
    opened = file.open(PHRASE)
    folder.rename(tmp_path / "gone")
    assert code_of(lambda: opened.save(()), MachineFault) == "disk.write"
    assert code_of(lambda: opened.set_recovery("another slip of paper"), MachineFault) == "disk.write"
    assert opened.keys == KEYS
    (tmp_path / "gone").rename(folder)
    opened.save(KEYS[:2])
    assert file.open(PHRASE).keys == KEYS[:2]
    assert file.recover(RECOVERY, new_phrase=PHRASE).keys == KEYS[:2]


def test_header_when_read_then_holds_nothing_about_the_keys(tmp_path: Path) -> None:
    file = live(tmp_path, MemorySecretStore())
    text = json.dumps(split(file.path.read_bytes(), KIND).header)
    assert not any(word in text for word in ("201457", "123456", "sgc", "krn"))


def test_vault_when_opened_from_its_file_then_sells_and_saves_what_changes(tmp_path: Path) -> None:
    store = MemorySecretStore()
    now = datetime(2026, 11, 20, tzinfo=UTC)
    meter = MeterKey(
        pan="600727000000000009",
        sgc="201457",
        ti="01",
        krn=1,
        method=KeyMethod.DKGA04,
        ea=EncryptionAlgorithm.STA,
        base_date=BaseDate.Y2014,
    )
    opened = vault_file(tmp_path, store).create(PHRASE)
    vault = SoftwareVault()
    vault.unlock(opened.keys, opened.save)
    for key in KEYS:
        vault.add(key)
    vault.retire("201458", 1, at=now)
    vault.lock()
    again = vault_file(tmp_path, store).open(PHRASE)
    vault.unlock(again.keys, again.save)
    assert vault.decoder_key(meter, at=now).secret.reveal().hex().upper() == "87F3ECBB2E46B48F"
    assert again.keys == (*KEYS[:2], replace(KEYS[2], group=replace(KEYS[2].group, valid_until=now)))
