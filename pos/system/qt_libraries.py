"""Says which system libraries Qt lacks, without loading Qt, which would end with a linker's message."""

import ctypes
import sys

_DEBIAN_PACKAGE_BY_LIBRARY = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libgthread-2.0.so.0": "libglib2.0-0",
}


def missing_qt_packages() -> list[str]:
    """Lists the Debian packages to install before a window can open; elsewhere Qt brings all it needs."""
    if sys.platform != "linux":
        return []
    return [package for library, package in _DEBIAN_PACKAGE_BY_LIBRARY.items() if not _is_loadable(library)]


def _is_loadable(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
