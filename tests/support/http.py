"""HTTP in tests: our own services on loopback, never by way of a proxy."""

from __future__ import annotations

from typing import Any

import httpx


def http_client(**more: Any) -> httpx.AsyncClient:
    """Return a client that does not ask the environment for a proxy, as the services' own client does not."""
    return httpx.AsyncClient(trust_env=False, **more)
