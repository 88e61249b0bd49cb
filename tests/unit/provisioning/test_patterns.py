"""Patterns met, the one in force, the dominant one."""

from __future__ import annotations

import pytest

from services.provisioning.books import load_rules
from services.provisioning.domain.patterns import Pattern, dominant, in_force, meet, shown

P = Pattern
DAYS = load_rules().shortest_days


def test_an_order_that_met_none_is_immediate() -> None:
    assert shown(()) == (P.IMMEDIATE,)
    assert in_force(()) is P.IMMEDIATE
    assert dominant((), DAYS) is P.IMMEDIATE


def test_patterns_are_kept_in_the_order_in_which_they_were_met() -> None:
    met = meet(
        meet(meet((), P.ADDRESS_REGISTRATION), P.EQUIPMENT_RETURN),
        P.CUSTOMER_DELAY,
    )

    assert met == (P.ADDRESS_REGISTRATION, P.EQUIPMENT_RETURN, P.CUSTOMER_DELAY)
    assert in_force(met) is P.CUSTOMER_DELAY
    assert meet(met, P.CUSTOMER_DELAY) == met
    assert meet(met, P.EQUIPMENT_RETURN)[-1] is P.EQUIPMENT_RETURN


@pytest.mark.parametrize(
    ("met", "wanted"),
    [
        ((P.ADDRESS_REGISTRATION,), P.ADDRESS_REGISTRATION),
        ((P.ADDRESS_REGISTRATION, P.EQUIPMENT_RETURN, P.CUSTOMER_DELAY), P.EQUIPMENT_RETURN),
        ((P.EQUIPMENT_RETURN, P.ADDRESS_REGISTRATION), P.EQUIPMENT_RETURN),
        ((P.ADDRESS_REGISTRATION, P.CUSTOMER_DELAY), P.CUSTOMER_DELAY),
        ((P.NO_NEAR_DATE, P.EQUIPMENT_RETURN), P.EQUIPMENT_RETURN),
        ((P.EQUIPMENT_RETURN, P.NO_NEAR_DATE), P.NO_NEAR_DATE),
    ],
)
def test_the_dominant_pattern_costs_the_most_days_and_of_equals_is_the_later(
    met: tuple[Pattern, ...], wanted: Pattern
) -> None:
    assert dominant(met, DAYS) is wanted
