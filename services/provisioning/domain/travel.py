"""An order as it was at an instant, as it was known at another, and what changed in between; pure, from the history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final, Protocol

from services.provisioning.domain import lifecycle
from services.provisioning.domain.facts import Fact, OrderOpened
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.refusals import Refused

# What a change of state moves along with it: no news by themselves.
_COUNTERS: Final = frozenset({"sequence", "last_at"})


class WrongWay(ValueError):
    """A difference was asked for with the later instant first."""


class Happened(Protocol):
    """One row of the history: a fact, its place, when it happened and when it was written here (business time)."""

    @property
    def sequence(self) -> int:
        """Place in the order's history, from 1."""
        ...

    @property
    def fact(self) -> Fact:
        """What happened."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""
        ...

    @property
    def recorded_at(self) -> datetime:
        """When it was written here."""
        ...


@dataclass(frozen=True)
class Step:
    """One fact of a fold; sequence: its place in the whole history. before: None for the opening."""

    sequence: int
    fact: Fact
    at: datetime
    before: FiberOrder | None
    after: FiberOrder


@dataclass(frozen=True)
class AsOf:
    """An order at an instant; order: None before it was opened.

    steps: the facts that were folded, by sequence. unfounded: sequences of facts that had happened, but rest on one
    that had not, or was not known, and that the machine does not accept without it.
    """

    steps: tuple[Step, ...]
    unfounded: tuple[int, ...]

    @property
    def order(self) -> FiberOrder | None:
        """The order; its `sequence` counts the facts that were folded."""
        return self.steps[-1].after if self.steps else None


@dataclass(frozen=True)
class FieldChange:
    """One field of the order that differs; facts: sequences of the facts that changed it, in order."""

    name: str
    before: object
    after: object
    facts: tuple[int, ...]


@dataclass(frozen=True)
class Difference:
    """What changed between two instants; facts: those that count at the later instant and not at the earlier."""

    earlier: AsOf
    later: AsOf
    facts: tuple[Step, ...]
    changes: tuple[FieldChange, ...]


def as_of(history: Iterable[Happened], at: datetime, *, known_at: datetime | None = None) -> AsOf:
    """Return the order as it was at an instant of business time, by what was known at another.

    It is the fold of exactly those rows with occurred_at <= at and, when known_at is given, recorded_at <= known_at;
    both ends are included. Without known_at everything counts that is known today, also what arrived later.

    Rows are folded by their sequence, never by their time: a fact that came late happened, for the machine, after those
    that were written before it. So a fact can count here whose predecessor in the history had not happened yet. The
    machine judges it on the ground that there is; if it refuses it there, it is left out and named in `unfounded`.
    """
    steps: list[Step] = []
    unfounded: list[int] = []
    for row in sorted(history, key=lambda row: row.sequence):
        if row.occurred_at > at or (known_at is not None and row.recorded_at > known_at):
            continue
        before = steps[-1].after if steps else None
        after = _after(before, row)
        if after is None:
            unfounded.append(row.sequence)
        else:
            steps.append(Step(row.sequence, row.fact, row.occurred_at, before, after))
    return AsOf(tuple(steps), tuple(unfounded))


def retrace(history: Sequence[Happened]) -> tuple[Step, ...]:
    """Return every step of an order's way as it is known today.

    :raises ValueError: the history is empty or does not begin with the opening, or is none that the machine made.
    """
    if history:
        everything = as_of(history, max(row.occurred_at for row in history))
        if everything.steps and not everything.unfounded:
            return everything.steps
    raise ValueError("a history begins with the opening of the order, and the machine accepts all of it")


def diff(
    history: Sequence[Happened], earlier: datetime, later: datetime, *, known_at: datetime | None = None
) -> Difference:
    """Return what changed between two instants of business time, field by field, and which facts did it.

    :raises WrongWay: the second instant lies before the first.
    """
    if later < earlier:
        raise WrongWay("the later instant comes second")
    first, second = (as_of(history, at, known_at=known_at) for at in (earlier, later))
    counted = {step.sequence for step in first.steps}
    new = tuple(step for step in second.steps if step.sequence not in counted)
    changes = tuple(
        FieldChange(name, _value(first.order, name), _value(second.order, name), _by(name, new))
        for name in _names()
        if _value(first.order, name) != _value(second.order, name)
    )
    return Difference(first, second, new, changes)


def _after(before: FiberOrder | None, row: Happened) -> FiberOrder | None:
    """Return the order after the fact, or None where the fact has no ground to stand on."""
    if before is None:
        if isinstance(row.fact, OrderOpened):
            return lifecycle.open_order(row.fact, row.occurred_at).after
        return None
    try:
        return lifecycle.apply(before, row.fact, row.occurred_at).after
    except Refused:
        return None


def _by(name: str, steps: Sequence[Step]) -> tuple[int, ...]:
    return tuple(step.sequence for step in steps if _value(step.before, name) != _value(step.after, name))


def _value(order: FiberOrder | None, name: str) -> object:
    return None if order is None else getattr(order, name)


def _names() -> tuple[str, ...]:
    stored = (field.name for field in fields(FiberOrder) if field.name not in _COUNTERS)
    return (*stored, "ball", "pattern")
