"""The full-text index of the words of customers' names, one row a meter: `meter_words`.

A virtual table of SQLite's FTS5, kept beside `meter` by whoever writes meters or names. It knows only which
meters have a word, so an answer is always in the order of the rows, newest first, never by rank. Up to eight
letters of a word are indexed as beginnings of their own: without that, a common beginning collects all its
meters first.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

TABLE = "meter_words"
SHADOW_TABLES = frozenset({f"{TABLE}_{part}" for part in ("data", "idx", "content", "config")})
"""Tables SQLite makes for the index. Alembic must not compare them, nor `meter_words`, with our models."""

WORDS_MAX = 6
MERGE_PAGES = 64


def is_search_table(name: str | None) -> bool:
    """Say whether a table is part of the search index and none of our models."""
    return name == TABLE or name in SHADOW_TABLES


def create_search(connection: Connection) -> None:
    """Make the empty index if it is not there."""
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE IF NOT EXISTS meter_words USING fts5("
        "words, detail=none, columnsize=0, prefix='1 2 3 4 5 6 7 8', tokenize='ascii')"
    )


def drop_search(connection: Connection) -> None:
    """Take the whole index away."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS meter_words")


def add_words(connection: Connection, rows: list[tuple[int, str]]) -> None:
    """Index new meters: key and folded words (`pos.domain.names.fold`) of each; empty words are left out."""
    named = [row for row in rows if row[1]]
    if named:
        connection.exec_driver_sql("INSERT INTO meter_words (rowid, words) VALUES (?, ?)", named)


def change_words(connection: Connection, rows: list[tuple[int, str]]) -> None:
    """Index meters whose words may have been indexed before."""
    remove_words(connection, (key for key, _ in rows))
    add_words(connection, rows)


def remove_words(connection: Connection, meter_keys: Iterable[int]) -> None:
    """Take meters out of the index."""
    keys = [(key,) for key in meter_keys]
    if keys:
        connection.exec_driver_sql("DELETE FROM meter_words WHERE rowid = ?", keys)


def merge_search(connection: Connection) -> bool:
    """Bring the index a small step nearer to one piece; False when there is nothing left to do.

    One write unit each, so that a sale never waits for more than a step.
    """
    before = _changes(connection)
    connection.exec_driver_sql(
        "INSERT INTO meter_words (meter_words, rank) VALUES ('merge', ?)", (MERGE_PAGES,)
    )
    return _changes(connection) - before > 1


def optimize_search(connection: Connection) -> None:
    """Bring the index into one piece at once: half a second for a million meters, when nobody waits."""
    connection.exec_driver_sql("INSERT INTO meter_words (meter_words) VALUES ('optimize')")


def match_of(words: str) -> str:
    """Give the FTS5 query for meters that have, for each folded word, one that begins with it."""
    return " ".join(f'"{word}"*' for word in words.split()[:WORDS_MAX])


def _changes(connection: Connection) -> int:
    count: int = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    return count
