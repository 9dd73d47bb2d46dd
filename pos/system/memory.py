"""Memory that is not needed any more, given back to the machine."""

from __future__ import annotations

import linecache
import sys


def give_back_memory() -> None:
    """Give the machine what the program has freed; takes a millisecond, the first time some more.

    The C library keeps what was freed between two things that live: tens of megabytes after all screens were
    built anew. And PySide reads the source of every module imported after it, which `linecache` keeps; a
    traceback reads its lines again.
    """
    if sys.platform == "linux":
        import ctypes

        # Only glibc has it.
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
    linecache.clearcache()
