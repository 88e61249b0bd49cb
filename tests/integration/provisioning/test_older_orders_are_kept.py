"""The migration of deadlines on a database that holds orders: each row is the fold of its history afterwards, too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from services.provisioning.domain import facts
from services.provisioning.domain.fact_details import to_details
from services.provisioning.domain.lifecycle import fold
from services.provisioning.domain.order import State
from tests.unit.provisioning.samples import (
    CANCELLED,
    OPENED,
    PATHS,
    SCHEDULED,
    WITH_SERVICE_ORDER,
    Happened,
    april,
)

FOLDER = resources.files("services.provisioning") / "migrations"
AMENDED = facts.OrderAmended(2, ("plan",), "ip16", "collective", None)
LIVES: Sequence[Sequence[Happened]] = (
    PATHS[State.AWAITING_CONSULT],
    # Said late: the service order is the latest thing that was written, not the latest that happened.
    [*WITH_SERVICE_ORDER[:2], (AMENDED, april(5)), WITH_SERVICE_ORDER[2]],
    # An edit after the end is kept and moves nothing.
    [*WITH_SERVICE_ORDER, SCHEDULED, CANCELLED, (AMENDED, april(20))],
)


async def test_an_order_gets_the_instant_of_its_latest_fact(provisioning_db: Any) -> None:
    owner: Any = await asyncpg.connect(provisioning_db.owner)
    app = urlsplit(provisioning_db.app).username or ""
    await owner.execute("CREATE SCHEMA older; SET search_path TO older")
    await owner.execute(
        (FOLDER / "0001_pre_provisioning.sql").read_text(encoding="utf-8").replace("{app}", f'"{app}"')
    )
    async with owner.transaction():
        for number, life in enumerate(LIVES):
            await write(owner, UUID(int=number), life)

    await owner.execute((FOLDER / "0002_pre_deadlines.sql").read_text(encoding="utf-8"))

    rows = await owner.fetch("SELECT last_at FROM orders ORDER BY order_id")
    assert [row["last_at"] for row in rows] == [fold(life).last_at for life in LIVES]
    assert await owner.fetchval("SELECT arithmetic FROM deadlines") is None
    await owner.close()


async def write(owner: Any, order_id: UUID, life: Sequence[Happened]) -> None:
    """Write an order as it was written before, with a deadline where one ran."""
    order = fold(life)
    await owner.execute(
        """
        INSERT INTO orders (order_id, order_no, correlation_id, area, plan, building_kind, sales_office, applied_on,
                            content_version, opened_at, consult_due_on, consult_due_at, state, since, sequence, attempt,
                            met, overdue, consulted_on, carrier_order_no, construction_on)
        VALUES ($1::uuid, ($1::uuid)::text, $1::uuid, 'east', 'ip8', 'detached', 'AB1234', $2,
                1, $3, $4, $5, $6, $7, $8, $9,
                '{}', '{}', $10, $11, $12)
        """,
        order_id,
        OPENED[0].applied_on,
        order.opened_at,
        order.consult_due_on,
        order.consult_due_at,
        order.state.value,
        order.since,
        order.sequence,
        order.attempt,
        order.consulted_on,
        order.carrier_order_no,
        order.construction_on,
    )
    for sequence, (fact, at) in enumerate(life, start=1):
        await owner.execute(
            "INSERT INTO order_history VALUES ($1, $2, $3, $4, $1, $5, $5)",
            order_id,
            sequence,
            fact.kind.value,
            json.dumps(to_details(fact)),
            at,
        )
    if order.state is State.AWAITING_CONSULT:
        await owner.execute(
            "INSERT INTO deadlines VALUES ($1, $1, 'consult_due', $2, $3)",
            order_id,
            order.consult_due_on,
            order.consult_due_at,
        )
