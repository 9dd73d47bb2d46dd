"""The server's database: transactions, locks, its version, and types that mean the same on both."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic import command
from sqlalchemy import Column, Integer, MetaData, Table, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from central.db import Database
from central.demo import make_demo, settle_kind
from central.history import (
    declare_all_tables,
    history_config,
    make_ready,
    newest_version,
    upgrade,
    version_of,
)
from central.models.identity import organisation, server_fact
from central.models.types import Id, Instant
from central.passwords import Passwords
from central.services.organisations import NewOrganisation, create_organisation, find_organisation
from central.source import COMMAND_LINE
from pos.errors import MachineFault, Unavailable, UserError
from tests.server.rig import CHEAP, NOW

THINGS = Table(
    "things", MetaData(), Column("id", Id, primary_key=True), Column("at", Instant), Column("n", Integer)
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url, pool_size=8)
    yield made
    made.close()


@pytest.fixture
def things(database: Database) -> Iterator[Table]:
    with database.write() as connection:
        THINGS.create(connection)
    yield THINGS
    with database.write() as connection:
        THINGS.drop(connection)


def test_write_that_fails_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute(insert(server_fact).values(name="a", value="b"))
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fail()

    with database.read() as connection:
        assert connection.execute(select(server_fact)).all() == []


def test_read_that_writes_leaves_nothing(database: Database) -> None:
    # On PostgreSQL it is refused, for each statement stands alone there; on SQLite it is rolled back.
    refused = pytest.raises(AssertionError, match="writes") if database.is_postgres else nullcontext()
    with refused, database.read() as connection:
        connection.execute(insert(server_fact).values(name="a", value="b"))

    with database.read() as connection:
        assert connection.execute(select(server_fact)).all() == []


def test_read_at_length_fetches_bit_by_bit(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(server_fact), [{"name": str(n), "value": "b"} for n in range(7)])

    with database.read_at_length() as connection:
        rows = connection.execution_options(yield_per=2).execute(select(server_fact.c.name))
        assert len([name for part in rows.scalars().partitions(2) for name in part]) == 7


def test_read_asks_postgresql_once_a_statement(database: Database) -> None:
    with database.read() as connection:
        driver: Any = connection.connection.driver_connection
        stands_alone = not database.is_postgres or driver.autocommit
        connection.execute(select(server_fact)).all()
        with database.write() as writing:
            writing.execute(insert(server_fact).values(name="a", value="b"))
        seen = connection.execute(select(server_fact.c.name)).scalars().all()

    assert stands_alone
    # SQLite's reader keeps its one snapshot.
    assert seen == (["a"] if database.is_postgres else [])


def test_postgresql_plans_each_statement_for_its_values(database: Database) -> None:
    # SQLite knows no other way.
    ask = text(
        "SELECT setting FROM pg_settings WHERE name = 'plan_cache_mode'"
        if database.is_postgres
        else "SELECT 1"
    )
    with database.read() as reading, database.write() as writing:
        found = {connection.execute(ask).scalar() for connection in (reading, writing)}

    assert found == {"force_custom_plan" if database.is_postgres else 1}


def test_write_under_one_lock_never_loses_an_update(database: Database, things: Table) -> None:
    one = uuid4()
    with database.write() as connection:
        connection.execute(insert(things).values(id=one, n=0))

    def add(_: int) -> None:
        with database.write(lock="things") as connection:
            n = connection.execute(select(things.c.n).where(things.c.id == one)).scalar_one()
            connection.execute(update(things).where(things.c.id == one).values(n=n + 1))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(60)))

    with database.read() as connection:
        assert connection.execute(select(things.c.n)).scalar_one() == 60


def test_alone_lets_one_in_at_a_time(database: Database) -> None:
    with database.alone("job") as first, database.alone("job") as second, database.alone("other") as other:
        found = (first, second, other)

    assert found == ((True, False, True) if database.is_postgres else (True, True, True))
    with database.alone("job") as again:
        assert again is True


def test_types_give_back_what_they_were_given(database: Database, things: Table) -> None:
    one = uuid4()
    kigali = datetime(2026, 11, 20, 10, 15, 30, 123987, timezone(timedelta(hours=2)))
    with database.write() as connection:
        connection.execute(insert(things).values(id=one, at=kigali))
        connection.execute(insert(things).values(id=uuid4(), at=None))

    with database.read() as connection:
        row = connection.execute(select(things).where(things.c.id == one)).one()

    assert (row.id, row.at) == (one, datetime(2026, 11, 20, 8, 15, 30, 123000, UTC))
    assert row.at.tzinfo is UTC
    assert type(row.id) is UUID


def test_instant_without_a_zone_is_refused(database: Database, things: Table) -> None:
    with pytest.raises(Exception, match="needs its zone"), database.write() as connection:
        connection.execute(insert(things).values(id=uuid4(), at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_mistake_of_ours_stays_one(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        for _ in range(2):
            connection.execute(insert(server_fact).values(name="a", value="b"))


@pytest.mark.postgres
def test_deadlock_is_told_as_something_that_passes(postgres_database_url: str) -> None:
    database = Database(postgres_database_url)
    meet = threading.Barrier(2, timeout=20)

    def cross(names: tuple[str, str]) -> str:
        try:
            with database.write() as connection:
                database.take_lock(connection, names[0])
                meet.wait()
                database.take_lock(connection, names[1])
        except Unavailable as trouble:
            return trouble.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        ends = sorted(pool.map(cross, [("a", "b"), ("b", "a")]))

    assert ends == ["database.unavailable", "done"]
    database.close()


@pytest.mark.postgres
def test_connection_that_died_while_it_rested_is_replaced(
    postgres_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, killer = Database(postgres_database_url), Database(postgres_database_url)
    with database.read() as connection:
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with killer.write() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:number, 10000)"), {"number": number})
    monkeypatch.setattr("central.db._REST_S", 0.0)

    with database.read() as connection:
        another = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()

    assert another != number
    database.close()
    killer.close()


def test_database_that_somebody_else_holds_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.db._BUSY_TIMEOUT_S", 0)
    url = f"sqlite:///{tmp_path / 'held.sqlite'}"
    holder, other = Database(url), Database(url)
    with holder.write() as connection:
        connection.execute(text("CREATE TABLE held (id INTEGER)"))

        with pytest.raises(Unavailable) as refused, other.write():
            pass

    assert refused.value.code == "database.busy"
    holder.close()
    other.close()


def test_tables_and_migrations_agree_on_both(database: Database) -> None:
    declare_all_tables()
    config = history_config()
    with database.read() as connection:
        config.attributes["connection"] = connection
        command.check(config)
        assert version_of(connection) == newest_version()


def test_upgrade_again_and_by_several_at_once_changes_nothing(database: Database) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: upgrade(database), range(3)))

    with database.read() as connection:
        assert version_of(connection) == newest_version()


def test_database_of_a_newer_program_is_refused(database: Database) -> None:
    version = newest_version()
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    for open_it in (make_ready, upgrade):
        with pytest.raises(MachineFault) as refused:
            open_it(database)
        assert refused.value.code == "data.newer"

    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :old"), {"old": version})


@pytest.mark.postgres
def test_older_postgresql_waits_for_its_operator(postgres_database_url: str) -> None:
    database, version = Database(postgres_database_url), newest_version()
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    with pytest.raises(MachineFault) as refused:
        make_ready(database)

    assert refused.value.code == "data.older"
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :old"), {"old": version})
    make_ready(database)
    database.close()


def test_new_sqlite_is_made_at_once(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")

    make_ready(database)

    with database.read() as connection:
        assert version_of(connection) == newest_version()
    database.close()


def test_demo_never_becomes_live_nor_the_other_way_round(database: Database) -> None:
    assert settle_kind(database, is_demo=True) is True
    assert settle_kind(database, is_demo=True) is False

    with pytest.raises(MachineFault) as refused:
        settle_kind(database, is_demo=False)

    assert refused.value.code == "data.demo"


def test_demo_has_people_who_can_sign_in(database: Database) -> None:
    passwords = Passwords(CHEAP)

    made = make_demo(database, passwords, now=NOW)

    with database.read() as connection:
        assert find_organisation(connection, "demo") == made


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"slug": "No Slug"}, "organisation.slug"),
        ({"time_zone": "Mars/Base"}, "organisation.time_zone"),
        ({"time_zone": "../etc"}, "organisation.time_zone"),
        ({"currency": "XYZ1"}, "organisation.currency"),
        ({"slug": "taken"}, "organisation.exists"),
    ],
)
def test_organisation_with_a_bad_value_is_refused(
    database: Database, change: dict[str, str], code: str
) -> None:
    good = {"slug": "taken", "name": "Taken", "time_zone": "Africa/Kigali", "currency": "RWF"}
    create_organisation(database, NewOrganisation(**good), now=NOW, source=COMMAND_LINE)

    with pytest.raises(UserError) as refused:
        create_organisation(
            database, NewOrganisation(**(good | {"slug": "new"} | change)), now=NOW, source=COMMAND_LINE
        )

    assert refused.value.code == code
    with database.read() as connection:
        assert len(connection.execute(select(organisation)).all()) == 1


def test_find_organisation_needs_a_slug_where_there_is_more_than_one(database: Database) -> None:
    with pytest.raises(UserError) as refused, database.read() as connection:
        find_organisation(connection, None)

    assert refused.value.code == "organisation.unknown"
    with database.write() as connection:
        connection.execute(delete(organisation))
