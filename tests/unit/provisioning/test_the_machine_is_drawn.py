"""docs/machine says what the machine does: the picture, the table, a page for every pattern."""

from __future__ import annotations

import re
from itertools import combinations, product
from typing import Final
from xml.etree import ElementTree

import pytest

from kernel.times import local_date
from services.provisioning.books import load_rules
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.lifecycle import TABLE, fold
from services.provisioning.domain.order import BALL, State
from services.provisioning.domain.patterns import Pattern
from tests.arch.machine_layout import Card, Picture, Span, lanes, picture
from tests.arch.machine_pages import PAGES, STATES, table_page
from tests.arch.machine_picture import draw
from tests.support.machine_walk import explored
from tests.support.machine_ways import ball_days, typical_way

SVG: Final = "{http://www.w3.org/2000/svg}"


def test_states_and_patterns_have_their_words_and_pages() -> None:
    assert set(STATES) == set(State)
    assert {name for name in PAGES if "pattern-" in name} == {
        f"docs/machine/pattern-{pattern.value}.md" for pattern in Pattern
    }


def test_the_table_has_every_pair_once() -> None:
    page = table_page()
    sections = {part.split("`")[0]: part for part in page.split("\n## `")[1:]}

    for kind, state in product(FactKind, State):
        (row,) = re.findall(rf"^\| `{state}` \| (.*) \| (.*) \|$", sections[kind], flags=re.MULTILINE)
        assert (row[0] != "-") is ((state, kind) in TABLE), (state, kind)
        assert row[0] != "-" or row[1] != "-"


def test_the_picture_shows_every_way_between_two_states() -> None:
    shown = picture()
    cards = {card.state: card for card in shown.cards}
    ends = set(product([state for state in State if BALL[state]], shown.ends))

    for (before, kind), targets in explored().accepted.items():
        for after in targets:
            if after is before:
                assert kind in cards[before].stays or kind in shown.stays
            elif (before, kind) not in ends:
                assert kind in cards[before].leads.get(after, ()) or kind in cards[before].anywhere


def test_the_picture_begins_with_the_opening_and_ends_with_the_final_states() -> None:
    states = [card.state for card in picture().cards]

    assert states[0] is State.AWAITING_CONSULT
    assert states[-2:] == [State.ACTIVE, State.CANCELLED]
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
def test_a_typical_way_meets_its_pattern_only_and_takes_its_shortest_lead_time(pattern: Pattern) -> None:
    way = typical_way(pattern)

    first, last = way[0], way[-1]
    assert last.order.state is State.ACTIVE
    assert last.order.met == (() if pattern is Pattern.IMMEDIATE else (pattern,))
    assert fold([(stop.fact, stop.at) for stop in way]) == last.order
    day_n = last.order.consulted_on
    found_on = next((local_date(stop.at) for stop in way if stop.order.obstacles), None)
    from_on = found_on if pattern is Pattern.WORKS_FOUND_AFTER_SURVEY else day_n
    assert from_on
    assert last.order.activated_on
    assert (last.order.activated_on - from_on).days == load_rules().shortest_days[pattern]
    assert sum(days for _, days in ball_days(way)) == (local_date(last.at) - local_date(first.at)).days
