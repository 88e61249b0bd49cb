"""Every part is killed while it works; in the end every promise of the demonstration holds.

These tests kill engines, so they always run on embedded ones, whatever KAITSU_TEST_RUNTIME says.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from datetime import date

import pytest

from contracts.topics import TOPICS
from ops.cli.rebuild import rebuild as rebuild_topics
from ops.demo.checks import judge
from ops.demo.driver import Driver, end_of, start_of
from ops.demo.evidence import Evidence
from ops.demo.forms import Batch, make_batch
from ops.demo.world import World
from ops.runtime.databases import SERVICES, with_user
from ops.runtime.system import KAFKA, POSTGRES
from ops.runtime.topics import admin
from tests.faults.chaos import Chaos
from tests.support.whole_system import running

FIRST_DAY = date(2026, 4, 2)
# intake works only while forms come
KILLED = {"intake": 3, "sandbox": 3, "billing": 4, "provisioning": 5, "notify": 5}


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[World]:
    for name in (KAFKA, POSTGRES):
        monkeypatch.delenv(name, raising=False)
    for service in SERVICES:  # a killed member is given up after this time; 10 s in production
        monkeypatch.setenv(f"KAITSU_{service.upper()}_SESSION_MS", "1500")
    async with running(start_of(FIRST_DAY)) as world:
        yield world


async def drive(world: World, batch: Batch, kill: Mapping[str, int]) -> tuple[Evidence, Chaos]:
    """Run the batch to its end while the parts are killed, and return what is known then."""
    driver = Driver(world.stepper, world.poster, batch, patience_s=150)
    chaos = Chaos(world, kill)
    task = asyncio.create_task(chaos.run())
    try:
        await driver.run(end_of(batch))
        assert task.done(), f"{dict(chaos.left())} found no moment after {chaos.blows}"
        await task
    finally:
        task.cancel()
    return await world.evidence(batch, driver.answers, end_of(batch), rough=True), chaos


def broken(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    return {verdict.promise: verdict.broken for verdict in judge(evidence) if not verdict.kept}


def counts(evidence: Evidence) -> Counter[str]:
    """How much there is of everything that must not grow when nothing new happens."""
    return Counter(
        {
            "submissions": len(evidence.submissions),
            "orders": len(evidence.orders),
            "invoices": len(evidence.invoices),
            "notices": len(evidence.notices),
            "mails": len(set(evidence.mails)),
            "events": len({event.id for event in evidence.heard}),
        }
    )


async def test_services_killed_in_the_middle_of_their_work_lose_nothing_and_do_nothing_twice(
    world: World,
) -> None:
    batch = make_batch(5, 120, first_day=FIRST_DAY, days=4)

    evidence, chaos = await drive(world, batch, KILLED)

    assert not chaos.left()
    assert broken(evidence) == {}


async def test_engines_killed_lose_nothing_and_neither_a_rebuild_nor_a_rewind_changes_anything(
    world: World,
) -> None:
    batch = make_batch(6, 60, first_day=FIRST_DAY, days=2)

    evidence, chaos = await drive(world, batch, {"kafka": 1, "postgres": 1})

    assert not chaos.left()
    assert broken(evidence) == {}
    before = counts(evidence)

    for again in (rebuild, rewind):
        await restarted_around(world, again)
        await world.stepper.settle(limit_s=120)
        after = await world.evidence(batch, evidence.answers, end_of(batch), rough=True)
        assert counts(after) == before
        assert broken(after) == {}


async def restarted_around(world: World, act: Callable[[World], Awaitable[None]]) -> None:
    """Stop the services, do it, and start them again."""
    for service in SERVICES:
        await asyncio.to_thread(world.system.stop_part, service)
    await act(world)
    for service in SERVICES:
        await asyncio.to_thread(world.system.start_part, service)


async def rebuild(world: World) -> None:
    """Empty the services' topics and refill them from their databases, as an operator would."""
    admin_dsn = world.system.admin_dsn
    dsns = {service: with_user(admin_dsn, None, None, f"kaitsu_{service}") for service in SERVICES}
    assert (await rebuild_topics(dsns, world.system.bootstrap)).sent > 0


async def rewind(world: World) -> None:
    """Forget what the consumers have read: every fact and every claim is delivered once more."""
    client = admin(world.system.bootstrap)
    groups = [f"{service}.{topic.name}" for topic in TOPICS.values() for service in topic.consumers]
    for done in client.delete_consumer_groups(groups).values():
        await asyncio.to_thread(done.result, 10)
