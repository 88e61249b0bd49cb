"""Claims that wait for their order, and claims that were refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db import Connection


@dataclass(frozen=True)
class Waiting:
    """A claim as it is kept while its order is unknown; body: the JSON of its event."""

    claim_id: UUID
    order_no: str
    type: str
    body: str
    occurred_at: datetime
    correlation_id: UUID
    traceparent: str | None
    received_at: datetime
    refuse_at: datetime


@dataclass(frozen=True)
class RefusedClaim:
    """A claim that was not accepted; state: of the order at that moment, None where none is known."""

    claim_id: UUID
    order_no: str
    claim_type: str
    code: str
    state: str | None
    occurred_at: datetime
    recorded_at: datetime


async def park(conn: Connection, claims: Sequence[Waiting]) -> None:
    """Keep claims in the order given; one that waits already is not kept twice."""
    await conn.execute(
        """
        INSERT INTO waiting_claims (claim_id, order_no, type, body, occurred_at, correlation_id, traceparent,
                                    received_at, refuse_at)
        SELECT claim_id, order_no, type, body, occurred_at, correlation_id, traceparent, received_at, refuse_at
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $7::text[],
                      $8::timestamptz[], $9::timestamptz[])
               WITH ORDINALITY
            AS t (claim_id, order_no, type, body, occurred_at, correlation_id, traceparent, received_at, refuse_at,
                  place)
         ORDER BY place
            ON CONFLICT (claim_id) DO NOTHING
        """,
        [claim.claim_id for claim in claims],
        [claim.order_no for claim in claims],
        [claim.type for claim in claims],
        [claim.body for claim in claims],
        [claim.occurred_at for claim in claims],
        [claim.correlation_id for claim in claims],
        [claim.traceparent for claim in claims],
        [claim.received_at for claim in claims],
        [claim.refuse_at for claim in claims],
    )


async def take_waiting(
    conn: Connection, numbers: Iterable[str], *, refuse_by: datetime | None = None
) -> list[Waiting]:
    """Remove the claims that wait for these orders and return them as they arrived.

    refuse_by: only those whose time is over by this instant.
    """
    rows = await conn.fetch(
        """
        WITH taken AS (
             DELETE FROM waiting_claims
              WHERE order_no = ANY ($1) AND ($2::timestamptz IS NULL OR refuse_at <= $2)
             RETURNING *
        )
        SELECT *
          FROM taken
         ORDER BY position
        """,
        sorted(set(numbers)),
        refuse_by,
    )
    return [
        Waiting(**{name: value for name, value in dict(row).items() if name != "position"}) for row in rows
    ]


async def numbers_given_up(
    conn: Connection, now: datetime, *, without: Sequence[str], limit: int
) -> list[str]:
    """Return numbers of orders for which a claim has waited too long, each once, from so many claims."""
    rows = await conn.fetch(
        """
        SELECT order_no
          FROM waiting_claims
         WHERE refuse_at <= $1 AND order_no <> ALL ($2)
         ORDER BY refuse_at, position
         LIMIT $3
        """,
        now,
        without,
        limit,
    )
    return list(dict.fromkeys(row["order_no"] for row in rows))


async def next_given_up(conn: Connection, without: Sequence[str] = ()) -> datetime | None:
    """Return the instant at which the next waiting claim of another order is refused, past or future."""
    return await conn.fetchval(
        "SELECT min(refuse_at) FROM waiting_claims WHERE order_no <> ALL ($1)", without
    )


async def note_refused(conn: Connection, refused: Sequence[RefusedClaim]) -> None:
    """Keep the refusals; one that was kept before stays as it was."""
    await conn.execute(
        """
        INSERT INTO refused_claims (claim_id, order_no, claim_type, code, state, occurred_at, recorded_at)
        SELECT *
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                      $7::timestamptz[])
            ON CONFLICT (claim_id) DO NOTHING
        """,
        [one.claim_id for one in refused],
        [one.order_no for one in refused],
        [one.claim_type for one in refused],
        [one.code for one in refused],
        [one.state for one in refused],
        [one.occurred_at for one in refused],
        [one.recorded_at for one in refused],
    )
