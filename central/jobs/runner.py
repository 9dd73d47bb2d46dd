"""Runs the server's jobs in one thread per process; on PostgreSQL only one process does a job at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from central.clock import Clock
from central.db import Database
from central.logs import logger
from central.settings import Settings
from pos.errors import Unavailable

_log = logger(__name__)
_STOP_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job works with."""

    database: Database
    settings: Settings
    clock: Clock


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so many seconds. It may run twice, and may be cut short at any point."""

    name: str
    every_s: float
    run: Callable[[JobContext], Any]


def run_job(job: Job, context: JobContext) -> bool:
    """Do a job now, unless another process is at it; say whether it was done."""
    with context.database.alone(f"job:{job.name}") as is_alone:
        if is_alone:
            job.run(context)
    return is_alone


class JobRunner:
    """One thread that does each job when it is due."""

    def __init__(self, jobs: Sequence[Job], context: JobContext) -> None:
        self._context = context
        self._due = {job: time.monotonic() + job.every_s for job in jobs}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the job that is under way."""
        self._stop.set()
        self._thread.join(_STOP_WITHIN_S)

    def _run(self) -> None:
        while self._due and not self._stop.wait(max(0.0, min(self._due.values()) - time.monotonic())):
            job = min(self._due, key=self._due.__getitem__)
            self._due[job] = time.monotonic() + job.every_s
            self._do(job)

    def _do(self, job: Job) -> None:
        try:
            run_job(job, self._context)
        except Unavailable as trouble:
            _log.warning("job waits", job=job.name, error_code=trouble.code)
        except Exception:
            # One job that fails must not end the others; it is done again when it is due.
            _log.exception("job failed", job=job.name)
