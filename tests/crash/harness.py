"""Kills a selling till again and again, and checks what is left: `python -m tests.crash.harness`.

A till is forked from this process, sells, and is ended with SIGKILL: half of the times by its parent at a
random instant, half of the times by itself just before a chosen statement, BEGIN and COMMIT included. Then
the till is opened again. What must hold:

- every sale that was acknowledged is there, with the token that was acknowledged;
- every sale that was begun, asked for again, gives one token and no other;
- no receipt is missing, `verify` finds nothing;
- what was taken and not delivered, and what was delivered and not handed over, is listed exactly;
- the customer's meter takes every token once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from pos.models.packing import unpack_line
from pos.services.resume import Unfinished, resume_list
from pos.services.verify import verify
from pos.tokens.virtual_meter import ResultCode, VirtualMeter
from tests.crash.listening import listen
from tests.crash.seller import (
    REMOTE_GROUP,
    hand_over,
    open_till,
    request,
    run_till,
    sell_again,
)
from tests.factories.shop import Shop, make_shop

KILLS_A_BOOK = 25
STATEMENTS_OF_A_ROUND = 420
"""Statements of the first sales of a trial: by the vault, by the other holder, handing over."""
LONGEST_LIFE_S = 0.12


@dataclass
class Tally:
    """What happened, for the closing note."""

    kills: int = 0
    at_statements: set[int] = field(default_factory=set)
    acknowledged: int = 0
    finished_later: int = 0
    tokens_accepted: int = 0
    listed_unfinished: int = 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    _say({"seed": options.seed})
    tally = run(options.kills, random.Random(options.seed))
    _say({**vars(tally), "at_statements": len(tally.at_statements)})


def run(kills: int, chance: random.Random) -> Tally:
    """Kill that many times; raises AssertionError on the first thing that does not hold."""
    tally = Tally()
    boundaries = _boundaries(kills - kills // 2, chance)
    for first in range(0, kills, KILLS_A_BOOK):
        with tempfile.TemporaryDirectory(prefix="kilotill-crash-") as folder:
            rounds = range(first, min(first + KILLS_A_BOOK, kills))
            _Shop(Path(folder), chance, tally).suffer(rounds, boundaries)
    return tally


def _boundaries(count: int, chance: random.Random) -> list[int]:
    """Every statement once before any comes twice; a few of them where there are fewer kills."""
    found: list[int] = []
    while len(found) < count:
        every = list(range(STATEMENTS_OF_A_ROUND))
        chance.shuffle(every)
        found += every
    return found[:count]


class _Shop:
    """One book that lives through many deaths."""

    def __init__(self, folder: Path, chance: random.Random, tally: Tally) -> None:
        self._folder = folder
        self._chance = chance
        self._tally = tally
        shop = make_shop(folder, commission_ppm=15_000)
        self._drns = [shop.add_meter(1), shop.add_meter(2, sgc=REMOTE_GROUP), shop.add_meter(3)]
        with shop.units.write() as unit:
            unit.connection.exec_driver_sql(
                """UPDATE supply_group SET holders = '["central", "vault"]' WHERE sgc = ?""", (REMOTE_GROUP,)
            )
        shop.units.close()
        self._meters: dict[str, VirtualMeter] = {
            drn: shop.virtual_meter(drn, REMOTE_GROUP if n == 1 else "201457")
            for n, drn in enumerate(self._drns)
        }
        self._tokens: dict[str, str] = {}
        self._fed = 0

    def suffer(self, rounds: range, boundaries: list[int]) -> None:
        for trial in rounds:
            at_statement = boundaries[trial // 2] if trial % 2 else None
            acknowledged, begun = self._one_life(trial, at_statement)
            self._tally.kills += 1
            if at_statement is not None:
                self._tally.at_statements.add(at_statement)
            self._inspect(trial, acknowledged, begun)

    def _one_life(self, trial: int, die_at: int | None) -> tuple[dict[str, str], int]:
        """Let a till live until it dies; returns the acknowledged tokens by sale, and how many were begun."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _live(self._folder, trial, self._drns, writing, die_at)
        os.close(writing)
        chance = self._chance if die_at is None else None
        said = listen(reading, child, chance, longest_life_s=LONGEST_LIFE_S)
        os.close(reading)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (status, said)
        assert said and said[0] == "ready", said
        tokens = dict(line.split()[1:] for line in said if line.startswith("token"))
        return tokens, len(tokens) + 1

    def _inspect(self, trial: int, acknowledged: dict[str, str], begun: int) -> None:
        shop, holder = open_till(self._folder, [])
        self._tally.acknowledged += len(acknowledged)
        _check_verified(shop)
        self._check_listing(shop)
        kept = _tokens(shop)
        self._tokens |= acknowledged
        for sale_id, digits in self._tokens.items():
            assert kept.get(sale_id) == [digits], f"{sale_id} was acknowledged"
        for n in range(begun):
            asked = request(trial, n, self._drns)
            was_known = str(asked.sale_id) in kept
            result = sell_again(shop, asked)
            digits = result.credit_token["digits"]
            assert not was_known or [digits] == kept[str(asked.sale_id)], "a second token"
            self._tally.finished_later += not was_known
            self._tokens[str(asked.sale_id)] = digits
        after = _tokens(shop)
        assert {sale_id: [digits] for sale_id, digits in self._tokens.items()} == after
        assert set(holder.made()) <= set(after), "the other holder made a token nobody got"
        _check_verified(shop)
        self._feed(shop)
        self._hand_over_all(shop)
        shop.units.close()

    def _check_listing(self, shop: Shop) -> None:
        """What the tables list as unfinished is what the lines tell."""
        lines = _lines(shop)
        paid = {body["sale_id"] for kind, body in lines if kind == "sale_paid"}
        delivered = {body["sale"]["sale_id"] for kind, body in lines if kind == "sale_delivered"}
        handed = {body["sale_id"] for kind, body in lines if kind == "token_handed_over"}
        with shop.units.read() as connection:
            listed = resume_list(connection, shop.clock.now())
            execute = connection.exec_driver_sql
            taken = {row[0] for row in execute("SELECT id FROM sale WHERE state = 'paid'")}
            waiting = {
                row[0]
                for row in execute("SELECT id FROM sale WHERE state = 'delivered' AND NOT is_handed_over")
            }
            requests = {
                row[0]
                for row in execute("SELECT sale_id FROM holder_request WHERE state IN ('stored', 'left')")
            }
            reserved = {row[0] for row in execute("SELECT sale_id FROM reservation")}
            open_jobs = execute("SELECT count(*) FROM print_job WHERE state <> 'printed'").scalar_one()
            jobs = execute(
                "SELECT sale.id, count(print_job.key) FROM sale LEFT JOIN print_job ON print_job.place = "
                "delivered_place WHERE sale.state = 'delivered' GROUP BY sale.id"
            ).all()
        assert {str(UUID(bytes=one)) for one in taken} == paid - delivered
        assert taken == requests == reserved
        assert {str(UUID(bytes=one)) for one in waiting} == delivered - handed
        assert all(count == 1 for _, count in jobs), jobs
        by_kind = {what: {str(item.id) for item in listed.items if item.what is what} for what in Unfinished}
        assert not listed.is_cut
        assert by_kind[Unfinished.PAID] == paid - delivered
        assert by_kind[Unfinished.NOT_HANDED_OVER] == delivered - handed
        papers = [item for item in listed.items if item.what is Unfinished.PRINT_JOB]
        assert len(papers) == open_jobs
        assert by_kind[Unfinished.REFUND_DUE] == by_kind[Unfinished.AWAITING_PAYMENT] == set()
        self._tally.listed_unfinished += len(taken) + len(waiting)

    def _feed(self, shop: Shop) -> None:
        """Type every new token into its meter: taken once, used the second time."""
        with shop.units.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT meter.drn, token.digits FROM token JOIN sale_item ON sale_item.sale_place = "
                "token.sale_place JOIN meter ON meter.key = meter_key ORDER BY token.place"
            ).all()
        for drn, digits in rows[self._fed :]:
            result = self._meters[drn].enter(digits)
            assert result.result is ResultCode.ACCEPT, result
            assert self._meters[drn].enter(digits).result is ResultCode.USED
            self._fed += 1
            self._tally.tokens_accepted += 1

    def _hand_over_all(self, shop: Shop) -> None:
        """The resume screen's work is done before the next life."""
        with shop.units.read() as connection:
            waiting = connection.exec_driver_sql("SELECT id FROM sale WHERE NOT is_handed_over").all()
        for (sale_id,) in waiting:
            hand_over(shop, UUID(bytes=sale_id))
        with shop.units.write() as unit:
            unit.connection.exec_driver_sql("UPDATE print_job SET state = 'printed'")


def _live(folder: Path, trial: int, drns: list[str], writing: int, die_at: int | None) -> None:
    def say(text: str) -> None:
        os.write(writing, f"{text}\n".encode())

    try:
        run_till(folder, trial, drns, say, die_at=die_at)
    except BaseException as error:
        say(f"failed {error!r}")
    finally:
        os._exit(70)


def _check_verified(shop: Shop) -> None:
    report = verify(shop.units)
    assert report.is_clean, report.findings


def _tokens(shop: Shop) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with shop.units.read() as connection:
        for sale_id, digits in connection.exec_driver_sql(
            "SELECT sale.id, token.digits FROM token JOIN sale ON sale.place = token.sale_place"
        ):
            found.setdefault(str(UUID(bytes=sale_id)), []).append(digits)
    return found


def _lines(shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    with shop.units.read() as connection:
        rows = connection.exec_driver_sql("SELECT kind, line FROM journal ORDER BY seq").all()
    return [(kind, json.loads(unpack_line(line))["body"]) for kind, line in rows]


def _say(figures: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
