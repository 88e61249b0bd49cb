"""Every event class by its type, newest versions only; older versions come in through contracts.upcasters."""

from __future__ import annotations

from typing import Final

from contracts import billing, notices, orders, partners, works
from contracts.event import Event

EVENT_TYPES: Final[dict[str, type[Event]]] = {
    event.type: event
    for event in (
        orders.OrderSubmittedV1,
        orders.OrderDefectFoundV1,
        orders.OrderAmendedV1,
        works.ConsultRequestedV1,
        works.ConsultDoneV1,
        works.ServiceOrderRequestedV1,
        works.AddressRegistrationRequestedV1,
        works.AddressRegistrationCompletedV1,
        works.ServiceOrderCreatedV1,
        works.ProvisionalDateHeldV1,
        works.DateConfirmedV1,
        works.AnswerDeadlineMissedV1,
        works.CustomerAnsweredV1,
        works.ConstructionScheduledV1,
        works.ConstructionPostponedV1,
        works.OrderActivatedV1,
        works.OrderCancelledV1,
        works.JeopardyRaisedV1,
        works.JeopardyClearedV1,
        works.DelayReportedV1,
        works.ClaimRefusedV1,
        partners.CarrierAddressRegistrationNeededV1,
        partners.CarrierAddressRegistrationCompletedV1,
        partners.CarrierServiceOrderCreatedV1,
        partners.CarrierProvisionalDateHeldV1,
        partners.CarrierConstructionScheduledV1,
        partners.CarrierConstructionPostponedV1,
        partners.CarrierConstructionCompletedV1,
        partners.CarrierDelayReportedV1,
        partners.DeskConsultDoneV1,
        partners.DeskDateConfirmedV1,
        partners.DeskCustomerAnsweredV1,
        partners.DeskOrderCancelledV1,
        billing.ContractOpenedV1,
        billing.InvoiceIssuedV1,
        notices.NoticeSentV1,
        notices.NoticeFailedV1,
    )
}


class UnknownType(LookupError):
    """No class of this tree reads the type; `noun_known` tells an unknown version from a stranger."""

    def __init__(self, type_: str) -> None:
        super().__init__("no event class reads this type")
        self.type = type_
        stem = type_.rpartition(".v")[0]
        self.noun_known = any(known.rpartition(".v")[0] == stem for known in EVENT_TYPES)


def event_class(type_: str) -> type[Event]:
    """Return the class that reads the type.

    :raises UnknownType: there is none.
    """
    try:
        return EVENT_TYPES[type_]
    except KeyError:
        raise UnknownType(type_) from None
