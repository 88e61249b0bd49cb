"""What facts at the site and lost days do to an order: surveys, works, permits, plant inquiries, days called off.

Where each answer and cause leads is our routing; the source leaves it open. Source: fiber-orders.md, patterns 3-7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from kernel.times import local_date
from services.provisioning.domain import patterns
from services.provisioning.domain import site_facts as facts
from services.provisioning.domain.order import FiberOrder, Obstacle, Party, State, SurveyKind
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code, Refused
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


def ask_plant(order: FiberOrder, fact: facts.PlantInquirySent, at: datetime) -> FiberOrder:
    """Return the order in pattern 6, waiting for the carrier's plant side.

    :raises Refused: that inquiry was made already (already_done), or the day lies ahead (wrong_date).
    """
    if fact.sent_on == order.plant_asked_on:
        raise Refused(Code.ALREADY_DONE)
    _refuse_future(fact.sent_on, at)
    return replace(
        order,
        state=State.AWAITING_PLANT_ANSWER,
        plant_asked_on=fact.sent_on,
        plant_answered_on=None,
        met=patterns.meet(order.met, Pattern.NOT_IMMEDIATE),
    )


def hear_plant(order: FiberOrder, fact: facts.PlantInquiryAnswered, at: datetime) -> FiberOrder:
    """Return the order where the answer leads: to a survey, to works, to a permit, or to a construction date.

    Permits that are not named further are road-use permits.

    :raises Refused: answered before it was asked, or ahead (wrong_date).
    """
    if order.plant_asked_on and fact.answered_on < order.plant_asked_on:
        raise Refused(Code.WRONG_DATE)
    _refuse_future(fact.answered_on, at)
    heard = replace(order, plant_answered_on=fact.answered_on)
    match fact.answer:
        case "survey_required":
            return replace(heard, state=State.AWAITING_SURVEY, survey_kind=SurveyKind.BUILDING)
        case "general_works":
            return _with_obstacle(heard, Obstacle.GENERAL_WORKS, None)
        case "permits":
            return _with_obstacle(heard, Obstacle(fact.permit or Obstacle.ROAD_USE_PERMIT), None)
        case _:
            return replace(heard, state=State.AWAITING_CONSTRUCTION_DATE)


def deny_near_date(order: FiberOrder, fact: facts.NearDateDenied, _at: datetime) -> FiberOrder:
    """Return the order in pattern 4, still waiting for a construction date.

    :raises Refused: the same was said before (already_done).
    """
    if order.pattern is Pattern.NO_NEAR_DATE and fact.earliest_on == order.earliest_offered_on:
        raise Refused(Code.ALREADY_DONE)
    return replace(
        order,
        earliest_offered_on=fact.earliest_on,
        met=patterns.meet(order.met, Pattern.NO_NEAR_DATE),
    )


def schedule_survey(order: FiberOrder, fact: facts.SurveyScheduled, at: datetime) -> FiberOrder:
    """Return the order waiting for a survey on its day.

    :raises Refused: the day has passed (date_in_past), is fixed already (already_done), another one is fixed
    (wrong_date), or another kind of survey is awaited (wrong_state).
    """
    refuse_past(fact.survey_on, at)
    if order.survey_kind and order.survey_kind != fact.survey_kind:
        raise Refused(Code.WRONG_STATE)
    if order.survey_on is not None:
        raise Refused(Code.ALREADY_DONE if order.survey_on == fact.survey_on else Code.WRONG_DATE)
    return replace(
        order,
        state=State.AWAITING_SURVEY,
        survey_kind=SurveyKind(fact.survey_kind),
        survey_on=fact.survey_on,
    )


def delay_survey(order: FiberOrder, fact: facts.SurveyDelayed, _at: datetime) -> FiberOrder:
    """Return the order waiting for another day of the survey.

    :raises Refused: another day is fixed than the carrier withdraws, or none (wrong_date).
    """
    if fact.withdrawn_on != order.survey_on:
        raise Refused(Code.WRONG_DATE)
    return replace(order, survey_on=None)


def survey(order: FiberOrder, fact: facts.SurveyDone, at: datetime) -> FiberOrder:
    """Return the order after its survey: waiting for the outside survey, or for a construction date.

    :raises Refused: it took place already (already_done), another kind was awaited (wrong_state), another day was
    fixed or it lies ahead (wrong_date).
    """
    if fact.survey_kind != order.survey_kind:
        raise Refused(Code.ALREADY_DONE if fact.done_on == order.surveyed_on else Code.WRONG_STATE)
    if fact.done_on != order.survey_on:
        raise Refused(Code.WRONG_DATE)
    _refuse_future(fact.done_on, at)
    done = replace(order, surveyed_on=fact.done_on, survey_on=None)
    if fact.outside_needed and fact.survey_kind == SurveyKind.BUILDING:
        return replace(done, survey_kind=SurveyKind.OUTSIDE)
    return replace(done, survey_kind=None, state=State.AWAITING_CONSTRUCTION_DATE)


def survey_before_construction(order: FiberOrder, fact: facts.SurveyDone, at: datetime) -> FiberOrder:
    """Return the order whose construction date stands, after the survey that was fixed with it.

    :raises Refused: it took place already (already_done), another day was fixed or it lies ahead (wrong_date).
    """
    if fact.done_on == order.surveyed_on:
        raise Refused(Code.ALREADY_DONE)
    if fact.done_on != order.survey_on:
        raise Refused(Code.WRONG_DATE)
    _refuse_future(fact.done_on, at)
    return replace(order, surveyed_on=fact.done_on)


def require_works(order: FiberOrder, fact: facts.WorksRequired, at: datetime) -> FiberOrder:
    """Return the order waiting for works or a permit; a date that stood is lost.

    The pattern: 5 if a date is lost, 3 after a survey, the one in force if it explains works, else 4.

    :raises Refused: they are under way already (already_done), were found ahead of today, or are expected before they
    were found (wrong_date).
    """
    obstacle = Obstacle(fact.obstacle)
    if obstacle in order.obstacles:
        raise Refused(Code.ALREADY_DONE)
    _refuse_future(fact.found_on, at)
    if fact.expected_by is not None and fact.expected_by < fact.found_on:
        raise Refused(Code.WRONG_DATE)
    found = replace(order, met=patterns.meet(order.met, works_pattern(order)))
    return _with_obstacle(_without_date(found), obstacle, fact.expected_by)


def works_pattern(order: FiberOrder) -> Pattern:
    """Return the pattern that works or permits found now belong to."""
    if order.state is State.AWAITING_WORKS:
        return order.pattern
    if order.held_on or order.construction_on:
        return Pattern.EQUIPMENT_RETURN
    surveyed = order.surveyed_on is not None and order.pattern is not Pattern.EQUIPMENT_RETURN
    if order.state is State.AWAITING_SURVEY or surveyed:
        return Pattern.WORKS_FOUND_AFTER_SURVEY
    if order.pattern in {Pattern.EQUIPMENT_RETURN, Pattern.NOT_IMMEDIATE}:
        return order.pattern
    return Pattern.NO_NEAR_DATE


def complete_works(order: FiberOrder, fact: facts.WorksCompleted, at: datetime) -> FiberOrder:
    """Return the order without that obstacle; without any it waits for a construction date.

    :raises Refused: they are done already (already_done), are not under way (wrong_state), or the day lies ahead
    (wrong_date).
    """
    obstacle = Obstacle(fact.obstacle)
    if obstacle not in order.obstacles:
        raise Refused(Code.ALREADY_DONE if obstacle in order.cleared else Code.WRONG_STATE)
    _refuse_future(fact.completed_on, at)
    left = order.obstacles - {obstacle}
    return replace(
        order,
        state=State.AWAITING_WORKS if left else State.AWAITING_CONSTRUCTION_DATE,
        obstacles=left,
        cleared=order.cleared | {obstacle},
        works_expected_by=order.works_expected_by if left else None,
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
        _without_date(order),
        state=State.AWAITING_CONSTRUCTION_DATE,
        met=patterns.meet(order.met, Pattern.EQUIPMENT_RETURN),
    )


def call_off(order: FiberOrder, fact: facts.ConstructionCalledOff, at: datetime) -> FiberOrder:
    """Return the order whose construction was not carried out on its day, where the cause leads.

    :raises Refused: another day was fixed, or it lies ahead (wrong_date).
    """
    if fact.called_off_on != order.construction_on:
        raise Refused(Code.WRONG_DATE)
    _refuse_future(fact.called_off_on, at)
    route = CALLED_OFF[fact.cause]
    met = patterns.meet(order.met, route.pattern) if route.pattern else order.met
    lost = replace(
        _without_date(order), state=route.state, met=met, called_off_on=fact.called_off_on, answered_on=None
    )
    return _with_obstacle(lost, route.obstacle, None) if route.obstacle else lost


def settle_with_sales(order: FiberOrder, fact: facts.SalesAnswered, at: datetime) -> FiberOrder:
    """Return the order waiting for a new date of the carrier.

    :raises Refused: the day lies ahead (wrong_date).
    """
    _refuse_future(fact.answered_on, at)
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
        _without_date(wished),
        state=State.AWAITING_CONSTRUCTION_DATE,
        attempt=order.attempt + 1,
        met=patterns.meet(order.met, Pattern.CUSTOMER_DELAY),
    )


def _without_date(order: FiberOrder) -> FiberOrder:
    """Return the order without the date that stood; one that the customer was told of must be replaced visibly."""
    told = order.construction_on or (order.held_on if order.state is State.DATE_CONFIRMED else None)
    return replace(
        order,
        held_on=None,
        answer_by=None,
        answer_due_at=None,
        construction_on=None,
        survey_on=None,
        survey_kind=None,
        replaced_on=told or order.replaced_on,
    )


def _with_obstacle(order: FiberOrder, obstacle: Obstacle, expected_by: date | None) -> FiberOrder:
    expected = [day for day in (order.works_expected_by, expected_by) if day is not None]
    return replace(
        order,
        state=State.AWAITING_WORKS,
        obstacles=order.obstacles | {obstacle},
        cleared=order.cleared - {obstacle},
        works_expected_by=max(expected, default=None),
    )


def _refuse_future(day: date, at: datetime) -> None:
    if day > local_date(at):
        raise Refused(Code.WRONG_DATE)
