"""`kilotill sandbox`: the four payment providers on this machine, for trying things and for tests."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from pos.errors import UserError
from pos.gateways.sandbox import Sandbox, credentials
from pos.gateways.sandbox.callbacks import is_on_this_machine

PROVIDERS = ("mtn", "airtel", "paystack", "vtpass")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), required=True, help="The port; 0 takes a free one.")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same made-up values.")
@click.option(
    "--callback",
    "callbacks",
    multiple=True,
    metavar="PROVIDER=URL",
    help="Where airtel, paystack or vtpass send their callbacks; http on this machine only. MTN is told in "
    "each request.",
)
def sandbox(*, port: int, seed: int, callbacks: tuple[str, ...]) -> int:
    """Imitate MTN MoMo, Airtel Money, Paystack and VTpass on this machine until Ctrl-C.

    No money moves and nothing leaves the machine. The page at the printed address lists payments and lets
    you approve, refuse or delay them. docs/sandbox.md has the numbers to call and the fourteen scenarios.
    """
    urls = dict(_provider_and_url(one) for one in callbacks)
    # Signals are heard from before the address is printed: whoever reads it may already want to stop us.
    is_over = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        is_over.set()

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, stop)
    with _made(port, seed) as running:
        running.core.callback_urls |= urls
        click.echo("\n".join(_greeting(running.base_url)))
        while not is_over.wait(1):
            pass
    click.echo("Sandbox stopped.")
    return 0


def _made(port: int, seed: int) -> Sandbox:
    """Raises UserError `sandbox.port`."""
    try:
        return Sandbox(port, seed=seed)
    except OSError as error:
        text = f"Port {port} cannot be used: {error.strerror}. Give another one, or 0 for any that is free."
        raise UserError("sandbox.port", text) from error


def _provider_and_url(text: str) -> tuple[str, str]:
    provider, _, url = text.partition("=")
    if provider not in PROVIDERS[1:]:
        raise click.UsageError("--callback is airtel=URL, paystack=URL or vtpass=URL.")
    if not is_on_this_machine(url):
        raise click.UsageError(
            "A callback goes to http on this machine only, for example http://127.0.0.1:8000/x."
        )
    return provider, url


def _greeting(base_url: str) -> list[str]:
    keys = credentials.MTN_SUBSCRIPTION_KEYS
    return [
        f"Sandbox at {base_url} - no money moves here. Stop with Ctrl-C.",
        f"  /mtn         API user {credentials.MTN_USER}, key {credentials.MTN_API_KEY}",
        f"               subscription keys {keys['collection'][0]}, refunds {keys['disbursement'][0]}",
        f"  /airtel      client {credentials.AIRTEL_CLIENT_ID}, secret {credentials.AIRTEL_CLIENT_SECRET}",
        f"  /paystack    secret key {credentials.PAYSTACK_SECRET_KEY}",
        f"  /vtpass/api  api-key {credentials.VTPASS_API_KEY}, public-key {credentials.VTPASS_PUBLIC_KEY}",
        f"               secret-key {credentials.VTPASS_SECRET_KEY}",
    ]
