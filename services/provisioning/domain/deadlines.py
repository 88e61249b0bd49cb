"""Deadlines follow from the order alone: which run now, when they are due, and what their passing means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from kernel.ids import derived_id
from services.provisioning.domain.facts import AnswerDeadlineMissed, ConsultOverdue, Fact
from services.provisioning.domain.order import FiberOrder, Jeopardy, State


class DeadlineKind(StrEnum):
    """What must happen in time."""

    CONSULT_DUE = "consult_due"
    ANSWER_BY = "answer_by"


@dataclass(frozen=True)
class Deadline:
    """One running deadline; due_on: its last day, local; due_at: the instant at which that day is over.

    attempt: tells apart the answers to several dates of one order.
    """

    order_id: UUID
    kind: DeadlineKind
    due_on: date
    due_at: datetime
    attempt: int
    missed: Fact

    @property
    def id(self) -> UUID:
        """The same for the same deadline, whenever it is asked."""
        return derived_id(self.order_id, "deadline", self.kind, str(self.attempt))

    @property
    def cause_id(self) -> UUID:
        """The cause of what follows when it passes: late or on time, the same."""
        return derived_id(self.id, self.due_at.isoformat())


def running(order: FiberOrder) -> tuple[Deadline, ...]:
    """Return the deadlines that run now, earliest first; a fact that arrives in time ends its own by the new state."""
    if order.state is State.AWAITING_CONSULT and Jeopardy.CONSULT_OVERDUE not in order.overdue:
        missed = ConsultOverdue(order.consult_due_on)
        kind = DeadlineKind.CONSULT_DUE
        return (
            Deadline(order.order_id, kind, order.consult_due_on, order.consult_due_at, order.attempt, missed),
        )
    if order.state is State.DATE_HELD:
        assert order.held_on
        assert order.answer_by
        assert order.answer_due_at
        missed = AnswerDeadlineMissed(order.held_on, order.answer_by)
        kind = DeadlineKind.ANSWER_BY
        return (Deadline(order.order_id, kind, order.answer_by, order.answer_due_at, order.attempt, missed),)
    return ()


def due(order: FiberOrder, by: datetime) -> Deadline | None:
    """Return the earliest deadline of the order that has passed at the instant, if any."""
    return next((deadline for deadline in running(order) if deadline.due_at <= by), None)
