"""The tables of the door: posts, their deliveries, quarantine and refusals; one function, one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db import Connection
from kernel.ids import OrderId


@dataclass(frozen=True)
class Arrived:
    """A believed post of a known form. received_wall: wall time; answer_*: what every repeat will be told."""

    submission_id: UUID
    webhook_id: str
    form: str
    response_id: str
    order_id: OrderId
    submitted_at: datetime
    edited: bool
    body: bytes
    body_sha256: bytes
    received_wall: datetime
    answer_status: int
    answer_body: str


@dataclass(frozen=True)
class Answered:
    """What the first post of a webhook id was told, and what its body was."""

    submission_id: UUID
    body_sha256: bytes
    status: int
    body: str


@dataclass(frozen=True)
class Refusal:
    """A refused post. refused_wall: wall time; webhook_id: only where the signature was right."""

    status: int
    rule: str
    body_bytes: int
    body_sha256: bytes
    refused_wall: datetime
    webhook_id: str | None = None


async def insert_submission(conn: Connection, arrived: Arrived, *, now: datetime) -> bool:
    """Keep the post with its raw bytes and its first delivery; return whether nobody had before.

    Waits for another transaction that is keeping the same webhook id.
    """
    found = await conn.fetchval(
        """
        WITH kept AS (
             INSERT INTO submissions (submission_id, webhook_id, form, response_id, order_id, submitted_at, edited,
                                      received_at, received_wall, body_sha256, body_bytes, answer_status, answer_body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, octet_length($11::bytea), $12, $13)
                 ON CONFLICT DO NOTHING
             RETURNING submission_id
        ), raw AS (
             INSERT INTO raw_bodies (submission_id, body) SELECT submission_id, $11 FROM kept
        ), delivery AS (
             INSERT INTO deliveries (submission_id, kind, received_at, received_wall)
             SELECT submission_id, 'first', $8, $9 FROM kept
        )
        SELECT submission_id FROM kept
        """,
        arrived.submission_id,
        arrived.webhook_id,
        arrived.form,
        arrived.response_id,
        arrived.order_id,
        arrived.submitted_at,
        arrived.edited,
        now,
        arrived.received_wall,
        arrived.body_sha256,
        arrived.body,
        arrived.answer_status,
        arrived.answer_body,
    )
    return found is not None


async def first_answer(conn: Connection, submission_id: UUID) -> Answered:
    """Return what the first post was told.  :raises LookupError: there was none."""
    row = await conn.fetchrow(
        "SELECT body_sha256, answer_status, answer_body FROM submissions WHERE submission_id = $1",
        submission_id,
    )
    if row is None:
        raise LookupError("the submission is gone")
    return Answered(submission_id, row["body_sha256"], row["answer_status"], row["answer_body"])


async def note_duplicate(conn: Connection, submission_id: UUID, *, wall: datetime, now: datetime) -> None:
    """Write down that the same post came again."""
    await conn.execute(
        """
        INSERT INTO deliveries (submission_id, kind, received_at, received_wall)
        VALUES ($1, 'duplicate', $2, $3)
        """,
        submission_id,
        now,
        wall,
    )


async def quarantine(
    conn: Connection,
    *,
    form: str,
    webhook_id: str,
    body: bytes,
    body_sha256: bytes,
    wall: datetime,
    now: datetime,
) -> None:
    """Keep the body of a post of an unknown form, once."""
    await conn.execute(
        """
        INSERT INTO quarantine (form, webhook_id, body, body_sha256, received_at, received_wall)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (webhook_id, body_sha256) DO NOTHING
        """,
        form,
        webhook_id,
        body,
        body_sha256,
        now,
        wall,
    )


async def note_refusal(conn: Connection, refusal: Refusal) -> int:
    """Write the refusal down and return its number."""
    return await conn.fetchval(
        """
        INSERT INTO refusals (refused_wall, status, rule, body_bytes, body_sha256, believed, webhook_id)
        VALUES ($1, $2, $3, $4, $5, $6::text IS NOT NULL, $6)
        RETURNING refusal_id
        """,
        refusal.refused_wall,
        refusal.status,
        refusal.rule,
        refusal.body_bytes,
        refusal.body_sha256,
        refusal.webhook_id,
    )


async def trim_refusals(conn: Connection, *, believed: bool, keep: int) -> None:
    """Delete all but the newest refusals of a kind."""
    await conn.execute(
        """
        DELETE FROM refusals
         WHERE believed = $1
           AND refusal_id <= (SELECT refusal_id FROM refusals WHERE believed = $1
                               ORDER BY refusal_id DESC OFFSET $2 LIMIT 1)
        """,
        believed,
        keep,
    )
