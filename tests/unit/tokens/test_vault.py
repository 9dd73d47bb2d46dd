import logging
import pickle
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pos.tokens.demo import demo_keys
from pos.tokens.errors import KeyDataError, NumberError, TokenError, UnsupportedError, VaultError
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.vault import MeterKey, SoftwareVault, Vault, VaultStatus
from pos.tokens.vending_key import VendingKey
from tests.unit.tokens.spellings import shows

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
PAN = "600727000000000009"
VK_160 = bytes.fromhex("ABABABABABABABAB949494949494949401234567")
VK_64 = bytes.fromhex("ABABABABABABABAB")


def meter(**changes: object) -> MeterKey:
    fields = {
        "pan": PAN,
        "sgc": "201457",
        "ti": "01",
        "krn": 1,
        "method": KeyMethod.DKGA04,
        "ea": EncryptionAlgorithm.STA,
        "base_date": BaseDate.Y2014,
    }
    return MeterKey(**(fields | changes))  # type: ignore[arg-type]


class Saves:
    """Keeps what a vault saves, or refuses it."""

    def __init__(self) -> None:
        self.saved: list[tuple[VendingKey, ...]] = []
        self.is_refusing = False

    def __call__(self, keys: tuple[VendingKey, ...]) -> None:
        if self.is_refusing:
            raise OSError("no room")
        self.saved.append(keys)


def open_vault(saves: Saves | None = None) -> SoftwareVault:
    vault = SoftwareVault()
    vault.unlock(demo_keys(), saves or Saves())
    return vault


def revision(krn: int) -> VendingKey:
    key = demo_keys()[1]
    return replace(key, group=replace(key.group, krn=krn))


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(TokenError) as caught:
        call()
    return caught.value.code


def test_vault_when_new_or_locked_then_serves_nothing() -> None:
    vault = SoftwareVault()
    for _ in range(2):
        assert vault.status is VaultStatus.LOCKED
        assert code_of(lambda: vault.decoder_key(meter(), at=NOW)) == "vault.locked"
        assert code_of(lambda: vault.decoder_key_even_expired(meter())) == "vault.locked"
        assert code_of(vault.groups) == "vault.locked"
        assert code_of(lambda: vault.add(demo_keys()[0])) == "vault.locked"
        assert code_of(lambda: vault.remove("201457", 1)) == "vault.locked"
        assert code_of(lambda: vault.retire("201457", 1, at=NOW)) == "vault.locked"
        vault.unlock(demo_keys(), Saves())
        assert vault.status is VaultStatus.OPEN
        vault.lock()
        vault.lock()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "87F3ECBB2E46B48F"),
        ({"ti": "02"}, "7F78CDD220BE39B8"),
        ({"sgc": "123456", "method": KeyMethod.DKGA02}, "E653341F9D5BF36F"),
    ],
)
def test_decoder_key_when_the_standard_gives_an_example_then_is_that_key(
    changes: dict[str, object], expected: str
) -> None:
    vault: Vault = open_vault()
    key = vault.decoder_key(meter(**changes), at=NOW)
    assert key.secret.reveal().hex().upper() == expected
    assert vault.decoder_key_even_expired(meter(**changes)) == key
    assert key.ken == 255


def test_decoder_key_when_used_as_a_cipher_then_gives_the_standards_ciphertext() -> None:
    key = open_vault().decoder_key(meter(), at=NOW)
    assert key.cipher().encrypt(0x05014EEC00013188) == 0xD431F4B09E0E9F62
    misty = open_vault().decoder_key(meter(sgc="201458", ea=EncryptionAlgorithm.MISTY1), at=NOW)
    assert misty.cipher().decrypt(misty.cipher().encrypt(0x05014EEC00013188)) == 0x05014EEC00013188


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sgc": "999999"}, "key.unknown_group"),
        ({"krn": 2}, "key.newer_revision"),
        ({"ea": EncryptionAlgorithm.MISTY1}, "key.algorithm"),
        ({"method": KeyMethod.DKGA02}, "key.algorithm"),
        ({"base_date": BaseDate.Y2035}, "key.base_date"),
        ({"kt": KeyType.DDTK}, "key.type"),
        ({"kt": KeyType.DITK}, "key.type"),
    ],
)
def test_decoder_key_when_the_vault_has_no_fitting_key_then_says_which_kind_is_missing(
    changes: dict[str, object], code: str
) -> None:
    vault = open_vault()
    assert code_of(lambda: vault.decoder_key(meter(**changes), at=NOW)) == code
    assert code_of(lambda: vault.decoder_key_even_expired(meter(**changes))) == code


def test_decoder_key_when_the_meter_has_a_newer_revision_then_names_the_newest_held() -> None:
    vault = open_vault()
    vault.add(revision(3))
    with pytest.raises(VaultError, match=r"revision 4 .* newest loaded is 3") as caught:
        vault.decoder_key(meter(krn=4), at=NOW)
    assert caught.value.code == "key.newer_revision"


def test_decoder_key_when_an_older_revision_is_not_held_then_names_those_that_are() -> None:
    vault = open_vault()
    vault.add(revision(4))
    with pytest.raises(VaultError, match="loaded: 1, 4") as caught:
        vault.decoder_key(meter(krn=2), at=NOW)
    assert caught.value.code == "key.unknown_revision"


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"method": KeyMethod.DKGA01}, UnsupportedError, "unsupported.dkga01"),
        ({"method": KeyMethod.DKGA03}, UnsupportedError, "unsupported.dkga03"),
        ({"ea": EncryptionAlgorithm.DEA}, UnsupportedError, "unsupported.ea09"),
        ({"ti": "1"}, KeyDataError, "key.ti"),
        ({"pan": "600727000000000008"}, NumberError, "pan.check_digit"),
    ],
)
def test_meter_key_when_malformed_or_unsupported_then_is_refused(
    changes: dict[str, object], error: type[TokenError], code: str
) -> None:
    with pytest.raises(error) as caught:
        meter(**changes)
    assert caught.value.code == code


def test_decoder_key_when_the_key_has_ended_then_only_reading_and_key_change_go_on() -> None:
    saves = Saves()
    vault = open_vault(saves)
    vault.retire("201457", 1, at=NOW)
    assert vault.decoder_key(meter(), at=NOW)
    late = NOW + timedelta(microseconds=1)
    assert code_of(lambda: vault.decoder_key(meter(), at=late)) == "key.expired"
    assert vault.decoder_key_even_expired(meter()).secret.reveal().hex().upper() == "87F3ECBB2E46B48F"
    assert [key.group.valid_until for key in saves.saved[-1] if key.group.sgc == "201457"] == [NOW]


def test_retire_when_the_instant_has_no_zone_then_is_refused() -> None:
    naive = NOW.replace(tzinfo=None)
    assert code_of(lambda: open_vault().retire("201457", 1, at=naive)) == "key.valid_until"


def test_add_when_the_place_is_taken_then_is_refused_and_nothing_is_saved() -> None:
    saves = Saves()
    vault = open_vault(saves)
    assert code_of(lambda: vault.add(revision(1))) == "key.exists"
    assert saves.saved == []


def test_add_and_remove_when_done_then_are_saved_whole_and_listed_in_order() -> None:
    saves = Saves()
    vault = open_vault(saves)
    vault.add(revision(2))
    listed = [(found.group.sgc, found.group.krn) for found in vault.groups()]
    assert listed == [("123456", 1), ("201457", 1), ("201457", 2), ("201458", 1)]
    vault.remove("201457", 1)
    assert code_of(lambda: vault.decoder_key(meter(), at=NOW)) == "key.unknown_revision"
    assert [len(keys) for keys in saves.saved] == [4, 3]
    assert code_of(lambda: vault.remove("201457", 1)) == "key.unknown_revision"
    assert code_of(lambda: vault.remove("999999", 1)) == "key.unknown_group"


def test_change_when_saving_fails_then_the_vault_is_as_before() -> None:
    saves = Saves()
    vault = open_vault(saves)
    before = vault.groups()
    saves.is_refusing = True
    for change in (
        lambda: vault.add(revision(2)),
        lambda: vault.remove("201457", 1),
        lambda: vault.retire("201457", 1, at=NOW),
    ):
        with pytest.raises(OSError, match="no room"):
            change()
    assert vault.groups() == before


def test_change_when_the_vault_is_locked_while_saving_then_it_stays_locked() -> None:
    vault = SoftwareVault()
    vault.unlock(demo_keys(), lambda _: vault.lock())
    vault.add(revision(2))
    assert vault.status is VaultStatus.LOCKED


def test_groups_when_listed_then_have_check_values_and_no_keys() -> None:
    found = open_vault().groups()
    assert [description.check_value for description in found] == ["544E54", "13C395", "13C395"]
    assert not shows(repr(found), VK_64)


def test_vault_when_printed_pickled_or_logged_then_shows_no_key(caplog: pytest.LogCaptureFixture) -> None:
    vault = open_vault()
    key = vault.decoder_key(meter(), at=NOW)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").info("%r %s %r %r", vault, key, key.cipher(), vault.groups())
    for secret in (VK_160, VK_64, key.secret.reveal()):
        assert not shows(caplog.text, secret)
    for thing in (vault, key, demo_keys()):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(thing)


def test_vault_when_an_error_is_reported_with_all_local_variables_then_shows_no_key() -> None:
    # The harshest report a crash handler could write.
    vault = open_vault()
    vault.retire("201457", 1, at=NOW - timedelta(days=1))
    late = NOW
    for changes in ({}, {"krn": 2}, {"sgc": "999999"}, {"base_date": BaseDate.Y2035}, {"kt": KeyType.DCTK}):
        with pytest.raises(VaultError) as caught:
            vault.decoder_key(meter(**changes), at=late)
        report = "".join(
            traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
        )
        assert "201457" in report
        assert not shows(report, VK_160)
        assert not shows(report, VK_64)


def test_lock_when_done_then_the_vault_object_holds_no_secret() -> None:
    vault = open_vault()
    vault.lock()
    assert [getattr(vault, name) for name in SoftwareVault.__slots__] == [None]
