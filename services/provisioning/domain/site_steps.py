"""What facts at the site do to an order: surveys, works, permits and plant inquiries.

Where each answer and cause leads is our routing; the source leaves it open. Source: fiber-orders.md, patterns 3-7.
"""

from __future__ import annotations

from datetime import date, datetime

from kernel.times import local_date
from services.provisioning.domain import patterns
from services.provisioning.domain import site_facts as facts
from services.provisioning.domain.order import FiberOrder, Obstacle, State, SurveyKind, replace
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.domain.steps import refuse_past


def ask_plant(order: FiberOrder, fact: facts.PlantInquirySent, at: datetime) -> FiberOrder:
    """Return the order in pattern 6, waiting for the carrier's plant side.

    :raises Refused: that inquiry was made already (already_done), or the day lies ahead (wrong_date).
    """
    if fact.sent_on == order.plant_asked_on:
        raise Refused(Code.ALREADY_DONE)
    refuse_future(fact.sent_on, at)
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
    refuse_future(fact.answered_on, at)
    heard = replace(order, plant_answered_on=fact.answered_on)
    match fact.answer:
        case "survey_required":
            return replace(heard, state=State.AWAITING_SURVEY, survey_kind=SurveyKind.BUILDING)
        case "general_works":
            return with_obstacle(heard, Obstacle.GENERAL_WORKS, None)
        case "permits":
            return with_obstacle(heard, Obstacle(fact.permit or Obstacle.ROAD_USE_PERMIT), None)
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
    refuse_future(fact.done_on, at)
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
    refuse_future(fact.done_on, at)
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
    refuse_future(fact.found_on, at)
    if fact.expected_by is not None and fact.expected_by < fact.found_on:
        raise Refused(Code.WRONG_DATE)
    found = replace(order, met=patterns.meet(order.met, works_pattern(order)))
    return with_obstacle(without_date(found), obstacle, fact.expected_by)


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
    refuse_future(fact.completed_on, at)
    left = order.obstacles - {obstacle}
    return replace(
        order,
        state=State.AWAITING_WORKS if left else State.AWAITING_CONSTRUCTION_DATE,
        obstacles=left,
        cleared=order.cleared | {obstacle},
        works_expected_by=order.works_expected_by if left else None,
    )


def without_date(order: FiberOrder) -> FiberOrder:
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


def with_obstacle(order: FiberOrder, obstacle: Obstacle, expected_by: date | None) -> FiberOrder:
    """Return the order waiting for one more obstacle, until the latest day on which any is expected to be done."""
    expected = [day for day in (order.works_expected_by, expected_by) if day is not None]
    return replace(
        order,
        state=State.AWAITING_WORKS,
        obstacles=order.obstacles | {obstacle},
        cleared=order.cleared - {obstacle},
        works_expected_by=max(expected, default=None),
    )


def refuse_future(day: date, at: datetime) -> None:
    """Refuse a day that has not come at the instant.  :raises Refused: so it is (wrong_date)."""
    if day > local_date(at):
        raise Refused(Code.WRONG_DATE)
