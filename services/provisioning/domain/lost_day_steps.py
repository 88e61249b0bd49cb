"""What lost days do to an order: equipment that returns, days called off (工事BO), sales who must act, new wishes.

Where each cause leads is our routing; the source leaves it open. Source: fiber-orders.md, patterns 5 and 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from kernel.times import local_date
from services.provisioning.domain import patterns
from services.provisioning.domain import site_facts as facts
from services.provisioning.domain.order import FiberOrder, Obstacle, Party, State, replace
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.domain.site_steps import refuse_future, with_obstacle, without_date
from services.provisioning.domain.steps import refuse_past


@dataclass(frozen=True)
class Route:
    """Where a day that was called off (工事BO) leads, the pattern met thereby, and who has to answer for it."""

    state: State
    pattern: Pattern | None
    responsible: Party | None
    obstacle: Obstacle | None = None


# Our reading: what customer or sales could have settled is pattern 7, what the carrier could is pattern 5.
CALLED_OFF: Final[Mapping[str, Route]] = MappingProxyType(
    {
        "customer_absent": Route(State.AWAITING_CUSTOMER, Pattern.CUSTOMER_DELAY, Party.CUSTOMER),
        "customer_not_ready": Route(State.AWAITING_CUSTOMER, Pattern.CUSTOMER_DELAY, Party.CUSTOMER),
        "permission_missing": Route(State.AWAITING_SALES, Pattern.CUSTOMER_DELAY, Party.SALES),
        "building_closed": Route(State.AWAITING_SALES, Pattern.CUSTOMER_DELAY, Party.SALES),
        "equipment_missing": Route(State.AWAITING_CONSTRUCTION_DATE, Pattern.EQUIPMENT_RETURN, Party.CARRIER),
        "carrier_staff": Route(State.AWAITING_CONSTRUCTION_DATE, Pattern.EQUIPMENT_RETURN, Party.CARRIER),
        "works_found": Route(
            State.AWAITING_WORKS, Pattern.EQUIPMENT_RETURN, Party.CARRIER, Obstacle.GENERAL_WORKS
        ),
        "weather": Route(State.AWAITING_CONSTRUCTION_DATE, None, None),
    }
)


def return_equipment(order: FiberOrder, fact: facts.EquipmentReturned, _at: datetime) -> FiberOrder:
    """Return the order in pattern 5 before a date was fixed; a held or confirmed date is lost.

    :raises Refused: it was said before (already_done), or another date is held (wrong_date).
    """
    if fact.lost_on != order.held_on:
        raise Refused(Code.WRONG_DATE)
    if order.held_on is None and order.pattern is Pattern.EQUIPMENT_RETURN:
        raise Refused(Code.ALREADY_DONE)
    return replace(
        without_date(order),
        state=State.AWAITING_CONSTRUCTION_DATE,
        met=patterns.meet(order.met, Pattern.EQUIPMENT_RETURN),
    )


def call_off(order: FiberOrder, fact: facts.ConstructionCalledOff, at: datetime) -> FiberOrder:
    """Return the order whose construction was not carried out on its day, where the cause leads.

    :raises Refused: another day was fixed, or it lies ahead (wrong_date).
    """
    if fact.called_off_on != order.construction_on:
        raise Refused(Code.WRONG_DATE)
    refuse_future(fact.called_off_on, at)
    route = CALLED_OFF[fact.cause]
    met = patterns.meet(order.met, route.pattern) if route.pattern else order.met
    lost = replace(
        without_date(order), state=route.state, met=met, called_off_on=fact.called_off_on, answered_on=None
    )
    return with_obstacle(lost, route.obstacle, None) if route.obstacle else lost


def settle_with_sales(order: FiberOrder, fact: facts.SalesAnswered, at: datetime) -> FiberOrder:
    """Return the order waiting for a new date of the carrier.

    :raises Refused: the day lies ahead (wrong_date).
    """
    refuse_future(fact.answered_on, at)
    return replace(
        order,
        state=State.AWAITING_CONSTRUCTION_DATE,
        answered_on=fact.answered_on,
        attempt=order.attempt + 1,
    )


def change_wish(order: FiberOrder, fact: facts.WishChanged, at: datetime) -> FiberOrder:
    """Return the order with another wished day; a date that stands on another day is given up, in pattern 7.

    :raises Refused: the day has passed (date_in_past), is the wish already (already_done), or the day of the
    construction has come (too_late).
    """
    refuse_past(fact.wished_on, at)
    stands = order.construction_on or order.held_on
    if order.construction_on is not None and local_date(at) >= order.construction_on:
        raise Refused(Code.TOO_LATE)
    if fact.wished_on == order.wished_on and stands in {None, fact.wished_on}:
        raise Refused(Code.ALREADY_DONE)
    wished = replace(order, wished_on=fact.wished_on)
    if stands in {None, fact.wished_on}:
        return wished
    return replace(
        without_date(wished),
        state=State.AWAITING_CONSTRUCTION_DATE,
        attempt=order.attempt + 1,
        met=patterns.meet(order.met, Pattern.CUSTOMER_DELAY),
    )
