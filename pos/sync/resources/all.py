"""Every mapping, in the order of the pull: what is pointed at before what points."""

from __future__ import annotations

from typing import Any

from pos.contracts.resources import ROW_MODELS
from pos.sync.resources.base import Mapping
from pos.sync.resources.customers import CustomersMapping
from pos.sync.resources.groups import SupplyGroupsMapping
from pos.sync.resources.meters import MetersMapping
from pos.sync.resources.months import CustomerCreditsMapping, MeterMonthMapping
from pos.sync.resources.people import UsersMapping
from pos.sync.resources.records import Records, SalesPointsMapping, SettingsMapping
from pos.sync.resources.tariffs import TariffsMapping


def all_mappings() -> tuple[Mapping[Any], ...]:
    """Return one mapping for each resource of the contracts."""
    own: dict[str, Mapping[Any]] = {
        mapping.resource: mapping
        for mapping in (
            SettingsMapping(),
            SalesPointsMapping(),
            UsersMapping(),
            TariffsMapping(),
            SupplyGroupsMapping(),
            CustomersMapping(),
            MetersMapping(),
            MeterMonthMapping(),
            CustomerCreditsMapping(),
        )
    }
    return tuple(own.get(resource) or Records(resource, model) for resource, model in ROW_MODELS.items())
