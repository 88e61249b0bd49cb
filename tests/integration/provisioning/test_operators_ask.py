"""The /ops routes: where an order is, since when, who has the ball, which pattern, and what says so."""

from __future__ import annotations

from contracts import partners as p
from services.provisioning.domain.order import State
from tests.integration.provisioning.house import House, april, on, order_id, order_no, submission


async def test_an_order_is_shown_with_everything_that_happened(house: House) -> None:
    await house.deliver(submission())
    house.advance(april(2))
    await house.say(p.DeskConsultDoneV1, consulted_on=on(2))
    await house.say(p.CarrierAddressRegistrationNeededV1)
    await house.say(p.CarrierConstructionCompletedV1, completed_on=on(2))

    shown = (await house.get(f"/ops/orders/{order_no(1)}")).json()

    assert (await house.get(f"/ops/orders/{order_id(1)}")).json() == shown
    assert {
        name: shown[name] for name in ("state", "since", "ball", "pattern", "patterns", "dominant", "overdue")
    } == {
        "state": "awaiting_address_registration",
        "since": "2026-04-02T03:00:00Z",
        "ball": "carrier",
        "pattern": 2,
        "patterns": [2],
        "dominant": 2,
        "overdue": [],
    }
    assert shown["dates"]["consulted_on"] == "2026-04-02"
    assert shown["dates"]["registration_usual_by"] == "2026-04-08"
    assert shown["dates"]["construction_on"] is None
    assert [(entry["sequence"], entry["fact"], entry["occurred_at"]) for entry in shown["history"]] == [
        (1, "order_opened", "2026-04-01T03:00:00Z"),
        (2, "consult_done", "2026-04-02T03:00:00Z"),
        (3, "address_registration_requested", "2026-04-02T03:00:00Z"),
    ]
    assert shown["history"][1]["details"] == {"consulted_on": "2026-04-02"}
    assert shown["history"][1]["recorded_at"] == "2026-04-02T03:00:00Z"
    assert [(one["claim_type"], one["code"]) for one in shown["refusals"]] == [
        ("carrier.construction_completed.v1", "wrong_state")
    ]
    assert [(each["kind"], each["due_on"]) for each in shown["deadlines"]] == [
        ("registration_usual", "2026-04-08"),
        ("usual_time", "2026-04-15"),
        ("wished_day", "2026-04-20"),
    ]


async def test_a_running_deadline_is_shown(house: House) -> None:
    await house.deliver(submission())

    shown = (await house.get(f"/ops/orders/{order_no(1)}")).json()

    consult, wish = shown["deadlines"]
    assert (consult["kind"], consult["due_on"], consult["due_at"]) == (
        "consult_due",
        "2026-04-03",
        "2026-04-03T15:00:00Z",
    )
    assert consult["english"] == (
        "Fri 3 Apr 2026: 2 business days (company calendar) after the arrival on Wed 1 Apr 2026"
    )
    assert consult["japanese"] == "2026年4月3日(金):受付日2026年4月1日(水)の2営業日後(当社カレンダー)"
    assert consult["arithmetic"]["calendar"] == "company"
    assert (wish["kind"], wish["due_on"]) == ("wished_day", "2026-04-14")
    assert shown["ball"] == "desk"


async def test_orders_are_listed_by_state_pattern_and_words_page_by_page(house: House) -> None:
    await house.deliver(*[submission(serial) for serial in range(1, 6)])
    for serial in (2, 4):
        await house.say(p.DeskConsultDoneV1, serial, consulted_on=on(1))
    await house.say(p.CarrierAddressRegistrationNeededV1, 4)

    async def numbers(**params: object) -> list[str]:
        answer = await house.get("/ops/orders", **params)
        assert answer.status_code == 200
        return [row["order_no"] for row in answer.json()["orders"]]

    everything = [order_no(serial) for serial in range(1, 6)]
    assert await numbers() == everything
    assert await numbers(state="awaiting_service_order") == [order_no(2)]
    assert await numbers(pattern=2) == [order_no(4)]
    assert len(await numbers(pattern=1)) == 4
    assert await numbers(q="-000003-") == [order_no(3)]
    assert await numbers(q=str(order_id(5))) == [order_no(5)]
    assert await numbers(q="ab1234") == everything
    assert await numbers(q="%") == []
    assert await numbers(q="") == everything
    first = (await house.get("/ops/orders", limit=2)).json()
    assert (len(first["orders"]), first["next"]) == (2, order_no(2))
    assert await numbers(limit=3, after=first["next"]) == everything[2:]
    assert (await house.get("/ops/orders", limit=5)).json()["next"] is None


WRONG = [
    ({"state": "lost"}, "bad_state"),
    ({"pattern": "8"}, "bad_pattern"),
    ({"pattern": "２"}, "bad_pattern"),
    ({"limit": "201"}, "bad_limit"),
    ({"limit": "0"}, "bad_limit"),
    ({"limit": "ten"}, "bad_limit"),
    ({"q": "a" * 101}, "bad_q"),
    ({"q": "\0"}, "bad_q"),
    ({"after": "\0"}, "bad_after"),
]


async def test_a_wrong_question_names_its_parameter(house: House) -> None:
    for params, rule in WRONG:
        answer = await house.get("/ops/orders", **params)

        assert answer.status_code == 400, params
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == f"urn:kaitsu:problem:{rule}"


async def test_an_order_that_is_not_there_is_not_found(house: House) -> None:
    for ref, rule in (
        (order_no(99), "unknown_order"),
        (str(order_id(99)), "unknown_order"),
        (order_no(1)[:-1] + "x", "bad_order_ref"),
        ("everything", "bad_order_ref"),
    ):
        answer = await house.get(f"/ops/orders/{ref}")

        assert answer.status_code == 404, ref
        assert answer.json()["type"] == f"urn:kaitsu:problem:{rule}"


async def test_nobody_asks_without_the_token(house: House) -> None:
    for path in ("/ops/orders", f"/ops/orders/{order_no(1)}"):
        assert (await house.http.get(path)).status_code == 401
        assert (await house.http.get(path, headers={"Authorization": "Bearer wrong"})).status_code == 401


async def test_every_state_can_be_asked_for(house: House) -> None:
    for state in State:
        assert (await house.get("/ops/orders", state=state.value)).status_code == 200
