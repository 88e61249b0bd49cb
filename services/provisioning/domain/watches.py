"""What can endanger an order in which state, and how it is seen: one table, by state.

A watch says what it sees from the order and the rules alone, so that what is known on day 1 is seen on day 1. A new
state adds its row; whatever its row does not name is cleared by reaching it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from kernel.times import local_date
from services.provisioning.domain.arithmetic import Arithmetic, Start, given
from services.provisioning.domain.order import FiberOrder, Jeopardy, Obstacle, Party, State
from services.provisioning.domain.outlook import earliest, last_consult_for, usual_by
from services.provisioning.domain.rules import DeadlineKind, Rules


@dataclass(frozen=True)
class Danger:
    """One thing that is late, or will be from passes_at on; None: it is so already.

    due_on: the day that is missed, or that cannot be kept. arithmetic: the way to that day, or to the day that shows
    that it cannot be kept. kind: the deadline that waits for it.
    """

    cause: Jeopardy
    kind: DeadlineKind
    acts: Party
    due_on: date
    arithmetic: Arithmetic
    passes_at: datetime | None


Watch = Callable[[FiberOrder, Rules], tuple[Danger, ...]]


def _consult_due(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    counted = rules.count(DeadlineKind.CONSULT_DUE, Start.ARRIVAL, local_date(order.opened_at))
    # The day stands in the opening; rules that changed since then do not explain it.
    way = counted if counted.result_on == order.consult_due_on else given(Start.ARRIVAL, order.consult_due_on)
    cause, kind = Jeopardy.CONSULT_OVERDUE, DeadlineKind.CONSULT_DUE
    return (Danger(cause, kind, Party.DESK, order.consult_due_on, way, order.consult_due_at),)


def _next_call(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    if order.consult_next_on is None or order.consult_tried_on is None:
        return ()
    counted = rules.count(DeadlineKind.NEXT_TRY, Start.TRY, order.consult_tried_on)
    way = counted if counted.result_on == order.consult_next_on else given(Start.TRY, order.consult_next_on)
    cause, kind = Jeopardy.RETRY_OVERDUE, DeadlineKind.NEXT_TRY
    return (Danger(cause, kind, Party.DESK, order.consult_next_on, way, order.consult_next_at),)


def _registration(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    if order.registration_usual_by is None:
        return ()
    kind, due_on = DeadlineKind.REGISTRATION_USUAL, order.registration_usual_by
    counted = rules.count(kind, Start.REGISTRATION, local_date(order.since), area=order.area)
    way = counted if counted.result_on == due_on else given(Start.REGISTRATION, due_on)
    return (Danger(Jeopardy.REGISTRATION_OVERDUE, kind, Party.CARRIER, due_on, way, rules.end_of(due_on)),)


def _plant_answer(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    if order.plant_asked_on is None:
        return ()
    kind = DeadlineKind.PLANT_ANSWER
    # Nobody asks before the consult; a day that was said wrongly must not lead out of the calendar.
    asked_on = max(order.plant_asked_on, order.consulted_on or order.plant_asked_on)
    way = rules.count(kind, Start.INQUIRY, asked_on, area=order.area)
    return _counted(Jeopardy.PLANT_ANSWER_OVERDUE, kind, Party.CARRIER, way, rules)


def _works(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    if Obstacle.GENERAL_WORKS not in order.obstacles:
        return ()
    return _waited(Jeopardy.WORKS_OVERDUE, DeadlineKind.WORKS_WAIT, Party.CARRIER, order, rules)


def _permits(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    permits = order.obstacles - {Obstacle.GENERAL_WORKS}
    if not permits:
        return ()
    acts = Party.SALES if permits == frozenset({Obstacle.OWNER_PERMIT}) else Party.CARRIER
    return _waited(Jeopardy.PERMIT_OVERDUE, DeadlineKind.PERMIT_WAIT, acts, order, rules)


def _waited(
    cause: Jeopardy, kind: DeadlineKind, acts: Party, order: FiberOrder, rules: Rules
) -> tuple[Danger, ...]:
    if order.works_expected_by is not None:
        way = given(Start.WORKS, order.works_expected_by)
    else:
        way = rules.count(kind, Start.WORKS, local_date(order.since), area=order.area)
    return _counted(cause, kind, acts, way, rules)


def _counted(
    cause: Jeopardy, kind: DeadlineKind, acts: Party, way: Arithmetic, rules: Rules
) -> tuple[Danger, ...]:
    return (Danger(cause, kind, acts, way.result_on, way, rules.passes_at(kind, way)),)


def _answer_missing(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    # What was missed passed at the instant at which the state was reached.
    due_on = rules.day_over(order.since)
    acts = order.ball or Party.CUSTOMER
    kind, way = DeadlineKind.ANSWER_BY, given(Start.ANSWER, due_on)
    return (Danger(Jeopardy.ANSWER_OVERDUE, kind, acts, due_on, way, None),)


def _no_date(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    way = usual_by(order, rules)
    if way is None:
        return ()
    return _counted(Jeopardy.NO_DATE, DeadlineKind.USUAL_TIME, order.ball or Party.CARRIER, way, rules)


def _late_date(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    """See a date beyond the usual time of the pattern; where there is a wish, the wish decides."""
    way, day = usual_by(order, rules), order.construction_on
    if way is None or day is None or order.wished_on is not None or day <= way.result_on:
        return ()
    return (Danger(Jeopardy.LATE_DATE, DeadlineKind.USUAL_TIME, Party.CARRIER, way.result_on, way, None),)


def _wish(order: FiberOrder, rules: Rules) -> tuple[Danger, ...]:
    """See that the wished day cannot be kept, or until when it still can; nobody believes a wish beyond the horizon."""
    wish, kind = order.wished_on, DeadlineKind.WISHED_DAY
    if wish is None or not rules.believable(wish, order.last_at):
        return ()
    way = earliest(order, rules)
    too_late = way.result_on > wish
    if too_late and (order.construction_on is not None or wish < rules.day_begun(order.last_at)):
        return (Danger(Jeopardy.WISH_MISSED, kind, Party.SALES, wish, way, None),)
    if order.construction_on is not None:
        return ()
    if order.state is State.AWAITING_CONSULT and not too_late:
        last = last_consult_for(wish, order, rules)
        passes_at = rules.end_of(last.from_on)
        return (Danger(Jeopardy.WISH_IMPOSSIBLE, kind, Party.SALES, wish, last, passes_at),)
    named = given(Start.WISH, wish)
    missed = Danger(Jeopardy.WISH_MISSED, kind, Party.SALES, wish, named, rules.end_of(wish))
    if too_late:
        return Danger(Jeopardy.WISH_IMPOSSIBLE, kind, Party.SALES, wish, way, None), missed
    return (missed,)


_J = Jeopardy
_Row = tuple[tuple[frozenset[Jeopardy], Watch], ...]
_CONSULT: Final = (frozenset({_J.CONSULT_OVERDUE}), _consult_due)
_CALL: Final = (frozenset({_J.RETRY_OVERDUE}), _next_call)
_WISH: Final = (frozenset({_J.WISH_IMPOSSIBLE, _J.WISH_MISSED}), _wish)
_USUAL: Final = (frozenset({_J.NO_DATE}), _no_date)
_ANSWER: Final = (frozenset({_J.ANSWER_OVERDUE}), _answer_missing)
# Which causes a watch can name, and the watch.
WATCHES: Final[Mapping[State, _Row]] = MappingProxyType(
    {
        State.AWAITING_CONSULT: (_CONSULT, _CALL, _WISH),
        State.AWAITING_SERVICE_ORDER: (_USUAL, _WISH),
        State.AWAITING_ADDRESS_REGISTRATION: (
            (frozenset({_J.REGISTRATION_OVERDUE}), _registration),
            _USUAL,
            _WISH,
        ),
        State.AWAITING_CONSTRUCTION_DATE: (_USUAL, _WISH),
        State.AWAITING_PLANT_ANSWER: (
            (frozenset({_J.PLANT_ANSWER_OVERDUE}), _plant_answer),
            _USUAL,
            _WISH,
        ),
        State.AWAITING_SURVEY: (_USUAL, _WISH),
        State.AWAITING_WORKS: (
            (frozenset({_J.WORKS_OVERDUE}), _works),
            (frozenset({_J.PERMIT_OVERDUE}), _permits),
            _USUAL,
            _WISH,
        ),
        State.DATE_HELD: (_WISH,),
        State.DATE_CONFIRMED: (_WISH,),
        State.AWAITING_CUSTOMER: (_ANSWER, _USUAL, _WISH),
        State.AWAITING_SALES: (_ANSWER, _USUAL, _WISH),
        State.CONSTRUCTION_SCHEDULED: ((frozenset({_J.LATE_DATE}), _late_date), _WISH),
        State.ACTIVE: (),
        State.CANCELLED: (),
    }
)
# What can endanger an order in a state: whatever else was open is cleared by reaching it.
POSSIBLE: Final[Mapping[State, frozenset[Jeopardy]]] = MappingProxyType(
    {state: frozenset[Jeopardy]().union(*(causes for causes, _ in row)) for state, row in WATCHES.items()}
)
