"""What this service does in a transaction: make notices, withdraw them, write down what became of a try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis import outbox
from chassis.consume import Received
from chassis.db import Connection
from chassis.logs import get_logger
from contracts.envelope import Cause, Outgoing
from contracts.works import OrderCancelledV1
from services.notify import store, translate
from services.notify.domain.notices import notices_of
from services.notify.domain.quiet_hours import QuietHours
from services.notify.domain.retry import Status

log = get_logger(__name__)


@dataclass(frozen=True)
class MakeNotices:
    """Handler of all three topics: news become notices, a cancellation withdraws those that are still here."""

    quiet: QuietHours

    async def __call__(self, batch: Sequence[Received], *, conn: Connection, now: datetime) -> None:
        """Write the notices of the batch. A cancellation is an order's last word, so it may come last here too."""
        not_before = self.quiet.first_decent(now)
        made = [
            store.Made(
                notice=notice,
                cause_id=record.cause.id,
                correlation_id=record.cause.correlation_id,
                traceparent=record.cause.traceparent,
                not_before=not_before,
            )
            for record in batch
            if not isinstance(record.event, OrderCancelledV1) and (news := translate.news(record.event))
            for notice in notices_of(news, cause_id=record.cause.id)
        ]
        cancelled = [record.event.order_id for record in batch if isinstance(record.event, OrderCancelledV1)]
        new = await store.insert_notices(conn, made, now=now) if made else 0
        withdrawn = await store.withdraw_notices(conn, cancelled, now=now) if cancelled else 0
        log.info("notices_made", made=new, withdrawn=withdrawn)


@dataclass(frozen=True)
class Try:
    """One try of one notice and what was decided about it."""

    due: store.Due
    tried: store.Tried

    def fact(self) -> Outgoing | None:
        """Return what to announce, or None while the notice will be tried again."""
        cause = Cause(self.due.cause_id, self.due.correlation_id, self.due.traceparent)
        step = self.tried.next
        if step.status is Status.SENT:
            return translate.sent(
                self.due.notice, cause=cause, at=self.tried.at, attempts=self.tried.attempts
            )
        if step.code is not None:
            return translate.failed(self.due.notice, cause=cause, at=self.tried.at, code=step.code)
        return None


async def settle(tries: Sequence[Try], *, conn: Connection, now: datetime) -> None:
    """Write down the tries and announce what is settled, for those that nobody settled before."""
    changed = await store.save_tries(conn, [entry.tried for entry in tries])
    facts = [entry.fact() for entry in tries if entry.tried.notice_id in changed]
    await outbox.put(conn, [fact for fact in facts if fact is not None], now=now)
    log.info(
        "notices_tried",
        sent=sum(entry.tried.next.status is Status.SENT for entry in tries),
        failed=sum(entry.tried.next.status is Status.FAILED for entry in tries),
        waiting=sum(entry.tried.next.status is Status.PENDING for entry in tries),
        withdrawn=len(tries) - len(changed),
    )
