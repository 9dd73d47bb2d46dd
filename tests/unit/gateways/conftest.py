from collections.abc import Iterator

import pytest

from pos.gateways.sandbox import Sandbox
from pos.gateways.sandbox.core import Settings
from tests.factories.gateways import Receiver
from tests.fakes.clock import FakeClock

_shared_clock = FakeClock()


@pytest.fixture(scope="session")
def _started_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests: to stop its server takes longer than most of them."""
    with Sandbox(port=0, seed=7, clock=_shared_clock) as started:
        yield started


@pytest.fixture
def clock() -> FakeClock:
    return _shared_clock


@pytest.fixture
def sandbox(_started_sandbox: Sandbox, clock: FakeClock) -> Sandbox:
    """The sandbox as new, and late enough that VTpass takes no purchase for a repeat of the last test's."""
    clock.pass_time(minutes=1)
    core = _started_sandbox.core
    core.clear()
    core.callback_urls.clear()
    core.settings = Settings()
    return _started_sandbox


@pytest.fixture(scope="session")
def _started_receiver() -> Iterator[Receiver]:
    kept = Receiver()
    yield kept
    kept.close()


@pytest.fixture
def receiver(sandbox: Sandbox, _started_receiver: Receiver) -> Receiver:
    """A server that hears the callbacks of this test."""
    _started_receiver.kept.clear()
    for provider in ("airtel", "paystack", "vtpass"):
        sandbox.core.callback_urls[provider] = _started_receiver.url
    return _started_receiver
