"""The collector of a process that answers requests leaves alone what stays."""

import gc
from collections.abc import Iterator

import pytest

from central.garbage import OBJECTS_BETWEEN, spare_what_stays


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_is_loaded_is_not_looked_through_again_but_rings_are_found() -> None:
    stays = [[n] for n in range(1_000)]
    spare_what_stays()

    assert gc.get_freeze_count() > len(stays)
    assert not any(one is stays for one in gc.get_objects())
    assert gc.get_threshold()[0] == OBJECTS_BETWEEN
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1
