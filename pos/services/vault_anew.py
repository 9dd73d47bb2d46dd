"""A vault that nobody can open: set aside, and an empty one in its place (docs/secrets.md §6)."""

from __future__ import annotations

from pathlib import Path

from pos.domain.permissions import Actor, Permission
from pos.models.ledger_book import Book
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.facts import privileged_act
from pos.system.vault_file import VaultFile, check_phrase
from pos.tokens.errors import VaultError


def begin_vault_anew(
    units: Units, book: Book, file: VaultFile, *, actor: Actor, phrase: str, reason: str
) -> Path | None:
    """Make an empty vault under a new opening phrase; returns where the old one is kept, if there was one.

    Raises:
        UserError: `permission.denied`. VaultError: `vault.demo`, `vault.phrase_short`.
        MachineFault: `disk.*`.
    """
    require(actor, Permission.KEY_LOAD)
    if file.exists() and file.is_demo():
        raise VaultError("vault.demo", "The vault of a demo opens by itself.")
    check_phrase(phrase)
    # A power cut between the two leaves a till without a vault: the same again makes it.
    aside = file.set_aside() if file.exists() else None
    file.create(phrase)
    act = privileged_act(Permission.KEY_LOAD, "vault", "anew", reason=reason)
    with units.write() as unit:
        book.record(unit, "privileged_act", act, actor=actor.id)
    return aside
