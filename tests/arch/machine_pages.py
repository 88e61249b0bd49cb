"""The pages about provisioning's machine, drawn and written from the code: docs/machine/."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from services.provisioning.domain.fact_details import FACTS
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.lifecycle import TABLE
from services.provisioning.domain.order import BALL, FiberOrder, State
from services.provisioning.domain.patterns import Pattern
from tests.arch.machine_picture import states_svg
from tests.arch.tree import ROOT
from tests.support.machine_walk import Explored, explored
from tests.support.machine_ways import Stop, ball_days, day_of, typical_way

_SHOWN_LATE: Final = {FactKind.JEOPARDY_RAISED, FactKind.JEOPARDY_CLEARED, FactKind.REMINDER_DUE}

STATES: Final[dict[State, str]] = {
    State.AWAITING_CONSULT: "The desk is to call the customer (コンサル).",
    State.AWAITING_SERVICE_ORDER: "The carrier is asked for a service order.",
    State.AWAITING_ADDRESS_REGISTRATION: "The site is not in the carrier's system and is being registered (住所登録).",
    State.AWAITING_CONSTRUCTION_DATE: "The service order exists; the carrier is to offer or fix a date.",
    State.AWAITING_PLANT_ANSWER: "The carrier's plant side is asked.",
    State.AWAITING_SURVEY: "The building, or the route outside, is to be surveyed.",
    State.AWAITING_WORKS: "General works (サービス総合工事) or permits must come first.",
    State.DATE_HELD: "The carrier holds a date until the customer has answered.",
    State.DATE_CONFIRMED: "The customer took the date; the carrier is to fix it.",
    State.AWAITING_CUSTOMER: "The date is lost; the customer is to say when.",
    State.AWAITING_SALES: "Sales must settle what stands in the way.",
    State.CONSTRUCTION_SCHEDULED: "The day of the construction is fixed.",
    State.ACTIVE: "The line is lit (開通).",
    State.CANCELLED: "The order is called off.",
}


def table_page() -> str:
    """Return docs/machine/table.md: every pair of state and fact, accepted or refused with its codes."""
    found = explored()
    rows = [
        "# Which state accepts which fact\n\n"
        f"All {len(State) * len(FactKind)} pairs of the {len(State)} states and {len(FactKind)} facts, as a walk "
        f"through the real machine ({len(found.nodes)} different orders) found them. Made by `make docs`; do not edit. "
        "[The picture](states.svg), [the patterns](README.md).\n\n"
        "Where a pair names both, it depends on the days that the fact names and on what the order knows.\n"
    ]
    for kind in FactKind:
        about = _first_line(FACTS[kind])
        rows.append(
            f"\n## `{kind.value}`\n\n{about}\n\n| state | accepted: leads to | refused: code |\n|---|---|---|\n"
        )
        for state in State:
            to = sorted(found.accepted.get((state, kind), set()))
            step = TABLE.get((state, kind))
            doing = f" (`{_name(step)}`)" if step else ""
            leads = ", ".join(f"`{each}`" for each in to) + doing if to else "-"
            codes = ", ".join(f"`{code}`" for code in sorted(found.refused.get((state, kind), set()))) or "-"
            rows.append(f"| `{state.value}` | {leads} | {codes} |\n")
    return "".join(rows)


def index_page() -> str:
    """Return docs/machine/README.md: states, who has the ball, and the patterns."""
    rows = [
        "# The machine of an order\n\n![States of an order](states.svg)\n\n"
        "Made by `make docs` from the code; do not edit. [Every pair of state and fact](table.md).\n\n"
        "| state | what it means | who has the ball |\n|---|---|---|\n"
    ]
    rows += [
        f"| `{state.value}` | {STATES[state]} | {BALL[state] or 'nobody: the end'} |\n" for state in State
    ]
    rows.append(
        "\n| pattern | what happens | share in the source | shortest time in the source |\n|---|---|---|---|\n"
    )
    for pattern in Pattern:
        row = _lead_time(pattern)
        rows.append(
            f"| [{pattern.value} {pattern.name}](pattern-{pattern.value}.md) | {_about(pattern)} | "
            f"{_share(row)} | {_shortest(row)} |\n"
        )
    rows.append(
        "\nSource: fiber-orders.md, The seven patterns (services/provisioning/data/lead_times.toml).\n"
    )
    return "".join(rows)


def pattern_page(pattern: Pattern) -> str:
    """Return the page of one pattern: share and time, what leads into it, a typical way, what may follow."""
    found, row = explored(), _lead_time(pattern)
    parts = [
        f"# Pattern {pattern.value}: {pattern.name}\n\n{_about(pattern)}.\n\n"
        "Made by `make docs` from the code; do not edit. [All patterns](README.md).\n\n"
        f"- Share in the source: {_share(row)}. Shortest time: {_shortest(row)}.\n"
    ]
    if "assumed" in row:
        parts.append(f"- Assumed: {row['assumed']}.\n")
    into = sorted(_leading_into(found, pattern))
    parts.append("\n## What leads into it\n\n")
    parts.append(
        "".join(f"- `{kind}` while `{state}`: {_link(TABLE[state, kind])}\n" for state, kind in into)
        or "Nothing has to happen: an order that meets no delay is of this pattern.\n"
    )
    parts.append("\n## A typical way\n\n")
    parts.append(_way(typical_way(pattern)))
    follows = sorted(_following(found, pattern))
    parts.append("\n## What may follow\n\n")
    parts.append("".join(f"- [{each.value} {each.name}](pattern-{each.value}.md)\n" for each in follows))
    return "".join(parts)


def _changes(found: Explored) -> Iterator[tuple[FiberOrder, FiberOrder, FactKind]]:
    """Yield what changes the pattern in force: the order before and after it, and the fact."""
    for node in found.nodes.values():
        for there, kinds in node.leads.items():
            after = found.nodes[there].order
            if after.pattern is not node.order.pattern:
                yield from ((node.order, after, kind) for kind in kinds)


def _leading_into(found: Explored, pattern: Pattern) -> set[tuple[State, FactKind]]:
    return {(before.state, kind) for before, after, kind in _changes(found) if after.pattern is pattern}


def _following(found: Explored, pattern: Pattern) -> set[Pattern]:
    return {after.pattern for before, after, _ in _changes(found) if before.pattern is pattern}


def _way(way: list[Stop]) -> str:
    """Return a way as a list of facts with their days, and who had the ball for how long."""
    if not way:
        return "Only together with another pattern.\n"
    stops = "".join(
        f"{number}. **{day_of(stop, way)}** `{stop.fact.kind}`: `{stop.order.state}`"
        f"{f', {stop.order.ball} has the ball' if stop.order.ball else ''}\n"
        for number, stop in enumerate(way, 1)
    )
    balls = "".join(f"| {party} | {days} |\n" for party, days in ball_days(way))
    return (
        "The fewest facts that meet this pattern and no other and light the line. Days count from the consult (N); the "
        "construction falls on the shortest lead time; other facts follow at once or on the days that they name.\n\n"
        f"{stops}\n| who has the ball | days of this way |\n|---|---|\n{balls}"
    )


def _lead_time(pattern: Pattern) -> dict[str, Any]:
    text = (ROOT / "services/provisioning/data/lead_times.toml").read_text(encoding="utf-8")
    (row,) = [row for row in tomllib.loads(text)["pattern"] if row["no"] == pattern.value]
    return row


def _about(pattern: Pattern) -> str:
    return {
        Pattern.IMMEDIATE: "The order is created and processed, survey and construction dates are obtained at once",
        Pattern.ADDRESS_REGISTRATION: "The site is not in the carrier's system: its registration comes first",
        Pattern.WORKS_FOUND_AFTER_SURVEY: "A survey finds that works or permits must come first",
        Pattern.NO_NEAR_DATE: "The carrier's system offers no near date; works or permits are expected",
        Pattern.EQUIPMENT_RETURN: "The carrier's equipment situation (設備戻り) loses a date or keeps one away",
        Pattern.NOT_IMMEDIATE: "No date can be fixed on the spot: the carrier's plant side is asked first",
        Pattern.CUSTOMER_DELAY: "Customer or sales did not answer in time, were not ready, or gave up a date",
    }[pattern]


def _share(row: dict[str, Any]) -> str:
    return f"{row['share']} %" if "share" in row else "other (outside of the hundred)"


def _shortest(row: dict[str, Any]) -> str:
    from_day = "the survey" if row["counted_from"] == "survey" else "the consult (N)"
    days = f"{row['shortest']} to {row['to']}" if "to" in row else f"{row['shortest']} or more"
    return f"{days} days from {from_day}"


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").split("\n", maxsplit=1)[0]


def _name(step: Callable[..., Any]) -> str:
    return f"{step.__module__.rpartition('.')[2]}.{step.__name__}"


def _link(step: Callable[..., Any]) -> str:
    return f"[`{_name(step)}`](../../{step.__module__.replace('.', '/')}.py)"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "docs/machine/README.md": index_page,
    "docs/machine/table.md": table_page,
    "docs/machine/states.svg": states_svg,
    **{f"docs/machine/pattern-{pattern.value}.md": partial(pattern_page, pattern) for pattern in Pattern},
}
