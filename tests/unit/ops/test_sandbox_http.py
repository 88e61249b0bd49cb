"""What the sandbox answers over HTTP: ready once it has read everything, quiet as the services are, its plans."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from chassis.http import make_http
from chassis.testing import SteppedClock
from ops.demo.stepper import read_look
from ops.sandbox.book import Book
from ops.sandbox.calendar import japanese_calendar
from ops.sandbox.law import read_law
from ops.sandbox.main import routes
from ops.sandbox.plan import Action
from ops.sandbox.player import Player
from tests.support.machine_world import MachineWorld

START = datetime(2026, 4, 2, tzinfo=UTC)
NUMBER = "FO-2604-000001-8"


class ReadAhead(Player):
    """A player whose reading of the bus is given."""

    unread = 0

    async def lag(self) -> int:
        return self.unread


@pytest.fixture
def player() -> ReadAhead:
    return ReadAhead("nowhere:1", SteppedClock(START), Book(read_law(), japanese_calendar()))


@pytest.fixture
async def http(player: ReadAhead) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=make_http(routes(player, "token")))
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        yield client


async def ask(http: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await http.get(path, headers={"authorization": "Bearer token"})
    assert answer.status_code == 200
    return answer.json()


async def test_it_is_ready_only_when_it_has_read_the_facts(
    http: httpx.AsyncClient, player: ReadAhead
) -> None:
    assert (await http.get("/ready")).status_code == 503

    player.caught_up.set()

    assert (await http.get("/ready")).status_code == 200


async def test_it_is_not_quiet_before_it_has_read_the_facts(http: httpx.AsyncClient) -> None:
    assert (await ask(http, "/ops/quiet"))["due"] == 1


async def test_unread_facts_and_due_actions_count_and_the_next_action_is_named(
    http: httpx.AsyncClient, player: ReadAhead
) -> None:
    player.caught_up.set()
    player.unread = 3
    world = MachineWorld(NUMBER)
    world.play(Book(read_law(), japanese_calendar()), START)
    player.book.take(*world.facts[0])

    look = read_look("sandbox", await ask(http, "/ops/quiet"))

    assert (look.now, look.due) == (START, 3)
    assert look.next_due is not None
    player.clock = SteppedClock(look.next_due + timedelta(hours=1))
    assert read_look("sandbox", await ask(http, "/ops/quiet")).due == 4


async def test_the_plans_show_what_was_said_and_the_dates_that_were_set(
    http: httpx.AsyncClient, player: ReadAhead
) -> None:
    MachineWorld(NUMBER).play(player.book, START)

    plan = (await ask(http, "/ops/plans"))["plans"][NUMBER]

    assert {"consulted_on", "construction_on", "activated_on"} <= set(plan["dates"])
    assert all(action["progress"] in {"accepted", "refused", "dropped"} for action in plan["actions"])


@pytest.mark.parametrize("path", ["/ops/quiet", "/ops/plans"])
async def test_operators_need_the_token(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 401


async def test_the_player_sleeps_while_nothing_is_due(
    player: ReadAhead, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[datetime] = []

    def nothing(_book: Book, now: datetime) -> list[Action]:
        looks.append(now)
        return []

    monkeypatch.setattr(Book, "due", nothing)
    player.caught_up.set()
    tasks = [
        asyncio.create_task(player._speak(None)),  # pyright: ignore[reportPrivateUsage] - its loop alone, without a broker
        asyncio.create_task(player._watch_clock()),  # pyright: ignore[reportPrivateUsage]
    ]

    await asyncio.wait(tasks, timeout=0.6)

    for task in tasks:
        task.cancel()
    assert 2 <= len(looks) <= 5
