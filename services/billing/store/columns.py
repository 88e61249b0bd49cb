"""Rows become columns, as unnest wants them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def columns(rows: Iterable[tuple[Any, ...]], *, width: int) -> list[list[Any]]:
    """Return the columns of the rows; without rows as many empty ones as the width says."""
    made: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    return made or [[] for _ in range(width)]
