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


_DEBIAN_PACKAGE_BY_X11_LIBRARY = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def missing_qt_packages(*, needs_x11: bool = False) -> list[str]:
    """Lists the Debian packages to install before Qt can draw; elsewhere Qt brings all it needs.

    `needs_x11`: the window is to stand on an X11 display, not only to be drawn.
    """
    if sys.platform != "linux":
        return []
    wanted = _DEBIAN_PACKAGE_BY_LIBRARY | (_DEBIAN_PACKAGE_BY_X11_LIBRARY if needs_x11 else {})
    return [package for library, package in wanted.items() if not _is_loadable(library)]


def _is_loadable(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
