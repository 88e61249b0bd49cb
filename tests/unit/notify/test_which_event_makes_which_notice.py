"""Every event that this service reads makes the agreed notices, for the agreed people, and the same ones again."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import pytest

from contracts.billing import InvoiceIssuedV1, InvoiceLine
from contracts.event import Event
from contracts.orders import Defect, OrderDefectFoundV1
from contracts.promises import PromiseChangedV1
from contracts.site import ConstructionCalledOffV1, EquipmentReturnedV1, WorksRequiredV1
from contracts.works import (
    AnswerDeadlineMissedV1,
    ConstructionPostponedV1,
    ConstructionScheduledV1,
    ConsultDoneV1,
    ConsultRequestedV1,
    OrderActivatedV1,
)
from services.notify import translate
from services.notify.domain.notices import AUDIENCE, Kind, Letter, Notice, Role, notices_of

ORDER: Final = UUID("8c1f5a30-1111-5c1d-9c39-0b8f2d1f0a01")
OTHER: Final = UUID("8c1f5a30-2222-5c1d-9c39-0b8f2d1f0a02")
CAUSE: Final = UUID("0e4dbd5e-3333-5c1d-9c39-0b8f2d1f0a03")
NUMBER: Final = "FO-2604-000001-5"

DEFECT = OrderDefectFoundV1(
    order_id=ORDER,
    submission_id=OTHER,
    form="fiber-east-2026",
    defects=(
        Defect(field="phone", rule="phone", answered_by="sales"),
        Defect(field="city", rule="too_long", answered_by="desk"),
    ),
)
CONSULT = ConsultRequestedV1(order_id=ORDER, order_no=NUMBER, area="east", due_on=date(2026, 4, 3))
SCHEDULED = ConstructionScheduledV1(
    order_id=ORDER, order_no=NUMBER, construction_on=date(2026, 4, 20), pattern=1
)
RESCHEDULED = SCHEDULED.model_copy(update={"previous_on": date(2026, 4, 10)})
POSTPONED = ConstructionPostponedV1(
    order_id=ORDER, order_no=NUMBER, withdrawn_on=date(2026, 4, 20), reason="equipment_return"
)
MISSED = AnswerDeadlineMissedV1(
    order_id=ORDER, order_no=NUMBER, construction_on=date(2026, 4, 20), answer_by=date(2026, 4, 13)
)
PROMISED = PromiseChangedV1(order_id=ORDER, order_no=NUMBER, promised_on=date(2026, 4, 28), cause="consulted")
CALLED_OFF = ConstructionCalledOffV1(
    order_id=ORDER,
    order_no=NUMBER,
    called_off_on=date(2026, 4, 20),
    cause="customer_absent",
    responsible="customer",
    pattern=7,
)
RETURNED = EquipmentReturnedV1(
    order_id=ORDER, order_no=NUMBER, lost_on=date(2026, 4, 20), reason="equipment_return"
)
WORKS = WorksRequiredV1(
    order_id=ORDER,
    order_no=NUMBER,
    obstacle="owner_permit",
    found_on=date(2026, 4, 10),
    lost_on=date(2026, 4, 20),
    pattern=5,
)
LIT = OrderActivatedV1(
    order_id=ORDER,
    order_no=NUMBER,
    activated_on=date(2026, 4, 20),
    consulted_on=date(2026, 4, 3),
    area="east",
    plan="ip8",
    patterns=(1,),
    dominant=1,
)
INVOICE = InvoiceIssuedV1(
    account_id=CAUSE,
    invoice_id=CAUSE,
    number="2026-04-000001",
    order_ids=(ORDER, OTHER),
    month=date(2026, 4, 1),
    issued_on=date(2026, 5, 1),
    due_on=date(2026, 5, 31),
    lines=(InvoiceLine(code="x", clause="1", tariff_version="1", net_yen=11_000),),
    net_yen=11_000,
    tax_yen=1_100,
    total_yen=12_100,
)
BOTH = (Role.CUSTOMER, Role.SALES)


def made(event: Event) -> tuple[Notice, ...]:
    news = translate.news(event)
    return notices_of(news, cause_id=CAUSE) if news else ()


@pytest.mark.parametrize(
    ("event", "kind", "letter", "roles"),
    [
        (DEFECT, Kind.DEFECT, Letter.DEFECT, (Role.SALES,)),
        (CONSULT, Kind.CONSULT, Letter.CONSULT, BOTH),
        (SCHEDULED, Kind.CONSTRUCTION_DATE, Letter.CONSTRUCTION_DATE, BOTH),
        (RESCHEDULED, Kind.DATE_CHANGE, Letter.DATE_REPLACED, BOTH),
        (POSTPONED, Kind.DATE_CHANGE, Letter.DATE_POSTPONED, BOTH),
        (MISSED, Kind.DATE_CHANGE, Letter.DATE_LOST, (Role.SALES,)),
        (CALLED_OFF, Kind.DATE_CHANGE, Letter.DATE_POSTPONED, BOTH),
        (RETURNED, Kind.DATE_CHANGE, Letter.DATE_POSTPONED, BOTH),
        (WORKS, Kind.DATE_CHANGE, Letter.DATE_POSTPONED, BOTH),
        (PROMISED, Kind.PROMISE, Letter.PROMISE, (Role.SALES,)),
        (LIT, Kind.LIT, Letter.LIT, BOTH),
        (INVOICE, Kind.INVOICE, Letter.INVOICE, (Role.CUSTOMER,)),
    ],
    ids=lambda value: getattr(value, "type", None),
)
def test_an_event_tells_exactly_these_people_this(
    event: Event, kind: Kind, letter: Letter, roles: tuple[Role, ...]
) -> None:
    notices = made(event)

    assert [(notice.kind, notice.letter, notice.recipient) for notice in notices] == [
        (kind, letter, role) for role in roles
    ]
    assert {notice.order_id for notice in notices} == {ORDER}


def test_every_letter_is_made_by_some_event() -> None:
    events = (DEFECT, CONSULT, SCHEDULED, RESCHEDULED, POSTPONED, MISSED, PROMISED, LIT, INVOICE)

    assert {notice.letter for event in events for notice in made(event)} == set(Letter) == set(AUDIENCE)


def test_every_type_that_is_read_makes_news() -> None:
    dates = (SCHEDULED, POSTPONED, MISSED, CALLED_OFF, RETURNED, WORKS, PROMISED)
    events = (DEFECT, CONSULT, *dates, LIT, INVOICE)

    assert {type(event) for event in events} == {*translate.ORDERS, *translate.WORKS, *translate.BILLING}


@pytest.mark.parametrize(
    "event",
    [
        PROMISED.model_copy(update={"cause": "date_fixed"}),
        PROMISED.model_copy(update={"cause": "ended", "promised_on": None}),
        RETURNED.model_copy(update={"lost_on": None}),
        WORKS.model_copy(update={"lost_on": None}),
    ],
)
def test_what_is_told_otherwise_or_loses_no_date_tells_nobody(event: Event) -> None:
    assert made(event) == ()


def test_the_same_event_makes_the_same_notices_and_another_makes_others() -> None:
    ids = [notice.notice_id for notice in made(CONSULT)]

    assert ids == [notice.notice_id for notice in made(CONSULT)]
    assert len(set(ids)) == 2
    news = translate.news(CONSULT)
    assert news
    other = notices_of(news, cause_id=OTHER)
    assert not set(ids) & {notice.notice_id for notice in other}


def test_all_defects_are_told_and_none_of_their_values() -> None:
    (notice,) = made(DEFECT)

    assert notice.facts == {
        "order_no": None,
        "defects": [["phone", "phone", "sales"], ["city", "too_long", "desk"]],
    }


def test_an_invoice_is_told_about_the_first_of_its_orders_with_its_total_including_tax() -> None:
    (notice,) = made(INVOICE)

    assert notice.order_id == ORDER
    assert notice.facts["total_yen"] == 12_100


def test_an_event_that_nobody_is_told_about_is_refused() -> None:
    done = ConsultDoneV1(order_id=ORDER, order_no=NUMBER, consulted_on=date(2026, 4, 3))

    with pytest.raises(translate.NotNews):
        translate.news(done)
