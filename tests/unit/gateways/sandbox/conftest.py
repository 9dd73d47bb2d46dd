import pytest

from pos.gateways.sandbox import Sandbox
from tests.unit.gateways.sandbox.callers import (
    CALLERS,
    AirtelCaller,
    AnyCaller,
    MtnCaller,
    PaystackCaller,
    VtpassCaller,
)


@pytest.fixture
def mtn(sandbox: Sandbox) -> MtnCaller:
    return MtnCaller(sandbox, environment="sandbox", currency="EUR")


@pytest.fixture
def airtel(sandbox: Sandbox) -> AirtelCaller:
    return AirtelCaller(sandbox)


@pytest.fixture
def paystack(sandbox: Sandbox) -> PaystackCaller:
    return PaystackCaller(sandbox)


@pytest.fixture
def vtpass(sandbox: Sandbox) -> VtpassCaller:
    return VtpassCaller(sandbox)


@pytest.fixture(params=list(CALLERS))
def caller(request: pytest.FixtureRequest, sandbox: Sandbox) -> AnyCaller:
    """Each provider in turn; MTN in a country of its own, where the last two digits count."""
    return CALLERS[request.param](sandbox)
