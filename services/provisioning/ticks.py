"""What provisioning does because time passed."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.ticks import AnyTick, RowTick
from services.provisioning.domain.rules import Rules
from services.provisioning.handlers import (
    FireDeadlines,
    GiveUpWaiting,
    numbers_to_give_up,
    orders_that_missed,
)
from services.provisioning.outlook import Forecaster
from services.provisioning.store import claims, deadlines


def ticks(rules: Rules, forecaster: Forecaster) -> Sequence[AnyTick]:
    """Return the ticks: passed deadlines, and claims that waited too long."""
    fire, give_up = FireDeadlines(rules, forecaster), GiveUpWaiting(rules, forecaster)
    return (
        RowTick("fire_deadlines", orders_that_missed, fire, deadlines.next_due),
        RowTick("give_up_waiting", numbers_to_give_up, give_up, claims.next_given_up),
    )
