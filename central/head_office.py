"""The services that tills use, built once for the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from central.clock import Clock
from central.db import Database
from central.services.booking import Booking
from central.services.enrolment import Enrolment
from central.services.envelopes import Envelopes, ServerSigner
from central.services.feed import Feed
from central.services.hint_board import HintBoard
from central.services.master import Master
from central.services.payment_accounts import load_accounts
from central.services.payments import Payments
from central.services.proposals import Proposals
from central.services.pull import Pull
from central.services.push import Push
from central.services.server_vault import ServerVault
from central.services.summariser import Summariser
from central.services.vend import Vending
from central.services.webhooks import Webhooks
from central.settings import Settings


@dataclass(frozen=True, slots=True)
class HeadOffice:
    """What the endpoints of tills call."""

    signer: ServerSigner
    feed: Feed
    enrolment: Enrolment
    envelopes: Envelopes
    booking: Booking
    push: Push
    pull: Pull
    summariser: Summariser
    proposals: Proposals
    vending: Vending
    vault: ServerVault
    master: Master
    payments: Payments
    webhooks: Webhooks
    hint_board: HintBoard


def build_head_office(settings: Settings, database: Database, clock: Clock) -> HeadOffice:
    """Wire the services."""
    signer = ServerSigner(settings.signing_key)
    vault = ServerVault(settings.vault_key)
    feed = Feed(database)
    accounts = load_accounts(settings, clock)
    webhooks = Webhooks(database, accounts, clock)
    return HeadOffice(
        signer=signer,
        feed=feed,
        enrolment=Enrolment(database, signer, is_demo=settings.is_demo),
        envelopes=Envelopes(signer),
        booking=Booking(database, clock),
        push=Push(database, clock),
        pull=Pull(database),
        summariser=Summariser(database),
        proposals=Proposals(database, feed),
        vending=Vending(database, vault, clock),
        vault=vault,
        master=Master(feed),
        payments=Payments(database, accounts, clock),
        webhooks=webhooks,
        hint_board=HintBoard(webhooks),
    )


def get_head_office(request: Request) -> HeadOffice:
    """Return the application's services for tills."""
    office: HeadOffice = request.app.state.head_office
    return office


HeadOfficeDep = Annotated[HeadOffice, Depends(get_head_office)]
