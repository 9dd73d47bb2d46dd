"""What holds for every test: no screen, no network, no real data or secrets, and no unexpected warning."""

import os
from collections.abc import Iterator

import hypothesis
import pytest

from pos.system.qt_libraries import missing_qt_packages
from tests.guards import LeakGuard, LogGuard, forbid_network

os.environ["QT_QPA_PLATFORM"] = "offscreen"

hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci" if "CI" in os.environ else "default")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("pytest-qt") and (missing := missing_qt_packages()):
        raise pytest.UsageError(f"Qt lacks system libraries. On Debian: apt-get install {' '.join(missing)}")


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        forbid_network(patch)
        yield


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.mktemp("machine")
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(folder / variable))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture(autouse=True)
def _no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    expected = [mark.args[0] for mark in request.node.iter_markers("expect_log")]
    with LogGuard() as guard:
        yield
    if complaint := guard.complaint(expected):
        pytest.fail(complaint, pytrace=False)


@pytest.fixture(autouse=True)
def _no_secret_in_a_log(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("logs_secrets"):
        yield
        return
    with LeakGuard() as leaks:
        yield
    if complaint := leaks.complaint():
        pytest.fail(complaint, pytrace=False)
