"""Whole yen, and the roundings that are named where they happen."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NewType

Yen = NewType("Yen", int)


class Rounding(StrEnum):
    """How a fraction of a yen becomes whole; a clause or an ADR says which one holds."""

    DOWN = "down"
    HALF_UP = "half_up"
    UP = "up"


_MODES = {Rounding.DOWN: ROUND_FLOOR, Rounding.HALF_UP: ROUND_HALF_UP, Rounding.UP: ROUND_CEILING}


def round_yen(amount: Decimal, rounding: Rounding) -> Yen:
    """Return the amount as whole yen under the named rounding; DOWN is towards minus, UP plus infinity."""
    return Yen(int(amount.to_integral_value(rounding=_MODES[rounding])))


def floor_yen(amount: Decimal) -> Yen:
    """Return the whole yen at or below the amount."""
    return round_yen(amount, Rounding.DOWN)
