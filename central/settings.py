"""What the server is told from outside: environment variables, and keys made into the data folder."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from platformdirs import user_data_path

from pos.errors import UserError

KEYS_FILE = "keys.json"
KEY_BYTES = 32

SECRET_KEY = "KILOTILL_SECRET_KEY"  # noqa: S105 - the name of a variable
SIGNING_KEY = "KILOTILL_SIGNING_KEY"
VAULT_KEY = "KILOTILL_VAULT_KEY"
_KEY_NAMES = (SECRET_KEY, SIGNING_KEY, VAULT_KEY)

DEMO_KEYS: Mapping[str, bytes] = {name: bytes([n + 1]) * KEY_BYTES for n, name in enumerate(_KEY_NAMES)}
"""Public. They open a demo and nothing else."""


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """What one Argon2id hash of a password costs."""

    memory_kib: int = 65_536
    passes: int = 3
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Rate:
    """How many requests in how long; a quiet client may send all of them at once."""

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The limits, each per process (docs/operations.md)."""

    user: Rate = Rate(1000, 3600)
    address: Rate = Rate(100, 3600)
    till: Rate = Rate(7200, 3600)
    till_login: Rate = Rate(1200, 3600)
    callback: Rate = Rate(7200, 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it; keys never show in a representation."""

    database_url: str
    data_folder: Path
    secret_key: bytes = field(repr=False)
    signing_key: bytes = field(repr=False)
    vault_key: bytes = field(repr=False)
    is_demo: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 16
    trusted_proxies: str = "127.0.0.1"
    access_minutes: int = 30
    refresh_days: int = 7
    password_cost: PasswordCost = PasswordCost()
    rates: Rates = Rates()
    metrics_token: str | None = field(default=None, repr=False)
    log_level: str = "info"
    runs_jobs: bool = True

    @property
    def refresh_lifetime(self) -> timedelta:
        """How long a session lasts after its last refresh."""
        return timedelta(days=self.refresh_days)

    @property
    def is_sqlite(self) -> bool:
        """Say whether this is a server for one shop."""
        return self.database_url.startswith("sqlite")


def default_data_folder(environment: Mapping[str, str], *, is_demo: bool) -> Path:
    """Return where the server keeps its files unless it is told otherwise."""
    if named := environment.get("KILOTILL_CENTRAL_DATA"):
        return Path(named)
    return user_data_path("kilotill-central", appauthor=False) / ("demo" if is_demo else "server")


def make_keys(folder: Path) -> bool:
    """Make the server's keys into a folder, readable by this user only; False where there are some."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / KEYS_FILE
    keys = {name: secrets.token_hex(KEY_BYTES) for name in _KEY_NAMES}
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(keys, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return True


def load_settings(environment: Mapping[str, str], *, is_demo: bool = False) -> Settings:
    """Read all settings.

    Raises UserError `settings.key_missing`, `settings.key_form`, `settings.default_secret`,
    `settings.number`, `settings.workers`.
    """
    folder = default_data_folder(environment, is_demo=is_demo)
    url = environment.get("KILOTILL_DATABASE_URL") or f"sqlite:///{folder / 'central.sqlite'}"
    keys = dict(DEMO_KEYS) if is_demo else _keys(environment, folder)
    settings = Settings(
        database_url=_with_driver(url),
        data_folder=folder,
        secret_key=keys[SECRET_KEY],
        signing_key=keys[SIGNING_KEY],
        vault_key=keys[VAULT_KEY],
        is_demo=is_demo,
        host=environment.get("KILOTILL_HOST", "127.0.0.1"),
        port=_number(environment, "KILOTILL_PORT", 8000, most=65_535),
        workers=_number(environment, "KILOTILL_WORKERS", 1, most=64),
        threads=_number(environment, "KILOTILL_THREADS", 16, most=200),
        trusted_proxies=environment.get("KILOTILL_TRUSTED_PROXIES", "127.0.0.1"),
        rates=_rates(environment),
        metrics_token=environment.get("KILOTILL_METRICS_TOKEN") or None,
        log_level=environment.get("KILOTILL_LOG_LEVEL", "info").lower(),
    )
    if settings.is_sqlite and settings.workers > 1:
        raise UserError(
            "settings.workers",
            "SQLite serves one shop with one worker. Several need PostgreSQL: KILOTILL_DATABASE_URL.",
        )
    return settings


def _keys(environment: Mapping[str, str], folder: Path) -> dict[str, bytes]:
    texts = {name: environment[name] for name in _KEY_NAMES if environment.get(name)}
    if len(texts) < len(_KEY_NAMES):
        texts = _keys_of_folder(folder) | texts
    if missing := [name for name in _KEY_NAMES if name not in texts]:
        raise UserError(
            "settings.key_missing",
            f"No {', '.join(missing)}. Make the keys once with 'python -m central init', or set them.",
        )
    keys = {name: _key(name, texts[name]) for name in _KEY_NAMES}
    for name, key in keys.items():
        _refuse_default(name, key)
    if len(set(keys.values())) < len(keys):
        raise UserError("settings.default_secret", "Each key must be another one: two are the same.")
    return keys


def _keys_of_folder(folder: Path) -> dict[str, str]:
    path = folder / KEYS_FILE
    if not path.exists():
        return {}
    read = json.loads(path.read_text(encoding="utf-8"))
    return {name: str(read[name]) for name in _KEY_NAMES if name in read}


def _key(name: str, text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UserError(
            "settings.key_form", f"{name} must be {KEY_BYTES} random bytes as {KEY_BYTES * 2} hex digits."
        )
    return key


def _refuse_default(name: str, key: bytes) -> None:
    if key in DEMO_KEYS.values() or len(set(key)) < KEY_BYTES // 4:
        raise UserError(
            "settings.default_secret", f"{name} is a default or not random. Only --demo runs with it."
        )


def _with_driver(url: str) -> str:
    """Return the URL with our driver named, whichever way PostgreSQL was written."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return f"postgresql+psycopg://{url.removeprefix(prefix)}"
    return url


def _number(environment: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = environment.get(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise UserError("settings.number", f"{name} must be a whole number from 1 to {most}.")
    return int(text)


def _rates(environment: Mapping[str, str]) -> Rates:
    def rate(name: str, default: Rate) -> Rate:
        return Rate(_number(environment, name, default.requests, most=10_000_000), default.seconds)

    usual = Rates()
    return Rates(
        user=rate("KILOTILL_RATE_USER", usual.user),
        address=rate("KILOTILL_RATE_ADDRESS", usual.address),
        till=rate("KILOTILL_RATE_TILL", usual.till),
        till_login=rate("KILOTILL_RATE_TILL_LOGIN", usual.till_login),
        callback=rate("KILOTILL_RATE_CALLBACK", usual.callback),
    )
