"""What is expected and promised after each fact, who was told, what is learned at night, what operators see of it."""

from __future__ import annotations

from datetime import timedelta

from chassis.testing import received
from contracts import partners as p
from contracts.notices import NoticeSentV1
from kernel.ids import derived_id
from ops.sandbox.book import Book
from ops.sandbox.calendar import japanese_calendar
from ops.sandbox.law import read_law
from services.provisioning.workers import Refit
from tests.integration.provisioning.house import House, april, on, order_id, submission
from tests.integration.provisioning.test_the_sandbox_plays_against_it import play


async def scheduled(house: House) -> None:
    await house.deliver(submission())
    await house.say(p.DeskConsultDoneV1, consulted_on=on(1))
    await house.say(p.CarrierServiceOrderCreatedV1, carrier_order_no="SO-1")
    await house.say(p.CarrierConstructionScheduledV1, construction_on=on(9))


def refit(house: House) -> Refit:
    """Return the worker that main wires, so that the test can run it once."""
    (worker,) = house.parts.workers
    found = getattr(worker.run_once, "__self__", None)
    assert isinstance(found, Refit)
    return found


async def test_every_fact_is_followed_by_what_is_expected_and_only_some_by_a_promise(house: House) -> None:
    await scheduled(house)
    await house.say(p.CarrierConstructionPostponedV1, withdrawn_on=on(9), reason="works")

    outlook = await house.outlook()

    assert [event["type"].removesuffix(".v1") for event in outlook] == [
        "delivery.predicted",
        "delivery.predicted",
        "promise.changed",
        "delivery.predicted",
        "delivery.predicted",
        "promise.changed",
        "delivery.predicted",
        "promise.changed",
    ]
    causes = [event["body"]["cause"] for event in outlook if event["type"] == "promise.changed.v1"]
    assert causes == ["consulted", "date_fixed", "date_lost"]
    for event in outlook:
        if event["type"] == "delivery.predicted.v1":
            body = event["body"]
            days = [body[name] for name in ("earliest_on", "p10_on", "p50_on", "p90_on")]
            assert days == sorted(days)
            assert days[0] >= "2026-04-01"
            assert body["basis"] == "rule"


async def test_a_second_delivery_expects_and_promises_nothing_anew(house: House) -> None:
    await scheduled(house)
    before = len(await house.outlook())

    await house.deliver(submission(sequence=2))
    await house.say(p.DeskConsultDoneV1, take=2, consulted_on=on(1))

    assert len(await house.outlook()) == before
    assert len(await house.rows("SELECT * FROM forecasts")) == 4


async def test_an_ended_order_is_not_expected_any_more_and_its_promise_ends(house: House) -> None:
    await scheduled(house)
    await house.say(p.DeskOrderCancelledV1, by="customer", reason="customer_wish")

    last = (await house.outlook())[-1]

    assert last["type"] == "promise.changed.v1"
    assert (last["body"]["promised_on"], last["body"]["cause"]) == (None, "ended")


async def test_the_ledger_names_who_set_a_date_why_and_whom_we_told(house: House) -> None:
    await scheduled(house)
    fixed = next(event for event in await house.announced() if event["type"] == "construction.scheduled.v1")
    notice = NoticeSentV1(
        order_id=order_id(1),
        notice_id=derived_id(order_id(1), "notice"),
        kind="construction_date",
        recipient="customer",
        channel="mail",
        sent_at=april(2),
        attempts=1,
    )
    told = received(notice, now=april(2))
    object.__setattr__(told.envelope, "causation_id", fixed["event_id"])
    await house.deliver(told)
    await house.deliver(told)

    answer = (await house.get(f"/ops/orders/{order_id(1)}/outlook")).json()

    ledger = [(row["kind"], row["day"], row["author"], row["cause"]) for row in answer["ledger"]]
    assert ledger[0] == ("wished", "2026-04-20", "sales", "order_opened")
    assert ledger[1][0] == "promised"
    assert ledger[1][2:] == ("rule", "consulted")
    assert ledger[2] == ("promised", "2026-04-09", "rule", "date_fixed")
    assert [row["told"] for row in answer["ledger"][:2]] == [[], []]
    (heard,) = answer["ledger"][2]["told"]
    assert (heard["recipient"], heard["notice"]) == ("customer", "construction_date")
    assert answer["today"]["p50_on"] == "2026-04-09"
    assert len(answer["forecasts"]) == 4


async def test_the_system_learns_at_night_from_its_own_closed_orders_and_says_so(house: House) -> None:
    book = Book(read_law(), japanese_calendar())
    await house.deliver(*[submission(serial) for serial in range(1, 121)])
    await play(house, book)
    night = refit(house)
    assert await night.run_once() in {0, 1}
    house.advance(house.clock.now() + timedelta(days=1))
    await night.run_once()
    assert await night.run_once() == 0  # nothing was lit since

    await house.deliver(submission(500, at=house.clock.now()))
    await house.say(p.DeskConsultDoneV1, 500, consulted_on=house.clock.now().date())
    predicted = [event["body"] for event in await house.outlook(500)]
    coverage = (await house.get("/ops/forecasts/coverage")).json()

    assert {body["basis"] for body in predicted if "basis" in body} == {"history"}
    assert min(body["comparable"] for body in predicted if "comparable" in body) >= 30
    versions = {body["model_version"] for body in predicted if "model_version" in body}
    assert versions == {coverage["model"]["version"]}
    first = coverage["patterns"][0]
    assert first["pattern"] == 1
    assert 0 <= first["low"] <= first["high"] <= 1
    assert first["orders"] >= 30


async def test_an_unknown_order_has_no_outlook(house: House) -> None:
    answer = await house.get(f"/ops/orders/{order_id(77)}/outlook")

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:kaitsu:problem:unknown_order"
