"""Repairs over HTTP: plan, look at the plan, apply it, take it back; each portion is one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.base import Base
from chassis.clock import new_id
from chassis.db import Connection
from chassis.http import FieldError, Problem, require_token
from services.provisioning import repairs
from services.provisioning.asking import Endpoint, answer
from services.provisioning.domain.repair_actions import ChangeWish
from services.provisioning.domain.rules import Rules
from services.provisioning.outlook import Forecaster
from services.provisioning.repair_bodies import ApplyBody, PlanBody, UndoBody, bad_body, read
from services.provisioning.repairs import Repairs
from services.provisioning.store import repairs as store
from services.provisioning.store.repairs import Plan

_LISTED: Final = 50


@dataclass(frozen=True)
class RepairRoutes:
    """The routes of repairs, all behind the ops token."""

    base: Base[Any]
    rules: Rules
    forecaster: Forecaster

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/ops/repairs", self._guarded(self.plan), methods=["POST"]),
            Route("/ops/repairs", self._guarded(self.latest), methods=["GET"]),
            Route("/ops/repairs/{plan_id}", self._guarded(self.show), methods=["GET"]),
            Route("/ops/repairs/{plan_id}/apply", self._guarded(self.apply), methods=["POST"]),
            Route("/ops/repairs/{plan_id}/undo", self._guarded(self.undo), methods=["POST"]),
        ]

    async def plan(self, request: Request) -> Response:
        """Make a plan and return it with the effect on each order; no order is changed."""
        body = await read(request, PlanBody)
        wanted = body.filter.filter()
        if wanted.empty:
            raise bad_body(
                [FieldError("/filter", "empty", "Name at least one condition, else it takes every order")]
            )
        now, action = self.base.clock.now(), body.action.action()
        if isinstance(action, ChangeWish) and not self.rules.believable(action.wished_on, now):
            raise bad_body([FieldError("/action/wished_on", "too_far", "This day lies beyond belief")])
        async with self.base.transaction() as conn:
            made = await Repairs(self.rules, self.forecaster).plan(
                conn,
                wanted,
                action,
                plan_id=new_id(),
                limit=body.limit,
                by=body.by,
                why=body.why,
                now=now,
            )
            return answer(await _whole(conn, made))

    async def latest(self, _request: Request) -> Response:
        """Return the plans that were made last, the newest first, without their orders."""
        async with self.base.pool.acquire() as conn:
            plans = await store.latest(conn, limit=_LISTED)
        return answer({"plans": [asdict(plan) for plan in plans]})

    async def show(self, request: Request) -> Response:
        """Return a plan with its orders and what became of them."""
        plan_id = _plan_id(request)
        async with self.base.pool.acquire() as conn:
            found = await store.plan(conn, plan_id)
            if found is None:
                raise _unknown()
            return answer(await _whole(conn, found))

    async def apply(self, request: Request) -> Response:
        """Apply the next portion; `left` says how many orders the next calls will take."""
        body, plan_id = await read(request, ApplyBody), _plan_id(request)
        return await self._portion(
            lambda conn, now: Repairs(self.rules, self.forecaster).apply(conn, plan_id, by=body.by, now=now)
        )

    async def undo(self, request: Request) -> Response:
        """Take back the next portion; `left` says how many orders the next calls will take."""
        body, plan_id = await read(request, UndoBody), _plan_id(request)
        return await self._portion(
            lambda conn, now: Repairs(self.rules, self.forecaster).undo(
                conn, plan_id, by=body.by, why=body.why, now=now
            )
        )

    async def _portion(self, work: Callable[[Connection, datetime], Awaitable[repairs.Progress]]) -> Response:
        try:
            async with self.base.transaction() as conn:
                progress = await work(conn, self.base.clock.now())
        except repairs.UnknownPlan:
            raise _unknown() from None
        except repairs.CannotBeUndone:
            raise Problem(
                HTTPStatus.CONFLICT,
                "cannot_be_undone",
                "This plan cannot be taken back",
                "only cancellations can: what was asked of the carrier or wished for cannot be unsaid, plan it anew",
            ) from None
        except repairs.AlreadyUndone:
            raise Problem(
                HTTPStatus.CONFLICT, "plan_undone", "This plan was taken back", "make a new plan"
            ) from None
        return answer({"done": [asdict(each) for each in progress.done], "left": progress.left})

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            require_token(request, self.base.settings.ops_token.get_secret_value())
            return await endpoint(request)

        return guarded


async def _whole(conn: Connection, plan: Plan) -> dict[str, Any]:
    return {
        **asdict(plan),
        "outcomes": await store.counts(conn, plan.plan_id),
        "orders": [asdict(each) for each in await store.orders(conn, plan.plan_id)],
    }


def _plan_id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["plan_id"])
    except ValueError:
        raise _unknown() from None


def _unknown() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "unknown_plan", "There is no such repair plan")
