"""docs/machine says what the machine does: the picture, the table, a page for every pattern."""

from __future__ import annotations

import re
from itertools import combinations, product
from typing import Final
from xml.etree import ElementTree

import pytest

from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.lifecycle import TABLE
from services.provisioning.domain.order import State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code
from tests.support.machine.drawing import draw
from tests.support.machine.layout import Card, Picture, Span, lanes, picture
from tests.support.machine.pages import index_page, pattern_page, table_page
from tests.support.machine.walk import explore
from tests.support.machine.ways import ball_days, day_of, typical_way
from tests.support.machine.words import CODES, PATTERNS, STATES, fact_about

MET: Final = {node.order.pattern for node in explore().nodes.values()}
SVG: Final = "{http://www.w3.org/2000/svg}"


def sections(page: str) -> dict[str, str]:
    """Return the parts of the table page, by state."""
    parts = re.split(r"^#+ (.*)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_states_patterns_and_codes_all_have_their_words() -> None:
    assert set(STATES) == set(State)
    assert set(PATTERNS) == set(Pattern)
    assert set(CODES) == set(Code)
    assert all(fact_about(kind).endswith(".") for kind in FactKind)


@pytest.mark.parametrize("state", State)
def test_the_table_has_every_pair_once(state: State) -> None:
    accepts, refuses = sections(table_page())[state].split("| refuses as |")

    for kind in FactKind:
        in_first_column = f"\n| `{kind}` |" in accepts
        assert in_first_column is ((state, kind) in TABLE), kind
        assert (f"`{kind}`" in refuses) is not in_first_column, kind


def test_the_picture_shows_every_way_between_two_states() -> None:
    shown = picture()
    cards = {card.state: card for card in shown.cards}
    ends = set(product([state for state in State if not_ended(state)], shown.ends))

    for edge in explore().edges:
        before, kind, after = edge.before.order.state, edge.fact.kind, edge.after.state
        if after is before:
            assert kind in cards[before].stays or kind in shown.stays
        elif (before, kind) not in ends:
            assert kind in cards[before].leads.get(after, ()) or kind in cards[before].anywhere


def not_ended(state: State) -> bool:
    return any(node.order.state is state and not node.order.ended for node in explore().nodes.values())


def test_the_picture_begins_with_the_opening_and_ends_with_the_final_states() -> None:
    states = [card.state for card in picture().cards]

    assert states[0] is State.AWAITING_CONSULT
    assert set(states[-2:]) == {State.ACTIVE, State.CANCELLED}
    assert len(states) == len(set(states)) == len(State)


def test_the_picture_is_whole_and_speaks_to_those_who_do_not_see_it() -> None:
    root = ElementTree.fromstring(draw(picture()))  # noqa: S314 -- our own figure
    width, height = (float(number) for number in root.attrib["viewBox"].split()[2:])

    assert root.attrib["role"] == "img"
    assert [root.find(f"{SVG}{tag}") is not None for tag in ("title", "desc")] == [True, True]
    texts = [each.text or "" for each in root.iter(f"{SVG}text")]
    assert set(State) | {kind for _, kind in TABLE} <= {text.removeprefix("→ ") for text in texts}
    for each in root.iter(f"{SVG}text"):
        wide = {"h": 10.5, "t": 9.5, "q": 7.3}.get(
            each.attrib.get("class", ""), 8.0
        )  # px a letter, DejaVu Sans
        assert float(each.attrib["x"]) + wide * len(each.text or "") <= width, each.text
        assert float(each.attrib["y"]) <= height
    assert width <= 560
    assert "prefers-color-scheme:dark" in draw(picture())


def test_lines_in_one_lane_do_not_touch() -> None:
    states = list(State)
    spans = [Span(state, (10 * number,), 35 * number % 90) for number, state in enumerate(states)]

    numbers = lanes(spans)

    for one, other in combinations(spans, 2):
        if numbers[one.target] == numbers[other.target]:
            assert one.bottom < other.top or other.bottom < one.top
    assert len(numbers) == len(states)


def test_a_fact_to_everywhere_is_named_and_not_drawn() -> None:
    card = Card(State.CANCELLED, 0, {}, (FactKind.ORDER_CANCELLED,), ())

    drawn = draw(Picture((card,), (), ()))

    assert "back to where it was" in drawn
    assert "order_cancelled" in drawn
    assert 'class="l' not in drawn


@pytest.mark.parametrize("pattern", Pattern)
def test_the_page_of_a_pattern_says_whether_the_machine_can_meet_it(pattern: Pattern) -> None:
    page = pattern_page(pattern)

    assert ("cannot meet this pattern yet" in page) is (pattern not in MET)
    assert ("## What leads into it" in page) is (pattern in MET)
    assert f"(pattern-{pattern.value}.md)" in index_page()


@pytest.mark.parametrize("pattern", sorted(MET))
def test_a_typical_way_meets_its_pattern_only_and_lights_the_line(pattern: Pattern) -> None:
    way = typical_way(pattern)

    assert way[-1].order.state is State.ACTIVE
    assert way[-1].order.met == (() if pattern is Pattern.IMMEDIATE else (pattern,))
    assert [stop.order.sequence for stop in way] == list(range(1, len(way) + 1))
    assert "N" in [day_of(stop, way) for stop in way]
    assert sum(days for _, days in ball_days(way)) == (way[-1].at.date() - way[0].at.date()).days
