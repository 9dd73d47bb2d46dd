"""The packaged program takes along all that is found by name at run time, and no more than it needs."""

import configparser
import re
from pathlib import Path

import pytest

from pos.cli.root import _COMMANDS
from pos.system.keyring_store import _OS_BACKENDS
from pos.ui.places import HELP, PLACES, RESUME
from tools.package_parts import (
    KEY_STORES,
    NOT_USED,
    ROOT,
    data_files,
    hidden_imports,
    is_wanted,
    is_wanted_module,
)


def test_hidden_imports_name_every_screen_command_and_module_of_the_till() -> None:
    found = set(hidden_imports())

    screens = {f"pos.ui.screens.{place.package}.view" for place in (*PLACES, HELP, RESUME)}
    commands = {place.partition(":")[0] for place in _COMMANDS.values()}
    modules = {_module(path) for path in (ROOT / "pos").rglob("*.py") if path.name != "__init__.py"}
    assert sorted((screens | commands | modules) - found) == []


def test_hidden_imports_name_every_key_store_that_the_till_takes() -> None:
    assert set(_OS_BACKENDS) <= set(KEY_STORES)
    assert set(KEY_STORES) <= set(hidden_imports())


def test_nothing_of_the_till_is_left_out() -> None:
    assert [name for name in hidden_imports() if not is_wanted_module(name)] == []
    assert [name for name in hidden_imports() if name.startswith(tuple(f"{one}." for one in NOT_USED))] == []


def test_data_files_hold_what_is_read_and_every_step_of_the_database() -> None:
    found = {(Path(source).name, target.replace("\\", "/")) for source, target in data_files()}

    steps = (ROOT / "pos/models/migrations").rglob("*.py")
    wanted = {(step.name, step.parent.relative_to(ROOT).as_posix()) for step in steps}
    wanted |= {("resources", "resources"), ("vectors.json", "pos/tokens"), ("capabilities.json", "escpos")}
    assert sorted(wanted - found) == []


@pytest.mark.parametrize(
    "destination",
    [
        "babel/locale-data/root.dat",
        "babel/locale-data/rw_RW.dat",
        "kilotill-1.0.dist-info/METADATA",
        "keyring-1.0.dist-info/entry_points.txt",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6\\plugins\\platforms\\qwindows.dll",
        "PySide6/Qt/plugins/iconengines/libqsvgicon.so",
        "PySide6/Qt/translations/qtbase_fr.qm",
        "PySide6/Qt/lib/libQt6Widgets.so.6",
        "PySide6\\Qt6Gui.dll",
        "resources/fonts/OFL.txt",
    ],
)
def test_file_that_is_needed_stays(destination: str) -> None:
    assert is_wanted(destination)


@pytest.mark.parametrize(
    "destination",
    [
        "babel/locale-data/de.dat",
        "babel\\locale-data\\env.dat",
        "kilotill-1.0.dist-info/direct_url.json",
        "PySide6/Qt/plugins/platforms/libqvnc.so",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6\\plugins\\tls\\qschannelbackend.dll",
        "PySide6/Qt/translations/qtbase_de.qm",
        "PySide6/Qt/lib/libQt6Qml.so.6",
        "PySide6\\Qt6Network.dll",
        "libcairo.so.2",
    ],
)
def test_file_that_nobody_needs_goes(destination: str) -> None:
    assert not is_wanted(destination)


def test_desktop_entry_names_the_program_and_an_icon_that_is_there() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(ROOT / "packaging/kilotill.desktop", encoding="utf-8")

    assert entry["Desktop Entry"]["Exec"] == "kilotill"
    assert (ROOT / "resources/icons" / f"{entry['Desktop Entry']['Icon']}.svg").is_file()


def test_spec_names_no_place_of_a_machine() -> None:
    spec = (ROOT / "packaging/kilotill.spec").read_text(encoding="utf-8")

    assert re.findall(r"[\"'](?:/|[A-Z]:)", spec) == []


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)
