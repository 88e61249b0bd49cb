"""A provisioning service on a fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.integration.provisioning.house import House, open_house


@pytest.fixture
async def provisioning_db(service_db: Any) -> Any:
    """Give a fresh migrated database of provisioning: .owner and .app are its DSNs."""
    return await service_db("provisioning")


@pytest.fixture
async def house(provisioning_db: Any) -> AsyncIterator[House]:
    """Give provisioning on Wednesday, 1 April 2026, 12:00 in Tokyo; in the end every row is the fold of its history."""
    async with open_house(provisioning_db.app) as made:
        yield made
        await made.check_folds()
