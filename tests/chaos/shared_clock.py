"""One clock for the till, the till after it, and the sandbox: milliseconds in a small shared file."""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fakes.clock import FakeClock

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class SharedClock(FakeClock):
    """Moves for every process that has the file open."""

    def __init__(self, path: Path) -> None:
        super().__init__(START)
        if not path.exists():
            path.write_bytes(struct.pack("<q", 0))
        with path.open("r+b") as file:
            self._ms = mmap.mmap(file.fileno(), 8)

    def _passed_ms(self) -> int:
        return int(struct.unpack("<q", self._ms[:8])[0])

    def now(self) -> datetime:
        return START + timedelta(milliseconds=self._passed_ms())

    def running_ms(self) -> int:
        return 1_000_000 + self._passed_ms()

    def pass_time(self, **timedelta_parts: float) -> None:
        step = timedelta(**timedelta_parts) // timedelta(milliseconds=1)
        self._ms[:8] = struct.pack("<q", self._passed_ms() + step)

    def set_wall(self, now: datetime) -> None:
        raise NotImplementedError("this clock only goes forward")
