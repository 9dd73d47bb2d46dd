"""One run: made, lived, healed, checked; a failure says the seed and the least that differs."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from pos.errors import KilotillError
from tests.factories.people import QUICK
from tests.server.rig import make_template, new_sqlite
from tests.simulation.acts import WrongError
from tests.simulation.checks import Checks
from tests.simulation.in_process import stay_in_thread
from tests.simulation.life import Life
from tests.simulation.times import MachineClock
from tests.simulation.world import Plan, World, seed_randomness

MEMORY = Path("/dev/shm")
"""Where there is a disk in memory the files lie there: `synchronous=FULL` as in a shop costs nothing then."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did, and one number for all that happened: the same plan gives the same number."""

    tally: dict[str, int]
    fingerprint: str


def simulate(
    plan: Plan, *, database_url: str | None = None, watch: Callable[[World], None] = lambda _: None
) -> Outcome:
    """Run a plan; raises WrongError with the seed where something does not hold.

    `database_url` is of an empty PostgreSQL database of the newest version; None: SQLite in the run's folder.
    """
    with _folder() as folder, pytest.MonkeyPatch.context() as patch:
        world = World(plan, folder, database_url or _sqlite(folder))
        seed_randomness(patch, Random(plan.seed))
        stay_in_thread(patch)
        _hash_cheaply(patch)
        # A restore dates its first lines by the machine's own clock.
        patch.setattr("pos.bootstrap.SystemClock", lambda: MachineClock(world.time))
        try:
            _live(world, watch)
        except (AssertionError, KilotillError) as error:
            raise WrongError(_complaint(world, error)) from error
        finally:
            world.close()
        return Outcome(dict(sorted(world.tally.items())), _fingerprint(world))


def _hash_cheaply(patch: pytest.MonkeyPatch) -> None:
    """Let PINs and the passphrase of a demo cost nothing: thousands of starts hash them again."""
    for place in ("pos.services.pins", "pos.system.sealed_store"):
        patch.setattr(f"{place}.PassphraseCost", lambda: QUICK)


def _live(world: World, watch: Callable[[World], None]) -> None:
    world.set_up()
    life = Life(world, watch=watch)
    life.live()
    life.heal()
    Checks(world).run()


def _complaint(world: World, error: Exception) -> str:
    plan = world.plan
    return (
        f"{error}\n(simulation: seed {plan.seed}, {plan.sales} sales at {plan.tills} tills; it stood at "
        f"{world.time.now():%Y-%m-%d %H:%M} after {world.sales} sales. Again: "
        f"make simulate N={plan.sales} SEED={plan.seed} TILLS={plan.tills})"
    )


def _fingerprint(world: World) -> str:
    digest = hashlib.sha256()
    for issue in world.issues:
        digest.update(f"{issue.at} {issue.till} {issue.drn} {issue.sale_id} {issue.seq}".encode())
        digest.update("".join(str(token["digits"]) for token in issue.tokens).encode())
    return digest.hexdigest()


@contextmanager
def _folder() -> Iterator[Path]:
    parent = str(MEMORY) if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="kilotill-simulation-", dir=parent) as name:
        yield Path(name)


def _sqlite(folder: Path) -> str:
    template = folder / "template.sqlite"
    make_template(template)
    return new_sqlite(template, folder)
