"""An intake service on a fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.integration.intake.house import House, open_house


@pytest.fixture
async def intake_db(service_db: Any) -> Any:
    """Give a fresh migrated database of intake: .owner and .app are its DSNs."""
    return await service_db("intake")


@pytest.fixture
async def house(intake_db: Any) -> AsyncIterator[House]:
    """Give intake on 20 April 2026, noon in Tokyo."""
    async with open_house(intake_db.app) as made:
        yield made
