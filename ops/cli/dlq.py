"""`kaitsu dlq`: records that a service could not handle, and running them again."""

from __future__ import annotations

import getpass
from typing import Annotated, Any, Final

import typer

from ops.cli import show
from ops.cli.show import JsonOption
from ops.cli.target import StateOption, Target, find
from ops.runtime.databases import SERVICES
from ops.runtime.trouble import Trouble

app = typer.Typer(
    no_args_is_help=True,
    help="Dead letters: records that a service could not handle. They hold raw bytes, which are never shown here.",
)
_WAITING: Final = {"open", "queued"}
_HOLDS_ITS_KEY: Final = {"unexpected", "behind", "refused"}
_OUT_OF_ORDER: Final = (
    "It does not hold its key: later events of the key did not wait for it. A replay runs it after them."
)
ServiceArgument = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]
IdArgument = Annotated[int, typer.Argument(help="The letter's number, as the list shows it.")]
NoteOption = Annotated[str | None, typer.Option(help="Why; kept with the letter.")]
ByOption = Annotated[str | None, typer.Option(help="Who; without it the name that you are logged in with.")]


@app.command("list")
def list_letters(
    service: Annotated[str | None, typer.Option(help="Only this service's letters.")] = None,
    status: Annotated[
        str | None, typer.Option(help="open, queued (waits behind an open one), replayed or discarded.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many of each service.")] = 100,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """List dead letters of all services, the oldest first."""
    target = find(state)
    asked = [service] if service else [name for name in SERVICES if name in target.urls]
    found = [
        {"service": name, **row}
        for name in asked
        for row in target.rows(name, "/ops/dlq", "letters", most=limit, status=status)
    ]
    if as_json:
        show.as_json(found)
        return
    if not found:
        show.console.print(
            f"No dead letters{f' with status {status}' if status else ''} in {', '.join(asked)}."
        )
        return
    columns = ("service", "#id", "status", "reason", "type", "subject", "error", "dead since (Tokyo)")
    show.table(f"{len(found)} dead letters", columns, (_row(row) for row in found))
    if any(row["status"] in _WAITING for row in found):
        show.console.print("Next: kaitsu dlq show SERVICE ID, then kaitsu dlq replay SERVICE ID", style="dim")


@app.command("show")
def show_letter(
    service: ServiceArgument, letter: IdArgument, as_json: JsonOption = False, state: StateOption = None
) -> None:
    """Show all that is known about one letter, except its content."""
    row = _letter(find(state), service, letter)
    if as_json:
        show.as_json(row)
    else:
        show.pairs(f"Dead letter {letter} of {service}", row)
        if row["status"] in _WAITING and row["reason"] not in _HOLDS_ITS_KEY:
            show.console.print(_OUT_OF_ORDER)


@app.command("replay")
def replay(
    service: ServiceArgument,
    letter: IdArgument,
    note: NoteOption = None,
    by: ByOption = None,
    state: StateOption = None,
) -> None:
    """Run a letter through its handler again, with everything of its key that waits behind it, in order.

    Nothing happens when somebody else has replayed it already. When the handler refuses it again nothing changes.
    """
    target = find(state)
    before = _letter(target, service, letter)
    done = target.post(service, f"/ops/dlq/{letter}/replay", {"by": by or getpass.getuser(), "note": note})[
        "replayed"
    ]
    if done:
        show.console.print(f"Replayed {len(done)} of {service}: {', '.join(map(str, done))}")
    else:
        show.console.print(f"Nothing to do: letter {letter} was {before['status']} already.")


@app.command("discard")
def discard(
    service: ServiceArgument,
    letter: IdArgument,
    note: Annotated[str, typer.Option(help="Why it is not needed; kept with the letter.")],
    by: ByOption = None,
    state: StateOption = None,
) -> None:
    """Close a letter without handling it; what waits behind it can then be replayed."""
    answer = find(state).post(
        service, f"/ops/dlq/{letter}/discard", {"by": by or getpass.getuser(), "note": note}
    )
    done, waiting = answer["discarded"], answer["waiting"]
    show.console.print(
        f"Discarded {letter} of {service}." if done else f"Letter {letter} was closed already."
    )
    if waiting:
        show.console.print(
            f"Behind it wait {', '.join(map(str, waiting))}: kaitsu dlq replay {service} {waiting[0]}"
        )


def _letter(target: Target, service: str, letter: int) -> dict[str, Any]:
    if service not in SERVICES:
        raise Trouble(f"There is no service {service}: it is one of {', '.join(SERVICES)}.")
    return target.get(service, f"/ops/dlq/{letter}")


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    error = f"{row['error_class']} {row['detail']}".strip()
    return (
        row["service"], row["id"], row["status"], row["reason"], row["type"], row["subject"], error,
        row["dead_at"],
    )  # fmt: skip
