"""The machine: one pure function per fact, a table of which state accepts which fact, and a coded no to all others.

A new way for an order adds facts, states and rows to the table; nothing else has to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from kernel.ids import OrderId
from services.provisioning.domain import (
    consult_steps,
    jeopardy,
    lost_day_steps,
    repair_steps,
    site_steps,
    steps,
)
from services.provisioning.domain.facts import Fact, FactKind, OrderOpened
from services.provisioning.domain.order import FiberOrder, Jeopardy, State, replace
from services.provisioning.domain.refusals import Refused
from services.provisioning.domain.watches import POSSIBLE
from services.provisioning.domain.whynot import why_not

Step = Callable[[FiberOrder, Any, datetime], FiberOrder]

_ENDED: Final = (State.ACTIVE, State.CANCELLED)
_UNDER_WAY: Final = tuple(state for state in State if state not in _ENDED)
_BEFORE_A_DATE: Final = (State.AWAITING_CONSTRUCTION_DATE, State.AWAITING_SURVEY, State.AWAITING_WORKS)
_WITH_A_DATE: Final = (State.DATE_HELD, State.DATE_CONFIRMED, State.CONSTRUCTION_SCHEDULED)
_ACCEPTED: Final[tuple[tuple[FactKind, Step, tuple[State, ...]], ...]] = (
    (FactKind.ORDER_AMENDED, steps.amend, _UNDER_WAY),
    (FactKind.ORDER_AMENDED, steps.amend_without_effect, _ENDED),
    (FactKind.CONSULT_SCHEDULED, consult_steps.schedule_consult, (State.AWAITING_CONSULT,)),
    (FactKind.CONSULT_UNANSWERED, consult_steps.miss_call, (State.AWAITING_CONSULT,)),
    (FactKind.CONSULT_DONE, consult_steps.consult, (State.AWAITING_CONSULT,)),
    (FactKind.CONSULT_OVERDUE, consult_steps.miss_consult, (State.AWAITING_CONSULT,)),
    (FactKind.ADDRESS_REGISTRATION_REQUESTED, steps.register, (State.AWAITING_SERVICE_ORDER,)),
    (
        FactKind.ADDRESS_REGISTRATION_COMPLETED,
        steps.complete_registration,
        (State.AWAITING_ADDRESS_REGISTRATION,),
    ),
    (FactKind.SERVICE_ORDER_CREATED, steps.create_service_order, (State.AWAITING_SERVICE_ORDER,)),
    (
        FactKind.SERVICE_ORDER_ASKED_AGAIN,
        repair_steps.ask_again,
        (State.AWAITING_SERVICE_ORDER, State.AWAITING_CONSTRUCTION_DATE),
    ),
    (FactKind.PLANT_INQUIRY_SENT, site_steps.ask_plant, (State.AWAITING_CONSTRUCTION_DATE,)),
    (FactKind.PLANT_INQUIRY_ANSWERED, site_steps.hear_plant, (State.AWAITING_PLANT_ANSWER,)),
    (FactKind.NEAR_DATE_DENIED, site_steps.deny_near_date, (State.AWAITING_CONSTRUCTION_DATE,)),
    (
        FactKind.SURVEY_SCHEDULED,
        site_steps.schedule_survey,
        (State.AWAITING_CONSTRUCTION_DATE, State.AWAITING_SURVEY),
    ),
    (FactKind.SURVEY_DELAYED, site_steps.delay_survey, (State.AWAITING_SURVEY,)),
    (FactKind.SURVEY_DONE, site_steps.survey, (State.AWAITING_SURVEY,)),
    (FactKind.SURVEY_DONE, site_steps.survey_before_construction, (State.CONSTRUCTION_SCHEDULED,)),
    (FactKind.WORKS_REQUIRED, site_steps.require_works, (*_BEFORE_A_DATE, *_WITH_A_DATE)),
    (FactKind.WORKS_COMPLETED, site_steps.complete_works, (State.AWAITING_WORKS,)),
    (
        FactKind.EQUIPMENT_RETURNED,
        lost_day_steps.return_equipment,
        (State.AWAITING_CONSTRUCTION_DATE, State.DATE_HELD, State.DATE_CONFIRMED),
    ),
    (FactKind.SALES_ANSWERED, lost_day_steps.settle_with_sales, (State.AWAITING_SALES,)),
    (FactKind.WISH_CHANGED, lost_day_steps.change_wish, _UNDER_WAY),
    (FactKind.CONSTRUCTION_CALLED_OFF, lost_day_steps.call_off, (State.CONSTRUCTION_SCHEDULED,)),
    (FactKind.PROVISIONAL_DATE_HELD, steps.hold_date, (State.AWAITING_CONSTRUCTION_DATE,)),
    (FactKind.DATE_CONFIRMED, steps.confirm_date, (State.DATE_HELD,)),
    (FactKind.ANSWER_DEADLINE_MISSED, steps.lose_date, (State.DATE_HELD,)),
    (FactKind.CUSTOMER_ANSWERED, steps.answer, (State.AWAITING_CUSTOMER,)),
    (FactKind.CONSTRUCTION_SCHEDULED, steps.schedule, (State.AWAITING_CONSTRUCTION_DATE,)),
    (FactKind.CONSTRUCTION_SCHEDULED, steps.schedule_confirmed, (State.DATE_CONFIRMED,)),
    (FactKind.CONSTRUCTION_POSTPONED, steps.postpone, (State.CONSTRUCTION_SCHEDULED,)),
    (FactKind.CONSTRUCTION_COMPLETED, steps.complete, (State.CONSTRUCTION_SCHEDULED,)),
    (FactKind.ORDER_CANCELLED, steps.cancel, _UNDER_WAY),
    (FactKind.REMINDER_DUE, jeopardy.remember, (State.AWAITING_SURVEY, State.CONSTRUCTION_SCHEDULED)),
    (FactKind.JEOPARDY_RAISED, jeopardy.raise_jeopardy, _UNDER_WAY),
    (FactKind.JEOPARDY_CLEARED, jeopardy.clear_jeopardy, _UNDER_WAY),
    (FactKind.ORDER_REOPENED, repair_steps.reopen, (State.CANCELLED,)),
    (FactKind.DELAY_REPORTED, steps.report_delay, _UNDER_WAY),
)
TABLE: Final[Mapping[tuple[State, FactKind], Step]] = MappingProxyType(
    {(state, kind): step for kind, step, states in _ACCEPTED for state in states}
)


@dataclass(frozen=True)
class Move:
    """An accepted fact and the order after it; before: None for the fact that opened it. at: business instant."""

    before: FiberOrder | None
    after: FiberOrder
    fact: Fact
    at: datetime

    @property
    def asks_consult(self) -> bool:
        """Whether the desk is to be asked for the consult."""
        return self.before is None

    @property
    def asks_service_order(self) -> bool:
        """Whether the carrier is to be asked for a service order and a date."""
        return self.before is not None and self.after.attempt > self.before.attempt

    @property
    def no_longer_late(self) -> frozenset[Jeopardy]:
        """What endangered the order before and does not any more; a cancellation clears everything."""
        return self.before.overdue - self.after.overdue if self.before else frozenset()


def open_order(fact: OrderOpened, at: datetime) -> Move:
    """Return the new order, waiting for its consult."""
    order = FiberOrder(
        order_id=OrderId(fact.order_id),
        order_no=fact.order_no,
        correlation_id=fact.correlation_id,
        area=fact.area,
        plan=fact.plan,
        building_kind=fact.building_kind,
        sales_office=fact.sales_office,
        applied_on=fact.applied_on,
        wished_on=fact.wished_on,
        opened_at=at,
        consult_due_on=fact.consult_due_on,
        consult_due_at=fact.consult_due_at,
        state=State.AWAITING_CONSULT,
        since=at,
        last_at=at,
        sequence=1,
    )
    return Move(None, order, fact, at)


def apply(order: FiberOrder, fact: Fact, at: datetime) -> Move:
    """Return the move that the fact makes. at: when it happened, business time.

    :raises Refused: the state does not accept the fact, or the fact contradicts what the order knows.
    """
    step = TABLE.get((order.state, fact.kind))
    if step is None:
        raise Refused(why_not(order, fact))
    after = step(order, fact, at)
    stays = after.state is order.state
    after = replace(
        after,
        sequence=order.sequence + 1,
        since=order.since if stays else at,
        last_at=order.last_at if order.ended and after.ended else max(order.last_at, at),
        overdue=after.overdue & POSSIBLE[after.state],
        delay=after.delay if stays else None,
    )
    return Move(order, after, fact, at)


def fold(history: Iterable[tuple[Fact, datetime]]) -> FiberOrder:
    """Return the order that a history (facts with the instants at which they happened, in order) makes.

    :raises ValueError: the history is empty or does not begin with the opening.
    """
    order: FiberOrder | None = None
    for fact, at in history:
        if isinstance(fact, OrderOpened):
            order = open_order(fact, at).after
        elif order is None:
            break
        else:
            order = apply(order, fact, at).after
    if order is None:
        raise ValueError("a history begins with the opening of the order")
    return order
