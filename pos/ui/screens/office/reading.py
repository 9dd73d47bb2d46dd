"""Reads one list of head office with what its acts need to know."""

from __future__ import annotations

from dataclasses import dataclass

from pos.domain.permissions import Actor
from pos.services.office import OfficeAdmin, OfficePerson, SalesPointName
from pos.ui.screens.office.acts import METERS, PEOPLE, PROPOSALS, REVIEW, TARIFFS, TILLS, Row


@dataclass(frozen=True, slots=True)
class Found:
    """A list; `next_page` is where it goes on, empty where all of it is here."""

    rows: tuple[Row, ...]
    places: tuple[SalesPointName, ...] = ()
    people: tuple[OfficePerson, ...] = ()
    tariff_codes: tuple[str, ...] = ()
    next_page: str = ""


def read_list(
    office: OfficeAdmin, actor: Actor, tab: str, *, person: str, number: str, codes: tuple[str, ...]
) -> Found:
    """Ask head office for the list of a tab; `codes` are the tariffs that were read before.

    Raises:
        KilotillError: as `OfficeClient.call`.
    """
    if tab == TILLS:
        return Found(office.list_tills(actor), office.sales_points(actor))
    if tab == TARIFFS:
        return Found(office.master.list_tariffs(actor))
    if tab == METERS:
        return _meters(office, actor, number, codes)
    if tab == REVIEW:
        return Found(office.list_flags(actor))
    if tab == PROPOSALS:
        return Found(office.list_proposals(actor))
    people = office.list_people(actor)
    if tab == PEOPLE:
        return Found(people, people=people)
    return Found(office.list_sessions(actor, person), people=people)


def _meters(office: OfficeAdmin, actor: Actor, number: str, codes: tuple[str, ...]) -> Found:
    page = office.master.list_meters(actor, number)
    if not codes:
        codes = tuple(dict.fromkeys(one.tariff.code for one in office.master.list_tariffs(actor)))
    places = office.sales_points(actor)
    return Found(page.meters, places, tariff_codes=codes, next_page=page.next)
