"""What the server does by itself: when it is due, by one process at a time, whatever became of the last."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from central.jobs import JOBS
from central.jobs.runner import Job, JobContext, JobRunner, run_job
from central.models.identity import login_guard
from pos.errors import Unavailable
from tests.server.rig import Server

WITHIN_S = 20


def _context(server: Server) -> JobContext:
    return JobContext(server.database, server.settings, server.clock)


def _runner(server: Server, *jobs: Job) -> JobRunner:
    return JobRunner(jobs, _context(server))


def _after(times: int) -> tuple[Callable[[JobContext], None], threading.Event, list[int]]:
    """Something to do that says when it was done so often."""
    done, calls = threading.Event(), []

    def work(_: JobContext) -> None:
        calls.append(1)
        if len(calls) >= times:
            done.set()

    return work, done, calls


def test_job_is_done_again_and_again_until_the_server_stops(server: Server) -> None:
    work, done, calls = _after(3)
    runner = _runner(server, Job("often", 0.01, work), Job("never", 10_000.0, lambda _: 1 / 0))
    runner.start()

    assert done.wait(WITHIN_S)
    runner.stop()

    number = len(calls)
    assert number >= 3
    assert len(calls) == number


@pytest.mark.expect_log("job failed")
def test_job_that_fails_ends_no_other_and_is_done_again(server: Server) -> None:
    work, done, _ = _after(3)
    tried = threading.Semaphore(0)

    def fail(_: JobContext) -> None:
        tried.release()
        raise ValueError("no")

    runner = _runner(server, Job("bad", 0.01, fail), Job("good", 0.01, work))
    runner.start()

    assert done.wait(WITHIN_S)
    assert all(tried.acquire(timeout=WITHIN_S) for _ in range(2))
    runner.stop()


@pytest.mark.expect_log("job waits")
def test_job_without_a_database_waits_for_its_next_turn(server: Server) -> None:
    done = threading.Event()
    tries: list[int] = []

    def wait(_: JobContext) -> None:
        tries.append(1)
        if len(tries) > 1:
            done.set()
        raise Unavailable("database.unavailable", "The server's database cannot be reached.")

    runner = _runner(server, Job("waits", 0.01, wait))
    runner.start()

    assert done.wait(WITHIN_S)
    runner.stop()


def test_job_that_another_process_is_at_is_left_to_it(server: Server) -> None:
    done: list[str] = []
    job = Job("shared", 1.0, lambda _: done.append("done"))

    with server.database.alone("job:shared"):
        was_done = run_job(job, _context(server))

    assert was_done is not server.database.is_postgres
    assert run_job(job, _context(server)) is True
    assert len(done) == (1 if server.database.is_postgres else 2)


def test_every_job_of_the_server_runs_on_an_empty_database(server: Server) -> None:
    server.sign_in("nobody", "not this password")
    server.clock.pass_time(days=2)

    assert all(run_job(job, _context(server)) for job in JOBS)

    with server.database.read() as connection:
        assert connection.execute(select(login_guard)).all() == []
    assert len({job.name for job in JOBS}) == len(JOBS)
