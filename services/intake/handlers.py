"""The use cases: keep a post once, and judge what was kept, a batch in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from chassis import outbox
from chassis.db import Connection
from chassis.logs import get_logger
from kernel.ids import OrderId, format_order_no
from kernel.times import local_date
from services.intake import arrivals, store, translate
from services.intake.arrivals import Answered, Arrived
from services.intake.domain.checks import Rules
from services.intake.domain.forms import Form
from services.intake.domain.outcome import Effect, Outcome, Standing, Status, Submission, decide
from services.intake.google_forms import read_post

log = get_logger(__name__)


class Delivery(Enum):
    """What a believed post of a known form is."""

    FIRST = "first"
    DUPLICATE = "duplicate"
    OTHER_BODY = "other_body"


async def receive(arrived: Arrived, *, conn: Connection, now: datetime) -> tuple[Delivery, Answered]:
    """Keep the post if its webhook id is new; return what it is, and the answer that the first one got."""
    if await arrivals.insert_submission(conn, arrived, now=now):
        answer = Answered(
            arrived.submission_id, arrived.body_sha256, arrived.answer_status, arrived.answer_body
        )
        return Delivery.FIRST, answer
    first = await arrivals.first_answer(conn, arrived.submission_id)
    if first.body_sha256 != arrived.body_sha256:
        return Delivery.OTHER_BODY, first
    await arrivals.note_duplicate(conn, arrived.submission_id, wall=arrived.received_wall, now=now)
    return Delivery.DUPLICATE, first


@dataclass(frozen=True)
class CheckSubmissions:
    """Judges submissions in the order of their arrival."""

    forms: dict[str, Form]
    rules: Rules

    async def __call__(
        self, *, conn: Connection, now: datetime, limit: int = 50, only: UUID | None = None
    ) -> int:
        """Judge the oldest ones that wait, or one, and return how many that were."""
        waiting = await store.lock_waiting(conn, limit=limit, only=only)
        if not waiting:
            return 0
        submissions = [replace(each.submission, answers=read_post(each.body).answers) for each in waiting]
        standings, numbers = await store.lock_standings(conn, [each.order_id for each in submissions])
        outcomes = self._judge(submissions, standings)
        numbers |= await _new_numbers(conn, outcomes, now=now)
        await self._save(conn, outcomes, numbers, now=now)
        counts = Counter((each.effect or each.status).value for each in outcomes)
        log.info("submissions_checked", count=len(outcomes), **counts)
        return len(outcomes)

    def _judge(self, submissions: Sequence[Submission], standings: dict[OrderId, Standing]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for each in submissions:
            form = self.forms.get(each.form)
            outcome = decide(form, each, standings.get(each.order_id), self.rules)
            if outcome.standing:
                standings[each.order_id] = outcome.standing
            outcomes.append(outcome)
        return outcomes

    async def _save(
        self, conn: Connection, outcomes: Sequence[Outcome], numbers: dict[OrderId, str], *, now: datetime
    ) -> None:
        judged = [
            each
            for each in outcomes
            if each.status is not Status.TRIAGE and each.effect is not Effect.SUPERSEDED
        ]
        last = {each.standing.order_id: each.standing for each in judged if each.standing}
        people = {order_id: each.people for order_id, each in last.items() if each.people}
        versions = [each for each in judged if each.status is Status.ORDER or each.effect is Effect.AMENDED]
        await store.save_standings(conn, [last[order_id] for order_id in sorted(last)], numbers, now=now)
        await store.save_contacts(conn, people)
        await store.save_versions(conn, versions, now=now)
        await store.save_outcomes(conn, outcomes, now=now)
        await store.save_defects(conn, outcomes)
        told = [
            translate.announcement(
                each,
                area=self.forms[each.submission.form].area,
                order_no=numbers.get(each.submission.order_id),
            )
            for each in judged
        ]
        await outbox.put(conn, [each for each in told if each], now=now)


async def _new_numbers(conn: Connection, outcomes: Sequence[Outcome], *, now: datetime) -> dict[OrderId, str]:
    """Return the numbers of the new orders, in the order of arrival: a series per local month, without gaps."""
    new = [each.submission.order_id for each in outcomes if each.status is Status.ORDER]
    if not new:
        return {}
    month = local_date(now).replace(day=1)
    first = await store.take_numbers(conn, month, len(new)) - len(new) + 1
    return {
        order_id: format_order_no(month.year, month.month, serial)
        for serial, order_id in enumerate(new, first)
    }
