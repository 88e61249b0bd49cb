"""A running system with everything that a driver needs around it: clients, the bus, the clock's hand, the poster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from ops.demo.bus import Bus
from ops.demo.driver import closed_before
from ops.demo.evidence import Answer, Evidence
from ops.demo.forms import Batch
from ops.demo.gather import Services, leaks, stored_mails
from ops.demo.posting import Poster
from ops.demo.privacy import Secrets
from ops.demo.stepper import Part, Stepper
from ops.runtime.system import System

SERVICES: Final = ("intake", "provisioning", "billing", "notify")


@dataclass(frozen=True)
class World:
    """A system on the stepped clock of a record, and the means to drive and to question it."""

    system: System
    services: Services
    bus: Bus
    stepper: Stepper
    poster: Poster

    async def evidence(
        self, batch: Batch, answers: Sequence[Answer], end: datetime, *, rough: bool = False
    ) -> Evidence:
        """Return everything that is known at the end of a run."""
        services = self.services
        await self.bus.catch_up()
        submissions, quarantine, orders, invoices, notices, plans = await asyncio.gather(
            services.rows("intake", "/ops/submissions", "submissions"),
            services.rows("intake", "/ops/quarantine", "quarantine"),
            services.rows("provisioning", "/ops/orders", "orders"),
            services.rows("billing", "/ops/invoices", "invoices"),
            services.rows("notify", "/ops/notices", "notices"),
            services.get("sandbox", "/ops/plans"),
        )
        listings = {name: await services.rows(name, "/ops/dlq", "letters") for name in SERVICES}
        found = await asyncio.to_thread(
            leaks,
            Secrets(batch.secrets),
            self.bus.records,
            sorted(self.system.logs.glob("*.log*")),
            {name: repr(rows).encode() for name, rows in listings.items()},
        )
        return Evidence(
            answers=answers,
            submissions=submissions,
            quarantined=len(quarantine),
            heard=self.bus.records,
            orders={row["order_no"]: row for row in orders},
            plans=plans["plans"],
            invoices=invoices,
            notices=notices,
            mails=stored_mails(self.system.mails),
            leaks=found,
            dead_letters={name: len(rows) for name, rows in listings.items()},
            closed_before=closed_before(end),
            explained=await self._explained(invoices),
            rough=rough,
        )

    async def _explained(self, invoices: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
        if not invoices:
            return None
        middle = sorted(invoices, key=lambda row: row["total_yen"])[len(invoices) // 2]
        return await self.services.get("billing", f"/ops/invoices/{middle['number']}")


@asynccontextmanager
async def opened(system: System, record: Path) -> AsyncGenerator[World, None]:
    """Give the world around a system that runs on a stepped clock record."""
    secrets, addresses = system.secrets, system.addresses()
    names = (*SERVICES, "sandbox")
    parts = {name: Part(name, addresses[name], secrets.ops_token) for name in names}
    bus = Bus(system.bootstrap)
    async with httpx.AsyncClient(trust_env=False) as http:
        await bus.start()
        try:
            yield World(
                system=system,
                services=Services(http, parts),
                bus=bus,
                stepper=Stepper(record, list(parts.values()), bus.lags, http),
                poster=Poster(
                    http,
                    addresses["intake"],
                    {form: found[0] for form, found in secrets.form_secrets.items()},
                ),
            )
        finally:
            await bus.stop()
