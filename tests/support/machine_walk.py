"""Every way that an order can take, up to what makes no difference: a breadth-first walk over the real machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final

from kernel.ids import derived_id, form_order_id, format_order_no
from kernel.times import at_local, local_date
from services.provisioning.domain import facts, repair_facts
from services.provisioning.domain import site_facts as site
from services.provisioning.domain.delay_facts import DelayReported
from services.provisioning.domain.facts import Fact, FactKind
from services.provisioning.domain.lifecycle import apply, fold, open_order
from services.provisioning.domain.lost_day_steps import CALLED_OFF
from services.provisioning.domain.order import FiberOrder, Jeopardy, Obstacle, State, SurveyKind
from services.provisioning.domain.refusals import Code, Refused

Happened = tuple[Fact, datetime]
Key = tuple[object, ...]
ORDER_ID: Final = form_order_id("fiber-east-2026", "explored")
PLAN: Final = derived_id(ORDER_ID, "plan")
START: Final = at_local(date(2026, 4, 1), time(9))
_HOUR: Final = timedelta(hours=1)
OPENED: Final = facts.OrderOpened(
    order_id=ORDER_ID,
    order_no=format_order_no(2026, 4, 1),
    correlation_id=derived_id(ORDER_ID, "submission"),
    area="east",
    plan="ip8",
    building_kind="detached",
    sales_office="AB1234",
    applied_on=date(2026, 4, 1),
    wished_on=None,
    consult_due_on=date(2026, 4, 3),
    consult_due_at=at_local(date(2026, 4, 4), time(0)),
)


def samples(order: FiberOrder, at: datetime) -> dict[FactKind, list[Fact]]:
    """Return facts of every kind that may be said of an order at an instant: what fits, and what does not."""
    today = local_date(at)
    past, soon, later = (today + timedelta(days=days) for days in (-1, 3, 9))
    fixed, held = order.construction_on or soon, order.held_on or soon
    return {
        FactKind.ORDER_OPENED: [OPENED],
        FactKind.ORDER_AMENDED: [
            facts.OrderAmended(order.content_version + 1, ("plan",), "ip16", "detached", None)
        ],
        FactKind.CONSULT_SCHEDULED: [facts.ConsultScheduled(day) for day in (past, soon)],
        FactKind.CONSULT_UNANSWERED: [
            facts.ConsultUnanswered(day, soon, at + timedelta(days=4)) for day in (today, later)
        ],
        FactKind.CONSULT_DONE: [facts.ConsultDone(day) for day in (today, later)],
        FactKind.CONSULT_OVERDUE: [facts.ConsultOverdue(order.consult_due_on)],
        FactKind.ADDRESS_REGISTRATION_REQUESTED: [facts.AddressRegistrationRequested(later)],
        FactKind.ADDRESS_REGISTRATION_COMPLETED: [
            facts.AddressRegistrationCompleted(day) for day in (today, later)
        ],
        FactKind.SERVICE_ORDER_CREATED: [facts.ServiceOrderCreated("SO-1")],
        FactKind.SERVICE_ORDER_ASKED_AGAIN: [repair_facts.ServiceOrderAskedAgain(today)],
        FactKind.PLANT_INQUIRY_SENT: [site.PlantInquirySent(today)],
        FactKind.PLANT_INQUIRY_ANSWERED: [
            site.PlantInquiryAnswered(answer, None, today)
            for answer in ("survey_required", "general_works", "permits", "construction_possible")
        ],
        FactKind.NEAR_DATE_DENIED: [site.NearDateDenied(None), site.NearDateDenied(later)],
        FactKind.SURVEY_SCHEDULED: [
            site.SurveyScheduled(kind_, day) for kind_ in SurveyKind for day in (past, soon)
        ],
        FactKind.SURVEY_DELAYED: [site.SurveyDelayed(order.survey_on or soon, "weather")],
        FactKind.SURVEY_DONE: [
            site.SurveyDone(order.survey_kind or "building", order.survey_on or today, outside_needed=needed)
            for needed in (False, True)
        ],
        FactKind.WORKS_REQUIRED: [site.WorksRequired(obstacle, today, None) for obstacle in Obstacle],
        FactKind.WORKS_COMPLETED: [site.WorksCompleted(obstacle, today) for obstacle in Obstacle],
        FactKind.EQUIPMENT_RETURNED: [site.EquipmentReturned(day, "works") for day in (order.held_on, later)],
        FactKind.PROVISIONAL_DATE_HELD: [
            facts.ProvisionalDateHeld(day, soon, at + timedelta(days=3)) for day in (past, soon)
        ],
        FactKind.DATE_CONFIRMED: [facts.DateConfirmed(day) for day in (held, later)],
        FactKind.ANSWER_DEADLINE_MISSED: [facts.AnswerDeadlineMissed(held, order.answer_by or soon)],
        FactKind.CUSTOMER_ANSWERED: [facts.CustomerAnswered(day) for day in (today, later)],
        FactKind.SALES_ANSWERED: [site.SalesAnswered(day) for day in (today, later)],
        FactKind.WISH_CHANGED: [site.WishChanged(day, "customer") for day in (past, later)],
        FactKind.CONSTRUCTION_SCHEDULED: [
            facts.ConstructionScheduled(day, survey)
            for day, survey in ((held, None), (soon, soon), (past, None))
        ],
        FactKind.CONSTRUCTION_POSTPONED: [facts.ConstructionPostponed(day, "works") for day in (fixed, past)],
        FactKind.CONSTRUCTION_CALLED_OFF: [site.ConstructionCalledOff(fixed, cause) for cause in CALLED_OFF],
        FactKind.CONSTRUCTION_COMPLETED: [facts.ConstructionCompleted(day) for day in (fixed, later)],
        FactKind.ORDER_CANCELLED: [facts.OrderCancelled("customer", "other", plan) for plan in (None, PLAN)],
        FactKind.ORDER_REOPENED: [repair_facts.OrderReopened(PLAN)],
        FactKind.DELAY_REPORTED: [DelayReported(None, "weather", "carrier", "inform", None, "weather@1")],
        FactKind.REMINDER_DUE: [facts.ReminderDue("construction_reminder", fixed, {})],
        FactKind.JEOPARDY_RAISED: [
            facts.JeopardyRaised(cause.value, "watch", "desk", soon, today, {})
            for cause in (Jeopardy.WISH_MISSED, Jeopardy.NO_DATE)
        ],
        FactKind.JEOPARDY_CLEARED: [facts.JeopardyCleared(Jeopardy.WISH_MISSED.value)],
    }


def instants(order: FiberOrder) -> list[datetime]:
    """Return when the next fact may be said: in an hour, and on each day that the order waits for, at noon."""
    soonest = order.last_at + _HOUR
    days = {order.construction_on, order.survey_on} - {None}
    noons = {at_local(day, time(12)) for day in days if day is not None}
    return [soonest, *sorted(noon for noon in noons if noon > soonest)]


def key(order: FiberOrder) -> Key:
    """Return what an order's further way depends on; times, counters and numbers are left out."""
    today = local_date(order.last_at)

    def side(day: date | None) -> str:
        return "none" if day is None else "ahead" if day > today else "come"

    dates = (order.held_on, order.construction_on, order.survey_on)
    marks = (order.surveyed_on, order.plant_asked_on, order.plant_answered_on, order.replaced_on)
    return (
        order.state,
        order.reopen_state,
        order.survey_kind,
        order.pattern,
        tuple(sorted(order.obstacles)),
        tuple(map(side, dates)),
        tuple(mark is not None for mark in marks),
        order.registered_on is None,
    )


@dataclass(eq=False)
class Node:
    """One order as it was first reached; way: the shortest history to it; leads: by which facts it leads where."""

    order: FiberOrder
    way: tuple[Happened, ...]
    leads: dict[Key, set[FactKind]] = field(default_factory=dict[Key, set[FactKind]])


@dataclass
class Explored:
    """All nodes, and what became of every pair of state and kind of fact that was tried."""

    nodes: dict[Key, Node] = field(default_factory=dict[Key, Node])
    accepted: dict[tuple[State, FactKind], set[State]] = field(
        default_factory=dict[tuple[State, FactKind], set[State]]
    )
    refused: dict[tuple[State, FactKind], set[Code]] = field(
        default_factory=dict[tuple[State, FactKind], set[Code]]
    )

    def targets(self, state: State, kind: FactKind) -> list[State]:
        """Return where a fact leads from a state; nowhere if it is refused."""
        return sorted(self.accepted.get((state, kind), set()))

    def reaching(self, wanted: State) -> set[Key]:
        """Return the nodes from which an order can come to a state."""
        before: dict[Key, set[Key]] = {}
        for here, node in self.nodes.items():
            for there in node.leads:
                before.setdefault(there, set()).add(here)
        found = {here for here, node in self.nodes.items() if node.order.state is wanted}
        edge = deque(found)
        while edge:
            for here in before.get(edge.popleft(), set()) - found:
                found.add(here)
                edge.append(here)
        return found


def moves(order: FiberOrder) -> Iterator[tuple[Fact, datetime, FiberOrder | Code]]:
    """Yield everything that may be said of an order with the order after it, or the code of the refusal."""
    for at in instants(order):
        for said in samples(order, at).values():
            for fact in said:
                try:
                    after = apply(order, fact, at).after
                except Refused as refusal:
                    yield fact, at, refusal.code
                    continue
                yield fact, at, after
                if isinstance(fact, facts.JeopardyRaised):
                    cleared = facts.JeopardyCleared(fact.cause)
                    yield cleared, at, apply(after, cleared, at).after


@cache
def explored() -> Explored:
    """Return the whole machine, walked breadth first from the opening."""
    first = open_order(OPENED, START).after
    found = Explored({key(first): Node(first, ((OPENED, START),))})
    edge = deque(found.nodes)
    while edge:
        node = found.nodes[edge.popleft()]
        for fact, at, after in moves(node.order):
            pair = (node.order.state, fact.kind)
            if isinstance(after, Code):
                found.refused.setdefault(pair, set()).add(after)
                continue
            found.accepted.setdefault(pair, set()).add(after.state)
            there = key(after)
            node.leads.setdefault(there, set()).add(fact.kind)
            if there not in found.nodes:
                found.nodes[there] = Node(after, (*node.way, (fact, at)))
                edge.append(there)
    return found


def alike(one: FiberOrder, other: FiberOrder) -> bool:
    """Return whether two orders differ in nothing but how many facts they count and when the last one came."""
    return replace(one, sequence=other.sequence, last_at=other.last_at, attempt=other.attempt) == other


def folded(node: Node) -> FiberOrder:
    """Return the order that the way to a node makes."""
    return fold(node.way)


def one_per_corner(found: Explored) -> list[Node]:
    """Return one node for each state, pattern in force and set of obstacles."""
    corners: dict[Key, Node] = {}
    for node in found.nodes.values():
        corners.setdefault((node.order.state, node.order.pattern, node.order.obstacles), node)
    return list(corners.values())
