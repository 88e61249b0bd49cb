"""What operators look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.db import Connection
from services.provisioning.domain.order import FiberOrder
from services.provisioning.store.orders import from_row


async def page(
    conn: Connection, *, state: str | None, pattern: int | None, search: str | None, after: str, limit: int
) -> list[FiberOrder]:
    """Return orders by number, after one.

    pattern: the one in force. search: part of the order number, or a whole order id, carrier's number or sales office.
    """
    rows = await conn.fetch(
        """
        SELECT *
          FROM orders
         WHERE order_no > $4 AND ($1::text IS NULL OR state = $1) AND ($2::smallint IS NULL OR pattern = $2)
               AND ($3::text IS NULL OR strpos(order_no, upper($3)) > 0 OR order_id::text = lower($3)
                    OR carrier_order_no = $3 OR sales_office = upper($3))
         ORDER BY order_no
         LIMIT $5
        """,
        state,
        pattern,
        search,
        after,
        limit,
    )
    return [from_row(row) for row in rows]


async def order(conn: Connection, *, order_id: UUID | None, order_no: str | None) -> FiberOrder | None:
    """Return the order with the id or the number, or None."""
    row = await conn.fetchrow("SELECT * FROM orders WHERE order_id = $1 OR order_no = $2", order_id, order_no)
    return from_row(row) if row else None


async def refusals(conn: Connection, order_no: str) -> Sequence[Any]:
    """Return the refused claims of an order as they were recorded."""
    return await conn.fetch(
        """
        SELECT claim_id, claim_type, code, state, occurred_at, recorded_at
          FROM refused_claims
         WHERE order_no = $1
         ORDER BY recorded_at, claim_id
        """,
        order_no,
    )
