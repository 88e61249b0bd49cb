"""Repairs over HTTP: plan, look at the plan, apply it, take it back; each portion is one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.base import Base
from chassis.clock import new_id
from chassis.db import Connection
from chassis.http import FieldError, Problem, require_token
from contracts.event import Area
from contracts.site import WishedBy
from contracts.works import CancelledBy, CancelReason
from services.provisioning import repairs
from services.provisioning.asking import Endpoint, answer, read_beginning
from services.provisioning.domain.order import State
from services.provisioning.domain.repair_actions import Action, AskAgain, Cancel, ChangeWish
from services.provisioning.domain.rules import Rules
from services.provisioning.outlook import Forecaster
from services.provisioning.repairs import Repairs
from services.provisioning.store import repairs as store
from services.provisioning.store.repairs import Filter, Plan

MOST: Final = 1_000
_LISTED: Final = 50

_B = TypeVar("_B", bound=BaseModel)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("printable characters are expected")
    return text


def _from(value: object) -> object:
    """Return the instant from which: a day alone means its beginning in Tokyo."""
    try:
        return read_beginning(value) if isinstance(value, str) else value
    except OverflowError:
        raise ValueError("it lies beyond the calendar") from None


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_printable),
]
Instant = Annotated[datetime, BeforeValidator(_from)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class CancelBody(_Body):
    """Call off."""

    kind: Literal["cancel"]
    by: CancelledBy
    reason: CancelReason

    def action(self) -> Action:
        """Return it in the words of the domain."""
        return Cancel(self.by, self.reason)


class ChangeWishBody(_Body):
    """Wish for another day."""

    kind: Literal["change_wish"]
    wished_on: date
    by: WishedBy

    def action(self) -> Action:
        """Return it in the words of the domain."""
        return ChangeWish(self.wished_on, self.by)


class AskAgainBody(_Body):
    """Ask the carrier once more."""

    kind: Literal["ask_again"]

    def action(self) -> Action:
        """Return it in the words of the domain."""
        return AskAgain()


class FilterBody(_Body):
    """Which orders; what is not given takes any."""

    state: State | None = None
    pattern: Annotated[int, Field(ge=1, le=7)] | None = None
    area: Area | None = None
    sales_office: Words | None = None
    refs: Annotated[tuple[Words, ...], Field(min_length=1, max_length=MOST)] | None = None
    opened_after: Instant | None = None
    opened_before: Instant | None = None

    def filter(self) -> Filter:
        """Return it in the words of the store."""
        refs = None if self.refs is None else tuple(_ref(text) for text in self.refs)
        return Filter(
            state=self.state,
            pattern=self.pattern,
            area=self.area,
            sales_office=self.sales_office,
            refs=refs,
            opened_after=self.opened_after,
            opened_before=self.opened_before,
        )


class PlanBody(_Body):
    """What a plan is asked with."""

    action: Annotated[CancelBody | ChangeWishBody | AskAgainBody, Field(discriminator="kind")]
    filter: FilterBody
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100
    by: Words
    why: Words


class ApplyBody(_Body):
    """Who applies."""

    by: Words


class UndoBody(_Body):
    """Who takes back, and why."""

    by: Words
    why: Words


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
        body = await _read(request, PlanBody)
        wanted = body.filter.filter()
        if wanted.empty:
            raise _bad_body(
                [FieldError("/filter", "empty", "Name at least one condition, else it takes every order")]
            )
        now, action = self.base.clock.now(), body.action.action()
        if isinstance(action, ChangeWish) and not self.rules.believable(action.wished_on, now):
            raise _bad_body([FieldError("/action/wished_on", "too_far", "This day lies beyond belief")])
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
        body, plan_id = await _read(request, ApplyBody), _plan_id(request)
        return await self._portion(
            lambda conn, now: Repairs(self.rules, self.forecaster).apply(conn, plan_id, by=body.by, now=now)
        )

    async def undo(self, request: Request) -> Response:
        """Take back the next portion; `left` says how many orders the next calls will take."""
        body, plan_id = await _read(request, UndoBody), _plan_id(request)
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


async def _read(request: Request, cls: type[_B]) -> _B:
    try:
        return cls.model_validate_json(await request.body())
    except ValidationError as error:
        raise _bad_body(
            [
                FieldError(_pointer(each["loc"]), each["type"], each["msg"])
                for each in error.errors(include_url=False, include_context=False, include_input=False)
            ]
        ) from None


def _pointer(place: tuple[int | str, ...]) -> str:
    """Return the JSON pointer; the kind of an action is no part of the body's shape."""
    shown = (*place[:1], *place[2:]) if place[:1] == ("action",) else place
    return "/" + "/".join(map(str, shown))


def _ref(text: str) -> str:
    """Return an order's number or id as the database has it; one that is neither finds nothing."""
    return text.upper() if text[:3].upper() == "FO-" else text.lower()


def _plan_id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["plan_id"])
    except ValueError:
        raise _unknown() from None


def _unknown() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "unknown_plan", "There is no such repair plan")


def _bad_body(errors: list[FieldError]) -> Problem:
    detail = "; ".join(f"{each.pointer}: {each.detail}" for each in errors)
    return Problem(
        HTTPStatus.BAD_REQUEST, "bad_repair", "The repair is not asked for rightly", detail, errors
    )
