"""Forecasts, turns for learning, and the ledger of dates with who was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db import Connection
from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.cases import Prediction, Turn


@dataclass(frozen=True)
class Forecast:
    """What was expected after one fact; pattern: the one in force then."""

    order_id: UUID
    sequence: int
    pattern: Pattern
    prediction: Prediction
    recorded_at: datetime


@dataclass(frozen=True)
class TurnRow:
    """What held for an order after one fact."""

    order_id: UUID
    sequence: int
    turn: Turn


@dataclass(frozen=True)
class LedgerEntry:
    """A wished or promised date: who set it, why, and the events that tell of it."""

    order_id: UUID
    sequence: int
    kind: str
    day: date | None
    author: str
    cause: str
    cause_id: UUID
    event_ids: Sequence[UUID]
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Told:
    """Proof that somebody was told of an event; recipient: a role."""

    notice_id: UUID
    event_id: UUID
    order_id: UUID
    recipient: str
    kind: str
    sent_at: datetime


async def promised(conn: Connection, order_ids: Sequence[UUID]) -> dict[UUID, date | None]:
    """Return the date that each of the orders is promised, if it is promised any."""
    rows = await conn.fetch(
        """
        SELECT DISTINCT ON (order_id) order_id, day
          FROM date_ledger
         WHERE order_id = ANY ($1) AND kind = 'promised'
         ORDER BY order_id, sequence DESC
        """,
        order_ids,
    )
    return {row["order_id"]: row["day"] for row in rows}


async def add_turns(conn: Connection, rows: Sequence[TurnRow]) -> None:
    """Note what held after each fact."""
    await conn.execute(
        """
        INSERT INTO order_turns (order_id, sequence, on_day, pattern, started_on, held_on, fixed_on)
        SELECT *
          FROM unnest($1::uuid[], $2::integer[], $3::date[], $4::smallint[], $5::date[], $6::date[], $7::date[])
        """,
        [row.order_id for row in rows],
        [row.sequence for row in rows],
        [row.turn.on for row in rows],
        [row.turn.pattern.value for row in rows],
        [row.turn.started_on for row in rows],
        [row.turn.held_on for row in rows],
        [row.turn.fixed_on for row in rows],
    )


async def add_forecasts(conn: Connection, rows: Sequence[Forecast]) -> None:
    """Note what was expected after each fact."""
    said = [row.prediction for row in rows]
    await conn.execute(
        """
        INSERT INTO forecasts (order_id, sequence, pattern, earliest_on, p10_on, p50_on, p90_on, basis, comparable,
                               model_version, low_part, high_part, recorded_at)
        SELECT *
          FROM unnest($1::uuid[], $2::integer[], $3::smallint[], $4::date[], $5::date[], $6::date[], $7::date[],
                      $8::text[], $9::integer[], $10::text[], $11::real[], $12::real[], $13::timestamptz[])
        """,
        [row.order_id for row in rows],
        [row.sequence for row in rows],
        [row.pattern.value for row in rows],
        [each.earliest_on for each in said],
        [each.p10_on for each in said],
        [each.p50_on for each in said],
        [each.p90_on for each in said],
        [each.basis for each in said],
        [each.comparable for each in said],
        [each.model_version for each in said],
        [each.low_part for each in said],
        [each.high_part for each in said],
        [row.recorded_at for row in rows],
    )


async def add_ledger(conn: Connection, rows: Sequence[LedgerEntry]) -> None:
    """Note wished and promised dates."""
    await conn.execute(
        """
        INSERT INTO date_ledger (order_id, sequence, kind, day, author, cause, cause_id, event_ids, occurred_at,
                                 recorded_at)
        SELECT order_id, sequence, kind, day, author, cause, cause_id, event_ids, occurred_at, recorded_at
          FROM jsonb_to_recordset($1)
            AS t (order_id uuid, sequence integer, kind text, day date, author text, cause text, cause_id uuid,
                  event_ids uuid[], occurred_at timestamptz, recorded_at timestamptz)
        """,
        [
            {
                "order_id": str(row.order_id),
                "sequence": row.sequence,
                "kind": row.kind,
                "day": row.day and row.day.isoformat(),
                "author": row.author,
                "cause": row.cause,
                "cause_id": str(row.cause_id),
                "event_ids": [str(each) for each in row.event_ids],
                "occurred_at": row.occurred_at.isoformat(),
                "recorded_at": row.recorded_at.isoformat(),
            }
            for row in rows
        ],
    )


async def note_told(conn: Connection, rows: Sequence[Told]) -> None:
    """Note who was told; what was noted before stays."""
    await conn.execute(
        """
        INSERT INTO told (notice_id, event_id, order_id, recipient, kind, sent_at)
        SELECT *
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[])
            ON CONFLICT (notice_id) DO NOTHING
        """,
        [row.notice_id for row in rows],
        [row.event_id for row in rows],
        [row.order_id for row in rows],
        [row.recipient for row in rows],
        [row.kind for row in rows],
        [row.sent_at for row in rows],
    )


async def ledger(conn: Connection, order_id: UUID) -> list[Any]:
    """Return the wished and promised dates of an order in order, each with who was told when."""
    return await conn.fetch(
        """
        SELECT l.sequence, l.kind, l.day, l.author, l.cause, l.occurred_at, l.recorded_at,
               coalesce((SELECT jsonb_agg(jsonb_build_object('recipient', t.recipient, 'notice', t.kind,
                                                             'sent_at', t.sent_at) ORDER BY t.sent_at, t.notice_id)
                           FROM told AS t
                          WHERE t.order_id = l.order_id AND t.event_id = ANY (l.event_ids)), '[]') AS told
          FROM date_ledger AS l
         WHERE l.order_id = $1
         ORDER BY l.sequence, l.kind DESC
        """,
        order_id,
    )


async def forecasts(conn: Connection, order_id: UUID) -> list[Any]:
    """Return what was expected of an order after each fact, in order."""
    return await conn.fetch(
        """
        SELECT sequence, pattern, earliest_on, p10_on, p50_on, p90_on, basis, comparable, model_version, recorded_at
          FROM forecasts
         WHERE order_id = $1
         ORDER BY sequence
        """,
        order_id,
    )
