"""Facts made of two days: mostly those that fit what an order knows, now and then others."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from kernel.ids import derived_id
from kernel.times import local_date
from services.provisioning.domain import facts, repair_facts, site_facts
from services.provisioning.domain.delay_facts import DelayReported
from services.provisioning.domain.facts import Fact, FactKind
from services.provisioning.domain.lost_day_steps import CALLED_OFF
from services.provisioning.domain.order import FiberOrder, Jeopardy, Obstacle
from services.provisioning.domain.watches import POSSIBLE
from tests.unit.provisioning.samples import ORDER_ID, april

PLAN = derived_id(ORDER_ID, "plan")


def fact_of(kind: FactKind, day: date, other: date, order: FiberOrder, now: datetime) -> Fact:
    """Return a fact of the kind; where the order knows which day would fit, mostly that one."""
    fits = other.day % 4 != 0
    today = local_date(now)
    causes = sorted((fits and POSSIBLE[order.state]) or Jeopardy)
    made: dict[FactKind, Fact] = {
        FactKind.ORDER_AMENDED: facts.OrderAmended(day.day, ("plan",), "ip1_enterprise", "collective", other),
        FactKind.CONSULT_SCHEDULED: facts.ConsultScheduled(day),
        FactKind.CONSULT_UNANSWERED: facts.ConsultUnanswered(
            today if fits else day, today + timedelta(days=1), now + timedelta(days=1)
        ),
        FactKind.CONSULT_DONE: facts.ConsultDone(today if fits else day),
        FactKind.CONSULT_OVERDUE: facts.ConsultOverdue(order.consult_due_on if fits else day),
        FactKind.ADDRESS_REGISTRATION_REQUESTED: facts.AddressRegistrationRequested(day),
        FactKind.ADDRESS_REGISTRATION_COMPLETED: facts.AddressRegistrationCompleted(today if fits else day),
        FactKind.SERVICE_ORDER_CREATED: facts.ServiceOrderCreated(f"SO-{day.day}"),
        FactKind.PROVISIONAL_DATE_HELD: facts.ProvisionalDateHeld(
            today + timedelta(days=4 if fits else -1), today + timedelta(days=other.day % 6), april(12)
        ),
        FactKind.DATE_CONFIRMED: facts.DateConfirmed((fits and order.held_on) or day),
        FactKind.ANSWER_DEADLINE_MISSED: facts.AnswerDeadlineMissed(
            (fits and order.held_on) or day, order.answer_by or other
        ),
        FactKind.CUSTOMER_ANSWERED: facts.CustomerAnswered(today if fits else day),
        FactKind.CONSTRUCTION_SCHEDULED: facts.ConstructionScheduled(
            (fits and order.held_on) or today + timedelta(days=other.day % 5 - 1),
            today if other.day % 2 else None,
        ),
        FactKind.CONSTRUCTION_POSTPONED: facts.ConstructionPostponed(
            (fits and order.construction_on) or day, "works"
        ),
        FactKind.CONSTRUCTION_COMPLETED: facts.ConstructionCompleted((fits and order.construction_on) or day),
        FactKind.ORDER_CANCELLED: facts.OrderCancelled("desk", "other", PLAN if day.day % 2 else None),
        FactKind.SERVICE_ORDER_ASKED_AGAIN: repair_facts.ServiceOrderAskedAgain(local_date(now)),
        FactKind.ORDER_REOPENED: repair_facts.OrderReopened(PLAN),
        FactKind.DELAY_REPORTED: DelayReported(
            None, "weather" if fits else "absent", "carrier", "delay", 3 + day.day % 5, "weather@1"
        ),
        FactKind.REMINDER_DUE: facts.ReminderDue("construction_reminder", other, {"days": -1}),
        FactKind.JEOPARDY_RAISED: facts.JeopardyRaised(
            causes[day.day % len(causes)],
            "watch",
            "desk",
            other,
            day,
            {"skipped": [{"on": "x"}]},
        ),
        FactKind.JEOPARDY_CLEARED: facts.JeopardyCleared(
            sorted(order.overdue or Jeopardy)[other.day % len(order.overdue or Jeopardy)]
        ),
    }
    return made[kind] if kind in made else site_fact_of(kind, day, other, order, now)


def site_fact_of(kind: FactKind, day: date, other: date, order: FiberOrder, now: datetime) -> Fact:
    """Return a fact of the site of the kind; where the order knows what would fit, mostly that."""
    fits = other.day % 4 != 0
    today = local_date(now)
    said = today if fits else day
    obstacle = sorted(order.obstacles or Obstacle)[other.day % 3 % len(order.obstacles or Obstacle)]
    answers = ("survey_required", "general_works", "permits", "construction_possible")
    made: dict[FactKind, Fact] = {
        FactKind.PLANT_INQUIRY_SENT: site_facts.PlantInquirySent(said),
        FactKind.PLANT_INQUIRY_ANSWERED: site_facts.PlantInquiryAnswered(
            answers[other.day % 4], "owner_permit" if day.day % 2 else None, said
        ),
        FactKind.NEAR_DATE_DENIED: site_facts.NearDateDenied(day if fits else None),
        FactKind.SURVEY_SCHEDULED: site_facts.SurveyScheduled(
            order.survey_kind or ("building", "outside")[day.day % 2], today + timedelta(days=other.day % 3)
        ),
        FactKind.SURVEY_DELAYED: site_facts.SurveyDelayed((fits and order.survey_on) or day, "weather"),
        FactKind.SURVEY_DONE: site_facts.SurveyDone(
            order.survey_kind or "building",
            (fits and order.survey_on) or day,
            outside_needed=bool(day.day % 2),
        ),
        FactKind.WORKS_REQUIRED: site_facts.WorksRequired(
            sorted(Obstacle)[day.day % 3], said, today + timedelta(days=20) if day.day % 2 else None
        ),
        FactKind.WORKS_COMPLETED: site_facts.WorksCompleted(obstacle, said),
        FactKind.EQUIPMENT_RETURNED: site_facts.EquipmentReturned(
            order.held_on if fits else day, "equipment_return"
        ),
        FactKind.SALES_ANSWERED: site_facts.SalesAnswered(said),
        FactKind.WISH_CHANGED: site_facts.WishChanged(today + timedelta(days=other.day % 7), "sales"),
        FactKind.CONSTRUCTION_CALLED_OFF: site_facts.ConstructionCalledOff(
            (fits and order.construction_on) or day, sorted(CALLED_OFF)[other.day % len(CALLED_OFF)]
        ),
    }
    return made[kind]
