"""A server in a process of its own, on loopback, as it is started by those who run it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx

ROOT = Path(__file__).parents[2]
START_WITHIN_S = 60.0
STOP_WITHIN_S = 40.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_of(folder: Path, **more: str) -> dict[str, str]:
    """This process's environment, without what somebody set for a server of theirs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KILOTILL_")}
    return kept | {"KILOTILL_CENTRAL_DATA": str(folder), "PYTHONUNBUFFERED": "1", **more}


def run_command(
    folder: Path, *arguments: str, given: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """`python -m central …`, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "central", *arguments],
        cwd=ROOT,
        env=environment_of(folder, **more),
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@dataclass(slots=True)
class RunningServer:
    process: subprocess.Popen[str]
    url: str
    log: Path

    def stop(self) -> int:
        """Asks it to end, as a service manager does, and gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_WITHIN_S)


@contextmanager
def running(
    folder: Path, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Iterator[RunningServer]:
    """A server that is ready; it is stopped at the end."""
    port = free_port()
    log = folder / "server.log"
    given = environment_of(folder, KILOTILL_PORT=str(port), **(environment or {}))
    command = [sys.executable, "-m", "central", *arguments]
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=given, stdout=output, stderr=output, text=True)
    server = RunningServer(process, f"http://127.0.0.1:{port}", log)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        server.stop()


def wait_until(condition: Callable[[], bool], log: Path) -> None:
    """Asks until a condition holds; the deadline bounds how often."""
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"It did not happen: {log.read_text(encoding='utf-8')}")


def _wait_until_ready(server: RunningServer) -> None:
    wait_until(lambda: server.process.poll() is not None or _is_ready(server.url), server.log)
    assert server.process.poll() is None, server.log.read_text(encoding="utf-8")


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False
