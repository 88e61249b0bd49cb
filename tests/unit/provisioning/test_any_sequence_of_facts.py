"""Whatever is said in whatever order: promises of an order hold, and its history makes it again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.provisioning.books import load_rules
from services.provisioning.domain import deadlines, patterns
from services.provisioning.domain.fact_details import from_details, to_details
from services.provisioning.domain.facts import Fact, FactKind
from services.provisioning.domain.lifecycle import TABLE, apply, fold, open_order
from services.provisioning.domain.order import FiberOrder, State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Refused
from services.provisioning.domain.rules import DeadlineKind
from services.provisioning.domain.watches import POSSIBLE
from tests.unit.provisioning.fitting_facts import fact_of
from tests.unit.provisioning.samples import OPENED

RULES = load_rules()
# A few days close together, so that they often fit; the walk below makes most of them fit on purpose.
DAYS = st.dates(date(2026, 4, 1), date(2026, 4, 12))
KINDS = st.sampled_from([kind for kind in FactKind if kind is not FactKind.ORDER_OPENED])
# Mostly what the state waits for (a number picks one of these), now and then anything; hours pass before it.
Step = tuple[int | FactKind, date, date, int]
SCRIPTS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 23), st.integers(0, 23), st.integers(0, 23), KINDS),
        DAYS,
        DAYS,
        st.integers(0, 30),
    ),
    min_size=4,
    max_size=60,
)


@dataclass
class Walk:
    """An order, its history, and the clock."""

    order: FiberOrder = field(default_factory=lambda: open_order(*OPENED).after)
    history: list[tuple[Fact, datetime]] = field(default_factory=lambda: [OPENED])
    now: datetime = OPENED[1]

    def step(self, step: Step) -> None:
        """Let the hours pass and something be said."""
        pick, day, other, hours = step
        self.now += timedelta(hours=hours)
        wanted = [
            kind
            for state, kind in sorted(TABLE)
            if state is self.order.state and kind is not FactKind.ORDER_CANCELLED
        ]
        kind = wanted[pick % len(wanted)] if isinstance(pick, int) else pick
        self._try(fact_of(kind, day, other, self.order, self.now))

    def _try(self, fact: Fact) -> None:
        """Let a fact happen now, unless it is refused; a refusal changes nothing."""
        before = self.order
        try:
            move = apply(before, fact, self.now)
        except Refused:
            assert self.order == before
            return
        assert move.before == before
        self.order = move.after
        self.history.append((fact, self.now))


def broken(order: FiberOrder) -> list[str]:
    """Return the promises that the order breaks; the constraints of the table say the same in SQL."""
    state, live = order.state, order.state is not State.CANCELLED
    running = deadlines.running(order, RULES)
    promises = {
        "day N": not live or (state is State.AWAITING_CONSULT) == (order.consulted_on is None),
        "asked since day N": (order.attempt == 0) == (order.consulted_on is None),
        "held date": not live
        or (state in {State.DATE_HELD, State.DATE_CONFIRMED}) == (order.held_on is not None),
        "answer deadline": not live or (state is State.DATE_HELD) == (order.answer_by is not None),
        "deadline and its instant": (order.answer_by is None) == (order.answer_due_at is None),
        "fixed date": not live
        or (state in {State.CONSTRUCTION_SCHEDULED, State.ACTIVE}) == (order.construction_on is not None),
        "lit on its day": (state is State.ACTIVE) == (order.activated_on is not None)
        and order.activated_on in {None, order.construction_on},
        "pattern 6": order.plant_asked_on is None or Pattern.NOT_IMMEDIATE in order.met,
        "plant answer": not live
        or (state is State.AWAITING_PLANT_ANSWER)
        == (order.plant_asked_on is not None and order.plant_answered_on is None),
        "survey": not live or (state is State.AWAITING_SURVEY) == (order.survey_kind is not None),
        "day of survey": order.survey_on is None
        or state in {State.AWAITING_SURVEY, State.CANCELLED}
        or (order.construction_on is not None and order.survey_on <= order.construction_on),
        "works": (not live or (state is State.AWAITING_WORKS) == bool(order.obstacles))
        and not order.obstacles & order.cleared,
        "calls": (order.consult_tries == 0) == (order.consult_tried_on is None)
        and (order.consult_next_on is None or state in {State.AWAITING_CONSULT, State.CANCELLED}),
        "pattern 7": state not in {State.AWAITING_CUSTOMER, State.AWAITING_SALES}
        or Pattern.CUSTOMER_DELAY in order.met,
        "pattern 2": (order.registration_usual_by is not None) == (Pattern.ADDRESS_REGISTRATION in order.met),
        "late": order.overdue <= POSSIBLE[state],
        "latest fact": order.last_at >= order.since,
        "no pattern twice in a row": all(a is not b for a, b in zip(order.met, order.met[1:], strict=False)),
        "taken back": (order.reopen_state is None) == (order.reopen_plan_id is None)
        and (order.reopen_state is None or not live),
        "one deadline of a kind": len({each.kind for each in running}) == len(running),
        "no deadline before the latest fact": all(
            each.due_at > order.last_at
            for each in running
            if each.kind not in {DeadlineKind.CONSULT_DUE, DeadlineKind.ANSWER_BY}
        ),
        "nothing runs at the end": not (order.ended and running),
        "pattern in force": order.pattern is patterns.shown(order.met)[-1],
    }
    return [promise for promise, kept in promises.items() if not kept]


@given(SCRIPTS)
def test_promises_hold_and_the_history_makes_the_order_again(script: list[Step]) -> None:
    walk = Walk()

    for step in script:
        walk.step(step)
        assert not broken(walk.order)

    assert fold(walk.history) == walk.order
    assert walk.order.sequence == len(walk.history)


@given(SCRIPTS)
def test_a_fact_comes_back_from_the_history_as_it_went_in(script: list[Step]) -> None:
    walk = Walk()
    for step in script:
        walk.step(step)

    for fact, _ in walk.history:
        kept = json.loads(json.dumps(to_details(fact)))
        assert from_details(fact.kind.value, kept) == fact


@given(SCRIPTS)
def test_what_ended_stays_ended_unless_its_plan_takes_it_back(script: list[Step]) -> None:
    walk = Walk()
    ended: FiberOrder | None = None
    for step in script:
        walk.step(step)
        if walk.history[-1][0].kind is FactKind.ORDER_REOPENED:
            ended = None
        if walk.order.ended:
            ended = ended or walk.order
        if ended is not None:
            assert replace(walk.order, sequence=ended.sequence) == ended


def test_the_walk_reaches_every_corner() -> None:
    # A seeded generator instead of hypothesis: what hypothesis draws depends on which modules are loaded.
    rng = Random(1)
    kinds = [kind for kind in FactKind if kind is not FactKind.ORDER_OPENED]
    reached: set[tuple[State, FactKind]] = set()
    for _ in range(3000):
        walk = Walk()
        for _ in range(rng.randint(4, 60)):
            before = walk.order
            pick = rng.choice((rng.randint(0, 23), rng.randint(0, 23), rng.randint(0, 23), rng.choice(kinds)))
            days = [date(2026, 4, rng.randint(1, 12)) for _ in range(2)]
            walk.step((pick, days[0], days[1], rng.randint(0, 30)))
            if walk.order is not before:
                reached.add((before.state, walk.history[-1][0].kind))

    assert set(TABLE) - reached <= {(state, FactKind.ORDER_CANCELLED) for state in State}
