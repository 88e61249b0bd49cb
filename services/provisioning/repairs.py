"""Repairs of many orders: a plan that shows the effect, applied as shown, portion by portion, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from chassis.db import Connection
from chassis.logs import get_logger
from contracts.envelope import Cause
from kernel.ids import derived_id
from services.provisioning.casework import Casework
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.refusals import Refused
from services.provisioning.domain.repair_actions import (
    Action,
    ActionKind,
    AskAgain,
    Cancel,
    ChangeWish,
    as_fact,
    as_undo,
    effect,
    kind_of,
)
from services.provisioning.domain.rules import Rules
from services.provisioning.outlook import Forecaster
from services.provisioning.store import repairs as store
from services.provisioning.store.repairs import Filter, Plan, Planned

log = get_logger(__name__)
PORTION: Final = 100


class UnknownPlan(LookupError):
    """There is no such plan."""


class CannotBeUndone(ValueError):
    """No fact takes back what this plan does."""


class AlreadyUndone(ValueError):
    """The plan was taken back: what is left of it is not applied any more."""


@dataclass(frozen=True)
class Progress:
    """What one portion did; left: orders that the next portions will take."""

    done: tuple[Planned, ...]
    left: int


@dataclass(frozen=True)
class Repairs:
    """Use cases, each in a transaction of the caller. now: business time."""

    rules: Rules
    forecaster: Forecaster

    async def plan(
        self,
        conn: Connection,
        wanted: Filter,
        action: Action,
        *,
        plan_id: UUID,
        limit: int,
        by: str,
        why: str,
        now: datetime,
    ) -> Plan:
        """Write and return a plan for the first orders, by number, that the filter takes; no order is changed."""
        found, matching = await store.matching(conn, wanted, limit=limit)
        made = Plan(
            plan_id=plan_id,
            action=kind_of(action).value,
            parameters=_plain(action),
            filter=_plain(wanted),
            matching=matching,
            planned_by=by,
            why=why,
            planned_at=now,
        )
        await store.add_plan(conn, made)
        fact = as_fact(action, plan_id=plan_id, at=now)
        await store.add_orders(conn, plan_id, [_planned(order, fact, now, self.rules) for order in found])
        log.info("repair_planned", plan_id=str(plan_id), action=made.action, orders=len(found))
        return made

    async def apply(self, conn: Connection, plan_id: UUID, *, by: str, now: datetime) -> Progress:
        """Apply the plan to the next portion of its orders, each only if it is still where the plan saw it.

        Where it is not, or where the fact would lead elsewhere than the plan shows, nothing happens and the outcome
        says changed_meanwhile. Deadlines that have passed fire first, as before any claim.

        :raises UnknownPlan: there is none.  :raises AlreadyUndone: it was taken back.
        """
        plan = await store.begin_apply(conn, plan_id, by=by, now=now)
        if plan is None:
            raise UnknownPlan
        if plan.undone_at is not None:
            raise AlreadyUndone
        fact = as_fact(_action(plan), plan_id=plan_id, at=now)

        def one(work: Casework, row: Planned) -> Planned:
            work.fire_deadlines(row.order_id, by=now)
            order = _at_hand(work, row)
            if order.sequence != row.seen_sequence:
                return replace(row, outcome="changed_meanwhile")
            shown = effect(order, fact, now, self.rules)
            if shown.code is not None:
                return replace(row, outcome="refused", code=shown.code)
            if shown.state_after != row.state_after:
                return replace(row, outcome="changed_meanwhile")
            cause = Cause(derived_id(plan_id, str(row.order_id)), order.correlation_id)
            work.take(row.order_id, fact, at=now, cause=cause)
            return replace(row, outcome="applied")

        return await self._portion(conn, plan_id, "planned", one, now=now)

    async def undo(self, conn: Connection, plan_id: UUID, *, by: str, why: str, now: datetime) -> Progress:
        """Take back the next portion of what the plan did, by facts; the history is only added to.

        :raises UnknownPlan: there is none.  :raises CannotBeUndone: no fact takes its action back.
        """
        plan = await store.begin_undo(conn, plan_id, by=by, why=why, now=now)
        if plan is None:
            raise UnknownPlan
        fact = as_undo(_action(plan), plan_id=plan_id)
        if fact is None:
            raise CannotBeUndone

        def one(work: Casework, row: Planned) -> Planned:
            cause = Cause(derived_id(plan_id, str(row.order_id), "undo"), _at_hand(work, row).correlation_id)
            try:
                work.take(row.order_id, fact, at=now, cause=cause)
            except Refused as refusal:
                return replace(row, outcome="undo_refused", code=refusal.code.value)
            return replace(row, outcome="undone")

        return await self._portion(conn, plan_id, "applied", one, now=now)

    async def _portion(
        self,
        conn: Connection,
        plan_id: UUID,
        outcome: str,
        one: Callable[[Casework, Planned], Planned],
        *,
        now: datetime,
    ) -> Progress:
        rows = await store.orders(conn, plan_id, outcome=outcome, limit=PORTION)
        work = await Casework.begin(
            conn,
            ids={row.order_id for row in rows},
            rules=self.rules,
            forecaster=self.forecaster,
            now=now,
        )
        done = tuple(one(work, row) for row in rows)
        await work.write(conn)
        await store.note(conn, plan_id, done)
        left = (await store.counts(conn, plan_id)).get(outcome, 0)
        log.info("repair_portion_done", plan_id=str(plan_id), orders=len(done), left=left)
        return Progress(done, left)


def _planned(order: FiberOrder, fact: Fact, now: datetime, rules: Rules) -> Planned:
    shown = effect(order, fact, now, rules)
    return Planned(
        order_id=order.order_id,
        order_no=order.order_no,
        seen_sequence=order.sequence,
        state_before=order.state.value,
        state_after=shown.state_after.value if shown.state_after else None,
        code=shown.code,
        outcome="refused" if shown.code else "planned",
    )


def _at_hand(work: Casework, row: Planned) -> FiberOrder:
    order = work.order(row.order_id)
    assert order is not None  # an order is never removed, and a plan refers to one
    return order


def _action(plan: Plan) -> Action:
    """Return the action of the plan as it was asked for."""
    given: Mapping[str, Any] = plan.parameters
    match ActionKind(plan.action):
        case ActionKind.CANCEL:
            return Cancel(**given)
        case ActionKind.CHANGE_WISH:
            return ChangeWish(date.fromisoformat(given["wished_on"]), given["by"])
        case ActionKind.ASK_AGAIN:
            return AskAgain()


def _plain(source: Action | Filter) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(source).items()
        if value is not None
    }
