"""What goes into the packaged program; `packaging/kilotill.spec` asks here, and so does a test."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

from pos.i18n.catalogue import LANGUAGES

ROOT = Path(__file__).parents[1]

KEY_STORES = (
    "keyring.backends.Windows",
    "keyring.backends.macOS",
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.chainer",
    "keyring.backends.fail",
    "keyring.backends.null",
)
"""`keyring` finds them by the entry points in its metadata, so nothing in its code names them."""

NOT_USED = (
    # The server and the developer's tools, which lie in the same environment.
    *(
        "central",
        "fastapi",
        "httptools",
        "jwt",
        "orjson",
        "psycopg",
        "psycopg_binary",
        "starlette",
        "structlog",
    ),
    "uvicorn",
    *("PyInstaller", "_pytest", "hypothesis", "mypy", "mypyc", "pip", "pytest", "setuptools"),
    # What libraries take along if it is there, and can do without.
    *("IPython", "gi", "matplotlib", "numpy", "opentelemetry", "pandas", "pygments", "rich", "tkinter"),
    *("PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtWebEngineCore"),
)

_PLACES_OF_NUMBERS = ("phonenumbers.carrierdata", "phonenumbers.geodata", "phonenumbers.tzdata")
_FROM_THE_BUILDING_MACHINE = frozenset({"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"})
_UNWANTED_QT = ("Qt6EglFS", "Qt6EglFs", "Qt6Network", "Qt6Pdf", "Qt6Qml", "Qt6Quick", "Qt6VirtualKeyboard")
_UNWANTED_PLUGINS = (
    *("qegl", "qlinuxfb", "qminimal", "qvkkhrdisplay", "qvnc"),  # screens of machines without a desktop
    *("qgtk3", "qpdf", "qtvirtualkeyboard"),
)
_UNWANTED_PLUGIN_FOLDERS = frozenset({"egldeviceintegrations", "generic", "qmltooling", "sqldrivers", "tls"})
_UNWANTED_LIBRARIES = (
    # What Qt's look of GNOME brings along: the till has its own look, and half a toolkit is worse than none.
    *("atk", "cairo", "gdk", "gio", "gmodule", "gobject", "gtk", "pango"),
    # What Qt's network brings along.
    *("gssapi", "k5crypto", "krb5"),
)


def hidden_imports() -> list[str]:
    """Name what is imported by a name made at run time: screens, sub-commands, migrations, key stores."""
    return [*collect_submodules("pos"), *KEY_STORES]


def data_files() -> list[tuple[str, str]]:
    """Name the files that are read and not imported, each with the folder it goes to."""
    files: list[tuple[str, str]] = [
        (str(ROOT / "resources"), "resources"),
        (str(ROOT / "packaging" / "kilotill.desktop"), "."),
        *collect_data_files("pos"),
        # Alembic looks for its steps as files.
        *collect_data_files("pos.models.migrations", include_py_files=True),
        *collect_data_files("escpos"),
        *collect_data_files("tzdata"),
    ]
    for name in ("kilotill", "PySide6-Essentials", "keyring"):
        files += copy_metadata(name)
    return files


def is_wanted_module(name: str) -> bool:
    """Say whether a module belongs into the program: the till never asks where a number was given out."""
    return not name.startswith(_PLACES_OF_NUMBERS)


def is_wanted(destination: str) -> bool:
    """Say whether a collected file belongs into the folder; the rules of libraries collect too much."""
    path = PurePosixPath(destination.replace("\\", "/"))
    folder, name = path.parent.name, path.name.removeprefix("lib")
    if folder == "locale-data":
        return path.stem.split("_")[0] in {"root", *LANGUAGES}
    if folder.endswith(".dist-info"):
        return path.name not in _FROM_THE_BUILDING_MACHINE
    if path.suffix == ".qm":
        return path.name in {f"qtbase_{language}.qm" for language in LANGUAGES}
    if "plugins" in path.parts:
        return folder not in _UNWANTED_PLUGIN_FOLDERS and not name.startswith(_UNWANTED_PLUGINS)
    if path.parent == PurePosixPath():
        return not name.startswith((*_UNWANTED_QT, *_UNWANTED_LIBRARIES))
    return not name.startswith(_UNWANTED_QT)
