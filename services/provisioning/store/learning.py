"""Models and what they learn from: orders with their turns, and the intervals that were said of lit lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.db import Connection


async def newest_position(conn: Connection) -> int:
    """Return the number of the newest model, 0 if there is none."""
    return await conn.fetchval("SELECT coalesce(max(position), 0) FROM forecast_models")


async def model_at(conn: Connection, position: int) -> str:
    """Return a model as JSON."""
    return await conn.fetchval("SELECT body FROM forecast_models WHERE position = $1", position)


async def add_model(conn: Connection, *, version: str, fitted_at: datetime, closed: int, body: str) -> None:
    """Keep a model that was fitted; closed: how many closed orders it has seen."""
    await conn.execute(
        "INSERT INTO forecast_models (version, fitted_at, closed, body) VALUES ($1, $2, $3, $4)",
        version,
        fitted_at,
        closed,
        body,
    )


async def last_fit(conn: Connection) -> tuple[datetime | None, int]:
    """Return when the newest model was fitted and how many closed orders it has seen."""
    row = await conn.fetchrow("SELECT fitted_at, closed FROM forecast_models ORDER BY position DESC LIMIT 1")
    return (row["fitted_at"], row["closed"]) if row else (None, 0)


async def closed_orders(conn: Connection) -> tuple[int, datetime | None]:
    """Return how many lines were lit, and when the first one was that the newest model has not seen."""
    row = await conn.fetchrow(
        """
        SELECT count(*) AS lit,
               min(since) FILTER (WHERE since > coalesce((SELECT max(fitted_at) FROM forecast_models), '-infinity'))
                   AS unseen_at
          FROM orders
         WHERE state = 'active'
        """
    )
    assert row
    return row["lit"], row["unseen_at"]


async def episodes(conn: Connection, *, opened_after: datetime, limit: int) -> list[Any]:
    """Return orders opened after an instant, the newest `limit` of them, each with its turns in order as JSON."""
    return await conn.fetch(
        """
        SELECT o.order_id, o.opened_at, o.area, o.building_kind, o.state, o.since, o.activated_on, t.turns
          FROM (SELECT * FROM orders WHERE opened_at > $1 ORDER BY opened_at DESC, order_id LIMIT $2) AS o
          JOIN LATERAL (SELECT jsonb_agg(jsonb_build_array(on_day, pattern, started_on, held_on, fixed_on)
                                         ORDER BY sequence) AS turns
                          FROM order_turns
                         WHERE order_id = o.order_id) AS t ON t.turns IS NOT NULL
         ORDER BY o.opened_at, o.order_id
        """,
        opened_after,
        limit,
    )


async def published(conn: Connection, *, orders: int) -> list[Any]:
    """Return per lit order and pattern the first interval that was said of it after the consult, oldest lit first.

    orders: how many of the lines that were lit last are looked at.
    """
    return await conn.fetch(
        """
        SELECT o.activated_on, f.*
          FROM (SELECT order_id, activated_on, since
                  FROM orders
                 WHERE state = 'active'
                 ORDER BY since DESC, order_id
                 LIMIT $1) AS o
          JOIN LATERAL (SELECT DISTINCT ON (f.pattern) f.pattern, f.p10_on, f.p90_on, f.low_part, f.high_part
                          FROM forecasts AS f
                          JOIN order_turns AS t USING (order_id, sequence)
                         WHERE f.order_id = o.order_id AND t.started_on IS NOT NULL
                         ORDER BY f.pattern, f.sequence) AS f ON true
         ORDER BY o.since, o.order_id
        """,
        orders,
    )
