"""Judging goes on by itself: what was received is checked at once, and one bad submission stops nobody."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.clock import Clock
from chassis.db import Connection, Pool
from chassis.errors import Kind, describe, kind_of
from chassis.logs import get_logger
from chassis.ticks import Worker
from services.intake import store
from services.intake.domain.outcome import Status
from services.intake.handlers import CheckSubmissions

CHECK_SUBMISSIONS: Final = "check_submissions"
MOST_TRIES: Final = 5
log = get_logger(__name__)


@dataclass(frozen=True)
class Checking:
    """The worker that judges submissions."""

    pool: Pool
    transaction: Callable[[], AbstractAsyncContextManager[Connection]]
    clock: Clock
    check: CheckSubmissions
    batch: int = 50

    def worker(self) -> Worker:
        """Return it as the chassis runs it."""
        return Worker(CHECK_SUBMISSIONS, self.run_once, self.pending, self.next_due)

    async def run_once(self) -> int:
        """Judge a batch and return how many; where one of them fails, each in a transaction of its own.

        A submission that fails 5 times is stuck until a person looks. Trouble of the world is raised, and counts
        against nobody.
        """
        try:
            async with self.transaction() as conn:
                return await self.check(conn=conn, now=self.clock.now(), limit=self.batch)
        except Exception as error:
            if kind_of(error) is Kind.WORLD:
                raise
            log.warning("batch_failed", **describe(error))
        async with self.pool.acquire() as conn:
            waiting = await store.waiting_ids(conn, limit=self.batch)
        return sum([await self._one(submission_id) for submission_id in waiting])

    async def pending(self, conn: Connection, _now: datetime) -> int:
        """Return how many submissions wait; those that are stuck or in triage wait for a person."""
        return await store.count_waiting(conn)

    async def next_due(self, _conn: Connection, _now: datetime) -> datetime | None:
        """Return None: nothing becomes due by time."""
        return None

    async def _one(self, submission_id: UUID) -> int:
        now = self.clock.now()
        try:
            async with self.transaction() as conn:
                return await self.check(conn=conn, now=now, only=submission_id)
        except Exception as error:
            if kind_of(error) is Kind.WORLD:
                raise
            found = describe(error)
        async with self.transaction() as conn:
            status = await store.count_failure(
                conn, submission_id, error=found["error"], most=MOST_TRIES, now=now
            )
        stuck = status is Status.STUCK
        (log.error if stuck else log.warning)(
            "submission_failed", submission_id=str(submission_id), stuck=stuck, **found
        )
        return int(stuck)
