"""What `make run` shows until there is a counter: one demo token, explained."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from pos.services.demo_token import make_demo_token
from pos.system.qt_libraries import missing_qt_packages
from pos.tokens.digits import group


def show_demo_token() -> None:
    """Make one demo token and write it, what it means and a meter's answer to the terminal."""
    demo = make_demo_token(datetime.now(UTC))
    click.echo("Kilotill makes prepaid tokens a meter accepts. This one is for a demo meter, worth nothing:")
    click.echo()
    click.echo(f"  Meter         {demo.drn}   supply group {demo.supply_group} (demo)")
    click.echo(f"  Token         {group(demo.token)}")
    click.echo()
    for sentence in demo.explanation:
        click.echo(f"  {sentence}")
    click.echo()
    click.echo(
        f"  Typed into a virtual meter, it answers {demo.first_answer}; typed again, {demo.second_answer}."
    )
    click.echo()
    click.echo("Try: .venv/bin/kilotill sts explain 5649 3153 7254 5031 3471")
    click.echo("     .venv/bin/kilotill sts self-test")
    if packages := missing_qt_packages():
        click.echo(f"For windows later, Debian needs: apt-get install {' '.join(packages)}", err=True)
