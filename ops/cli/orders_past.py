"""`kaitsu orders as-of`, `diff`, `explain`: an order as it was, what changed, and its story."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from ops.cli import show
from ops.cli.orders_tables import lines, say
from ops.cli.show import JsonOption
from ops.cli.target import StateOption, find

_TIME = "a day (2026-04-07: its end in Tokyo), a time in Tokyo (2026-04-07T12:00), or one with a zone"
RefArgument = Annotated[str, typer.Argument(help="Order number (FO-YYMM-NNNNNN-c) or order id.")]
KnownOption = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="TIME",
        help="Only what was written here by then; without it, all that is known today, also what came late.",
    ),
]


class Lang(StrEnum):
    """The languages of a story."""

    JAPANESE = "ja"
    ENGLISH = "en"


def as_of(
    ref: RefArgument,
    time: Annotated[str, typer.Argument(metavar="TIME", help=f"When: {_TIME}.")],
    known_at: KnownOption = None,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Show an order as it was at a time, by what is known today or was known at another time.

    A fact counts when it had happened by TIME. One that came late, said after it happened, counts by the day on which
    it happened; with --known-at only if it was written here by then. Compare the two to see what nobody knew yet.
    """
    then = find(state).get("provisioning", f"/ops/orders/{ref}/as-of", at=time, known_at=known_at)
    if as_json:
        show.as_json(then)
        return
    known = f", as known at {show.instant(then['known_at'])}" if known_at else ""
    title = f"Order {then['order_no']} at {show.instant(then['at'])} (Tokyo){known}"
    if then["order"] is None:
        say(f"{title}: not there yet.")
        return
    hidden = {"order_id", "correlation_id", "order_no", "sequence"}
    known_fields = {name: value for name, value in then["order"].items() if value not in (None, [])}
    say(title, style="bold")
    lines(
        "",
        ("field", "value"),
        ((name, _value(value)) for name, value in known_fields.items() if name not in hidden),
    )
    _facts("Facts that count", then["facts"])
    _unfounded(then["unfounded"])


def diff(
    ref: RefArgument,
    time1: Annotated[str, typer.Argument(metavar="TIME1", help=f"From: {_TIME}.")],
    time2: Annotated[str, typer.Argument(metavar="TIME2", help="To: the same, not before TIME1.")],
    known_at: KnownOption = None,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Show what changed between two times, field by field, and which facts did it."""
    query = {"from": time1, "to": time2, "known_at": known_at}
    change = find(state).get("provisioning", f"/ops/orders/{ref}/diff", **query)
    if as_json:
        show.as_json(change)
        return
    span = f"{show.instant(change['from'])} and {show.instant(change['to'])} (Tokyo)"
    if not change["changes"]:
        say(f"Order {change['order_no']}: nothing changed between {span}.")
        return
    lines(
        f"Order {change['order_no']}: what changed between {span}",
        ("field", "facts", "from -> to"),
        (
            (
                each["field"],
                ",".join(map(str, each["facts"])),
                f"{_value(each['before'])} -> {_value(each['after'])}",
            )
            for each in change["changes"]
        ),
    )
    _facts("The facts that did it", change["facts"])
    _unfounded(change["unfounded"])


def explain(
    ref: RefArgument,
    lang: Annotated[Lang, typer.Option(help="ja or en.")] = Lang.JAPANESE,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Tell an order's story: where it is, since when, who has the ball, why, which dates were told, what is late.

    Each statement ends with the fact that says so: its number in the history and its day, as `orders show` lists them.
    """
    story = find(state).get("provisioning", f"/ops/orders/{ref}/story", lang=lang.value)
    if as_json:
        show.as_json(story)
        return
    say(f"{story['order_no']}", style="bold")
    say(story["text"])


def _facts(title: str, facts: list[dict[str, Any]]) -> None:
    lines(
        title,
        ("#", "happened (Tokyo)", "fact"),
        (
            (
                fact["sequence"],
                show.instant(fact["occurred_at"]),
                f"{fact['fact']} {show.brief(fact['details'])}",
            )
            for fact in facts
        ),
    )


def _unfounded(sequences: list[int]) -> None:
    if sequences:
        say(
            f"Left out: {', '.join(map(str, sequences))}, which rest on facts that had not happened by then.",
            style="dim",
        )


def _value(value: object) -> str:
    if value is None or value == []:
        return "nothing"
    if isinstance(value, str) and value.endswith("Z"):
        return show.instant(value)
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType]
