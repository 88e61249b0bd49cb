"""The commands `demo`, `up` and `submit`; they are registered by the command line's main module."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

STATE: Final = Path(".kaitsu")
CACHE: Final = STATE / "cache"
_PAGE_WIDTH: Final = 130


def demo(
    forms: Annotated[
        int, typer.Option(min=1, max=20_000, help="How many form submissions are posted.")
    ] = 300,
    seed: Annotated[int, typer.Option(help="Another seed invents other people, forms and mistakes.")] = 1,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep databases and topics of the run for a look.")
    ] = False,
) -> None:
    """Show an order's whole way: forms, four services on real Kafka and PostgreSQL, invoices, checks.

    About 90 days of business time pass in one or two minutes. Everything starts fresh in .kaitsu/demo and is
    stopped at the end. The exit code is 1 when a check is broken.
    """
    from ops.demo.run import Wishes, run_demo
    from ops.demo.stepper import NotQuiet

    console = _console()
    wishes = Wishes(forms=forms, seed=seed, keep=keep, state=STATE / "demo", cache=CACHE)
    try:
        code = asyncio.run(run_demo(wishes, console))
    except NotQuiet as error:
        console.print(f"The system did not come to rest: {error}", style="red", markup=False)
        code = 1
    raise typer.Exit(code)


def up(
    virtual: Annotated[
        float | None,
        typer.Option(min=1, max=3600, help="Seconds of business time per second; without it the wall clock."),
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox/--no-sandbox", help="Whether carrier and desk are played for you.")
    ] = True,
    state: Annotated[Path, typer.Option(help="Where data, logs, mails and secrets are kept.")] = STATE / "up",
) -> None:
    """Run the whole system until Ctrl-C; data survive, and what dies is started again."""
    from ops.demo.up import Wishes, run_up

    raise typer.Exit(run_up(Wishes(rate=virtual, sandbox=sandbox, state=state, cache=CACHE), _console()))


def submit(
    file: Annotated[
        Path | None, typer.Argument(help="A body as the form's script sends it; without one give --example.")
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Invent a clean response of today.")] = False,
    state: Annotated[Path, typer.Option(help="The folder of the system that `kaitsu up` runs.")] = STATE
    / "up",
) -> None:
    """Sign a form submission with the running system's secret, post it, and print the answer."""
    import httpx

    from chassis.clock import open_clock, utc_now
    from ops.demo.example import WEBHOOK, make_example, signed_headers
    from ops.runtime.secret import load_or_make
    from ops.runtime.trouble import Trouble

    if (file is None) == (not example):
        raise typer.BadParameter("give a file or --example")
    try:
        run = json.loads((state / "run.json").read_text())
    except OSError:
        raise Trouble(f"No system runs in {state}: start one with `kaitsu up`.") from None
    body = file.read_bytes() if file else make_example(open_clock(run["clock"]).now())
    signed = signed_headers(load_or_make(state / "secrets.json").form_secrets, body, at=utc_now())
    answer = httpx.post(
        f"{run['services']['intake']['url']}{WEBHOOK}", content=body, headers=signed, trust_env=False
    )
    console = _console()
    console.print(f"{answer.status_code} {answer.reason_phrase}", highlight=False)
    console.print_json(answer.text)
    raise typer.Exit(0 if answer.is_success else 1)


def _console() -> Console:
    """Return the terminal, or wide plain pages where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=_PAGE_WIDTH)
