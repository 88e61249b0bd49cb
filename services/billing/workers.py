"""The close of the month: due cycles become invoices, with the recipients asked for outside any transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.aside import each_alone
from chassis.clock import Clock
from chassis.db import Connection, Pool
from chassis.errors import Kind, describe, kind_of
from chassis.logs import get_logger
from chassis.ticks import Worker
from services.billing.domain.contract import DueCycle
from services.billing.domain.invoice import Recipient
from services.billing.gateways.contacts import MOST_IDS, Contacts
from services.billing.handlers import IssueInvoices
from services.billing.store import cycles

CLOSE_MONTH = "close_month"
UNEXPECTED = "unexpected"
log = get_logger(__name__)


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

        Where the chunk fails, each account is billed alone, and one that fails alone is parked until a person
        releases it. Trouble of the world is raised, and so is what fails for every one of 20 accounts or more.
        :raises ContactsUnavailable: the recipients cannot be asked for; nothing was changed.
        """
        now = self.clock.now()
        async with self.pool.acquire() as conn:
            due = await cycles.due_cycles(conn, now=now, limit=self.chunk)
        if not due:
            return 0
        asked = {one.contract.order_id: one.contract.order_no for one in due}
        recipients = await self.contacts.recipients(asked)
        try:
            async with self.transaction() as conn:
                await self.issue(due, recipients, conn=conn, now=now)
        except Exception as error:
            if kind_of(error) is Kind.WORLD:
                raise
            log.warning("chunk_isolated", cycles=len(due), **describe(error))
            await self._each_account_alone(due, recipients, now)
        return len(due)

    async def _each_account_alone(
        self, due: Sequence[DueCycle], recipients: Mapping[UUID, Recipient], now: datetime
    ) -> None:
        by_account: defaultdict[UUID, list[DueCycle]] = defaultdict(list)
        for one in due:
            by_account[one.contract.account_id].append(one)

        async def bill(account_id: UUID) -> None:
            async with self.transaction() as conn:
                await self.issue(by_account[account_id], recipients, conn=conn, now=now)

        for account_id, error in await each_alone(list(by_account), bill):
            async with self.transaction() as conn:
                ones = await cycles.lock_due_cycles(
                    conn, [account_id], now=now
                )  # what nobody else has billed
                await cycles.park(conn, ones, reason=UNEXPECTED)
            orders = [one.contract.order_no for one in ones]
            log.error("cycles_parked", reason=UNEXPECTED, orders=orders, **describe(error))

    def worker(self) -> Worker:
        """Return the worker as the chassis runs it."""
        return Worker(name=CLOSE_MONTH, run_once=self.run_once, pending=_pending, next_due=_next_due)


async def _pending(conn: Connection, now: datetime) -> int:
    return await cycles.count_due(conn, now)


async def _next_due(conn: Connection, now: datetime) -> datetime | None:
    return await cycles.next_bill_at(conn, now)
