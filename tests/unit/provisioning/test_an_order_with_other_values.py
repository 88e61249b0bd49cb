"""`order.replace` is `dataclasses.replace` for orders, only faster."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from services.provisioning.domain.order import FiberOrder, State, replace
from tests.unit.provisioning.samples import ORDERS, on


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize(
    "values", [{}, {"sequence": 99}, {"state": State.ACTIVE, "activated_on": on(9)}, {"wished_on": None}]
)
def test_it_gives_what_the_dataclass_would(state: State, values: dict[str, Any]) -> None:
    order = ORDERS[state]
    before = dataclasses.asdict(order)

    other = replace(order, **values)

    assert other == dataclasses.replace(order, **values)
    assert hash(other) == hash(dataclasses.replace(order, **values))
    assert dataclasses.asdict(order) == before


def test_a_field_that_an_order_does_not_have_is_not_set() -> None:
    with pytest.raises(TypeError, match="number_of_facts"):
        replace(ORDERS[State.ACTIVE], number_of_facts=1)


def test_nothing_but_the_fields_is_kept_in_an_order() -> None:
    """What were kept beside them would be copied, and be wrong there; a field made by the class would be missed."""
    order = ORDERS[State.CONSTRUCTION_SCHEDULED]

    assert order.pattern
    assert order.ball
    assert list(vars(order)) == [field.name for field in dataclasses.fields(FiberOrder)]
    assert not hasattr(FiberOrder, "__post_init__")
