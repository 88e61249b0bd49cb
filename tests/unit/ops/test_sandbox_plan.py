"""What carrier and desk say: from the consult to the lit line, in time, and the same again after a restart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts import partners, works
from contracts.envelope import from_headers, to_headers
from kernel.ids import format_order_no
from kernel.times import TOKYO, local_date
from ops.sandbox.book import Book
from ops.sandbox.calendar import japanese_calendar, next_business_slot
from ops.sandbox.law import read_law
from ops.sandbox.plan import Progress
from ops.sandbox.player import envelope_of
from tests.support.machine_world import MachineWorld

LAW = read_law()
CALENDAR = japanese_calendar()
START = datetime(2026, 4, 2, 0, tzinfo=UTC)  # Thursday, 09:00 in Tokyo
NUMBERS = [format_order_no(2026, 4, serial) for serial in range(1, 501)]


def undisturbed(number: str) -> bool:
    """Return whether nothing but its pattern happens to the order."""
    chance = LAW.destiny(number)
    return chance.cancel_days is None and chance.wish_days is None and chance.called_off is None


ONE_PER_PATTERN = {
    pattern: next(
        number for number in NUMBERS if LAW.destiny(number).pattern == pattern and undisturbed(number)
    )
    for pattern in range(1, 8)
}


def played(number: str) -> tuple[MachineWorld, Book]:
    book, world = Book(LAW, CALENDAR), MachineWorld(number)
    world.play(book, START)
    return world, book


def days_to_lit(world: MachineWorld) -> int:
    consult, lit = world.fact(works.ConsultDoneV1), world.fact(works.OrderActivatedV1)
    assert isinstance(consult, works.ConsultDoneV1)
    assert isinstance(lit, works.OrderActivatedV1)
    return (lit.activated_on - consult.consulted_on).days


def test_every_order_ends_lit_or_called_off_and_leaves_nothing_to_say() -> None:
    for number in NUMBERS:
        world, book = played(number)

        ends = [
            fact
            for fact, _ in world.facts
            if isinstance(fact, works.OrderActivatedV1 | works.OrderCancelledV1)
        ]
        assert len(ends) == 1
        assert book.next_due(START) is None


def test_no_order_is_lit_before_the_shortest_time_of_its_pattern_and_some_just_then() -> None:
    times: defaultdict[int, list[int]] = defaultdict(list)
    for number in NUMBERS:
        if undisturbed(number):
            times[LAW.destiny(number).pattern].append(days_to_lit(played(number)[0]))

    assert min(times[1]) == 6
    assert min(times[2]) in range(10, 14)
    assert min(times[3]) >= 20
    assert min(times[4]) >= 30
    assert min(times[5]) >= 30
    assert min(times[6]) > min(times[1])
    assert min(times[7]) > min(times[1])


def test_everything_is_said_on_the_grid_and_the_desk_speaks_on_business_days() -> None:
    for number in NUMBERS[:200]:
        for action in played(number)[0].said:
            local = action.due.astimezone(TOKYO)
            assert (local.hour, local.minute) in {(hour, 0) for hour in LAW.grid.hours}
            if isinstance(action.claim, partners.DeskClaim) and action.step != "date_confirmed":
                assert CALENDAR.is_business_day(local_date(action.due))


def test_a_restart_plans_the_same_actions_under_the_same_ids() -> None:
    for number in ONE_PER_PATTERN.values():
        world, book = played(number)

        again = Book(LAW, CALENDAR)
        for fact, envelope in world.facts:
            again.take(fact, envelope)

        first, second = book.plans[number].actions, again.plans[number].actions
        assert [(one.id, one.due, one.claim) for one in first] == [
            (one.id, one.due, one.claim) for one in second
        ]
        assert [one.progress for one in first] == [one.progress for one in second]
        assert again.due(START + timedelta(days=365)) == []


def test_a_restart_in_the_middle_says_what_was_not_yet_accepted_again() -> None:
    world, _ = played(ONE_PER_PATTERN[1])

    for cut in range(1, len(world.facts)):
        again = Book(LAW, CALENDAR)
        for fact, envelope in world.facts[:cut]:
            again.take(fact, envelope)
        open_now = {action.id for action in again.due(START + timedelta(days=365))}
        assert open_now <= {action.id for action in world.said}


def test_refilled_topics_change_nothing() -> None:
    world, book = played(ONE_PER_PATTERN[5])
    before = book.show()

    for fact, envelope in world.facts:
        book.take(fact, envelope)

    assert book.show() == before


def test_every_order_meets_the_pattern_that_chance_had_in_store() -> None:
    for number in NUMBERS:
        chance, (world, _) = LAW.destiny(number), played(number)
        if chance.cancel_days is None:
            assert chance.pattern == 1 or chance.pattern in world.order.met


def test_what_carrier_and_desk_say_is_accepted_but_for_a_late_yes() -> None:
    refused = [what for number in NUMBERS for what in played(number)[0].refused]

    # Of what is said at the very instant of a cancellation one or the other comes first.
    assert {step for step, code in refused if code.value != "order_ended"} == {"late_yes"}


@pytest.mark.parametrize("pattern", range(1, 8))
def test_the_dates_that_the_sandbox_set_are_those_that_the_order_shows(pattern: int) -> None:
    for number in [one for one in NUMBERS if LAW.destiny(one).pattern == pattern]:
        world, book = played(number)
        dates = book.plans[number].dates()

        assert dates.get("activated_on") == world.order.activated_on
        if world.order.activated_on:
            assert dates["construction_on"] == world.order.construction_on
            assert dates["consulted_on"] == world.order.consulted_on


def test_pattern_5_withdraws_its_date_before_the_construction_and_names_a_later_one() -> None:
    world, book = played(ONE_PER_PATTERN[5])

    steps = [action.step for action in world.said]
    assert steps.count("construction_date") == 2
    withdrawn = next(action for action in world.said if action.step == "postponement")
    assert isinstance(withdrawn.claim, partners.CarrierConstructionPostponedV1)
    assert local_date(withdrawn.due) < withdrawn.claim.withdrawn_on
    dates = book.plans[ONE_PER_PATTERN[5]].dates()
    assert dates["construction_on"] == dates["activated_on"] > withdrawn.claim.withdrawn_on


def test_pattern_7_is_silent_until_the_deadline_has_passed() -> None:
    for number in [
        one for one in NUMBERS if LAW.destiny(one).pattern == 7 and LAW.destiny(one).cancel_days is None
    ]:
        world, _ = played(number)
        if not undisturbed(number):
            continue

        assert isinstance(world.fact(works.AnswerDeadlineMissedV1), works.AnswerDeadlineMissedV1)
        assert isinstance(world.fact(works.CustomerAnsweredV1), works.CustomerAnsweredV1)


def test_a_late_yes_is_refused_and_then_the_customer_asks_for_a_new_date() -> None:
    number = next(
        one
        for one in NUMBERS
        if (chance := LAW.destiny(one)).pattern == 7 and chance.late_yes and chance.cancel_days is None
    )

    world, book = played(number)

    late = next(action for action in book.plans[number].actions if action.step == "late_yes")
    assert late.progress is Progress.REFUSED
    assert [action.step for action in world.said][-3:] == [
        "customer_answered",
        "construction_date",
        "construction_done",
    ]


@pytest.mark.parametrize("code", ["date_in_past", "wrong_date"])
def test_a_construction_date_that_is_refused_is_named_anew(code: works.RefusalCode) -> None:
    number = ONE_PER_PATTERN[1]
    world, _ = played(number)
    book = Book(LAW, CALENDAR)
    for fact, envelope in world.facts:
        if isinstance(fact, works.ConstructionScheduledV1):
            break
        book.take(fact, envelope)
    (action,) = book.due(START + timedelta(days=60))
    later = START + timedelta(days=60)
    _, last = world.facts[-1]
    envelope = replace(last, sequence=99, occurred_at=later)

    book.take(
        works.ClaimRefusedV1(
            subject_id=world.order_id,
            order_no=number,
            claim_id=action.known_as,
            claim_type=action.claim.type,
            code=code,
        ),
        envelope,
    )

    (again,) = book.due(later + timedelta(days=1))
    assert again.id != action.id
    assert isinstance(again.claim, partners.CarrierConstructionScheduledV1)
    assert again.claim.construction_on > local_date(later)


def test_the_receiver_knows_a_claim_by_the_id_under_which_the_sandbox_awaits_its_refusal() -> None:
    action = played(ONE_PER_PATTERN[1])[0].said[0]

    received = from_headers(to_headers(envelope_of(action)), topic=action.claim.topic)

    assert received.id == action.known_as
    assert received.correlation_id == action.cause.correlation_id
    assert received.occurred_at == action.due


def test_golden_week_has_no_business_slot() -> None:
    friday_evening = datetime(2026, 5, 1, 9, tzinfo=UTC)  # 18:00 in Tokyo, the last slot of the day

    found = next_business_slot(friday_evening, LAW.grid.hours, CALENDAR)

    assert local_date(found).isoformat() == "2026-05-07"
