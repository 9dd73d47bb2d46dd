"""`kilotill sts`: token work for scripts (JSON lines) and for people (explain, self-test)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from pos.errors import KilotillError, UserError
from pos.services.sts_lines import OPERATIONS, answer_lines, error_answer
from pos.services.sts_request import LINE_LENGTH_MAX
from pos.services.sts_self_test import run_self_test
from pos.tokens.cipher import KEY_LENGTHS, BlockCipher, cipher_for
from pos.tokens.decode import DecodedToken, decode_token, is_encrypted
from pos.tokens.digits import group, parse_token
from pos.tokens.explain import CLASS_NAMES, explain
from pos.tokens.names import BaseDate, EncryptionAlgorithm

LINE_BYTES_MAX = 4 * LINE_LENGTH_MAX + 2
"""No line within the limit of characters is longer in UTF-8."""

_LINES_HELP = f"""Make and read STS tokens.

Without a sub-command: reads requests from standard input, one JSON object a line, and writes one JSON answer
a line. A bad line is answered {{"error": {{"code", "message"}}}} and the rest goes on; the exit code is 1 if
any line failed.

Each request has "op", one of: {", ".join(OPERATIONS)}. An "id" is echoed. Example:

  echo '{{"op":"luhn","payload":"1234567890"}}' | kilotill sts

docs/command-line.md lists every op with its values and an example.
"""


@click.group(invoke_without_command=True, help=_LINES_HELP)
@click.pass_context
def sts(context: click.Context) -> int:
    """Answer JSON lines from standard input."""
    if context.invoked_subcommand is not None:
        return 0
    if sys.stdin is None:
        raise click.UsageError("Standard input is closed: there are no lines to read.")
    if sys.stdin.isatty():
        click.echo(
            "Reading JSON lines from the keyboard; end with Ctrl-D. Help: kilotill sts --help", err=True
        )
    has_failed = False
    for result in answer_lines(_standard_input_lines()):
        click.echo(result.text)
        has_failed |= result.is_error
    return 1 if has_failed else 0


def _standard_input_lines() -> Iterator[str]:
    # Bytes that are not UTF-8 must spoil their own line only, so the text layer's strict decoding is not
    # used. Some programs start a file with a byte order mark: "-sig" drops it.
    while line := sys.stdin.buffer.readline(LINE_BYTES_MAX):
        yield line.decode("utf-8-sig", errors="replace")
        while len(line) == LINE_BYTES_MAX and not line.endswith(b"\n"):
            line = sys.stdin.buffer.readline(LINE_BYTES_MAX)  # the rest of a line refused as too long


@sts.command(name="explain")
@click.argument("token", nargs=-1, required=True)
@click.option(
    "--key", "key_hex", metavar="HEX", help="The meter's decoder key: 16 hex digits (EA07) or 32 (EA11)."
)
@click.option(
    "--ea",
    type=click.Choice(["07", "11"]),
    help="Encryption algorithm; without it the length of the key decides.",
)
@click.option(
    "--base-date",
    type=click.Choice([date.value for date in BaseDate]),
    help="Says the token's identifier as a date.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of sentences.")
def explain_command(
    token: tuple[str, ...], key_hex: str | None, ea: str | None, base_date: str | None, *, as_json: bool
) -> int:
    """Say in plain words what the 20 digits of TOKEN mean; blanks and dashes do not matter.

    Test and display tokens (class 1) need no key. Others are encrypted: without --key only their class is
    known.
    """
    if ea is not None and key_hex is None:
        raise click.UsageError("--ea says how --key is used: give both.")
    try:
        _explain(" ".join(token), key_hex, ea, BaseDate(base_date) if base_date else None, as_json=as_json)
    except KilotillError as error:
        if not as_json:
            raise
        click.echo(json.dumps(error_answer(error)))
        return 1
    return 0


@sts.command(name="self-test")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object instead of a table.")
def self_test_command(*, as_json: bool) -> int:
    """Run the packed proof vectors through the token engine; exit 1 on any difference."""
    report = run_self_test()
    if as_json:
        counts = {kind: {"passed": passed, "failed": failed} for kind, passed, failed in report.counts}
        click.echo(json.dumps({"passed": report.passed, "failed": report.failed, "kinds": counts}))
    else:
        for kind, passed, failed in report.counts:
            click.echo(f"{kind:<26}{passed:>5} passed{failed:>5} failed")
        for difference in report.differences:
            click.echo(f"DIFFERENT {difference}")
        click.echo(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


def _explain(
    text: str, key_hex: str | None, ea: str | None, base_date: BaseDate | None, *, as_json: bool
) -> None:
    if not is_encrypted(text):
        _show(decode_token(text), text, base_date, as_json=as_json)
    elif key_hex is None:
        _show_encrypted(text, as_json=as_json)
    else:
        _show(decode_token(text, _cipher(key_hex, ea)), text, base_date, as_json=as_json)


def _cipher(key_hex: str, ea: str | None) -> BlockCipher:
    try:
        key = bytes.fromhex(key_hex)
    except ValueError:
        raise UserError("key.hex", "A key is written in hexadecimal digits, two a byte.") from None
    if ea is None:
        by_length = {length: algorithm for algorithm, length in KEY_LENGTHS.items()}
        return cipher_for(by_length.get(len(key), EncryptionAlgorithm.STA), key)
    return cipher_for(EncryptionAlgorithm(ea), key)


def _show(decoded: DecodedToken, text: str, base_date: BaseDate | None, *, as_json: bool) -> None:
    sentences = explain(decoded, base_date)
    if as_json:
        answer = {"class": int(decoded.token_class), "subclass": decoded.subclass, "name": decoded.name}
        click.echo(json.dumps({**answer, "tid": decoded.tid, "explanation": sentences}))
        return
    click.echo(group(text.replace(" ", "").replace("-", "")))
    click.echo(f"Class {int(decoded.token_class)} ({CLASS_NAMES[decoded.token_class]}), {decoded.name}.")
    for sentence in sentences:
        click.echo(sentence)


def _show_encrypted(text: str, *, as_json: bool) -> None:
    token_class, _ = parse_token(text)
    sentence = "Its content is encrypted: give the meter's key with --key to read it."
    if as_json:
        unread = {"subclass": None, "name": None, "tid": None}
        click.echo(json.dumps({"class": int(token_class), **unread, "explanation": [sentence]}))
        return
    click.echo(group(text.replace(" ", "").replace("-", "")))
    click.echo(f"Class {int(token_class)} ({CLASS_NAMES[token_class]}). {sentence}")
