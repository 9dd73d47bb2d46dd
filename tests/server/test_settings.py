"""What the server is told from outside, and the keys it makes."""

import json
import stat
import sys
from pathlib import Path

import pytest

from central.settings import DEMO_KEYS, KEYS_FILE, load_settings, make_keys
from pos.errors import UserError

GOOD = {
    "KILOTILL_SECRET_KEY": "00112233445566778899aabbccddeeff" * 2,
    "KILOTILL_SIGNING_KEY": "102132435465768798a9bacbdcedfe0f" * 2,
    "KILOTILL_VAULT_KEY": "2031425364758697a8b9cadbecfd0e1f" * 2,
}


def _environment(folder: Path, **more: str) -> dict[str, str]:
    return {"KILOTILL_CENTRAL_DATA": str(folder), **GOOD, **more}


def test_settings_without_anything_else_are_sqlite_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings(_environment(tmp_path))

    assert settings.database_url == f"sqlite:///{tmp_path / 'central.sqlite'}"
    assert (settings.is_sqlite, settings.workers, settings.is_demo) == (True, 1, False)
    assert settings.secret_key == bytes.fromhex(GOOD["KILOTILL_SECRET_KEY"])
    assert GOOD["KILOTILL_SECRET_KEY"] not in repr(settings)
    assert repr(settings.secret_key) not in repr(settings)


@pytest.mark.parametrize("scheme", ["postgres://", "postgresql://", "postgresql+psycopg://"])
def test_settings_take_every_way_to_write_postgresql(tmp_path: Path, scheme: str) -> None:
    settings = load_settings(
        _environment(tmp_path, KILOTILL_DATABASE_URL=f"{scheme}u:p@db/kilotill", KILOTILL_WORKERS="4")
    )

    assert settings.database_url == "postgresql+psycopg://u:p@db/kilotill"
    assert (settings.is_sqlite, settings.workers) == (False, 4)


def test_settings_with_several_workers_on_sqlite_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        load_settings(_environment(tmp_path, KILOTILL_WORKERS="2"))

    assert refused.value.code == "settings.workers"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"KILOTILL_SECRET_KEY": ""}, "settings.key_missing"),
        ({"KILOTILL_SECRET_KEY": "changeme"}, "settings.key_form"),
        ({"KILOTILL_SECRET_KEY": "ab" * 31}, "settings.key_form"),
        ({"KILOTILL_SECRET_KEY": "00" * 32}, "settings.default_secret"),
        *(({name: key.hex()}, "settings.default_secret") for name, key in DEMO_KEYS.items()),
        ({"KILOTILL_VAULT_KEY": DEMO_KEYS["KILOTILL_SECRET_KEY"].hex()}, "settings.default_secret"),
        ({"KILOTILL_VAULT_KEY": GOOD["KILOTILL_SECRET_KEY"]}, "settings.default_secret"),
        ({"KILOTILL_PORT": "http"}, "settings.number"),
        ({"KILOTILL_PORT": "70000"}, "settings.number"),
        ({"KILOTILL_WORKERS": "0"}, "settings.number"),
    ],
)
def test_settings_that_are_missing_weak_or_wrong_are_refused(
    tmp_path: Path, change: dict[str, str], code: str
) -> None:
    with pytest.raises(UserError) as refused:
        load_settings(_environment(tmp_path) | change)

    assert refused.value.code == code
    for value in change.values():
        assert len(value) < 8 or value not in refused.value.text


def test_settings_of_a_demo_have_the_public_keys_whatever_is_set(tmp_path: Path) -> None:
    settings = load_settings(_environment(tmp_path), is_demo=True)

    assert (settings.secret_key, settings.is_demo) == (DEMO_KEYS["KILOTILL_SECRET_KEY"], True)


def test_keys_are_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    folder = tmp_path / "new"

    assert make_keys(folder) is True
    first = (folder / KEYS_FILE).read_bytes()
    assert make_keys(folder) is False

    assert (folder / KEYS_FILE).read_bytes() == first
    keys = json.loads(first)
    assert len(set(keys.values())) == 3
    settings = load_settings({"KILOTILL_CENTRAL_DATA": str(folder)})
    assert settings.vault_key.hex() == keys["KILOTILL_VAULT_KEY"]
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / KEYS_FILE).stat().st_mode) == 0o600


def test_key_of_the_environment_wins_over_that_of_the_folder(tmp_path: Path) -> None:
    make_keys(tmp_path)

    settings = load_settings(
        {"KILOTILL_CENTRAL_DATA": str(tmp_path), "KILOTILL_VAULT_KEY": GOOD["KILOTILL_VAULT_KEY"]}
    )

    assert settings.vault_key.hex() == GOOD["KILOTILL_VAULT_KEY"]


def test_limits_are_set_by_number(tmp_path: Path) -> None:
    settings = load_settings(_environment(tmp_path, KILOTILL_RATE_USER="9"))

    assert (settings.rates.user.requests, settings.rates.user.seconds) == (9, 3600)
    assert settings.rates.address.requests == 100
