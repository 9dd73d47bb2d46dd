"""What each role is called; the screens translate it."""

from __future__ import annotations

from pos.domain.permissions import Role

ROLE_WORDS = {
    Role.CASHIER: "Cashier",
    Role.SUPERVISOR: "Supervisor",
    Role.FACILITY_MANAGER: "Facility manager",
    Role.ADMINISTRATOR: "Administrator",
    Role.AUDITOR: "Auditor",
}
