"""What was freed goes back to the machine."""

import linecache
import sys

import pytest

from pos.system.memory import give_back_memory
from tests.factories.memory import resident_bytes

MEGABYTE = 1024 * 1024
PIECE = 40_000
"""More than Python keeps itself, less than what the C library asks of the machine piece by piece."""


@pytest.mark.skipif(sys.platform != "linux", reason="only the C library of Linux keeps it")
def test_give_back_when_much_was_freed_below_what_lives_then_the_machine_has_it() -> None:
    pieces = [bytearray(PIECE) for _ in range(60 * MEGABYTE // PIECE)]
    lives_on_top = bytearray(PIECE)
    del pieces
    before = resident_bytes()

    give_back_memory()

    assert len(lives_on_top) == PIECE
    assert before - resident_bytes() > 30 * MEGABYTE


def test_give_back_when_sources_were_read_then_they_are_not_kept() -> None:
    assert linecache.getlines(__file__)
    assert __file__ in linecache.cache

    give_back_memory()

    assert linecache.cache == {}
    assert linecache.getline(__file__, 1) == '"""What was freed goes back to the machine."""\n'
