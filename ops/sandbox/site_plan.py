"""What the sandbox says of surveys, works, permits, plant inquiries, lost days and new wishes (patterns 3, 4 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from contracts import partners, site, works
from contracts.envelope import Cause
from kernel.times import local_date
from ops.sandbox.calendar import next_business_slot, next_slot, slot

if TYPE_CHECKING:
    from ops.sandbox.plan import OrderPlan

_DONE_HOUR: Final = 15
# Which fact says that a step was accepted.
ACCEPTED_BY: Final[Mapping[type[works.WorkEvent], str]] = MappingProxyType(
    {
        site.ConsultUnansweredV1: "call",
        site.SurveyScheduledV1: "survey_date",
        site.SurveyDelayedV1: "survey_delay",
        site.SurveyDoneV1: "survey",
        site.WorksRequiredV1: "works_found",
        site.WorksCompletedV1: "works_done",
        site.PlantInquirySentV1: "plant_inquiry",
        site.PlantInquiryAnsweredV1: "plant_answer",
        site.NearDateDeniedV1: "no_near_date",
        site.ConstructionCalledOffV1: "called_off",
        site.SalesAnsweredV1: "sales_answered",
        site.WishChangedV1: "wish",
    }
)
TAKES_THE_DATE: Final = (
    partners.CarrierConstructionPostponedV1,
    partners.CarrierConstructionCalledOffV1,
    partners.CarrierWorksRequiredV1,
    partners.DeskWishChangedV1,
)


def after_obstacle(plan: OrderPlan) -> date:
    """Return the construction date once nothing stands in the way any more."""
    chance, freed_on = plan.destiny, plan.freed_on
    assert freed_on
    if chance.pattern == 3 and plan.surveyed_on and not plan.called_off:
        return plan.surveyed_on + timedelta(days=chance.after_survey_days)
    if chance.pattern == 4 and plan.consulted_on and not plan.called_off:
        return plan.consulted_on + timedelta(days=chance.no_near_days)
    return freed_on + timedelta(days=chance.after_works_days)


def spoil(plan: OrderPlan, fact: works.ConstructionScheduledV1, at: datetime, cause: Cause) -> bool:
    """Plan that the customer wants another day, or that nothing comes of the day; return whether so. Once each."""
    chance = plan.destiny
    soon = next_business_slot(at, plan.law.grid.hours, plan.calendar)
    if chance.wish_days and not _said(plan, "wish") and local_date(soon) < fact.construction_on:
        wish = partners.DeskWishChangedV1(
            order_no=plan.order_no,
            wished_on=fact.construction_on + timedelta(days=chance.wish_days),
            by="customer",
        )
        plan.plan("wish", soon, wish, cause)
        return True
    if chance.called_off and not plan.called_off:
        claim = partners.CarrierConstructionCalledOffV1(
            order_no=plan.order_no, called_off_on=fact.construction_on, cause=chance.called_off
        )
        due = max(slot(fact.construction_on, _DONE_HOUR), next_slot(at, plan.law.grid.hours))
        plan.plan("called_off", due, claim, cause)
        return True
    return False


def _survey_first(plan: OrderPlan, soon: datetime, cause: Cause) -> None:
    _name_survey(plan, "building", plan.destiny.survey_days, soon, cause)


def _no_near_date(plan: OrderPlan, soon: datetime, cause: Cause) -> None:
    claim = partners.CarrierNearDateDeniedV1(order_no=plan.order_no, earliest_on=None)
    plan.plan("no_near_date", soon, claim, cause)


def _ask_plant(plan: OrderPlan, soon: datetime, cause: Cause) -> None:
    claim = partners.CarrierPlantInquirySentV1(order_no=plan.order_no, sent_on=local_date(soon))
    plan.plan("plant_inquiry", soon, claim, cause)


# What follows the creation of the service order in the patterns that get no date on the spot.
BEGIN: Final[Mapping[int, Callable[[OrderPlan, datetime, Cause], None]]] = MappingProxyType(
    {3: _survey_first, 4: _no_near_date, 6: _ask_plant}
)


def _on_unanswered(plan: OrderPlan, fact: site.ConsultUnansweredV1, _at: datetime, cause: Cause) -> None:
    plan.consult(fact.next_due_on, cause)


def _on_survey_scheduled(plan: OrderPlan, fact: site.SurveyScheduledV1, at: datetime, cause: Cause) -> None:
    """It takes place on its day, or its day is withdrawn once."""
    hours = plan.law.grid.hours
    if plan.destiny.survey_delayed and fact.kind == "building" and not _said(plan, "survey_delay"):
        claim = partners.CarrierSurveyDelayedV1(
            order_no=plan.order_no, withdrawn_on=fact.survey_on, reason="carrier_staff"
        )
        return plan.plan("survey_delay", next_slot(at, hours), claim, cause)
    done = partners.CarrierSurveyDoneV1(
        order_no=plan.order_no,
        kind=fact.kind,
        done_on=fact.survey_on,
        outside_survey_needed=fact.kind == "building" and plan.destiny.pattern == 3,
    )
    return plan.plan("survey", max(slot(fact.survey_on, _DONE_HOUR), next_slot(at, hours)), done, cause)


def _on_survey_delayed(plan: OrderPlan, _fact: site.SurveyDelayedV1, at: datetime, cause: Cause) -> None:
    _name_survey(plan, "building", plan.destiny.survey_days, next_slot(at, plan.law.grid.hours), cause)


def _on_survey_done(plan: OrderPlan, fact: site.SurveyDoneV1, at: datetime, cause: Cause) -> None:
    """The route is looked at next, or works are found there, or a date can be named."""
    soon = next_slot(at, plan.law.grid.hours)
    if fact.kind == "building":
        plan.surveyed_on = fact.done_on
    if fact.outside_survey_needed:
        return _name_survey(plan, "outside", plan.destiny.outside_survey_days, soon, cause)
    if fact.kind == "outside":
        return _find_works(plan, soon, cause)
    return _free(plan, soon, cause)


def _on_works_required(plan: OrderPlan, _fact: site.WorksRequiredV1, at: datetime, cause: Cause) -> None:
    _finish_works(plan, plan.destiny.obstacle, at, cause)


def _on_works_completed(plan: OrderPlan, _fact: site.WorksCompletedV1, at: datetime, cause: Cause) -> None:
    _free(plan, next_slot(at, plan.law.grid.hours), cause)


def _on_near_date_denied(plan: OrderPlan, _fact: site.NearDateDeniedV1, at: datetime, cause: Cause) -> None:
    """Works or permits follow, or after some days a far date shows."""
    if plan.destiny.works_after_no_near_date:
        return _find_works(plan, next_slot(at, plan.law.grid.hours), cause)
    day = local_date(at) + timedelta(days=plan.destiny.new_date_wait)
    return _free(plan, slot(day, plan.law.grid.hours[0]), cause)


def _on_plant_asked(plan: OrderPlan, _fact: site.PlantInquirySentV1, at: datetime, cause: Cause) -> None:
    day = plan.calendar.add_business_days(local_date(at), plan.destiny.plant_days)
    permit = plan.destiny.obstacle
    claim = partners.CarrierPlantInquiryAnsweredV1(
        order_no=plan.order_no,
        answer=plan.destiny.plant_answer,
        permit=permit if plan.destiny.plant_answer == "permits" and permit != "general_works" else None,
        answered_on=day,
    )
    plan.plan("plant_answer", slot(day, plan.law.grid.hours[0]), claim, cause)


def _on_plant_answered(
    plan: OrderPlan, fact: site.PlantInquiryAnsweredV1, at: datetime, cause: Cause
) -> None:
    soon = next_slot(at, plan.law.grid.hours)
    match fact.answer:
        case "survey_required":
            _name_survey(plan, "building", plan.destiny.survey_days, soon, cause)
        case "general_works":
            _finish_works(plan, "general_works", at, cause)
        case "permits":
            _finish_works(plan, fact.permit or "road_use_permit", at, cause)
        case _:
            _free(plan, soon, cause)


def _on_called_off(plan: OrderPlan, fact: site.ConstructionCalledOffV1, at: datetime, cause: Cause) -> None:
    """Who has to act does so after a while."""
    plan.called_off, plan.confirmed_on, plan.wished_on, plan.freed_on = True, None, None, None
    if fact.cause == "works_found":
        return _finish_works(plan, "general_works", at, cause)
    if fact.responsible == "customer":
        return plan.answer(at, cause)
    if fact.responsible == "sales":
        day = plan.calendar.add_business_days(local_date(at), plan.destiny.silence_days)
        claim = partners.DeskSalesAnsweredV1(order_no=plan.order_no, answered_on=day)
        return plan.plan("sales_answered", slot(day, plan.destiny.answer_hour), claim, cause)
    day = local_date(at) + timedelta(days=plan.destiny.new_date_wait)
    return plan.name_date(slot(day, plan.law.grid.hours[0]), cause)


def _on_wish_changed(plan: OrderPlan, fact: site.WishChangedV1, _at: datetime, _cause: Cause) -> None:
    """The carrier is asked again by a request of its own and offers the wished day."""
    plan.wished_on, plan.confirmed_on = fact.wished_on, None
    plan.drop("construction_done", "postponement", "called_off")


_Reaction = Callable[["OrderPlan", Any, datetime, Cause], None]
REACTIONS: Final[Mapping[type[works.WorkEvent], _Reaction]] = MappingProxyType(
    {
        site.ConsultUnansweredV1: _on_unanswered,
        site.SurveyScheduledV1: _on_survey_scheduled,
        site.SurveyDelayedV1: _on_survey_delayed,
        site.SurveyDoneV1: _on_survey_done,
        site.WorksRequiredV1: _on_works_required,
        site.WorksCompletedV1: _on_works_completed,
        site.NearDateDeniedV1: _on_near_date_denied,
        site.PlantInquirySentV1: _on_plant_asked,
        site.PlantInquiryAnsweredV1: _on_plant_answered,
        site.ConstructionCalledOffV1: _on_called_off,
        site.WishChangedV1: _on_wish_changed,
    }
)


def _name_survey(plan: OrderPlan, kind: site.SurveyKind, days: int, soon: datetime, cause: Cause) -> None:
    day = plan.calendar.add_business_days(local_date(soon), days)
    claim = partners.CarrierSurveyScheduledV1(order_no=plan.order_no, kind=kind, survey_on=day)
    plan.plan("survey_date", soon, claim, cause)


def _find_works(plan: OrderPlan, soon: datetime, cause: Cause) -> None:
    found_on = local_date(soon)
    claim = partners.CarrierWorksRequiredV1(
        order_no=plan.order_no,
        obstacle=plan.destiny.obstacle,
        found_on=found_on,
        expected_by=found_on + timedelta(days=plan.law.days.works.longest),
    )
    plan.plan("works_found", soon, claim, cause)


def _finish_works(plan: OrderPlan, obstacle: site.Obstacle, at: datetime, cause: Cause) -> None:
    day = local_date(at) + timedelta(days=plan.destiny.works_days)
    claim = partners.CarrierWorksCompletedV1(order_no=plan.order_no, obstacle=obstacle, completed_on=day)
    plan.plan("works_done", slot(day, _DONE_HOUR), claim, cause)


def _free(plan: OrderPlan, due: datetime, cause: Cause) -> None:
    """Nothing stands in the way any more: the carrier names a date."""
    plan.freed_on = local_date(due)
    plan.name_date(due, cause)


def _said(plan: OrderPlan, step: str) -> bool:
    return any(action.step == step for action in plan.actions)
