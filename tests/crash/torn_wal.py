"""Damages what was not acknowledged yet, and looks for what was: `python -m tests.crash.torn_wal`.

After each acknowledged sale the database and its write-ahead log are copied, and only bytes of the log behind
the acknowledged end are damaged: what a power cut may do to pages that were on their way. The copy is opened
again, and every acknowledged sale must be there.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

from pos.models.db import open_engine
from pos.models.uow import Units
from pos.services.sale_values import SaleRequest
from pos.services.verify import verify
from tests.factories.shop import Shop, make_shop

DAMAGES_A_SALE = 25
SALES_BETWEEN_CHECKPOINTS = 12
VERIFY_EVERY = 100
_HEADER = 32
_FRAME_HEADER = 24

Damage = Callable[[bytes, bytes, int, random.Random], bytes]
"""Takes the acknowledged log (up to its end), the later log, the size of a frame and chance."""


def acknowledged_size(log: bytes) -> int:
    """Return where the last committed frame of a log ends; older frames may lie behind it."""
    if len(log) < _HEADER:
        return len(log)
    page_size = struct.unpack(">I", log[8:12])[0]
    salts, frame, end, last = log[16:24], _FRAME_HEADER + page_size, _HEADER, _HEADER
    while end + frame <= len(log) and log[end + 8 : end + 16] == salts:
        end += frame
        if struct.unpack(">I", log[end - frame + 4 : end - frame + 8])[0]:
            last = end
    return last


def _cut(kept: bytes, later: bytes, _frame: int, chance: random.Random) -> bytes:
    """The next commit stopped half-way."""
    return kept + later[: chance.randrange(len(later))] if later else kept


def _garbage(kept: bytes, _later: bytes, frame: int, chance: random.Random) -> bytes:
    return kept + chance.randbytes(chance.randrange(1, 3 * frame))


def _zeros(kept: bytes, _later: bytes, frame: int, chance: random.Random) -> bytes:
    return kept + bytes(chance.randrange(1, 3 * frame))


def _repeated(kept: bytes, _later: bytes, frame: int, chance: random.Random) -> bytes:
    """Frames that were written before, once more."""
    frames = (len(kept) - _HEADER) // frame
    if frames < 1:
        return kept
    first = _HEADER + frame * chance.randrange(frames)
    return kept + kept[first : first + frame * chance.randrange(1, 4)]


def _flipped(kept: bytes, later: bytes, frame: int, chance: random.Random) -> bytes:
    """The next commit with one bit wrong, before its last frame, so that it is no commit."""
    torn = bytearray(later)
    if torn:
        torn[chance.randrange(min(len(torn), frame))] ^= 1 << chance.randrange(8)
    return kept + bytes(torn)


def _holes(kept: bytes, later: bytes, _frame: int, chance: random.Random) -> bytes:
    """The next commit with sectors that never reached the disk."""
    torn = bytearray(later)
    for _ in range(chance.randrange(1, 4)):
        first = 512 * chance.randrange(len(torn) // 512 + 1)
        torn[first : first + 512] = bytes(len(torn[first : first + 512]))
    return kept + bytes(torn)


DAMAGES: tuple[Damage, ...] = (_cut, _garbage, _zeros, _repeated, _flipped, _holes)


def run(trials: int, chance: random.Random) -> dict[str, int]:
    """Run that many trials; raises AssertionError on the first sale that is lost."""
    done = sales = checked = 0
    with tempfile.TemporaryDirectory(prefix="kilotill-torn-") as name:
        live, copy = Path(name, "live"), Path(name, "copy")
        live.mkdir()
        copy.mkdir()
        shop = make_shop(live)
        drns = [shop.add_meter(serial) for serial in range(1, 6)]
        acknowledged: list[bytes] = []
        while done < trials:
            if sales % SALES_BETWEEN_CHECKPOINTS == 0:
                _checkpoint(live)
            acknowledged.append(_sell(shop, drns[sales % len(drns)]))
            sales += 1
            database, log = (live / "till.sqlite").read_bytes(), (live / "till.sqlite-wal").read_bytes()
            later = _later_log(shop, live, copy, drns[sales % len(drns)])
            for _ in range(min(DAMAGES_A_SALE, trials - done)):
                _damage(copy, database, log, later, chance)
                _check(copy, acknowledged)
                done += 1
                if done % VERIFY_EVERY == 0:
                    _verify(copy)
                    checked += 1
        shop.units.close()
    return {"trials": done, "sales": sales, "verified": checked}


def _checkpoint(folder: Path) -> None:
    """Let the log begin anew over its old frames, as it does when the till is idle."""
    with closing(sqlite3.connect(folder / "till.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint(RESTART)")


def _sell(shop: Shop, drn: str) -> bytes:
    shop.clock.pass_time(minutes=1)
    asked = SaleRequest(sale_id=uuid4(), drn=drn, money_minor=1500, is_another_wanted=True)
    shop.checkout.sell(asked, shop.supervisor)
    return asked.sale_id.bytes


def _later_log(shop: Shop, live: Path, copy: Path, drn: str) -> bytes:
    """The bytes that the next commit adds, made in a copy; the live till sells its next sale itself."""
    for suffix in ("", "-wal"):
        shutil.copy(live / f"till.sqlite{suffix}", copy / f"till.sqlite{suffix}")
    before = acknowledged_size((copy / "till.sqlite-wal").read_bytes())
    with closing(sqlite3.connect(copy / "till.sqlite")) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("UPDATE book SET head_seq = head_seq + 1, head_hash = randomblob(32)")
        database.executemany(
            "INSERT INTO setting VALUES (?, ?, 0)", [(f"later{n}", "x" * 900) for n in range(20)]
        )
        database.commit()
        log = (copy / "till.sqlite-wal").read_bytes()
    return log[before : acknowledged_size(log)]


def _damage(copy: Path, database: bytes, log: bytes, later: bytes, chance: random.Random) -> None:
    page_size = struct.unpack(">I", log[8:12])[0]
    end = acknowledged_size(log)
    torn = chance.choice(DAMAGES)(log[:end], later, _FRAME_HEADER + page_size, chance)
    if len(log) > len(torn) and chance.random() < 0.5:
        torn += log[len(torn) :]
    (copy / "till.sqlite").write_bytes(database)
    (copy / "till.sqlite-wal").write_bytes(torn)
    (copy / "till.sqlite-shm").unlink(missing_ok=True)


def _check(copy: Path, acknowledged: list[bytes]) -> None:
    with closing(sqlite3.connect(copy / "till.sqlite")) as database:
        kept = {row[0] for row in database.execute("SELECT id FROM sale")}
        lines, head = database.execute("SELECT count(*), max(head_seq) FROM journal, book").fetchone()
        assert set(acknowledged) == kept, "an acknowledged sale is lost"
        assert lines <= head <= lines + 1


def _verify(copy: Path) -> None:
    units = Units(open_engine(copy / "till.sqlite"))
    with units.read() as connection:
        is_later_there = connection.exec_driver_sql("SELECT count(*) FROM setting").scalar_one() > 0
    report = verify(units)
    units.close()
    assert report.is_clean or is_later_there, report.findings


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    _say({"seed": options.seed})
    _say(run(options.trials, random.Random(options.seed)))


def _say(figures: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
