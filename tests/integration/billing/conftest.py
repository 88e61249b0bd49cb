"""A billing service on a fresh database, and a stand-in for intake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.integration.billing.house import House, open_house
from tests.integration.billing.intake import Intake


@pytest.fixture
def intake() -> Iterator[Intake]:
    """Give a listening contacts API."""
    server = Intake()
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def billing_db(service_db: Any) -> Any:
    """Give a fresh migrated database of billing: .owner and .app are its DSNs."""
    return await service_db("billing")


@pytest.fixture
async def house(billing_db: Any, intake: Intake) -> AsyncIterator[House]:
    """Give billing on 20 April 2026, 17:00 in Tokyo."""
    async with open_house(billing_db.app, intake) as made:
        yield made
