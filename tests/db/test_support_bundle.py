import json
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pos import bootstrap
from pos.bootstrap import Access, Till, open_till
from pos.cli.demo_shop import make_demo_shop
from pos.config import BANK_ACCOUNT, RECEIPT_FOOTER
from pos.domain.permissions import Actor
from pos.errors import UserError
from pos.models.schema import NEWEST
from pos.system.paths import DataFolder
from tests.factories.backups import CHEAP

TOKEN = "5872 0041 9932 1170 8841"


@pytest.fixture
def till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for name in ("PinSeal", "RecoveryCodes", "VaultFile", "open_secret_store"):
        monkeypatch.setattr(bootstrap, name, partial(getattr(bootstrap, name), cost=CHEAP))
    folder = DataFolder(tmp_path / "shop")
    make_demo_shop(folder, datetime.now(UTC) - timedelta(minutes=1), days=1)
    with open_till(folder, Access.WRITES) as opened:
        yield opened


def _person(till: Till, role: str) -> Actor:
    return next(person for person in till.sign_in.people() if person.role.value == role)


def _texts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


def _write(till: Till, path: Path, role: str = "A") -> dict[str, str]:
    parts: list[str] = []
    made = till.support.write(_person(till, role), path, versions={"qt": "6"}, watch=parts.append)
    assert made.is_clean and made.size_bytes == path.stat().st_size and parts[0] == "verify.json"
    return _texts(path)


def test_bundle_when_written_tells_versions_settings_state_and_verify(till: Till, tmp_path: Path) -> None:
    administrator = _person(till, "A")
    till.settings.change(administrator, RECEIPT_FOOTER, value="Complaints 3535", reason="test")

    texts = _write(till, tmp_path / "bundle.zip")

    about: dict[str, Any] = json.loads(texts["about.json"])
    assert (about["qt"], about["sqlite"], about["schema"]) == ("6", sqlite3.sqlite_version, NEWEST)
    assert str(tmp_path) not in texts["about.json"]
    assert json.loads(texts["settings.json"])["receipt_footer"] == "Complaints 3535"
    verify = json.loads(texts["verify.json"])
    assert verify["clean"] is True and sum(verify["checked"].values()) > 10
    status = json.loads(texts["status.json"])
    assert status["till_code"] == "T03" and "envelope_left_minor" not in status


def test_bundle_when_logs_hold_secrets_has_none_of_them(till: Till, tmp_path: Path) -> None:
    till.folder.logs.mkdir()
    log = till.folder.logs / "kilotill.log"
    log.write_text(f"sold {TOKEN} to +250788123456, key ABABABABABABABAB, pin 975310\nall well\n")
    (till.folder.logs / "kilotill.log.1").write_bytes(b"earlier \xff line\n")
    till.settings.change(_person(till, "A"), BANK_ACCOUNT, value="4001-22-77", reason="test")

    texts = _write(till, tmp_path / "bundle.zip")

    whole = "\n".join(texts.values())
    for secret in (TOKEN, "788123456", "ABABABABABABABAB", "975310", "4001-22-77"):
        assert secret not in whole
    assert "all well" in texts["logs/kilotill.log"] and "earlier" in texts["logs/kilotill.log.1"]
    assert json.loads(texts["settings.json"])["bank_account"] == "set"


def test_bundle_when_people_and_customers_have_names_names_nobody(till: Till, tmp_path: Path) -> None:
    with till.units.read() as connection:
        names = list(connection.exec_driver_sql("SELECT name FROM customer WHERE name IS NOT NULL").scalars())
    names += [person.name for person in till.sign_in.people()]

    whole = "\n".join(_write(till, tmp_path / "bundle.zip", role="U").values())

    assert names and not [name for name in names if name in whole]


def test_bundle_when_asked_for_by_a_cashier_is_refused_and_not_written(till: Till, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"

    with pytest.raises(UserError) as caught:
        till.support.write(_person(till, "C"), path, versions={}, watch=lambda _: None)

    assert caught.value.code == "permission.denied" and not path.exists()


def test_bundle_when_the_folder_is_gone_is_a_fault_of_the_disk(till: Till, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot be written") as caught:
        till.support.write(
            _person(till, "A"), tmp_path / "gone" / "bundle.zip", versions={}, watch=lambda _: None
        )

    assert getattr(caught.value, "code", "") == "disk.write"


def test_about_when_read_says_where_secrets_are(till: Till) -> None:
    facts = till.support.about()

    assert facts.data_folder == str(till.folder.root) and "secrets.sealed" in facts.secret_store
