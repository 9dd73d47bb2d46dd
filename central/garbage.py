"""Python's collector of reference rings, in a process that answers requests.

Left alone it looks through all that the program has loaded again and again, for a push makes very many
objects: a fifth of the time. Nearly none of them is part of a ring; those that are wait a little longer.
"""

from __future__ import annotations

import gc

OBJECTS_BETWEEN = 20_000
"""So many new objects are made before the youngest are looked through."""


def spare_what_stays() -> None:
    """Call once when the program is loaded: what is there by then is not looked through any more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN, *gc.get_threshold()[1:])
