"""What an error means for the work at hand: the world is away, the data breaks a rule, or we have a bug."""

from __future__ import annotations

import traceback
from enum import Enum
from typing import Any, Final

import asyncpg
from aiokafka.errors import KafkaError  # pyright: ignore[reportMissingTypeStubs]

_WORLD_CODES: Final = ("40001", "40P01", "53", "57", "08", "25006", "55P03")
_DATA_CODES: Final = ("22", "23")
_FILE_TROUBLE: Final = (
    FileNotFoundError,
    FileExistsError,
    PermissionError,
    IsADirectoryError,
    NotADirectoryError,
)


class Kind(Enum):
    """WORLD: wait and try again. DATA: this record will never fit. BUG: we do not know."""

    WORLD = "world"
    DATA = "data"
    BUG = "bug"


def kind_of(error: BaseException) -> Kind:
    """Return what the error means.

    The world's: connection errors, SQLSTATE 08*, 25006, 40001, 40P01, 53*, 55P03, 57*; the data's: 22*, 23*.
    """
    if isinstance(error, asyncpg.PostgresError):
        code = error.sqlstate or ""
        if code.startswith(_WORLD_CODES):
            return Kind.WORLD
        return Kind.DATA if code.startswith(_DATA_CODES) else Kind.BUG
    if isinstance(error, asyncpg.InterfaceError):  # the client's own complaints
        return Kind.WORLD if "clos" in str(error) else Kind.BUG
    world = isinstance(error, (OSError, KafkaError)) and not isinstance(error, _FILE_TROUBLE)
    return Kind.WORLD if world else Kind.BUG


def describe(error: BaseException) -> dict[str, Any]:
    """Return class, place and, for PostgreSQL, state and constraint of an error.

    Never its message or detail: these may quote a row.
    """
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    found: dict[str, Any] = {
        "error": type(error).__name__,
        "at": [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno}" for frame in frames],
    }
    if isinstance(error, asyncpg.PostgresError):
        found["sqlstate"] = error.sqlstate
        found["constraint"] = getattr(error, "constraint_name", None)
    elif isinstance(error, (OSError, KafkaError)):
        found["detail"] = str(error)[:200]
    return found
