"""What operators may ask of notify, and what they never see."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
import pytest

from chassis.http import make_http
from tests.integration.notify.samples import INVOICE, NUMBER, ORDER, consult, know_all, order_id, told
from tests.integration.notify.world import World

AUTH = {"Authorization": "Bearer ops-token-of-the-tests"}


@pytest.fixture
async def client(world: World) -> AsyncGenerator[httpx.AsyncClient]:
    know_all(world, 3)
    await world.deliver(told(world, INVOICE))
    world.mail.mood.rcpt = ["550 never"]
    await world.deliver(*(told(world, consult(number)) for number in (2, 3)))
    await world.send()
    transport = httpx.ASGITransport(make_http(world.parts.routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=AUTH) as client:
        yield client


async def test_notices_are_listed_page_by_page_without_a_word_about_people(
    world: World, client: httpx.AsyncClient
) -> None:
    first = (await client.get("/ops/notices", params={"limit": 3})).json()
    second = (await client.get("/ops/notices", params={"limit": 3, "after": first["next"]})).json()

    found = first["notices"] + second["notices"]
    assert second["next"] is None
    assert [(entry["order_id"], entry["kind"], entry["status"], entry["code"]) for entry in found] == [
        (str(ORDER), "invoice", "failed", "address_refused"),
        (str(order_id(2)), "consult", "sent", None),
        (str(order_id(2)), "consult", "sent", None),
        (str(order_id(3)), "consult", "sent", None),
        (str(order_id(3)), "consult", "sent", None),
    ]
    assert [entry["message_id"] for entry in found[1:]] == world.mail.ids
    text = str(found)
    for person in (world.people.known[ORDER]["customer"], world.people.known[ORDER]["sales"]):
        assert not [words for words in person.values() if words in text]
    assert NUMBER not in text


async def test_a_status_picks_notices(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/ops/notices", params={"status": "failed"})).json()

    assert [entry["kind"] for entry in answer["notices"]] == ["invoice"]


async def test_the_summary_counts_by_kind_recipient_and_status(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/ops/notices/summary")).json()

    assert answer == {
        "counts": [
            {"kind": "consult", "recipient": "customer", "status": "sent", "notices": 2},
            {"kind": "consult", "recipient": "sales", "status": "sent", "notices": 2},
            {"kind": "invoice", "recipient": "customer", "status": "failed", "notices": 1},
        ],
        "total": 5,
    }


@pytest.mark.parametrize(
    "query",
    ["status=lost", "limit=0", "limit=501", "limit=x", "after=-1", "after=9999999999999999999", "limit=²"],
)
async def test_a_wrong_question_is_told_so(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/ops/notices?{query}")

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:kaitsu:problem:bad_query"


@pytest.mark.parametrize("path", ["/ops/notices", "/ops/notices/summary"])
@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "Bearer wrong"}])
async def test_without_the_token_nothing_is_told(
    client: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    assert (await client.get(path, headers=headers)).status_code == 401
