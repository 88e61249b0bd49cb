"""Repair plans, and what became of each of their orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Connection
from services.provisioning.domain.order import FiberOrder
from services.provisioning.store.orders import from_row


@dataclass(frozen=True)
class Filter:
    """Which orders; None: any. refs: order numbers and ids. opened_after is included, opened_before is not."""

    state: str | None = None
    pattern: int | None = None
    area: str | None = None
    sales_office: str | None = None
    refs: tuple[str, ...] | None = None
    opened_after: datetime | None = None
    opened_before: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether it takes every order."""
        return all(getattr(self, field.name) is None for field in fields(self))


@dataclass(frozen=True)
class Plan:
    """One plan; parameters: of its action. matching: orders that the filter found when it was made."""

    plan_id: UUID
    action: str
    parameters: Mapping[str, Any]
    filter: Mapping[str, Any]
    matching: int
    planned_by: str
    why: str
    planned_at: datetime
    applied_by: str | None = None
    applied_at: datetime | None = None
    undone_by: str | None = None
    undone_why: str | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True)
class Planned:
    """One order of a plan; seen_sequence: where its history stood. code: of a refusal."""

    order_id: UUID
    order_no: str
    seen_sequence: int
    state_before: str
    state_after: str | None
    code: str | None
    outcome: str


async def matching(conn: Connection, wanted: Filter, *, limit: int) -> tuple[list[FiberOrder], int]:
    """Return the first orders that the filter takes, by number, and how many it takes in all; nothing is locked."""
    rows = await conn.fetch(
        """
        SELECT *, count(*) OVER () AS matching
          FROM orders
         WHERE ($1::text IS NULL OR state = $1) AND ($2::smallint IS NULL OR pattern = $2)
               AND ($3::text IS NULL OR area = $3) AND ($4::text IS NULL OR sales_office = upper($4))
               AND ($5::text[] IS NULL OR order_no = ANY ($5) OR order_id::text = ANY ($5))
               AND ($6::timestamptz IS NULL OR opened_at >= $6) AND ($7::timestamptz IS NULL OR opened_at < $7)
         ORDER BY order_no
         LIMIT $8
        """,
        wanted.state,
        wanted.pattern,
        wanted.area,
        wanted.sales_office,
        None if wanted.refs is None else list(wanted.refs),
        wanted.opened_after,
        wanted.opened_before,
        limit,
    )
    orders = [from_row({name: value for name, value in row.items() if name != "matching"}) for row in rows]
    return orders, rows[0]["matching"] if rows else 0


async def add_plan(conn: Connection, plan: Plan) -> None:
    """Write a new plan."""
    await conn.execute(
        """
        INSERT INTO repair_plans (plan_id, action, parameters, filter, matching, planned_by, why, planned_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        plan.plan_id,
        plan.action,
        plan.parameters,
        plan.filter,
        plan.matching,
        plan.planned_by,
        plan.why,
        plan.planned_at,
    )


async def add_orders(conn: Connection, plan_id: UUID, planned: Sequence[Planned]) -> None:
    """Write the orders of a new plan."""
    await conn.execute(
        """
        INSERT INTO repair_orders (plan_id, order_id, order_no, seen_sequence, state_before, state_after, code, outcome)
        SELECT $1, t.*
          FROM unnest($2::uuid[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[]) AS t
        """,
        plan_id,
        [each.order_id for each in planned],
        [each.order_no for each in planned],
        [each.seen_sequence for each in planned],
        [each.state_before for each in planned],
        [each.state_after for each in planned],
        [each.code for each in planned],
        [each.outcome for each in planned],
    )


async def plan(conn: Connection, plan_id: UUID) -> Plan | None:
    """Return the plan, or None."""
    row = await conn.fetchrow("SELECT * FROM repair_plans WHERE plan_id = $1", plan_id)
    return Plan(**dict(row)) if row else None


async def latest(conn: Connection, *, limit: int) -> list[Plan]:
    """Return the plans that were made last, the newest first."""
    rows = await conn.fetch("SELECT * FROM repair_plans ORDER BY planned_at DESC, plan_id LIMIT $1", limit)
    return [Plan(**dict(row)) for row in rows]


async def begin_apply(conn: Connection, plan_id: UUID, *, by: str, now: datetime) -> Plan | None:
    """Return the plan, or None, locked until the transaction ends; who applied it first and when is kept."""
    row = await conn.fetchrow(
        """
        UPDATE repair_plans
           SET applied_by = coalesce(applied_by, $2), applied_at = coalesce(applied_at, $3)
         WHERE plan_id = $1
        RETURNING *
        """,
        plan_id,
        by,
        now,
    )
    return Plan(**dict(row)) if row else None


async def begin_undo(conn: Connection, plan_id: UUID, *, by: str, why: str, now: datetime) -> Plan | None:
    """Return the plan, or None, locked until the transaction ends; who took it back first, why and when is kept."""
    row = await conn.fetchrow(
        """
        UPDATE repair_plans
           SET undone_by = coalesce(undone_by, $2), undone_why = coalesce(undone_why, $3),
               undone_at = coalesce(undone_at, $4)
         WHERE plan_id = $1
        RETURNING *
        """,
        plan_id,
        by,
        why,
        now,
    )
    return Plan(**dict(row)) if row else None


async def orders(
    conn: Connection, plan_id: UUID, *, outcome: str | None = None, limit: int | None = None
) -> list[Planned]:
    """Return the orders of a plan by number, at most so many; outcome: only those."""
    rows = await conn.fetch(
        """
        SELECT order_id, order_no, seen_sequence, state_before, state_after, code, outcome
          FROM repair_orders
         WHERE plan_id = $1 AND ($2::text IS NULL OR outcome = $2)
         ORDER BY order_no
         LIMIT $3
        """,
        plan_id,
        outcome,
        limit,
    )
    return [Planned(**dict(row)) for row in rows]


async def note(conn: Connection, plan_id: UUID, done: Sequence[Planned]) -> None:
    """Write what became of orders of the plan."""
    await conn.execute(
        """
        UPDATE repair_orders AS o
           SET outcome = t.outcome, code = t.code
          FROM unnest($2::uuid[], $3::text[], $4::text[]) AS t (order_id, outcome, code)
         WHERE o.plan_id = $1 AND o.order_id = t.order_id
        """,
        plan_id,
        [each.order_id for each in done],
        [each.outcome for each in done],
        [each.code for each in done],
    )


async def counts(conn: Connection, plan_id: UUID) -> dict[str, int]:
    """Return how many orders of the plan came to which outcome."""
    rows = await conn.fetch(
        "SELECT outcome, count(*) FROM repair_orders WHERE plan_id = $1 GROUP BY outcome ORDER BY outcome",
        plan_id,
    )
    return {row["outcome"]: row["count"] for row in rows}
