"""The tables of judging; one function, one statement; rows are locked by position or id: nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db import Connection
from kernel.ids import OrderId
from services.intake.domain.application import Application, People, people_of
from services.intake.domain.outcome import Outcome, Standing, Status, Submission


@dataclass(frozen=True)
class Waiting:
    """A submission that waits for its check; its answers are still in the raw bytes."""

    submission: Submission
    body: bytes


async def lock_waiting(conn: Connection, *, limit: int, only: UUID | None = None) -> list[Waiting]:
    """Return the oldest submissions that wait for their check, or one of them, locked."""
    rows = await conn.fetch(
        """
        SELECT s.submission_id, s.order_id, s.form, s.response_id, s.submitted_at, s.received_at, r.body
          FROM submissions AS s
          JOIN raw_bodies AS r USING (submission_id)
         WHERE s.status = 'received' AND ($2::uuid IS NULL OR s.submission_id = $2)
         ORDER BY s.position
         LIMIT $1
           FOR UPDATE OF s
        """,
        limit,
        only,
    )
    return [Waiting(_submission(dict(row)), row["body"]) for row in rows]


async def waiting_ids(conn: Connection, *, limit: int) -> list[UUID]:
    """Return the ids of the oldest submissions that wait, without locking them."""
    rows = await conn.fetch(
        "SELECT submission_id FROM submissions WHERE status = 'received' ORDER BY position LIMIT $1", limit
    )
    return [row["submission_id"] for row in rows]


async def count_waiting(conn: Connection) -> int:
    """Return how many submissions wait for their check."""
    return await conn.fetchval("SELECT count(*) FROM submissions WHERE status = 'received'")


async def lock_standings(
    conn: Connection, order_ids: Sequence[UUID]
) -> tuple[dict[OrderId, Standing], dict[OrderId, str]]:
    """Return how the responses stand, and the numbers of those that have an order; locked."""
    rows = await conn.fetch(
        """
        SELECT *
          FROM orders AS o
          LEFT JOIN contacts AS c USING (order_id)
         WHERE o.order_id = ANY($1)
         ORDER BY o.order_id
           FOR UPDATE OF o
        """,
        order_ids,
    )
    numbers = {row["order_id"]: row["order_no"] for row in rows if row["order_no"]}
    return {row["order_id"]: _standing(dict(row)) for row in rows}, numbers


async def take_numbers(conn: Connection, month: date, count: int) -> int:
    """Reserve so many serial numbers of a month and return the last; gapless, as nobody else gets any meanwhile."""
    return await conn.fetchval(
        """
        INSERT INTO order_counters AS c (month, last) VALUES ($1, $2)
            ON CONFLICT (month) DO UPDATE SET last = c.last + EXCLUDED.last
        RETURNING last
        """,
        month,
        count,
    )


async def save_standings(
    conn: Connection, standings: Sequence[Standing], numbers: Mapping[OrderId, str], *, now: datetime
) -> None:
    """Write how the responses stand; a number and the instant of the order, once given, stay."""
    await conn.executemany(
        """
        INSERT INTO orders AS o (order_id, form, response_id, began_with, newest_at, version, order_no, ordered_at,
                                 customer_class, building_kind, plan, applied_on, wished_on, confirmed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $6 > 0 THEN $8::timestamptz END, $9, $10, $11, $12, $13, $14)
            ON CONFLICT (order_id) DO UPDATE
           SET newest_at = EXCLUDED.newest_at, version = EXCLUDED.version,
               order_no = coalesce(o.order_no, EXCLUDED.order_no),
               ordered_at = coalesce(o.ordered_at, EXCLUDED.ordered_at),
               customer_class = EXCLUDED.customer_class, building_kind = EXCLUDED.building_kind,
               plan = EXCLUDED.plan, applied_on = EXCLUDED.applied_on, wished_on = EXCLUDED.wished_on,
               confirmed = EXCLUDED.confirmed
        """,
        [_order_row(each, numbers.get(each.order_id), now) for each in standings],
    )


async def save_contacts(conn: Connection, people: Mapping[OrderId, People]) -> None:
    """Write who is behind the responses."""
    await conn.executemany(
        """
        INSERT INTO contacts (order_id, customer_name, customer_kana, contact_person, postal_code, prefecture, city,
                              building, phone, email, sales_name, sales_email, sales_office, remarks)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT (order_id) DO UPDATE
           SET customer_name = EXCLUDED.customer_name, customer_kana = EXCLUDED.customer_kana,
               contact_person = EXCLUDED.contact_person, postal_code = EXCLUDED.postal_code,
               prefecture = EXCLUDED.prefecture, city = EXCLUDED.city, building = EXCLUDED.building,
               phone = EXCLUDED.phone, email = EXCLUDED.email, sales_name = EXCLUDED.sales_name,
               sales_email = EXCLUDED.sales_email, sales_office = EXCLUDED.sales_office, remarks = EXCLUDED.remarks
        """,
        [(order_id, *astuple(each)) for order_id, each in people.items()],
    )


async def save_versions(conn: Connection, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write which submission made which version of an order, and what it changed."""
    await conn.executemany(
        """
        INSERT INTO order_versions (order_id, version, submission_id, changed, decided_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        [
            (
                each.submission.order_id,
                each.standing.version,
                each.submission.submission_id,
                each.changed,
                now,
            )
            for each in outcomes
            if each.standing
        ],
    )


async def save_outcomes(conn: Connection, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write what became of the submissions."""
    await conn.executemany(
        """
        UPDATE submissions
           SET status = $2, effect = $3, reason = $4, drifts = $5, decided_at = $6
         WHERE submission_id = $1
        """,
        [
            (
                each.submission.submission_id,
                each.status.value,
                each.effect and each.effect.value,
                each.reason,
                [
                    {"reason": drift.reason.value, "item_id": drift.item_id, "field": drift.field}
                    for drift in each.drifts
                ],
                now,
            )
            for each in outcomes
        ],
    )


async def save_defects(conn: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write all defects of the submissions, in the form's order."""
    await conn.executemany(
        """
        INSERT INTO submission_defects (submission_id, place, field, rule, answered_by)
        VALUES ($1, $2, $3, $4, $5)
        """,
        [
            (each.submission.submission_id, place, defect.field, defect.rule, defect.answered_by)
            for each in outcomes
            for place, defect in enumerate(each.defects, 1)
        ],
    )


async def count_failure(
    conn: Connection, submission_id: UUID, *, error: str, most: int, now: datetime
) -> Status | None:
    """Count a failed try; after the last one the submission is stuck. Return its status, None if it is gone.

    error: class of the error, never its words.
    """
    status = await conn.fetchval(
        """
        UPDATE submissions
           SET attempts = attempts + 1, reason = $2,
               status = CASE WHEN attempts + 1 >= $3 THEN 'stuck' ELSE status END,
               decided_at = CASE WHEN attempts + 1 >= $3 THEN $4::timestamptz END
         WHERE submission_id = $1 AND status = 'received'
        RETURNING status
        """,
        submission_id,
        error,
        most,
        now,
    )
    return Status(status) if status else None


async def reopen(conn: Connection, *, status: Status, only: UUID | None = None) -> int:
    """Let submissions that are stuck or in triage be checked again, all or one; return how many that were."""
    done = await conn.execute(
        """
        UPDATE submissions
           SET status = 'received', attempts = 0, reason = NULL, drifts = '[]', decided_at = NULL
         WHERE status = $1 AND status IN ('stuck', 'triage') AND ($2::uuid IS NULL OR submission_id = $2)
        """,
        status.value,
        only,
    )
    return int(done.removeprefix("UPDATE "))


def _order_row(standing: Standing, order_no: str | None, now: datetime) -> tuple[object, ...]:
    said = standing.application
    facts = (
        (said.customer_class, said.building_kind, said.plan, said.applied_on, said.wished_on, said.confirmed)
        if said
        else (None,) * 6
    )
    return (
        standing.order_id,
        standing.form,
        standing.response_id,
        standing.began_with,
        standing.newest_at,
        standing.version,
        order_no if standing.version else None,
        now,
        *facts,
    )


def _submission(row: Mapping[str, Any]) -> Submission:
    return Submission(
        submission_id=row["submission_id"],
        order_id=row["order_id"],
        form=row["form"],
        response_id=row["response_id"],
        submitted_at=row["submitted_at"],
        received_at=row["received_at"],
        answers=(),
    )


def _standing(row: Mapping[str, Any]) -> Standing:
    people = People(**{name: row[name] for name in People.__dataclass_fields__})
    application = None
    if row["version"]:
        said: dict[str, Any] = {name: row[name] for name in Application.__dataclass_fields__}
        said["confirmed"] = tuple(row["confirmed"])
        application = Application(**said)
    return Standing(
        order_id=row["order_id"],
        form=row["form"],
        response_id=row["response_id"],
        began_with=row["began_with"],
        newest_at=row["newest_at"],
        version=row["version"],
        application=application,
        people=people_of(application) if application else people,
    )
