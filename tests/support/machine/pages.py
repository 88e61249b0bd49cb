"""The pages of docs/machine, made from the machine, the samples and the book of lead times; `make docs` writes them."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import resources
from typing import Any, Final

from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.lifecycle import TABLE, Step
from services.provisioning.domain.order import BALL, State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code
from tests.support.machine.drawing import states_svg
from tests.support.machine.walk import Edge, Explored, both_ways, explore, pattern_steps
from tests.support.machine.ways import ball_days, day_of, typical_way
from tests.support.machine.words import CODES, PATTERNS, STATES, fact_about

_MADE: Final = "Made by `make docs`; do not edit."
_UP: Final = "../../"


def index_page() -> str:
    """Return docs/machine/README.md."""
    found = explore()
    patterns = "".join(
        f"| [{pattern.value}](pattern-{pattern.value}.md) | {PATTERNS[pattern].title} | {_share(_row(pattern))} "
        f"| {_lead_time(_row(pattern))} | {'yes' if _met(found, pattern) else '**not yet**'} |\n"
        for pattern in Pattern
    )
    return (
        f"# The machine of an order\n\n{len(State)} states, {len(FactKind)} kinds of facts, "
        f"{len(TABLE)} of {len(State) * len(FactKind)} pairs accepted, every other one refused with a code. {_MADE}\n\n"
        "- [The table](table.md): what every state does with every fact.\n"
        "- [The picture](states.svg), below.\n"
        "- The patterns, one page each:\n\n"
        "| no | pattern | share | shortest lead time | the machine can meet it |\n|---|---|---|---|---|\n"
        f"{patterns}\n"
        "What these pages say was found by walking through the machine: from the opening, everything that can be said "
        f"next, until nothing new was reached ({len(found.nodes)} places, {len(found.edges)} accepted facts). "
        "`tests/unit/provisioning/test_the_whole_machine.py` proves on the same walk that there is no dead end, that "
        "nothing is out of reach, and that repeats and swapped facts do no harm.\n\n"
        "![The states of an order and the facts between them](states.svg)\n"
    )


def table_page() -> str:
    """Return docs/machine/table.md: every pair of a state and a fact."""
    found = explore()
    parts = [
        f"# What every state does with every fact\n\n{_MADE} [The picture](states.svg), [all pages](README.md).\n\n"
        "## The states\n\n| state | what it means | who has the ball |\n|---|---|---|\n",
        *(f"| [`{state}`](#{state}) | {STATES[state]} | {_owner(state)} |\n" for state in State),
        "\n## The facts\n\n| fact | what it says | accepted by |\n|---|---|---|\n",
        *(f"| `{kind}` | {fact_about(kind)} | {_accepting(kind)} |\n" for kind in FactKind),
        "\n## The codes of a refusal\n\n| code | why |\n|---|---|\n",
        *(f"| `{code}` | {CODES[code]} |\n" for code in Code),
        "\n# The table\n\nA fact that a state accepts may still be refused for what it says: the codes that were "
        "found. Where a refusal has several codes, the first is the plain one, the others were found where the order "
        "already knew more.\n",
        *(_section(found, state) for state in State),
        _swapped(found),
    ]
    return "".join(parts)


def _section(found: Explored, state: State) -> str:
    accepted = "".join(
        f"| `{kind}` | {_link(TABLE[state, kind])} | {_names(found.targets(state, kind))} "
        f"| {_names(_codes(found, state, kind)) or 'never'} |\n"
        for kind in FactKind
        if (state, kind) in TABLE
    )
    refused: dict[tuple[Code, ...], list[FactKind]] = {}
    for kind in FactKind:
        if (state, kind) not in TABLE:
            refused.setdefault(tuple(_codes(found, state, kind)), []).append(kind)
    rows = "".join(f"| {_said(codes)} | {_names(kinds)} |\n" for codes, kinds in refused.items())
    return (
        f"\n## {state}\n\n{STATES[state]} {_owner(state).capitalize()}"
        f"{' has the ball' if BALL[state] else ' has the ball any more'}.\n\n"
        "| accepts | by | leads to | may be refused as |\n|---|---|---|---|\n"
        f"{accepted}\n| refuses as | these |\n|---|---|\n{rows}"
    )


def _swapped(found: Explored) -> str:
    """Return the pairs of facts of which the later is refused in one order of arrival and none in the other."""
    rows: dict[tuple[FactKind, FactKind], dict[Code, None]] = {}
    for pair in both_ways(found):
        for one, other, there, back in (
            (pair.one, pair.other, pair.there, pair.back),
            (pair.other, pair.one, pair.back, pair.there),
        ):
            if not isinstance(there, Code) and isinstance(back, Code):
                rows.setdefault((one.fact.kind, other.fact.kind), {})[back] = None
    lines = "".join(
        f"| `{one}` | `{other}` | {_names(codes)} |\n" for (one, other), codes in sorted(rows.items())
    )
    return (
        "\n# Facts that arrive out of order\n\nTwo facts that a state both accepts, and that are accepted one after "
        "the other, may arrive the other way around. They then end in the same state, or one of them is refused; these "
        f"are refused.\n\n| accepted | and then | the other way around, one is refused as |\n|---|---|---|\n{lines}"
    )


def pattern_page(pattern: Pattern) -> str:
    """Return docs/machine/pattern-N.md."""
    found, about, row = explore(), PATTERNS[pattern], _row(pattern)
    steps = pattern_steps(found.edges)
    into = [edge for (_, after), edges in steps.items() if after is pattern for edge in edges]
    assumed = f" Assumed: {row['assumed']}." if "assumed" in row else ""
    parts = [
        f"# Pattern {pattern.value}: {about.title}\n\n{about.happens}\n\n"
        f"- Share of all orders: {_share(row)}\n- Shortest lead time: {_lead_time(row)}.{assumed}\n"
        f"- Source: {_book()['source']}, in force from {_book()['effective_from']} "
        f"([lead_times.toml]({_UP}services/provisioning/data/lead_times.toml))\n\n"
        f"{_MADE} [All pages](README.md), [the table](table.md).\n"
    ]
    if not _met(found, pattern):
        parts.append(
            "\n**The machine cannot meet this pattern yet.** No fact leads into it: nothing else is known.\n"
        )
        return "".join(parts)
    parts.append("\n## What leads into it\n\n")
    if pattern is Pattern.IMMEDIATE:
        parts.append("Every order is in it from `order_opened` on, until it meets another one.\n")
    else:
        parts.append(
            "| fact | in the state | leads to | in the code |\n|---|---|---|---|\n" + _leads_into(found, into)
        )
    follow = sorted({after for before, after in steps if before is pattern})
    parts.append(
        "\n## What may follow\n\n"
        + (
            "".join(
                f"- [Pattern {each.value}: {PATTERNS[each].title}](pattern-{each.value}.md)\n"
                for each in follow
            )
            or "No other pattern.\n"
        )
    )
    parts.append(_way(pattern))
    return "".join(parts)


def _leads_into(found: Explored, into: Iterable[Edge]) -> str:
    rows: dict[tuple[FactKind, State], set[State]] = {}
    for edge in into:
        rows.setdefault((edge.fact.kind, edge.before.order.state), set()).add(edge.after.state)
    kinds, states = list(FactKind), list(State)
    return "".join(
        f"| `{kind}` | `{state}` | {_names(each for each in State if each in rows[kind, state])} "
        f"| {_link(TABLE[state, kind])} |\n"
        for kind, state in sorted(rows, key=lambda pair: (kinds.index(pair[0]), states.index(pair[1])))
    )


def _way(pattern: Pattern) -> str:
    way = typical_way(pattern)
    if not way:
        return "\n## A typical way\n\nOnly together with another pattern.\n"
    lines = "".join(
        f"{number}. **{day_of(stop, way)}** `{stop.fact.kind}`: {fact_about(stop.fact.kind)}"
        f" Then `{stop.order.state}`{f', {stop.order.ball} has the ball' if stop.order.ball else ''}.\n"
        for number, stop in enumerate(way, 1)
    )
    balls = "".join(f"| {party} | {days} |\n" for party, days in ball_days(way))
    return (
        "\n## A typical way\n\nThe fewest facts that meet this pattern, no other one, and light the line. The days are "
        "those of the walk, counted from the consult (N): an example, no lead time.\n\n"
        f"{lines}\n| who has the ball | days of this way |\n|---|---|\n{balls}"
    )


def _met(found: Explored, pattern: Pattern) -> bool:
    return any(node.order.pattern is pattern for node in found.nodes.values())


def _codes(found: Explored, state: State, kind: FactKind) -> list[Code]:
    codes = found.refused.get((state, kind), {})
    return sorted(codes, key=lambda code: (-codes[code], code))


def _said(codes: tuple[Code, ...]) -> str:
    plain, *others = codes
    return f"`{plain}`" + (f", at times {_names(others)}" if others else "")


def _names(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _owner(state: State) -> str:
    party = BALL[state]
    return party.value if party else "nobody"


def _accepting(kind: FactKind) -> str:
    states = [state for state in State if (state, kind) in TABLE]
    if not states:
        return "none: it opens the order"
    if len(states) == len(State):
        return "every state"
    if set(states) == {state for state in State if BALL[state]}:
        return "every state under way"
    return _names(states)


def _link(step: Step) -> str:
    path = f"{step.__module__.replace('.', '/')}.py"
    assert inspect.getmodule(step) is not None
    return f"[`{step.__name__}`]({_UP}{path})"


def _book() -> Mapping[str, Any]:
    text = (resources.files("services.provisioning") / "data" / "lead_times.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _row(pattern: Pattern) -> Mapping[str, Any]:
    return next(row for row in _book()["pattern"] if row["no"] == pattern.value)


def _share(row: Mapping[str, Any]) -> str:
    return f"{row['share']} %" if "share" in row else "other: outside of the shares"


def _lead_time(row: Mapping[str, Any]) -> str:
    days = f"{row['shortest']} to {row['to']} days" if "to" in row else f"{row['shortest']} days or more"
    return f"{days} from the {row['counted_from']}"


MACHINE_PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/machine/README.md": index_page,
    "docs/machine/table.md": table_page,
    "docs/machine/states.svg": states_svg,
    **{f"docs/machine/pattern-{pattern.value}.md": partial(pattern_page, pattern) for pattern in Pattern},
}
