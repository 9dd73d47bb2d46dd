from datetime import UTC, datetime, timedelta

import pytest

from pos.domain.envelope import EnvelopeError, EnvelopeLeft, envelope_message, local_envelope

AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "code"),
    [
        (EnvelopeLeft(99, 1000, None), "envelope.money"),
        (EnvelopeLeft(100, 999, None), "envelope.units"),
        (EnvelopeLeft(100, 1000, AT - timedelta(milliseconds=1)), "envelope.expired"),
    ],
)
def test_envelope_when_it_does_not_cover_stops(left: EnvelopeLeft, code: str) -> None:
    with pytest.raises(EnvelopeError) as stopped:
        left.check(money_minor=100, units_milli=1000, at=AT)

    assert stopped.value.code == code


@pytest.mark.parametrize("expires_at", [None, AT])
def test_envelope_when_it_just_covers_passes(expires_at: datetime | None) -> None:
    left = EnvelopeLeft(100, 1000, expires_at)

    assert left.check(money_minor=100, units_milli=1000, at=AT) is None


def test_local_envelope_when_signed_has_its_own_prefix_and_every_key() -> None:
    envelope = local_envelope(
        sequence=7,
        as_of_seq=120,
        money_minor=500_000,
        units_milli=2_000_000,
        currency="RWF",
        till="t",
        key_id="till",
        issued_at=AT,
        groups=[],
    )

    assert envelope_message(envelope) == (
        b'kilotill-envelope-v1\n{"as_of_seq":120,"currency":"RWF","expires_at":null,"groups":[],'
        b'"issued_at":"2026-11-20T10:00:00.000Z","issuer":"local","key_id":"till","money_minor":500000,'
        b'"sequence":7,"till":"t","units_milli":2000000,"v":1}'
    )
