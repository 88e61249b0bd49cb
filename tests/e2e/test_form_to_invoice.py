"""One form becomes a lit line and an invoice: all processes real, the clock moved from the form to the bill."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from kernel.calendar import BusinessCalendar
from ops.demo.checks import judge
from ops.demo.driver import Driver, end_of, start_of
from ops.demo.forms import make_batch
from ops.demo.questions import QUESTIONS
from ops.demo.world import World
from ops.sandbox.calendar import japanese_calendar
from tests.support.engines import Engines
from tests.support.whole_system import ONLY_PATTERN_1, engines_of_the_session, law_of, running

FIRST_DAY = date(2026, 4, 2)
BATCH = make_batch(11, 1, first_day=FIRST_DAY, days=1)
(POST,) = BATCH.posts
FORM = {
    name: answer["response"] for name, answer in zip(QUESTIONS, json.loads(POST.body)["answers"], strict=True)
}
CALENDAR: BusinessCalendar = japanese_calendar()
THE_WAY = [
    "order.submitted.v1",
    "consult.requested.v1",
    "desk.consult_done.v1",
    "consult.done.v1",
    "service_order.requested.v1",
    "carrier.service_order_created.v1",
    "service_order.created.v1",
    "carrier.construction_scheduled.v1",
    "construction.scheduled.v1",
    "carrier.construction_completed.v1",
    "order.activated.v1",
    "contract.opened.v1",
    "invoice.issued.v1",
]
# Said besides, as often as there is something to say: what is expected, promised, in danger, and called to mind.
BESIDES = {
    "delivery.predicted.v1",
    "promise.changed.v1",
    "jeopardy.raised.v1",
    "jeopardy.cleared.v1",
    "reminder.due.v1",
    "notice.sent.v1",
}


@pytest.fixture
async def world(engines: Engines, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncGenerator[World]:
    law = law_of(tmp_path, *ONLY_PATTERN_1)
    async with engines_of_the_session(engines, monkeypatch), running(start_of(FIRST_DAY), law=law) as world:
        yield world


def mails_in(folder: Path) -> list[EmailMessage]:
    return [
        cast("EmailMessage", message_from_bytes(path.read_bytes(), policy=policy.default))
        for path in sorted(folder.glob("*.eml"))
    ]


def invoice_by_hand(lit_on: date, plan: str) -> tuple[int, int]:
    """Net and tax, reckoned from the price list of the source without the service's code."""
    monthly = {"IP1 Enterprise": 30_500, "IP8": 40_000, "IP16": 59_000}[plan]
    assert lit_on.month == 4  # a month of 30 days, billed from the day of the construction
    days = 30 - lit_on.day + 1
    net = monthly * days // 30 + 1_000 + 1_000 + 800  # construction, exchange construction, contract
    return net, net * 10 // 100


async def test_one_form_becomes_a_lit_line_and_an_invoice_and_a_second_delivery_changes_nothing(
    world: World,
) -> None:
    end = end_of(BATCH)
    driver = Driver(world.stepper, world.poster, BATCH)

    await driver.run(end)

    evidence = await world.evidence(BATCH, driver.answers, end)
    assert [verdict.broken for verdict in judge(evidence) if not verdict.kept] == []

    # one correlation id from the form to the invoice
    (submitted,) = evidence.facts("order.submitted.v1")
    way = [event for event in evidence.heard if event.correlation_id == submitted.correlation_id]
    assert sorted(event.type for event in way if event.type in THE_WAY) == sorted(THE_WAY)
    assert {event.type for event in evidence.heard} - {*THE_WAY, *BESIDES} == set()
    assert [event.data["cause"] for event in evidence.facts("promise.changed.v1")] == [
        "consulted",
        "date_fixed",
    ]

    # the dates, each from the one before
    (lit,) = evidence.facts("order.activated.v1")
    consulted_on, lit_on = (date.fromisoformat(lit.data[name]) for name in ("consulted_on", "activated_on"))
    applied_on = date.fromisoformat(submitted.occurred_at[:10])
    assert consulted_on in {CALENDAR.add_business_days(applied_on, days) for days in (1, 2)}
    assert (lit_on - consulted_on).days >= 6
    assert (lit.data["patterns"], lit.data["dominant"]) == ([1], 1)

    # the mails
    mails = mails_in(world.system.mails)
    assert Counter(mail["To"] for mail in mails) == {FORM["email"]: 4, FORM["sales_email"]: 4}
    to_customer = "\n".join(
        str(mail["Subject"]) + mail.get_content() for mail in mails if mail["To"] == FORM["email"]
    )
    for text in (FORM["customer_name"], submitted.data["order_no"], f"{lit_on.month}月{lit_on.day}日"):
        assert text in to_customer
    kinds = Counter((row["kind"], row["recipient"]) for row in evidence.notices)
    assert kinds == {
        ("consult", "customer"): 1,
        ("consult", "sales"): 1,
        ("construction_date", "customer"): 1,
        ("construction_date", "sales"): 1,
        ("promise", "sales"): 1,
        ("lit", "customer"): 1,
        ("lit", "sales"): 1,
        ("invoice", "customer"): 1,
    }

    # the money
    (invoice,) = evidence.invoices
    net, tax = invoice_by_hand(lit_on, FORM["plan"])
    assert (invoice["net_yen"], invoice["tax_yen"], invoice["total_yen"]) == (net, tax, net + tax)
    assert f"{net + tax:,}" in to_customer

    await a_second_delivery_changes_nothing(world, driver)


async def a_second_delivery_changes_nothing(world: World, driver: Driver) -> None:
    before = await world.evidence(BATCH, driver.answers, end_of(BATCH))
    heard, mails = len(before.heard), len(before.mails)

    again = await world.poster.post(replace(POST, outcome="duplicate"))
    await world.stepper.settle()

    after = await world.evidence(BATCH, [*driver.answers, again], end_of(BATCH))
    assert (again.status, again.submission_id) == (202, driver.answers[0].submission_id)
    assert (len(after.heard), len(after.mails)) == (heard, mails)
    assert [row["deliveries"] for row in after.submissions] == [2]
    assert [verdict.broken for verdict in judge(after) if not verdict.kept] == []
