"""Contracts, and the months of them that are to be billed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db import Connection
from services.billing.domain.contract import Contract, DueCycle
from services.billing.domain.cycle import Cycle
from services.billing.store.columns import columns


async def load_contracts(conn: Connection, account_ids: Iterable[UUID]) -> dict[UUID, Contract]:
    """Return the known contracts by account id."""
    rows = await conn.fetch(
        """
        SELECT account_id, order_id, order_no, plan, activated_on, opened_at, activation_id, correlation_id
          FROM contracts
         WHERE account_id = ANY ($1)
        """,
        list(account_ids),
    )
    return {row["account_id"]: _contract(row) for row in rows}


async def insert_contracts(conn: Connection, contracts: Sequence[Contract]) -> set[UUID]:
    """Write contracts and return the accounts of those that are new; an account has one contract for ever."""
    rows = await conn.fetch(
        """
        INSERT INTO contracts (account_id, order_id, order_no, plan, activated_on, opened_at, activation_id,
                               correlation_id)
        SELECT *
          FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::date[], $6::timestamptz[], $7::uuid[],
                      $8::uuid[])
            ON CONFLICT (account_id) DO NOTHING
        RETURNING account_id
        """,
        *columns(
            (
                (
                    contract.account_id,
                    contract.order_id,
                    contract.order_no,
                    contract.plan,
                    contract.activated_on,
                    contract.opened_at,
                    contract.activation_id,
                    contract.correlation_id,
                )
                for contract in contracts
            ),
            width=8,
        ),
    )
    return {row["account_id"] for row in rows}


async def insert_cycles(conn: Connection, cycles: Sequence[tuple[UUID, Cycle]]) -> None:
    """Write the cycles (account, cycle) that are to be billed."""
    await conn.execute(
        """
        INSERT INTO cycles (account_id, month, bill_at, late)
        SELECT *
          FROM unnest($1::uuid[], $2::date[], $3::timestamptz[], $4::boolean[])
        """,
        *columns(((account_id, c.month, c.bill_at, c.late) for account_id, c in cycles), width=4),
    )


async def due_cycles(conn: Connection, *, now: datetime, limit: int) -> list[DueCycle]:
    """Return the cycles that are due, the oldest first, without locking them."""
    rows = await conn.fetch(
        """
        SELECT *
          FROM cycles
          JOIN contracts USING (account_id)
         WHERE state = 'open' AND bill_at <= $1
         ORDER BY bill_at, order_no, month
         LIMIT $2
        """,
        now,
        limit,
    )
    return [_due_cycle(row) for row in rows]


async def lock_due_cycles(conn: Connection, account_ids: Iterable[UUID], *, now: datetime) -> list[DueCycle]:
    """Return those cycles of the accounts that are still due, locked in one order for all who do this."""
    rows = await conn.fetch(
        """
        SELECT *
          FROM cycles
          JOIN contracts USING (account_id)
         WHERE account_id = ANY ($1) AND state = 'open' AND bill_at <= $2
         ORDER BY account_id, month
           FOR UPDATE OF cycles
        """,
        list(account_ids),
        now,
    )
    return [_due_cycle(row) for row in rows]


async def count_due(conn: Connection, now: datetime) -> int:
    """Return how many cycles are due."""
    return await conn.fetchval("SELECT count(*) FROM cycles WHERE state = 'open' AND bill_at <= $1", now)


async def next_bill_at(conn: Connection, now: datetime) -> datetime | None:
    """Return the instant at which the next cycle falls due after now, or None."""
    return await conn.fetchval("SELECT min(bill_at) FROM cycles WHERE state = 'open' AND bill_at > $1", now)


async def put_off(conn: Connection, cycles: Sequence[DueCycle], *, until: datetime, reason: str) -> None:
    """Let the cycles be tried again at another instant."""
    await conn.execute(
        """
        UPDATE cycles
           SET bill_at = $3, attempts = attempts + 1, reason = $4
          FROM unnest($1::uuid[], $2::date[]) AS late_ones (account_id, month)
         WHERE cycles.account_id = late_ones.account_id AND cycles.month = late_ones.month
        """,
        *_keys(cycles),
        until,
        reason,
    )


async def park(conn: Connection, cycles: Sequence[DueCycle], *, reason: str) -> None:
    """Stop the cycles until a person releases them."""
    await conn.execute(
        """
        UPDATE cycles
           SET state = 'parked', attempts = attempts + 1, reason = $3
          FROM unnest($1::uuid[], $2::date[]) AS parked (account_id, month)
         WHERE cycles.account_id = parked.account_id AND cycles.month = parked.month
        """,
        *_keys(cycles),
        reason,
    )


async def release(conn: Connection, order_no: str, *, now: datetime) -> int:
    """Make the parked cycles of the order's account due now, and return how many there were."""
    status = await conn.execute(
        """
        UPDATE cycles
           SET state = 'open', bill_at = $2
          FROM contracts
         WHERE cycles.account_id = contracts.account_id AND order_no = $1 AND state = 'parked'
        """,
        order_no,
        now,
    )
    return int(status.removeprefix("UPDATE "))


async def mark_invoiced(conn: Connection, cycles: Sequence[DueCycle]) -> None:
    """Close the cycles."""
    await conn.execute(
        """
        UPDATE cycles
           SET state = 'invoiced', reason = NULL
          FROM unnest($1::uuid[], $2::date[]) AS billed (account_id, month)
         WHERE cycles.account_id = billed.account_id AND cycles.month = billed.month
        """,
        *_keys(cycles),
    )


def _keys(cycles: Sequence[DueCycle]) -> list[list[Any]]:
    return columns(((due.contract.account_id, due.cycle.month) for due in cycles), width=2)


def _contract(row: Any) -> Contract:
    return Contract(
        account_id=row["account_id"],
        order_id=row["order_id"],
        order_no=row["order_no"],
        plan=row["plan"],
        activated_on=row["activated_on"],
        opened_at=row["opened_at"],
        activation_id=row["activation_id"],
        correlation_id=row["correlation_id"],
    )


def _due_cycle(row: Any) -> DueCycle:
    return DueCycle(_contract(row), Cycle(row["month"], row["bill_at"], late=row["late"]), row["attempts"])
