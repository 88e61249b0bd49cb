"""The story in English."""

from __future__ import annotations

from datetime import date
from typing import Final

from services.provisioning.domain.deadlines import DeadlineKind
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.order import Jeopardy, Party, State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.stories.tongue import Frame, Tongue

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def _day(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.day} ({_DAYS[day.weekday()]})"


def _way(stations: list[str]) -> str:
    return stations[0] if len(stations) == 1 else f"{', '.join(stations[:-1])}, then {stations[-1]}"


ENGLISH: Final = Tongue(
    day=_day,
    facts={
        FactKind.ORDER_OPENED: (
            "The order was opened, applied for on {applied_on}; the consult was due by {consult_due_on}.",
            " The customer wished for {wished_on}.",
        ),
        FactKind.ORDER_AMENDED: ("Sales edited the order (version {version}).", " Changed: {changed}."),
        FactKind.CONSULT_SCHEDULED: ("Desk and customer agreed on {scheduled_on} for the consult.",),
        FactKind.CONSULT_UNANSWERED: (
            "The desk called on {tried_on} and reached nobody; the next call is due by {next_due_on}.",
        ),
        FactKind.CONSULT_DONE: (
            "The desk called the customer on {consulted_on}; lead times count from this day.",
        ),
        FactKind.CONSULT_OVERDUE: ("The consult was due by {due_on} and did not take place.",),
        FactKind.ADDRESS_REGISTRATION_REQUESTED: (
            "The site is not in the carrier's system and must be registered first; this is usually back by {usual_by}.",
        ),
        FactKind.ADDRESS_REGISTRATION_COMPLETED: ("The carrier registered the site on {completed_on}.",),
        FactKind.SERVICE_ORDER_CREATED: ("The carrier created the service order {carrier_order_no}.",),
        FactKind.SERVICE_ORDER_ASKED_AGAIN: ("The carrier was asked once more on {asked_on}.",),
        FactKind.PLANT_INQUIRY_SENT: (
            "No date could be fixed on the spot; the carrier asked its plant side on {sent_on}.",
        ),
        FactKind.PLANT_INQUIRY_ANSWERED: (
            "The carrier's plant side answered on {answered_on}: {answer}.",
            " Needed is {permit}.",
        ),
        FactKind.NEAR_DATE_DENIED: (
            "The carrier's system offers no near construction date.",
            " The first that it shows is {earliest_on}.",
        ),
        FactKind.SURVEY_SCHEDULED: ("The survey {survey_kind} was fixed for {survey_on}.",),
        FactKind.SURVEY_DELAYED: ("The survey of {withdrawn_on} was withdrawn: {reason}.",),
        FactKind.SURVEY_DONE: (
            "The survey {survey_kind} took place on {done_on}.",
            "{outside_needed} The route outside is looked at next.",
        ),
        FactKind.WORKS_REQUIRED: (
            "On {found_on} it was found that {obstacle} must come first.",
            " This is expected by {expected_by}.",
        ),
        FactKind.WORKS_COMPLETED: ("What had to come first was done on {completed_on}: {obstacle}.",),
        FactKind.EQUIPMENT_RETURNED: (
            "The carrier's equipment situation stands in the way: {reason}.",
            " The date of {lost_on} was lost.",
        ),
        FactKind.PROVISIONAL_DATE_HELD: (
            "The carrier holds {construction_on} for the construction; an answer is needed by {answer_by}.",
        ),
        FactKind.DATE_CONFIRMED: ("The customer took {construction_on} for the construction.",),
        FactKind.ANSWER_DEADLINE_MISSED: (
            "No answer came by {answer_by}, and the held date of {construction_on} was lost.",
        ),
        FactKind.CUSTOMER_ANSWERED: ("The customer answered on {answered_on}; a new date can be asked for.",),
        FactKind.SALES_ANSWERED: ("Sales settled on {answered_on} what stood in the way.",),
        FactKind.WISH_CHANGED: ("Now {wished_on} is wished for, as {by} said.",),
        FactKind.CONSTRUCTION_SCHEDULED: (
            "The carrier fixed the construction for {construction_on}.",
            " A survey comes first on {survey_on}.",
        ),
        FactKind.CONSTRUCTION_POSTPONED: (
            "The carrier withdrew the construction date of {withdrawn_on}: {reason}.",
        ),
        FactKind.CONSTRUCTION_CALLED_OFF: (
            "On {called_off_on} itself the construction was not carried out: {cause}.",
        ),
        FactKind.CONSTRUCTION_COMPLETED: (
            "The construction was done on {completed_on}, and the line is lit.",
        ),
        FactKind.ORDER_CANCELLED: (
            "The order was called off by {by}: {reason}.",
            " A repair plan did it ({plan_id}).",
        ),
        FactKind.DELAY_REPORTED: (
            "The carrier reported a delay: {reason}. It lies with {responsible}; what to do: {action}.",
        ),
        FactKind.REMINDER_DUE: ("It was time to call {reminds_of_on} to mind: {deadline}.",),
        FactKind.JEOPARDY_RAISED: ("In danger: {cause}. {acts} must act by {act_by}.",),
        FactKind.JEOPARDY_CLEARED: ("No longer in danger: {cause}.",),
        FactKind.ORDER_REOPENED: ("The cancellation by the repair plan {plan_id} was taken back.",),
    },
    states={
        State.AWAITING_CONSULT: (
            "The order has waited for the consult with the customer since {since}.",
            " The call is agreed for {consult_scheduled_on}.",
        ),
        State.AWAITING_SERVICE_ORDER: (
            "The order has waited for the carrier's service order since {since}.",
        ),
        State.AWAITING_ADDRESS_REGISTRATION: (
            "The order has waited for the registration of its site since {since}.",
            " It is usually back by {registration_usual_by}.",
        ),
        State.AWAITING_CONSTRUCTION_DATE: ("The order has waited for a construction date since {since}.",),
        State.AWAITING_PLANT_ANSWER: (
            "The order has waited for an answer of the carrier's plant side since {since}.",
        ),
        State.AWAITING_SURVEY: (
            "The order has waited for the survey {survey_kind} since {since}.",
            " It is fixed for {survey_on}.",
        ),
        State.AWAITING_WORKS: (
            "The order has waited since {since} for what must come first: {obstacles}.",
            " This is expected by {works_expected_by}.",
        ),
        State.DATE_HELD: ("Since {since} the date of {held_on} is held for the construction.",),
        State.DATE_CONFIRMED: (
            "Since {since} the customer has taken {held_on}; the carrier has still to fix it.",
        ),
        State.AWAITING_CUSTOMER: ("The order has waited for the customer's answer since {since}.",),
        State.AWAITING_SALES: (
            "The order has waited for sales to settle what stands in the way since {since}.",
        ),
        State.CONSTRUCTION_SCHEDULED: (
            "The construction is fixed for {construction_on}, known since {since}.",
            " A survey comes first on {survey_on}.",
        ),
        State.ACTIVE: ("The line has been lit since {activated_on}.",),
        State.CANCELLED: ("The order has been called off since {since}.",),
    },
    balls={
        Party.SALES: "Sales must act next.",
        Party.CUSTOMER: "The customer must act next.",
        Party.DESK: "The operations desk must act next.",
        Party.CARRIER: "The carrier must act next.",
        None: "Nobody has anything left to do.",
    },
    patterns={
        Pattern.IMMEDIATE: "immediate",
        Pattern.ADDRESS_REGISTRATION: "address registration",
        Pattern.WORKS_FOUND_AFTER_SURVEY: "works or permits found after the survey",
        Pattern.NO_NEAR_DATE: "no near date",
        Pattern.EQUIPMENT_RETURN: "equipment return",
        Pattern.NOT_IMMEDIATE: "plant side must be asked",
        Pattern.CUSTOMER_DELAY: "answer of customer or sales is late",
    },
    late={
        Jeopardy.CONSULT_OVERDUE: ("Late is the consult: it was due by {due_on}.",),
        Jeopardy.RETRY_OVERDUE: (
            "Late is the next call after one that reached nobody: it was due by {due_on}.",
        ),
        Jeopardy.ANSWER_OVERDUE: ("Late is the answer: it was due by {due_on}.",),
        Jeopardy.REGISTRATION_OVERDUE: (
            "The address registration takes longer than usual, which is {due_on}.",
        ),
        Jeopardy.PLANT_ANSWER_OVERDUE: ("The plant side should have answered by {due_on}.",),
        Jeopardy.WORKS_OVERDUE: ("The works should have been done by {due_on}.",),
        Jeopardy.PERMIT_OVERDUE: ("The permit should have been there by {due_on}.",),
        Jeopardy.NO_DATE: ("No construction date although the usual time of the pattern ended on {due_on}.",),
        Jeopardy.LATE_DATE: ("The date lies after the usual time of the pattern, {due_on}.",),
        Jeopardy.WISH_IMPOSSIBLE: ("The wished day, {due_on}, cannot be kept.",),
        Jeopardy.WISH_MISSED: ("The wished day, {due_on}, has passed.",),
    },
    deadlines={
        DeadlineKind.CONSULT_DUE: ("The consult is due by {due_on}.",),
        DeadlineKind.NEXT_TRY: ("The next call is due by {due_on}.",),
        DeadlineKind.SURVEY_REMINDER: ("The survey is called to mind on {due_on}.",),
        DeadlineKind.CONSTRUCTION_REMINDER: ("The construction is called to mind on {due_on}.",),
        DeadlineKind.REGISTRATION_USUAL: ("The registration is usually back by {due_on}.",),
        DeadlineKind.PLANT_ANSWER: ("The plant side is expected to answer by {due_on}.",),
        DeadlineKind.WORKS_WAIT: ("The works are expected to be done by {due_on}.",),
        DeadlineKind.PERMIT_WAIT: ("The permit is expected by {due_on}.",),
        DeadlineKind.USUAL_TIME: ("The usual time of the pattern ends on {due_on}.",),
        DeadlineKind.WISHED_DAY: ("Until {due_on} the wished day can still be kept.",),
        DeadlineKind.ANSWER_BY: ("An answer is needed by {due_on}, or the held date is lost.",),
    },
    fates={
        FactKind.PROVISIONAL_DATE_HELD: "held",
        FactKind.DATE_CONFIRMED: "taken by the customer",
        FactKind.CONSTRUCTION_SCHEDULED: "fixed by the carrier",
        FactKind.CONSTRUCTION_COMPLETED: "kept",
        FactKind.ORDER_CANCELLED: "called off with the order",
        FactKind.ORDER_REOPENED: "in force again with the order",
    },
    losses={
        FactKind.ANSWER_DEADLINE_MISSED: "lost for want of an answer",
        FactKind.CONSTRUCTION_SCHEDULED: "replaced",
        FactKind.CONSTRUCTION_POSTPONED: "withdrawn by the carrier",
        FactKind.CONSTRUCTION_CALLED_OFF: "called off on the day",
        FactKind.EQUIPMENT_RETURNED: "lost by the carrier's equipment situation",
        FactKind.WORKS_REQUIRED: "lost because works or permits must come first",
        FactKind.WISH_CHANGED: "given up for another wish",
    },
    codes={
        "customer": "the customer",
        "sales": "sales",
        "desk": "the operations desk",
        "carrier": "the carrier",
        "customer_wish": "the customer's wish",
        "moved_elsewhere": "the customer moved elsewhere",
        "owner_refused": "the owner refused",
        "not_feasible": "not feasible",
        "other": "other reasons",
        "equipment_return": "equipment return",
        "works": "works",
        "permits": "permits",
        "carrier_staff": "the carrier's staff",
        "weather": "the weather",
        "no_access": "no access to the building",
        "building": "in the building",
        "outside": "outside",
        "general_works": "general works",
        "road_use_permit": "a road-use permit",
        "owner_permit": "the owner's permit",
        "survey_required": "a survey is needed",
        "construction_possible": "construction is possible",
        "customer_absent": "the customer was absent",
        "customer_not_ready": "the customer was not ready",
        "permission_missing": "a permission was missing",
        "building_closed": "the building was closed",
        "equipment_missing": "equipment was missing",
        "works_found": "works were found to be needed",
        "address_registration": "the address registration",
        "no_near_date": "no near date",
        "plant_inquiry": "an inquiry at the plant side",
        "absent": "nobody was there",
        "not_carried_out": "the construction was not carried out",
        "site_not_ready": "the site is not ready",
        "owner": "the owner",
        "cancel": "call off",
        "delay": "wait",
        "inform": "tell the customer",
        "reappoint": "agree on a new day",
        "consult_overdue": "the consult is late",
        "retry_overdue": "the next call is late",
        "answer_overdue": "the answer is late",
        "registration_overdue": "the registration takes long",
        "plant_answer_overdue": "the plant side does not answer",
        "works_overdue": "the works take long",
        "permit_overdue": "the permit takes long",
        "no_date": "there is no date although the usual time is over",
        "late_date": "the date lies after the usual time",
        "wish_impossible": "the wished day cannot be kept",
        "wish_missed": "the wished day was missed",
        "survey_reminder": "the survey",
        "construction_reminder": "the construction",
        "plan": "plan",
        "building_kind": "kind of building",
        "wished_on": "wished day",
        "sales_office": "sales office",
        "applied_on": "day of application",
        "True": "",
    },
    frame=Frame(
        pattern="Since {since} delay pattern {number} ({name}) is in force.",
        no_delay="No delay was met so far: pattern {number} ({name}).",
        earlier="Before it met pattern {number} ({name}).",
        date_way="The date of {day} was {way}.",
        wished="The customer wishes for {day}.",
        nothing_late="Nothing is late.",
        predicted="The line will probably be lit on {p50} (in 8 of 10 cases {p10} to {p90}; earliest {earliest}).",
        basis_rule="This follows the rule of the delay pattern.",
        basis_orders="This follows {count} comparable orders.",
    ),
    way=_way,
    comma=", ",
    between=" ",
    gap=" ",
)
