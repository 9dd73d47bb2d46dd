"""The support bundle: what helps somebody far away to see what is wrong, and nothing that is secret.

A ZIP with the versions, the settings, how the till is, the outcome of a verify run and the log files. Every
text in it goes through the redaction of the log (docs/secrets.md §7); it holds no name of a customer, no
token, no key and nothing of the database.
"""

from __future__ import annotations

import json
import platform
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pos.config import BACKUP_FOLDER, BANK_ACCOUNT, BANK_NAME, RECEIPT_LOGO, SETTINGS
from pos.domain.permissions import Actor, Permission
from pos.models.uow import Units
from pos.services.approval import require_any
from pos.services.settings import Settings
from pos.services.till_status import TillStatusReader
from pos.services.verify_findings import VerifyReport
from pos.system.clock import Clock
from pos.system.logs import LOG_NAME, redact
from pos.system.paths import DataFolder, folder_fault

_PRIVATE = frozenset(setting.key for setting in (BACKUP_FOLDER, BANK_ACCOUNT, BANK_NAME, RECEIPT_LOGO))
"""Settings that tell about the shop's money or its owner's computer: only whether they are set is told."""

_NAMES_OF_PEOPLE = frozenset({"shift_operator", "sales_point"})


@dataclass(frozen=True, slots=True)
class AboutFacts:
    """What the program and the machine are."""

    program: str
    schema: str
    python: str
    sqlite: str
    machine: str
    data_folder: str
    secret_store: str


@dataclass(frozen=True, slots=True)
class BundleMade:
    """A bundle that was written; `is_clean` is what verify said."""

    path: Path
    size_bytes: int
    is_clean: bool


class SupportBundles:
    """Tells the versions and writes bundles."""

    def __init__(
        self,
        folder: DataFolder,
        units: Units,
        clock: Clock,
        *,
        settings: Settings,
        status: TillStatusReader,
        verify: Callable[[], VerifyReport],
        secret_store: Callable[[], str],
    ) -> None:
        """Take what it tells about; `secret_store` says in words where secrets are kept."""
        self._folder = folder
        self._units = units
        self._clock = clock
        self._settings = settings
        self._status = status
        self._verify = verify
        self._secret_store = secret_store

    def about(self) -> AboutFacts:
        """Return the versions and places of this till.

        Raises:
            MachineFault: `disk.*`.
        """
        with self._units.read() as connection:
            schema: str = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        return AboutFacts(
            program=version("kilotill"),
            schema=schema,
            python=platform.python_version(),
            sqlite=sqlite3.sqlite_version,
            machine=f"{platform.system()} {platform.release()}",
            data_folder=str(self._folder.root),
            secret_store=self._secret_store(),
        )

    def name(self) -> str:
        """Return the usual file name of a bundle made now."""
        return f"kilotill-support-{self._clock.now():%Y%m%dT%H%M%SZ}.zip"

    def write(
        self, actor: Actor, path: Path, *, versions: Mapping[str, str], watch: Callable[[str], None]
    ) -> BundleMade:
        """Write a bundle to `path`; `versions` are those only the window knows, `watch` hears each part.

        Raises:
            UserError: `permission.denied`.
            MachineFault: `disk.*`.
        """
        require_any(actor, Permission.SETTING_EDIT, Permission.AUDIT_VIEW)
        watch("verify.json")
        report = self._verify()
        parts = {
            "about.json": _json(self._told_about(versions)),
            "settings.json": _json(self._told_settings()),
            "status.json": _json(_told_status(asdict(self._status.read()))),
            "verify.json": _json(_told_report(report)),
        }
        try:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
                for name, text in parts.items():
                    bundle.writestr(name, text)
                for log in sorted(self._folder.logs.glob(f"{LOG_NAME}*")):
                    watch(log.name)
                    # Once more: a log of an earlier program may have known fewer secrets.
                    bundle.writestr(
                        f"logs/{log.name}", redact(log.read_text(encoding="utf-8", errors="replace"))
                    )
            return BundleMade(path, path.stat().st_size, report.is_clean)
        except OSError as error:
            raise folder_fault(path.parent, error) from error

    def _told_about(self, versions: Mapping[str, str]) -> dict[str, str]:
        told = asdict(self.about()) | dict(versions)
        # The path of the data folder names the account of a person.
        del told["data_folder"]
        return told | {"made_at": self._clock.now().isoformat()}

    def _told_settings(self) -> dict[str, str]:
        texts = self._settings.values().texts
        return {
            key: ("set" if text else "") if key in _PRIVATE else redact(text)
            for key, text in texts.items()
            if key in SETTINGS
        }


def _told_status(status: dict[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in status.items() if key not in _NAMES_OF_PEOPLE}
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in told.items()
        # What the drawer and the envelope hold is the shop's own business.
        if not key.endswith("_minor")
    }


def _told_report(report: VerifyReport) -> dict[str, Any]:
    """Tell where something is wrong; the values that differ could be anybody's."""
    findings = [
        {"code": found.code, "table": found.table, "key": redact(found.key), "column": found.column}
        for found in report.findings
    ]
    anchors = [asdict(anchor) for anchor in report.anchors]
    return {"clean": report.is_clean, "findings": findings, "checked": report.checked, "anchors": anchors}


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


__all__ = ["AboutFacts", "BundleMade", "SupportBundles"]
