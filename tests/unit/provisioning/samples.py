"""An order in every state, reached by the facts that lead there, and one fitting fact of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Final

from kernel.ids import derived_id, form_order_id, format_order_no
from kernel.times import at_local
from services.provisioning.domain import facts, repair_facts, site_facts
from services.provisioning.domain.delay_facts import DelayReported
from services.provisioning.domain.facts import Fact, FactKind
from services.provisioning.domain.lifecycle import fold
from services.provisioning.domain.order import FiberOrder, State

Happened = tuple[Fact, datetime]


def april(day: int, hour: int = 12) -> datetime:
    """Return an instant in April 2026; the 1st is a Wednesday."""
    return at_local(date(2026, 4, day), time(hour))


def on(day: int) -> date:
    """Return a date in April 2026."""
    return date(2026, 4, day)


ORDER_ID: Final = form_order_id("fiber-east-2026", "response-1")
ORDER_NO: Final = format_order_no(2026, 4, 1)

OPENED: Final = (
    facts.OrderOpened(
        order_id=ORDER_ID,
        order_no=ORDER_NO,
        correlation_id=derived_id(ORDER_ID, "submission"),
        area="east",
        plan="ip8",
        building_kind="detached",
        sales_office="AB1234",
        applied_on=on(1),
        wished_on=on(20),
        consult_due_on=on(3),
        consult_due_at=april(4, 0),
    ),
    april(1),
)
CONSULTED: Final = (facts.ConsultDone(on(2)), april(2))
CREATED: Final = (facts.ServiceOrderCreated("SO-1"), april(3))
HELD: Final = (facts.ProvisionalDateHeld(on(15), on(8), april(9, 0)), april(6))
CONFIRMED: Final = (facts.DateConfirmed(on(15)), april(7))
MISSED: Final = (facts.AnswerDeadlineMissed(on(15), on(8)), april(9, 0))
SCHEDULED: Final = (facts.ConstructionScheduled(on(15), on(13)), april(7, 15))
COMPLETED: Final = (facts.ConstructionCompleted(on(15)), april(15, 18))
CANCELLED: Final = (facts.OrderCancelled("customer", "customer_wish"), april(10))
REGISTRATION: Final = (facts.AddressRegistrationRequested(on(8)), april(3))
PLANT_ASKED: Final = (site_facts.PlantInquirySent(on(4)), april(4))
SURVEY_FIXED: Final = (site_facts.SurveyScheduled("building", on(10)), april(6))
WORKS: Final = (site_facts.WorksRequired("general_works", on(6), on(24)), april(6))
NO_PERMISSION: Final = (site_facts.ConstructionCalledOff(on(15), "permission_missing"), april(15, 15))

WITH_SERVICE_ORDER: Final = (OPENED, CONSULTED, CREATED)
PATHS: Final[dict[State, Sequence[Happened]]] = {
    State.AWAITING_CONSULT: (OPENED,),
    State.AWAITING_SERVICE_ORDER: (OPENED, CONSULTED),
    State.AWAITING_ADDRESS_REGISTRATION: (OPENED, CONSULTED, REGISTRATION),
    State.AWAITING_CONSTRUCTION_DATE: WITH_SERVICE_ORDER,
    State.AWAITING_PLANT_ANSWER: (*WITH_SERVICE_ORDER, PLANT_ASKED),
    State.AWAITING_SURVEY: (*WITH_SERVICE_ORDER, SURVEY_FIXED),
    State.AWAITING_WORKS: (*WITH_SERVICE_ORDER, WORKS),
    State.DATE_HELD: (*WITH_SERVICE_ORDER, HELD),
    State.DATE_CONFIRMED: (*WITH_SERVICE_ORDER, HELD, CONFIRMED),
    State.AWAITING_CUSTOMER: (*WITH_SERVICE_ORDER, HELD, MISSED),
    State.AWAITING_SALES: (*WITH_SERVICE_ORDER, SCHEDULED, NO_PERMISSION),
    State.CONSTRUCTION_SCHEDULED: (*WITH_SERVICE_ORDER, SCHEDULED),
    State.ACTIVE: (*WITH_SERVICE_ORDER, SCHEDULED, COMPLETED),
    State.CANCELLED: (*WITH_SERVICE_ORDER, SCHEDULED, CANCELLED),
}
ORDERS: Final[dict[State, FiberOrder]] = {state: fold(path) for state, path in PATHS.items()}

# One fact of every kind, none of which was said on any of the paths unless a test looks for repeats.
FRESH: Final[dict[FactKind, Happened]] = {
    FactKind.ORDER_OPENED: OPENED,
    FactKind.ORDER_AMENDED: (facts.OrderAmended(2, ("plan",), "ip16", "collective", None), april(8)),
    FactKind.CONSULT_SCHEDULED: (facts.ConsultScheduled(on(9)), april(8)),
    FactKind.CONSULT_UNANSWERED: (facts.ConsultUnanswered(on(8), on(9), april(10, 0)), april(8)),
    FactKind.PLANT_INQUIRY_SENT: (site_facts.PlantInquirySent(on(8)), april(8)),
    FactKind.PLANT_INQUIRY_ANSWERED: (
        site_facts.PlantInquiryAnswered("survey_required", None, on(8)),
        april(8),
    ),
    FactKind.NEAR_DATE_DENIED: (site_facts.NearDateDenied(on(28)), april(8)),
    FactKind.SURVEY_SCHEDULED: (site_facts.SurveyScheduled("building", on(17)), april(8)),
    FactKind.SURVEY_DELAYED: (site_facts.SurveyDelayed(on(10), "weather"), april(9)),
    FactKind.SURVEY_DONE: (site_facts.SurveyDone("building", on(10), outside_needed=True), april(10)),
    FactKind.WORKS_REQUIRED: (site_facts.WorksRequired("road_use_permit", on(8), None), april(8)),
    FactKind.WORKS_COMPLETED: (site_facts.WorksCompleted("general_works", on(8)), april(8)),
    FactKind.EQUIPMENT_RETURNED: (site_facts.EquipmentReturned(on(15), "works"), april(8)),
    FactKind.SALES_ANSWERED: (site_facts.SalesAnswered(on(16)), april(16)),
    FactKind.WISH_CHANGED: (site_facts.WishChanged(on(25), "customer"), april(8)),
    FactKind.CONSTRUCTION_CALLED_OFF: (site_facts.ConstructionCalledOff(on(15), "weather"), april(15)),
    FactKind.CONSULT_DONE: (facts.ConsultDone(on(6)), april(8)),
    FactKind.CONSULT_OVERDUE: (facts.ConsultOverdue(on(3)), april(8)),
    FactKind.ADDRESS_REGISTRATION_REQUESTED: (facts.AddressRegistrationRequested(on(14)), april(8)),
    FactKind.ADDRESS_REGISTRATION_COMPLETED: (facts.AddressRegistrationCompleted(on(8)), april(8)),
    FactKind.SERVICE_ORDER_CREATED: (facts.ServiceOrderCreated("SO-2"), april(8)),
    FactKind.PROVISIONAL_DATE_HELD: (facts.ProvisionalDateHeld(on(22), on(14), april(15, 0)), april(8)),
    FactKind.DATE_CONFIRMED: (facts.DateConfirmed(on(15)), april(8)),
    FactKind.ANSWER_DEADLINE_MISSED: (facts.AnswerDeadlineMissed(on(15), on(8)), april(9, 0)),
    FactKind.CUSTOMER_ANSWERED: (facts.CustomerAnswered(on(8)), april(8)),
    FactKind.CONSTRUCTION_SCHEDULED: (facts.ConstructionScheduled(on(15), None), april(8)),
    FactKind.CONSTRUCTION_POSTPONED: (facts.ConstructionPostponed(on(15), "equipment_return"), april(14)),
    FactKind.CONSTRUCTION_COMPLETED: (facts.ConstructionCompleted(on(15)), april(15, 18)),
    FactKind.ORDER_CANCELLED: (facts.OrderCancelled("sales", "other"), april(8)),
    FactKind.REMINDER_DUE: (facts.ReminderDue("construction_reminder", on(15), {}), april(14, 9)),
    FactKind.JEOPARDY_RAISED: (
        facts.JeopardyRaised("wish_missed", "breached", "sales", on(9), on(8), {}),
        april(8),
    ),
    FactKind.JEOPARDY_CLEARED: (facts.JeopardyCleared("wish_missed"), april(8)),
    FactKind.SERVICE_ORDER_ASKED_AGAIN: (repair_facts.ServiceOrderAskedAgain(on(8)), april(8)),
    FactKind.ORDER_REOPENED: (repair_facts.OrderReopened(derived_id(ORDER_ID, "plan")), april(11)),
    FactKind.DELAY_REPORTED: (
        DelayReported(None, "weather", "carrier", "reappoint", None, "weather@1"),
        april(8),
    ),
}
