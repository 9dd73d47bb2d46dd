"""A shop with its back-ups and its mirror, and the restore of it into an empty folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pos import bootstrap
from pos.models.ledger_book import BookHead, read_head
from pos.models.schema import open_till_database
from pos.models.uow import Units
from pos.services.backup import BackupMade, BackupPlan, Backups
from pos.services.mirror import Mirror
from pos.services.restore import Restore, RestoreRequest
from pos.services.restore_report import RestoreReport
from pos.services.sale_values import SaleRequest, SaleResult
from pos.system.mirror_file import mirror_name
from pos.system.paths import DataFolder
from pos.system.sealed_file import PassphraseCost
from tests.factories.shop import Shop, make_shop
from tests.fakes.disk import FakeDisk
from tests.fakes.secret_store import MemorySecretStore

CHEAP = PassphraseCost(memory_kib=8, passes=1)
PASSPHRASE = "seven goats cross the river"


@contextmanager
def cheap_secrets() -> Iterator[None]:
    """Guessing costs little in here: stretching every PIN and passphrase would take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        for name in ("PinSeal", "RecoveryCodes", "VaultFile", "open_secret_store"):
            patch.setattr(bootstrap, name, partial(getattr(bootstrap, name), cost=CHEAP))
        yield


@dataclass(slots=True)
class BackedShop:
    shop: Shop
    folder: DataFolder
    backups: Backups
    mirror: Mirror
    disk: FakeDisk
    stick: Path

    def sell(self, drn: str, count: int = 1, **changes: Any) -> list[SaleResult]:
        results = []
        for _ in range(count):
            asked = SaleRequest(
                **{"sale_id": uuid4(), "drn": drn, "money_minor": 5000, "is_another_wanted": True, **changes}
            )
            results.append(self.shop.checkout.sell(asked, self.shop.supervisor))
            self.shop.clock.pass_time(minutes=1)
        return results

    def back_up(self) -> BackupMade:
        made = self.backups.begin().run()
        assert made is not None
        return made

    def head(self) -> BookHead:
        return head_of(self.shop.units)

    @property
    def mirror_path(self) -> Path:
        head = self.head()
        return self.stick / mirror_name(head.till_code, head.till_id)

    def restore(self, target: Path, made: BackupMade, **changes: Any) -> RestoreReport:
        request = RestoreRequest(
            **{"backup": made.path, "administrator": "Claire", "reason": "the disk broke", **changes}
        )
        return Restore(DataFolder(target), self.shop.clock, lambda is_pretend: MemorySecretStore()).run(
            request
        )


def make_backed_shop(tmp_path: Path, **options: Any) -> BackedShop:
    folder = tmp_path / "data"
    folder.mkdir(parents=True)
    open_till_database(folder).close()
    return back_shop(make_shop(folder, **options), folder, tmp_path / "stick")


def back_shop(shop: Shop, folder: Path, stick: Path) -> BackedShop:
    """Give a shop in a folder its back-ups and its mirror on a stick."""
    stick.mkdir(exist_ok=True)
    disk = FakeDisk()
    backups = Backups(
        DataFolder(folder), shop.clock, plan=lambda: BackupPlan(folder=stick, kept=3), free=disk, pause_s=0
    )
    return BackedShop(shop, DataFolder(folder), backups, Mirror(shop.units, lambda: stick), disk, stick)


def head_of(units: Units) -> BookHead:
    with units.read() as connection:
        return read_head(connection)
