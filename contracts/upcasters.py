"""Steps from the data of an older version to the next; readers learn a version before producers send it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

Data = dict[str, Any]
# type of the older version -> (type of the next one, the step from its data to the next one's data)
UPCASTERS: Final[dict[str, tuple[str, Callable[[Data], Data]]]] = {}


def upcast(type_: str, data: Data) -> tuple[str, Data]:
    """Return type and data after all known steps; unchanged where there is none."""
    while type_ in UPCASTERS:
        type_, step = UPCASTERS[type_]
        data = step(data)
    return type_, data
