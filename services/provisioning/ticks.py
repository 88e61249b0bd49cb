"""What provisioning does because time passed."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.ticks import Tick
from services.provisioning.domain.rules import Rules
from services.provisioning.handlers import FireDeadlines, GiveUpWaiting
from services.provisioning.outlook import Forecaster
from services.provisioning.store import claims, deadlines


def ticks(rules: Rules, forecaster: Forecaster) -> Sequence[Tick]:
    """Return the ticks: passed deadlines, and claims that waited too long."""
    return (
        Tick("fire_deadlines", FireDeadlines(rules, forecaster), deadlines.next_due),
        Tick("give_up_waiting", GiveUpWaiting(rules, forecaster), claims.next_given_up),
    )
