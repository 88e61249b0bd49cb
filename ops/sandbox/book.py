"""All orders that the sandbox plays: what was read, what is due, what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.envelope import Envelope
from contracts.works import ClaimRefusedV1, WorkEvent
from kernel.calendar import BusinessCalendar
from kernel.times import local_date
from ops.sandbox.law import Law
from ops.sandbox.plan import Action, OrderPlan, Progress


@dataclass
class Book:
    """Plans by order number; a fact that was read before, by its sequence, changes nothing."""

    law: Law
    calendar: BusinessCalendar
    plans: dict[str, OrderPlan] = field(default_factory=dict[str, OrderPlan])
    _high_water: dict[str, int] = field(default_factory=dict[str, int])
    _waiting: dict[str, OrderPlan] = field(default_factory=dict[str, OrderPlan])

    def take(self, fact: WorkEvent | ClaimRefusedV1, envelope: Envelope) -> None:
        """Fold one fact of kaitsu.works into the plan of its order."""
        sequence = envelope.sequence or 0
        if sequence <= self._high_water.get(envelope.subject, 0) or fact.order_no is None:
            return
        self._high_water[envelope.subject] = sequence
        plan = self.plans.get(fact.order_no)
        if plan is None:
            if isinstance(fact, ClaimRefusedV1):
                return  # nobody knows this order
            plan = self.plans[fact.order_no] = OrderPlan.of(fact.order_no, self.law, self.calendar)
        plan.take(fact, envelope.occurred_at, envelope.as_cause())
        if any(plan.waiting()):
            self._waiting[plan.order_no] = plan
        else:
            self._waiting.pop(plan.order_no, None)

    def due(self, now: datetime) -> list[Action]:
        """Return what must be said by now, earliest first."""
        found = [action for action in self._all_waiting() if action.due <= now]
        return sorted(found, key=lambda action: (action.due, action.claim.order_no, action.step))

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next thing after now will be said."""
        return min((action.due for action in self._all_waiting() if action.due > now), default=None)

    def said(self, actions: Sequence[Action]) -> None:
        """Note that the broker has these."""
        for action in actions:
            if action.progress is Progress.WAITING:
                action.progress = Progress.SAID

    def show(self) -> dict[str, dict[str, Any]]:
        """Return all plans for people and for the demo's checks."""
        return {number: _show(plan) for number, plan in sorted(self.plans.items())}

    def _all_waiting(self) -> list[Action]:
        return [action for plan in self._waiting.values() for action in plan.waiting()]


def _show(plan: OrderPlan) -> dict[str, Any]:
    return {
        "pattern": plan.destiny.pattern,
        "registration_first": plan.destiny.registration_first,
        "cancelled": any(
            action.step == "cancellation" and action.progress is Progress.ACCEPTED for action in plan.actions
        ),
        "dates": {name: day.isoformat() for name, day in plan.dates().items()},
        "actions": [
            {
                "step": action.step,
                "attempt": action.attempt,
                "due": action.due.isoformat(),
                "on": local_date(action.due).isoformat(),
                "claim": action.claim.type,
                "progress": action.progress.value,
            }
            for action in plan.actions
        ],
    }
