"""The code of a refusal where the state does not accept a fact: what the partner should learn from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.provisioning.domain import facts, site_facts
from services.provisioning.domain.facts import Fact, FactKind
from services.provisioning.domain.order import FiberOrder, State
from services.provisioning.domain.refusals import Code


def why_not(order: FiberOrder, fact: Fact) -> Code:
    """Return why the order's state does not accept the fact: repeated, too late, ended, or simply not its turn."""
    if order.state is State.CANCELLED:
        return Code.ALREADY_DONE if isinstance(fact, facts.OrderCancelled) else Code.ORDER_ENDED
    if _said_before(order, fact):
        return Code.ALREADY_DONE
    if order.state is State.ACTIVE and isinstance(fact, facts.OrderCancelled):
        return Code.TOO_LATE
    if order.ended:
        return Code.ORDER_ENDED
    if order.state is State.AWAITING_CUSTOMER and isinstance(fact, facts.DateConfirmed):
        return Code.TOO_LATE
    return Code.WRONG_STATE


def _said_before(order: FiberOrder, fact: Fact) -> bool:
    """Return whether the order shows that this very thing was accepted before."""
    match fact:
        case facts.OrderOpened():
            return True
        case facts.AddressRegistrationRequested():
            return order.registration_usual_by is not None
        case site_facts.WorksRequired(obstacle) | site_facts.WorksCompleted(obstacle):
            return obstacle in order.cleared
        case facts.ProvisionalDateHeld(day, answer_by):
            return order.held_on == day and order.answer_by in {answer_by, None}
        case _:
            said, traces = _TRACES.get(fact.kind, ("kind", ()))
            found = {getattr(order, name) for name in traces}
            return getattr(fact, said) in found - {None}


# A field of a fact, and the fields of an order in which it stays when the fact is accepted.
_TRACES: Final[Mapping[FactKind, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        FactKind.CONSULT_UNANSWERED: ("tried_on", ("consult_tried_on",)),
        FactKind.CONSULT_DONE: ("consulted_on", ("consulted_on",)),
        FactKind.ADDRESS_REGISTRATION_COMPLETED: ("completed_on", ("registered_on",)),
        FactKind.SERVICE_ORDER_CREATED: ("carrier_order_no", ("carrier_order_no",)),
        FactKind.DATE_CONFIRMED: ("construction_on", ("held_on", "construction_on")),
        FactKind.CUSTOMER_ANSWERED: ("answered_on", ("answered_on",)),
        FactKind.PLANT_INQUIRY_SENT: ("sent_on", ("plant_asked_on",)),
        FactKind.PLANT_INQUIRY_ANSWERED: ("answered_on", ("plant_answered_on",)),
        FactKind.SURVEY_DONE: ("done_on", ("surveyed_on",)),
        FactKind.EQUIPMENT_RETURNED: ("lost_on", ("replaced_on",)),
        FactKind.CONSTRUCTION_CALLED_OFF: ("called_off_on", ("called_off_on",)),
        FactKind.SALES_ANSWERED: ("answered_on", ("answered_on",)),
        FactKind.CONSTRUCTION_SCHEDULED: ("construction_on", ("construction_on", "replaced_on")),
        FactKind.CONSTRUCTION_POSTPONED: ("withdrawn_on", ("replaced_on",)),
        FactKind.CONSTRUCTION_COMPLETED: ("completed_on", ("activated_on",)),
    }
)
