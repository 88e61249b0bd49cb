"""The close of the month: due cycles become invoices, with the recipients asked for outside any transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from chassis.clock import Clock
from chassis.db import Connection, Pool
from chassis.ticks import Worker
from services.billing.gateways.contacts import MOST_IDS, Contacts
from services.billing.handlers import IssueInvoices
from services.billing.store import cycles

CLOSE_MONTH = "close_month"


@dataclass(frozen=True)
class CloseMonth:
    """Bills what is due, at most 200 accounts at a time; each time is one transaction, so nothing is half done.

    Any number of these may run at once: the cycles are locked, and what another one has billed is left alone.
    """

    pool: Pool
    transaction: Callable[[], AbstractAsyncContextManager[Connection]]
    clock: Clock
    contacts: Contacts
    issue: IssueInvoices
    chunk: int = MOST_IDS

    async def run_once(self) -> int:
        """Bill one chunk and return how many cycles were due in it; 0 means that nothing is left.

        :raises ContactsUnavailable: the recipients cannot be asked for; nothing was changed.
        """
        now = self.clock.now()
        async with self.pool.acquire() as conn:
            due = await cycles.due_cycles(conn, now=now, limit=self.chunk)
        if not due:
            return 0
        asked = {one.contract.order_id: one.contract.order_no for one in due}
        recipients = await self.contacts.recipients(asked)
        async with self.transaction() as conn:
            await self.issue(due, recipients, conn=conn, now=now)
        return len(due)

    def worker(self) -> Worker:
        """Return the worker as the chassis runs it."""
        return Worker(name=CLOSE_MONTH, run_once=self.run_once, pending=_pending, next_due=_next_due)


async def _pending(conn: Connection, now: datetime) -> int:
    return await cycles.count_due(conn, now)


async def _next_due(conn: Connection, now: datetime) -> datetime | None:
    return await cycles.next_bill_at(conn, now)
