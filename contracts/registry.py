"""Every event class by its type, newest versions only; older versions come in through contracts.upcasters."""

from __future__ import annotations

from typing import Final

from contracts import billing, notices, orders, partners, promises, reminders, site, works
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
        works.ClaimRefusedV1,
        site.ConsultScheduledV1,
        site.ConsultUnansweredV1,
        site.SurveyScheduledV1,
        site.SurveyDelayedV1,
        site.SurveyDoneV1,
        site.WorksRequiredV1,
        site.WorksCompletedV1,
        site.PlantInquirySentV1,
        site.PlantInquiryAnsweredV1,
        site.NearDateDeniedV1,
        site.EquipmentReturnedV1,
        site.ConstructionCalledOffV1,
        site.SalesAnsweredV1,
        site.WishChangedV1,
        site.OrderReopenedV1,
        site.DelayReportedV1,
        reminders.ReminderDueV1,
        promises.DeliveryPredictedV1,
        promises.PromiseChangedV1,
        partners.CarrierAddressRegistrationNeededV1,
        partners.CarrierAddressRegistrationCompletedV1,
        partners.CarrierServiceOrderCreatedV1,
        partners.CarrierProvisionalDateHeldV1,
        partners.CarrierConstructionScheduledV1,
        partners.CarrierConstructionPostponedV1,
        partners.CarrierConstructionCompletedV1,
        partners.CarrierSurveyScheduledV1,
        partners.CarrierSurveyDelayedV1,
        partners.CarrierSurveyDoneV1,
        partners.CarrierWorksRequiredV1,
        partners.CarrierWorksCompletedV1,
        partners.CarrierPlantInquirySentV1,
        partners.CarrierPlantInquiryAnsweredV1,
        partners.CarrierNearDateDeniedV1,
        partners.CarrierEquipmentReturnedV1,
        partners.CarrierConstructionCalledOffV1,
        partners.DeskConsultScheduledV1,
        partners.DeskConsultUnansweredV1,
        partners.CarrierDelayReportedV1,
        partners.DeskConsultDoneV1,
        partners.DeskDateConfirmedV1,
        partners.DeskCustomerAnsweredV1,
        partners.DeskOrderCancelledV1,
        partners.DeskSalesAnsweredV1,
        partners.DeskWishChangedV1,
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
