"""`kaitsu up`: the whole system until Ctrl-C, on the wall clock or on a faster one; what dies is started again."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from chassis.clock import create_record, open_clock, pause_record, utc_now
from ops.demo.example import curl, make_example, signed_headers
from ops.demo.screen import jars_line
from ops.runtime.program import program
from ops.runtime.system import System
from ops.runtime.trouble import Trouble

STATE: Final = Path(".kaitsu/up")
_LOOK_S: Final = 0.5


class OtherClock(Trouble):
    """The data of this folder were made under another kind of clock than the one that is asked for."""


@dataclass(frozen=True)
class Wishes:
    """What the command line asks for. rate: business seconds per second, None = the wall clock."""

    rate: float | None
    sandbox: bool
    state: Path
    cache: Path


def run_up(wishes: Wishes, console: Console) -> int:
    """Return the exit code after Ctrl-C or SIGTERM; nothing that was started is left.

    :raises OtherClock: see there.  :raises SystemRuns: the folder's system runs; nothing of it is touched.
    """
    stop = threading.Event()

    def on_signal(_number: int, _frame: object) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    system = System(
        wishes.state,
        cache=wishes.cache,
        sandbox=wishes.sandbox,
        say=lambda text: console.print(text, highlight=False),
        on_jars=jars_line(console),
    )
    system.hold()
    clock = "wall"
    try:
        clock = _settle_clock(wishes)
        system.start(clock=clock)
        (system.state / "run-clock").write_text(_kind(wishes))  # only now there are data under this clock
        greet(console, system, clock, rate=wishes.rate)
        while not stop.wait(_LOOK_S):
            _mend(system, console)
        console.print("\nStopping …")
    finally:
        system.stop()
        if clock != "wall":
            pause_record(Path(clock))
    console.print("Everything is stopped; the data stay in " + str(system.state), highlight=False)
    return 0


def _mend(system: System, console: Console) -> None:
    try:
        for name in system.mend():
            console.print(f"{name} had died and is started again", style="yellow")
    except Trouble as error:  # tried again at the next look, each time after a longer wait
        console.print(str(error), style="red", markup=False)


def _kind(wishes: Wishes) -> str:
    return "wall" if wishes.rate is None else "virtual"


def _settle_clock(wishes: Wishes) -> str:
    record, used = wishes.state / "clock.json", wishes.state / "run-clock"
    kind = _kind(wishes)
    if used.exists() and used.read_text().strip() != kind:
        raise OtherClock(
            f"the data in {wishes.state} were made under the {used.read_text().strip()} clock; "
            "use the same again, or another folder with --state"
        )
    if wishes.rate is None:
        return "wall"
    create_record(record, utc_now(), rate=wishes.rate)
    return str(record)


def greet(console: Console, system: System, clock: str, *, rate: float | None) -> None:
    """Say where everything is and what to try next."""
    addresses = system.addresses()
    now = open_clock(clock).now()
    example = system.state / "example-submission.json"
    body = make_example(now)
    example.write_bytes(body)
    signed = signed_headers(system.secrets.form_secrets, body, at=utc_now())
    console.print()
    for name, address in addresses.items():
        console.print(f"  {name:14s} {address}", highlight=False)
    pace = "the wall clock" if rate is None else f"{rate:g} seconds of business time per second"
    state = "" if system.state == STATE.resolve() else f" --state {system.state}"
    console.print(f"\nBusiness time: {now.isoformat(timespec='seconds')}, {pace}.", highlight=False)
    console.print("Try next, in another terminal:")
    for command, about in (
        (f"{program()} submit --example{state}", "send a signed form response, a new one each time"),
        (f"{program()} tail --follow{state}", "watch the events"),
        (f"{program()} orders list{state}", "where is which order"),
        (f"ls {system.mails}", "the mails that customers and sales got"),
    ):
        console.print(f"  [bold]{command}[/]   [dim]{about}[/]", highlight=False)
    console.print("or the same submission by hand (the signature holds for five minutes):")
    console.print(curl(addresses["intake"], signed, example), markup=False, highlight=False, soft_wrap=True)
    if rate is None:
        console.print(
            "\nCarrier and desk act at 09, 12, 15 and 18 o'clock in Tokyo, the desk on business days: a line takes a "
            f"week or more. With `{program()} up --virtual 3600 --state .kaitsu/fast` an hour passes each second, a "
            "line is lit within minutes, and its invoice comes after the end of the month, a quarter of an hour later.",
            highlight=False,
        )
    console.print("\nCtrl-C stops everything and leaves no process behind.")
