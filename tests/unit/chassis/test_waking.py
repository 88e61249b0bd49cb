"""The bell of the relay: a burst of commits makes few notifications, and none is lost."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from chassis.base import Signals
from chassis.relay import COALESCE_S, Relay


class _Pool:
    def __init__(self) -> None:
        self.sent: list[float] = []
        self.broken = False

    async def execute(self, statement: str) -> None:
        assert statement == "NOTIFY kaitsu_outbox"
        self.sent.append(asyncio.get_running_loop().time())
        if self.broken:
            raise ConnectionError


def _relay() -> tuple[Relay, _Pool]:
    pool = _Pool()
    base: Any = SimpleNamespace(pool=pool, signals=Signals())
    return Relay(base), pool


async def _rest() -> None:
    await asyncio.sleep(COALESCE_S * 4)


async def test_a_burst_of_commits_is_coalesced_and_its_last_one_is_heard() -> None:
    relay, pool = _relay()
    for _ in range(1000):
        relay.ring()
    await asyncio.sleep(COALESCE_S / 5)
    relay.ring()  # after the first notification has left
    await _rest()

    assert len(pool.sent) == 2
    assert pool.sent[1] - pool.sent[0] >= COALESCE_S * 0.9


async def test_a_commit_rings_by_itself_and_a_failed_bell_does_no_harm() -> None:
    relay, pool = _relay()
    signals = cast("Any", relay)._base.signals
    pool.broken = True
    signals.on_commit()
    await _rest()
    pool.broken = False
    signals.on_commit()
    await _rest()

    assert len(pool.sent) == 2


async def test_where_the_relay_itself_runs_no_notification_is_needed() -> None:
    relay, pool = _relay()
    relay.leader = True
    relay.ring()
    await _rest()

    assert pool.sent == []
    assert cast("Any", relay)._awake.is_set()
