"""Chance that can be repeated: a random generator whose seed is printed."""

import os
import random

SEED_VARIABLE = "KILOTILL_TEST_SEED"


def seeded() -> random.Random:
    """Pytest shows what is printed when the test fails; the seed in the variable then repeats it."""
    seed = int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().getrandbits(32))
    print(f"{SEED_VARIABLE}={seed}")  # noqa: T201 - part of the report of a failed test
    return random.Random(seed)
