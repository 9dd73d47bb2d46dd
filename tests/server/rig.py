"""What a test of the server works with: the real application on a real database, in this process."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from central.app import create_app
from central.db import Database
from central.history import upgrade
from central.services.organisations import NewOrganisation, create_organisation
from central.services.users import NewUser, create_user
from central.settings import DEMO_KEYS, PasswordCost, Rate, Rates, Settings
from central.source import COMMAND_LINE
from pos.domain.permissions import Role
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
CHEAP = PasswordCost(memory_kib=8, passes=1, lanes=1)
MANY = Rates(user=Rate(10**6, 60), address=Rate(10**6, 60), till=Rate(10**6, 60), till_login=Rate(10**6, 60))


def settings_of(database_url: str, folder: Path, **changes: Any) -> Settings:
    """The settings of tests: cheap passwords, no limits, the public keys of a demo."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "data_folder": folder,
        "secret_key": DEMO_KEYS["KILOTILL_SECRET_KEY"],
        "signing_key": DEMO_KEYS["KILOTILL_SIGNING_KEY"],
        "vault_key": DEMO_KEYS["KILOTILL_VAULT_KEY"],
        "is_demo": True,
        "password_cost": CHEAP,
        "rates": MANY,
        # A test runs the job it is about.
        "runs_jobs": False,
    }
    return Settings(**(values | changes))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has signed in: sends requests as themselves."""

    client: httpx.Client
    id: UUID
    organisation_id: UUID
    username: str
    role: Role
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        return self.client.get(path, headers={**self.auth, **(headers or {})}, **more)

    def post(self, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        return self.client.post(path, headers={**self.auth, **(headers or {})}, **more)

    def put(self, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        return self.client.put(path, headers={**self.auth, **(headers or {})}, **more)

    def patch(self, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        return self.client.patch(path, headers={**self.auth, **(headers or {})}, **more)

    def delete(self, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        return self.client.delete(path, headers={**self.auth, **(headers or {})}, **more)


@dataclass(frozen=True, slots=True)
class Server:
    """The server under test."""

    app: FastAPI
    client: TestClient
    database: Database
    clock: FakeClock
    settings: Settings

    def make_organisation(self, slug: str = "demo", currency: str = "RWF") -> UUID:
        new = NewOrganisation(slug=slug, name=slug.title(), time_zone="Africa/Kigali", currency=currency)
        return create_organisation(self.database, new, now=self.clock.now(), source=COMMAND_LINE)

    def make_user(
        self,
        organisation_id: UUID,
        username: str,
        role: Role,
        *,
        institution_id: UUID | None = None,
        password: str = PASSWORD,
    ) -> UUID:
        new = NewUser(
            username=username,
            full_name=username.title(),
            role=role,
            password=password,
            institution_id=institution_id,
        )
        made = create_user(
            self.database,
            self.app.state.passwords,
            organisation_id,
            new,
            actor_id=None,
            now=self.clock.now(),
            source=COMMAND_LINE,
        )
        return made.id

    def sign_in(self, username: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        return self.client.post("/token", data={"username": username, "password": password, **more})

    def person(
        self,
        role: Role,
        *,
        organisation_id: UUID,
        username: str | None = None,
        institution_id: UUID | None = None,
    ) -> Person:
        """Makes somebody and signs them in."""
        name = username or role.name.lower().replace("_", "-")
        user_id = self.make_user(organisation_id, name, role, institution_id=institution_id)
        with self.database.read() as connection:
            slug = connection.execute(
                text("SELECT slug FROM organisation WHERE id = :id"),
                {"id": organisation_id if self.database.is_postgres else organisation_id.bytes},
            ).scalar_one()
        answer = self.sign_in(f"{name}@{slug}")
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        return Person(
            self.client,
            user_id,
            organisation_id,
            name,
            role,
            tokens["access_token"],
            tokens["refresh_token"],
        )

    def second_worker(self) -> TestClient:
        """Another process of the same server: an application of its own on the same database.

        Both have looked through all their routes once. FastAPI makes ready what stands behind a route when it
        first comes by, and two applications share the routes here as two processes never do.
        """
        other = TestClient(create_app(self.settings, clock=self.clock))
        for client in (self.client, other):
            assert client.get("/v1/nowhere").status_code == 404
        return other


def end_worker(worker: TestClient) -> None:
    """Close the database of a `second_worker`."""
    worker.app.state.database.close()  # type: ignore[attr-defined]  # any ASGI program may have a client


def make_server(settings: Settings, clock: FakeClock | None = None) -> Server:
    """The application on a database that is of its version already."""
    clock = clock or FakeClock(NOW)
    app = create_app(settings, clock=clock)
    return Server(app, TestClient(app), app.state.database, clock, settings)


def new_sqlite(template: Path, folder: Path) -> str:
    """Copies an empty database of the newest version: quicker than all migrations for each test."""
    path = folder / "central.sqlite"
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


def make_template(path: Path) -> None:
    """Makes an empty SQLite database of the newest version."""
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    database.close()
