"""The customs office between the contracts of the bus and the words of the domain: events and claims in, facts out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from contracts import partners
from contracts.event import Event
from contracts.orders import OrderAmendedV1, OrderSubmittedV1
from contracts.partners import CarrierClaim, Claim, DeskClaim
from services.provisioning.domain import facts, site_facts
from services.provisioning.domain.crosswalk import Kind, Rule
from services.provisioning.domain.delay_facts import DelayReported
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.domain.rules import Rules

ORDERS: Final[tuple[type[Event], ...]] = (OrderSubmittedV1, OrderAmendedV1)


class NotAClaim(TypeError):
    """The claim is none that this service reads."""


def opening(
    event: OrderSubmittedV1, *, at: datetime, correlation_id: UUID, rules: Rules
) -> facts.OrderOpened:
    """Return the fact that opens an order. at: when it was submitted, from which the consult's due day counts."""
    due_on = rules.consult_due_on(at)
    return facts.OrderOpened(
        order_id=event.order_id,
        order_no=event.order_no,
        correlation_id=correlation_id,
        area=event.area,
        plan=event.plan,
        building_kind=event.building_kind,
        sales_office=event.sales_office,
        applied_on=event.applied_on,
        wished_on=event.wished_on,
        consult_due_on=due_on,
        consult_due_at=rules.end_of(due_on),
    )


def amendment(event: OrderAmendedV1) -> facts.OrderAmended:
    """Return the fact that sales edited the submission."""
    return facts.OrderAmended(
        version=event.version,
        changed=event.changed,
        plan=event.plan,
        building_kind=event.building_kind,
        wished_on=event.wished_on,
    )


def said(claim: Claim, *, at: datetime, rules: Rules, by_rule: Rule | None = None) -> Fact:
    """Return the fact that a claim would be if it is accepted. at: when it was said.

    by_rule: for a delay report, the rule that maps it.

    :raises Refused: it names a day beyond belief (wrong_date).  :raises NotAClaim: this service does not read it.
    """
    days = [day for name in type(claim).model_fields if isinstance(day := getattr(claim, name), date)]
    if not all(rules.believable(day, at) for day in days):
        raise Refused(Code.WRONG_DATE)
    if by_rule is not None:
        return delay(by_rule)
    read = _READ.get(type(claim))
    if read is None:
        raise NotAClaim(claim.type)
    return read(claim, at, rules)


def delay(rule: Rule) -> DelayReported:
    """Return the fact of a report that a rule maps; the carrier's code is named only where it was what mapped."""
    meaning = rule.meaning
    return DelayReported(
        code=rule.key if rule.kind is Kind.CODE else None,
        reason=meaning.reason.value,
        responsible=meaning.responsible.value,
        action=meaning.action.value,
        pattern=meaning.pattern and meaning.pattern.value,
        rule=rule.name,
    )


_READ: Final[Mapping[type[Claim], Callable[[Any, datetime, Rules], Fact]]] = {
    partners.CarrierAddressRegistrationNeededV1: lambda _claim, at, rules: facts.AddressRegistrationRequested(
        rules.registration_usual_by(at)
    ),
    partners.CarrierAddressRegistrationCompletedV1: lambda claim, _at, _rules: (
        facts.AddressRegistrationCompleted(claim.completed_on)
    ),
    partners.CarrierServiceOrderCreatedV1: lambda claim, _at, _rules: facts.ServiceOrderCreated(
        claim.carrier_order_no
    ),
    partners.CarrierProvisionalDateHeldV1: lambda claim, _at, rules: facts.ProvisionalDateHeld(
        claim.construction_on, claim.answer_by, rules.end_of(claim.answer_by)
    ),
    partners.CarrierConstructionScheduledV1: lambda claim, _at, _rules: facts.ConstructionScheduled(
        claim.construction_on, claim.survey_on
    ),
    partners.CarrierConstructionPostponedV1: lambda claim, _at, _rules: facts.ConstructionPostponed(
        claim.withdrawn_on, claim.reason
    ),
    partners.CarrierConstructionCompletedV1: lambda claim, _at, _rules: facts.ConstructionCompleted(
        claim.completed_on
    ),
    partners.CarrierPlantInquirySentV1: lambda claim, _at, _rules: site_facts.PlantInquirySent(claim.sent_on),
    partners.CarrierPlantInquiryAnsweredV1: lambda claim, _at, _rules: site_facts.PlantInquiryAnswered(
        claim.answer, claim.permit, claim.answered_on
    ),
    partners.CarrierNearDateDeniedV1: lambda claim, _at, _rules: site_facts.NearDateDenied(claim.earliest_on),
    partners.CarrierSurveyScheduledV1: lambda claim, _at, _rules: site_facts.SurveyScheduled(
        claim.kind, claim.survey_on
    ),
    partners.CarrierSurveyDelayedV1: lambda claim, _at, _rules: site_facts.SurveyDelayed(
        claim.withdrawn_on, claim.reason
    ),
    partners.CarrierSurveyDoneV1: lambda claim, _at, _rules: site_facts.SurveyDone(
        claim.kind, claim.done_on, claim.outside_survey_needed
    ),
    partners.CarrierWorksRequiredV1: lambda claim, _at, _rules: site_facts.WorksRequired(
        claim.obstacle, claim.found_on, claim.expected_by
    ),
    partners.CarrierWorksCompletedV1: lambda claim, _at, _rules: site_facts.WorksCompleted(
        claim.obstacle, claim.completed_on
    ),
    partners.CarrierEquipmentReturnedV1: lambda claim, _at, _rules: site_facts.EquipmentReturned(
        claim.lost_on, claim.reason
    ),
    partners.CarrierConstructionCalledOffV1: lambda claim, _at, _rules: site_facts.ConstructionCalledOff(
        claim.called_off_on, claim.cause
    ),
    partners.DeskConsultScheduledV1: lambda claim, _at, _rules: facts.ConsultScheduled(claim.scheduled_on),
    partners.DeskConsultUnansweredV1: lambda claim, at, rules: facts.ConsultUnanswered(
        claim.tried_on, due := rules.next_call_due_on(at), rules.end_of(due)
    ),
    partners.DeskSalesAnsweredV1: lambda claim, _at, _rules: site_facts.SalesAnswered(claim.answered_on),
    partners.DeskWishChangedV1: lambda claim, _at, _rules: site_facts.WishChanged(claim.wished_on, claim.by),
    partners.DeskConsultDoneV1: lambda claim, _at, _rules: facts.ConsultDone(claim.consulted_on),
    partners.DeskDateConfirmedV1: lambda claim, _at, _rules: facts.DateConfirmed(claim.construction_on),
    partners.DeskCustomerAnsweredV1: lambda claim, _at, _rules: facts.CustomerAnswered(claim.answered_on),
    partners.DeskOrderCancelledV1: lambda claim, _at, _rules: facts.OrderCancelled(claim.by, claim.reason),
}
# What is read from whom.
CARRIER: Final = (
    *(cls for cls in _READ if issubclass(cls, CarrierClaim)),
    partners.CarrierDelayReportedV1,  # read by the crosswalk
)
DESK: Final = tuple(cls for cls in _READ if issubclass(cls, DeskClaim))
