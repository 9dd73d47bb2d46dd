"""The replace-a-till drill amid everything else: nothing is lost, or what is lost is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from central.models.tills import till as till_table
from pos.domain.receipt_number import number_of, receipt_number
from pos.models.packing import unpack_line
from pos.services.sale_values import SaleRequest
from pos.system.backup_file import read_backup
from tests.simulation.acts import Acts, WrongError
from tests.simulation.faults import Weather
from tests.simulation.tills import SimTill
from tests.simulation.times import MachineClock
from tests.simulation.world import World


def replace_till(world: World, acts: Acts, one: SimTill, *, folder: Path) -> None:
    """End a till's machine; a new one takes its place from back-up, perhaps mirror, and head office."""
    mirror = one.copy_mirror(world.folder) if world.chance.random() < 0.5 else None
    before, former_code = one.head(), one.code
    known_seq = before.head_seq if mirror else max(head_at_office(world, one), _backup_seq(one))
    lost = _receipts_after(one, known_seq)
    one.close()
    _forget_lost(world, former_code, known_seq)
    one.clock, one.line.weather = MachineClock(world.time), Weather(0.02)
    last = receipt_number(before.till_code, before.receipt_last, is_training=False)
    report = one.restored(folder, mirror=mirror, last_receipt=last)
    enrolled = one.enrol(world.code(), replaces=True)
    if world.office.announced:
        one.load_next_keys()
    _level(world, acts, one)
    named = set() if report.missing is None else set(report.missing)
    _check_gap(one, former_code, lost, named=named, last=before.receipt_last)
    if enrolled is not None and enrolled.replaced is not None and enrolled.replaced.missing:
        raise WrongError(f"{one.code} could not take {enrolled.replaced.missing} from head office")
    _take_over(world, one)
    world.tally[f"tills replaced {'with' if mirror else 'without'} mirror"] += 1
    world.tally["receipts lost and named"] += len(lost)
    acts.open_shift(one)


def head_at_office(world: World, one: SimTill) -> int:
    """How far head office has a till's book."""
    query = select(till_table.c.head_seq).where(till_table.c.id == one.head().till_id)
    with world.office.server.database.read() as connection:
        return int(connection.execute(query).scalar_one())


def _backup_seq(one: SimTill) -> int:
    assert one.backup is not None
    return read_backup(one.backup).head.head_seq


def _receipts_after(one: SimTill, seq: int) -> set[str]:
    """The numbers given out in lines above `seq`: receipts and credit notes."""
    found: set[str] = set()
    for (packed,) in one.all("SELECT line FROM journal WHERE seq > ? ORDER BY seq", seq):
        body: Any = json.loads(unpack_line(packed))["body"]
        number = body.get("document_number") or body.get("sale", {}).get("receipt_number")
        found |= {number} if number else set()
    return found


def _forget_lost(world: World, code: str, known_seq: int) -> None:
    lost = [issue for issue in world.issues if issue.till == code and issue.seq > known_seq]
    world.lost += lost
    world.tally["sales lost with a disk"] += sum(issue.sale_id is not None for issue in lost)


def _level(world: World, acts: Acts, one: SimTill) -> None:
    """Sync until the former book is as long here as at head office, whatever the line does."""
    from tests.simulation.life import Life

    life = Life(world)
    behind = "SELECT count(*) FROM replaced_book WHERE restored_seq < server_seq"
    for _ in range(100):
        if life.sync(one) is not None and not one.one(behind):
            return
    raise WrongError(f"{one.code} does not get its former lines")


def _check_gap(one: SimTill, former_code: str, lost: set[str], *, named: set[str], last: int) -> None:
    """What no book has is exactly what stays missing of the range that the restore named."""
    here: int = one.one("SELECT receipt_last FROM former_book ORDER BY number DESC LIMIT 1")
    missing = {receipt_number(former_code, n, is_training=False) for n in range(here + 1, last + 1)}
    if missing != lost or not lost <= named:
        raise WrongError(
            f"{one.code}: lost {_span(lost)}, still missing {_span(missing)}, named {_span(named)}"
        )


def _span(numbers: set[str]) -> str:
    ordered = sorted(numbers, key=number_of)
    return f"{ordered[0]}..{ordered[-1]} ({len(ordered)})" if ordered else "none"


def _take_over(world: World, one: SimTill) -> None:
    """Go on with what the restored books say is paid, sold and due back."""
    requests: dict[UUID, SaleRequest] = {request.sale_id: request for request, _ in one.sold}
    requests |= one.waiting
    states = {UUID(bytes=row[0]): row[1] for row in one.all("SELECT id, state FROM sale")}
    one.sold = [(asked, digits) for asked, digits in one.sold if states.get(asked.sale_id) == "delivered"]
    one.waiting = {sale_id: requests[sale_id] for sale_id, state in states.items() if state == "paid"}
    one.refunds = [sale_id for sale_id, state in states.items() if state == "refund_due"]
    world.tally["paid sales carried over"] += len(one.waiting)
