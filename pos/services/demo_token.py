"""One token of the demo shop, made and judged: the whole path of a token without a shop around it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from pos.tokens.amount import encode_amount
from pos.tokens.credit import credit_token
from pos.tokens.decode import decode_token
from pos.tokens.demo import DEMO_TARIFF_INDEX, demo_keys
from pos.tokens.explain import explain
from pos.tokens.key_change import KeyAttributes
from pos.tokens.names import Service
from pos.tokens.numbers import make_drn, pan_of
from pos.tokens.tid import check_not_expired, tid_at
from pos.tokens.vault import MeterKey, SoftwareVault
from pos.tokens.virtual_meter import VirtualMeter


@dataclass(frozen=True, slots=True)
class DemoToken:
    """A demo token with what it means and what a meter answered to it, twice."""

    drn: str
    supply_group: str
    token: str
    explanation: tuple[str, ...]
    first_answer: str
    second_answer: str


def make_demo_token(now: datetime, *, units_tenths: int = 256) -> DemoToken:
    """Make a token for a demo meter at `now` (aware) and enter it twice into a virtual meter.

    Raises TidError when `now` is outside base date 2014.
    """
    group = demo_keys()[1].group
    drn = make_drn("04", "12345678")
    vault = SoftwareVault()
    vault.unlock(demo_keys(), save=lambda _: None)
    meter_key = MeterKey(
        pan=pan_of(drn).digits,
        sgc=group.sgc,
        ti=DEMO_TARIFF_INDEX,
        krn=group.krn,
        method=group.method,
        ea=group.ea,
        base_date=group.base_date,
    )
    key = vault.decoder_key(meter_key, at=now)
    tid = tid_at(group.base_date, now)
    check_not_expired(tid, key.ken)
    cipher = key.cipher()
    token = credit_token(
        cipher,
        subclass=Service.ELECTRICITY,
        rnd=secrets.randbelow(16),
        tid=tid,
        amount_field=encode_amount(units_tenths),
    )
    meter = VirtualMeter(
        drn,
        cipher,
        KeyAttributes(sgc=group.sgc, ti=DEMO_TARIFF_INDEX, krn=group.krn, kt=group.kt, ken=key.ken),
    )
    return DemoToken(
        drn=drn.digits,
        supply_group=group.sgc,
        token=token,
        explanation=tuple(explain(decode_token(token, cipher), group.base_date)),
        first_answer=meter.enter(token).result.name,
        second_answer=meter.enter(token).result.name,
    )
