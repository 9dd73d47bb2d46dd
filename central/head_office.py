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
from central.services.pull import Pull
from central.services.push import Push
from central.services.summariser import Summariser
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


def build_head_office(settings: Settings, database: Database, clock: Clock) -> HeadOffice:
    """Wire the services."""
    signer = ServerSigner(settings.signing_key)
    return HeadOffice(
        signer=signer,
        feed=Feed(database),
        enrolment=Enrolment(database, signer, is_demo=settings.is_demo),
        envelopes=Envelopes(signer),
        booking=Booking(database, clock),
        push=Push(database, clock),
        pull=Pull(database),
        summariser=Summariser(database),
    )


def get_head_office(request: Request) -> HeadOffice:
    """Return the application's services for tills."""
    office: HeadOffice = request.app.state.head_office
    return office


HeadOfficeDep = Annotated[HeadOffice, Depends(get_head_office)]
