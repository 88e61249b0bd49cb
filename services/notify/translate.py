"""The customs office between contracts and the words of this service."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from contracts.billing import InvoiceIssuedV1
from contracts.envelope import Cause, Outgoing, announce
from contracts.event import Event
from contracts.notices import NoticeFailedV1, NoticeSentV1
from contracts.orders import OrderDefectFoundV1
from contracts.promises import PromiseChangedV1
from contracts.site import ConstructionCalledOffV1, EquipmentReturnedV1, WorksRequiredV1
from contracts.works import (
    AnswerDeadlineMissedV1,
    ConstructionPostponedV1,
    ConstructionScheduledV1,
    ConsultRequestedV1,
    OrderActivatedV1,
)
from services.notify.domain.notices import Letter, News, Notice, date_letter
from services.notify.domain.retry import Failure

ORDERS: Final = (OrderDefectFoundV1,)
MILESTONES: Final = (
    ConsultRequestedV1,
    ConstructionScheduledV1,
    ConstructionPostponedV1,
    AnswerDeadlineMissedV1,
    OrderActivatedV1,
)
LOSSES: Final = (ConstructionCalledOffV1, EquipmentReturnedV1, WorksRequiredV1)
WORKS: Final = (*MILESTONES, *LOSSES, PromiseChangedV1)
# Other changes of a promise are told by the news of the date itself.
_TOLD_PROMISES: Final = frozenset({"consulted", "pattern_changed", "range_left", "wish_changed", "date_lost"})
BILLING: Final = (InvoiceIssuedV1,)


class NotNews(TypeError):
    """The event is none that this service tells people about."""


def news(event: Event) -> News | None:
    """Return what the event means to the people of its order; None where nobody has to hear of it.

    :raises NotNews: the event is none that this service reads.
    """
    if isinstance(event, OrderDefectFoundV1):
        return _defects(event)
    if isinstance(event, InvoiceIssuedV1):
        return _invoice(event)
    if isinstance(event, PromiseChangedV1):
        return _promise(event)
    if isinstance(event, LOSSES):
        return _lost(event)
    if isinstance(event, MILESTONES):
        return _works(event)
    raise NotNews(event.type)


def sent(notice: Notice, *, cause: Cause, at: datetime, attempts: int) -> Outgoing:
    """Return the fact that the mail server took the mail. at: business instant."""
    event = NoticeSentV1(
        order_id=notice.order_id,
        notice_id=notice.notice_id,
        kind=notice.kind.value,
        recipient=notice.recipient.value,
        channel="mail",
        sent_at=at,
        attempts=attempts,
    )
    return announce(event, cause=cause, occurred_at=at, discriminator=str(notice.notice_id))


def failed(notice: Notice, *, cause: Cause, at: datetime, code: Failure) -> Outgoing:
    """Return the fact that the notice will not be sent. at: business instant."""
    event = NoticeFailedV1(
        order_id=notice.order_id,
        notice_id=notice.notice_id,
        kind=notice.kind.value,
        recipient=notice.recipient.value,
        code=code.value,
    )
    return announce(event, cause=cause, occurred_at=at, discriminator=str(notice.notice_id))


def _defects(event: OrderDefectFoundV1) -> News:
    facts = {
        "order_no": event.order_no,
        "defects": [[defect.field, defect.rule, defect.answered_by] for defect in event.defects],
    }
    return News(event.order_id, Letter.DEFECT, facts)


def _invoice(event: InvoiceIssuedV1) -> News:
    facts = {
        "number": event.number,
        "month": event.month.isoformat(),
        "total_yen": event.total_yen,
        "due_on": event.due_on.isoformat(),
    }
    return News(event.order_ids[0], Letter.INVOICE, facts)


def _promise(event: PromiseChangedV1) -> News | None:
    if event.promised_on is None or event.cause not in _TOLD_PROMISES:
        return None
    facts = {
        "order_no": event.order_no,
        "promised_on": event.promised_on.isoformat(),
        "reason": f"promise_{event.cause}",
    }
    return News(event.order_id, Letter.PROMISE, facts)


def _lost(event: ConstructionCalledOffV1 | EquipmentReturnedV1 | WorksRequiredV1) -> News | None:
    """Return the news of a day that is lost, if there was one."""
    match event:
        case ConstructionCalledOffV1():
            lost_on, reason = event.called_off_on, event.cause
        case EquipmentReturnedV1():
            lost_on, reason = event.lost_on, event.reason
        case WorksRequiredV1():
            lost_on, reason = event.lost_on, event.obstacle
    if lost_on is None:
        return None
    facts = {"order_no": event.order_no, "withdrawn_on": lost_on.isoformat(), "reason": reason}
    return News(event.order_id, Letter.DATE_POSTPONED, facts)


def _works(
    event: ConsultRequestedV1
    | ConstructionScheduledV1
    | ConstructionPostponedV1
    | AnswerDeadlineMissedV1
    | OrderActivatedV1,
) -> News:
    number = {"order_no": event.order_no}
    match event:
        case ConsultRequestedV1():
            return News(event.order_id, Letter.CONSULT, number | {"due_on": event.due_on.isoformat()})
        case ConstructionScheduledV1():
            facts = number | {"construction_on": event.construction_on.isoformat()}
            if event.previous_on is not None:
                facts["previous_on"] = event.previous_on.isoformat()
            return News(event.order_id, date_letter(event.previous_on), facts)
        case ConstructionPostponedV1():
            facts = number | {"withdrawn_on": event.withdrawn_on.isoformat(), "reason": event.reason}
            return News(event.order_id, Letter.DATE_POSTPONED, facts)
        case AnswerDeadlineMissedV1():
            facts = number | {
                "construction_on": event.construction_on.isoformat(),
                "answer_by": event.answer_by.isoformat(),
            }
            return News(event.order_id, Letter.DATE_LOST, facts)
        case OrderActivatedV1():
            return News(event.order_id, Letter.LIT, number | {"activated_on": event.activated_on.isoformat()})
