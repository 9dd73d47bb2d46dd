"""Whether a person may do an act, and the one-time approval another person gives with a PIN.

Each use case calls `require` (or `require_two_people`) in one place and passes what it returns to the journal
as `approved_by`.
"""

from __future__ import annotations

import threading
from typing import Protocol
from uuid import UUID

from pos.domain.permissions import Actor, Permission, holds, may_be_given
from pos.errors import ApprovalNeeded, UserError
from pos.system.clock import Clock

APPROVAL_LASTS_MS = 120_000


class Approval:
    """One approval of one act: bound to a permission and a subject, used once, gone after two minutes."""

    __slots__ = ("_clock", "_expires_ms", "_is_used", "_lock", "approver", "permission", "subject")

    def __init__(self, permission: Permission, subject: str | None, *, approver: UUID, clock: Clock) -> None:
        """Approve `permission` for `subject` (such as a sale id) from now on; see `Approver.approve`."""
        self.permission = permission
        self.subject = subject
        self.approver = approver
        self._clock = clock
        self._expires_ms = clock.running_ms() + APPROVAL_LASTS_MS
        self._is_used = False
        self._lock = threading.Lock()

    def spend(self, permission: Permission, subject: str | None) -> UUID:
        """Use the approval up and return the approver's id.

        Raises:
            UserError: `approval.other_act`, `approval.expired`, `approval.used`.
        """
        if (permission, subject) != (self.permission, self.subject):
            raise UserError("approval.other_act", "This approval was given for another act: ask again.")
        if self._clock.running_ms() >= self._expires_ms:
            raise UserError("approval.expired", "The approval is older than two minutes: ask again.")
        with self._lock:
            if self._is_used:
                raise UserError("approval.used", "This approval was already used: ask again.")
            self._is_used = True
        return self.approver


def require(
    actor: Actor, permission: Permission, *, approval: Approval | None = None, subject: str | None = None
) -> UUID | None:
    """Let the act pass if the actor may do it; returns the approver's id, None where nobody had to approve.

    `subject` names what the act is done to (a sale id, a meter number) and is what an approval was given for.
    Call it when nothing else can refuse the act any more: an approval is used up here.

    Raises:
        UserError: `permission.denied`; `approval.*` as `Approval.spend`.
        ApprovalNeeded: `permission.approval_needed`; another person may let the actor do it.
    """
    if holds(actor.role, permission):
        return None
    if not may_be_given(actor.role, permission):
        raise denied(permission)
    return _spent(permission, approval, subject)


def require_two_people(
    actor: Actor, permission: Permission, *, approval: Approval | None, subject: str | None = None
) -> UUID:
    """Let an act pass that two people must stand for; returns the other person's id.

    Raises:
        UserError: `permission.same_person`, and as `require`.
        ApprovalNeeded: as `require`, also when the actor holds the permission.
    """
    if not holds(actor.role, permission) and not may_be_given(actor.role, permission):
        raise denied(permission)
    if approval is not None and approval.approver == actor.id:
        raise UserError("permission.same_person", "This needs two people: a second one must type a PIN.")
    return _spent(permission, approval, subject)


def require_any(actor: Actor, *permissions: Permission) -> None:
    """Let a look pass that any one of several permissions allows. Raises UserError `permission.denied`."""
    if not any(holds(actor.role, permission) for permission in permissions):
        raise denied(permissions[0])


class PinCheck(Protocol):
    """What proves who a person is: `Operators`."""

    def sign_in(self, who: str | UUID, pin: str) -> Actor:
        """Return the person; errors as `Operators.sign_in`."""
        ...


class Approver:
    """Takes the PIN of a person who lets another do one act."""

    def __init__(self, people: PinCheck, clock: Clock) -> None:
        self._people = people
        self._clock = clock

    def approve(
        self, permission: Permission, subject: str | None, *, approver: str | UUID, pin: str
    ) -> Approval:
        """Approve one act of somebody else; `approver` is a name or an id, whose PIN counts as for sign-in.

        Raises:
            UserError: `permission.denied` (the approver does not hold it); `operator.*`, `pin.*` as
                `Operators.sign_in`.
        """
        person = self._people.sign_in(approver, pin)
        if not holds(person.role, permission):
            raise denied(permission)
        return Approval(permission, subject, approver=person.id, clock=self._clock)


def denied(permission: Permission) -> UserError:
    """Return the refusal of an act nobody can approve for this person."""
    return UserError("permission.denied", f"Your role does not allow this ({permission}).")


def _spent(permission: Permission, approval: Approval | None, subject: str | None) -> UUID:
    if approval is None:
        raise ApprovalNeeded(
            "permission.approval_needed",
            f"Somebody who may do this ({permission}) must approve it with a PIN.",
            permission.value,
        )
    return approval.spend(permission, subject)
