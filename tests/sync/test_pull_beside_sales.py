"""A register comes while a shift sells: sales go on between its units, and none waits for more than one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from pos.services.verify import verify
from pos.sync.engine import EngineParts, SyncEngine
from pos.sync.pull import SELLING
from pos.sync.resources.all import all_mappings
from pos.sync.schedule import Schedule
from pos.tokens.numbers import make_drn
from tests.factories.linked_till import TILL_KEY, LinkedTill, link_till

METERS = 1_500
WAIT_S = 60
"""A bound against hanging for ever, never waited for."""


def register() -> list[dict[str, Any]]:
    return [
        {
            "id": str(UUID(int=(1 << 120) + n)),
            "drn": make_drn("04", f"{n + 1_000:08d}").digits,
            "tariff_code": "HOME",
            "sgc": "201457",
        }
        for n in range(METERS)
    ]


@dataclass(slots=True)
class Counter:
    """Sells as fast as it can on a thread of its own, and counts the pauses of the pull meanwhile."""

    till: LinkedTill
    turn: threading.Condition = field(default_factory=threading.Condition)
    sold: int = 0
    pauses: int = 0
    waited_for: list[int] = field(default_factory=list)
    is_closed: bool = False
    trouble: BaseException | None = None

    def sell_on(self) -> None:
        try:
            while not self.is_closed:
                before = self.pauses
                self.till.sell(1, 700)
                with self.turn:
                    self.waited_for.append(self.pauses - before)
                    self.sold += 1
                    self.turn.notify_all()
        except BaseException as trouble:
            self.trouble = trouble
            raise

    def pause(self, seconds: float) -> None:
        """Stand in the pause between two units until a sale that waited through the first is done."""
        assert seconds > 0, "beside sales there is a pause after each unit"
        with self.turn:
            self.pauses += 1
            wanted = self.sold + 1
            assert self.turn.wait_for(lambda: self.sold >= wanted or self.trouble is not None, WAIT_S)


@contextmanager
def selling(counter: Counter) -> Iterator[None]:
    thread = threading.Thread(target=counter.sell_on)
    thread.start()
    try:
        yield
    finally:
        counter.is_closed = True
        thread.join(WAIT_S)


def engine_of(till: LinkedTill, counter: Counter) -> SyncEngine:
    parts = EngineParts(
        units=till.shop.units,
        book=till.shop.book,
        clock=till.shop.clock,
        office_clock=till.office_clock,
        state=till.state,
        sign=TILL_KEY.sign,
        seal_pin=lambda one, _: one.bytes,
        mappings=all_mappings(),
        pause=counter.pause,
    )
    return SyncEngine(parts, till.transport, Schedule(till.shop.clock, Middle()), till_id=till.till_id)


class Middle:
    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_pull_when_a_shift_sells_meanwhile_no_sale_waits_for_more_than_one_unit(tmp_path: Path) -> None:
    till = link_till(tmp_path)
    till.all_works({"meters": [{"rows": register()}]})
    till.sell(1)
    counter = Counter(till)

    with selling(counter):
        report = engine_of(till, counter).run_once()

    assert counter.trouble is None
    assert report.pulled["meters"] == METERS and till.one("SELECT count(*) FROM meter") == METERS + 1
    units = -(-METERS // SELLING.unit_rows)
    assert counter.pauses >= units - 1, "the page went in short units"
    assert counter.sold > counter.pauses, "somebody was served in each pause"
    assert max(counter.waited_for) <= 1
    assert till.one("SELECT count(*) FROM sale") == counter.sold + 1
    assert verify(till.shop.units).findings == ()
