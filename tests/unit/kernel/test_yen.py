"""Roundings do what their names say, on both sides of zero."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kernel.yen import Rounding, floor_yen, round_yen


@pytest.mark.parametrize(
    ("amount", "down", "half_up", "up"),
    [("262.5", 262, 263, 263), ("262.49", 262, 262, 263), ("-1.5", -2, -2, -1), ("7", 7, 7, 7)],
)
def test_each_rounding_is_what_its_name_says(amount: str, down: int, half_up: int, up: int) -> None:
    value = Decimal(amount)

    assert (floor_yen(value), round_yen(value, Rounding.HALF_UP), round_yen(value, Rounding.UP)) == (
        down,
        half_up,
        up,
    )
