"""What every command on a data folder shares: which folder, secrets and PINs from standard input, output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from pos.bootstrap import Access, Till, VaultUse, open_till
from pos.domain.money import AmountTextError, parse_major, parse_scaled
from pos.domain.permissions import Actor, Role
from pos.domain.shift import CashCount, parse_count
from pos.errors import UserError
from pos.system.paths import DataFolder, choose_data_folder
from pos.system.secrets import PassphraseQuestion

LOCAL_READER = Actor(UUID(int=0), 0, "command line", Role.AUDITOR)
"""Whoever may read the data folder may look; nothing is written in this name."""

PHRASE_VARIABLE = "KILOTILL_OPENING_PHRASE"


@dataclass(slots=True)
class CommandContext:
    """The `--data` folder of this run and the lines of its standard input."""

    folder: DataFolder
    reads_passphrase: bool
    _lines: Iterator[str] = field(default_factory=lambda: iter(sys.stdin or ()))

    @contextmanager
    def till(self, access: Access, vault: VaultUse = VaultUse.OPEN) -> Iterator[Till]:
        """Open the till; a passphrase or phrase is taken from standard input, the environment or a prompt."""
        with open_till(
            self.folder,
            access,
            passphrase=self.passphrase() if access is Access.WRITES else None,
            ask_passphrase=self.ask_passphrase,
            ask_phrase=self.opening_phrase,
            vault=vault,
        ) as till:
            yield till

    def passphrase(self) -> str | None:
        """Return the first line of standard input when `--passphrase-stdin` was given."""
        if not self.reads_passphrase:
            return None
        self.reads_passphrase = False
        return self.next_line("the passphrase")

    def ask_passphrase(self, question: PassphraseQuestion) -> str | None:
        """Ask for the passphrase of the sealed secrets, if a person is there to answer."""
        if not _is_terminal():
            return None
        is_new = question is PassphraseQuestion.NEW
        text = "New passphrase of this till" if is_new else "Passphrase of this till"
        answer: str = click.prompt(text, hide_input=True, confirmation_prompt=is_new)
        return answer

    def opening_phrase(self, *, is_new: bool = False) -> str | None:
        """Return the vault's opening phrase from the environment, else typed unseen; None for no answer."""
        phrase = os.environ.get(PHRASE_VARIABLE)
        if phrase is None and _is_terminal():
            text = "Opening phrase of the vault" + ("" if is_new else " (empty: it stays locked)")
            phrase = click.prompt(
                text, default="", show_default=False, hide_input=True, confirmation_prompt=is_new
            )
        return phrase or None

    def secret_line(self, what: str, *, from_stdin: bool) -> str:
        """Return a secret from the next line of standard input, or typed unseen."""
        if from_stdin:
            return self.next_line(what)
        text: str = click.prompt(what, hide_input=True)
        return text

    def next_line(self, what: str) -> str:
        """Return the next line of standard input without its end; usage error where there is none."""
        line = next(self._lines, None)
        if line is None:
            raise click.UsageError(f"Standard input ended where {what} was expected.")
        return line.rstrip("\r\n")

    def sign_in(self, till: Till, name: str, *, pin_from_stdin: bool) -> Actor:
        """Sign a person in; the PIN is the next line of standard input, or typed unseen."""
        return till.sign_in.sign_in(name, self.secret_line(f"PIN of {name}", from_stdin=pin_from_stdin))


def _is_terminal() -> bool:
    """Whether a person can answer: standard input may be a pipe, or closed."""
    return sys.stdin is not None and sys.stdin.isatty()


pass_command = click.make_pass_decorator(CommandContext)


def make_context(data: Path | None, *, reads_passphrase: bool) -> CommandContext:
    """Return the context of a run; `data` is the `--data` option."""
    return CommandContext(choose_data_folder(data), reads_passphrase)


def money_option(text: str, currency: str, name: str) -> int:
    """Return minor units of an amount typed in major units; usage error for anything else."""
    try:
        return parse_major(text, currency)
    except AmountTextError as error:
        raise click.BadParameter(error.text, param_hint=name) from error


def units_option(text: str) -> int:
    """Return thousandths of units typed as `12.5`; usage error for anything else."""
    try:
        return parse_scaled(text, 3)
    except AmountTextError as error:
        raise click.BadParameter(error.text, param_hint="--units") from error


def count_option(text: str, currency: str, name: str) -> CashCount:
    """Return the cash of a count such as `5000x3,1000x12`; usage error for anything else."""
    try:
        return parse_count(text, currency)
    except UserError as error:
        raise click.BadParameter(error.text, param_hint=name) from error


def show(answer: Mapping[str, Any], *, as_json: bool, text: str) -> None:
    """Write an answer for a machine or for a person."""
    click.echo(json.dumps(answer) if as_json else text)
