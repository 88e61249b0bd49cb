"""What operators ask provisioning: where is an order, since when, who has the ball, which pattern, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.db import Pool
from chassis.http import Problem, require_token
from services.provisioning.asking import Endpoint, answer, bad, order_ref
from services.provisioning.domain import deadlines, patterns
from services.provisioning.domain.fact_details import to_details
from services.provisioning.domain.order import FiberOrder, State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.rules import Rules
from services.provisioning.store import views
from services.provisioning.store.orders import Entry, history
from services.provisioning.travel_routes import TravelRoutes

_MOST: Final = 200
_DATES: Final = (
    "applied_on",
    "wished_on",
    "consult_due_on",
    "consult_scheduled_on",
    "consult_tried_on",
    "consult_next_on",
    "consulted_on",
    "registration_usual_by",
    "registered_on",
    "plant_asked_on",
    "plant_answered_on",
    "earliest_offered_on",
    "surveyed_on",
    "works_expected_by",
    "held_on",
    "answer_by",
    "answered_on",
    "survey_on",
    "construction_on",
    "replaced_on",
    "called_off_on",
    "activated_on",
)


@dataclass(frozen=True)
class Routes:
    """The /ops routes of provisioning, all behind the ops token."""

    pool: Pool
    ops_token: SecretStr
    rules: Rules

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/ops/orders", self._guarded(self.list_orders), methods=["GET"]),
            Route("/ops/orders/{ref}", self._guarded(self.show_order), methods=["GET"]),
            *TravelRoutes(self.pool, self._guarded, self.rules).routes(),
        ]

    async def list_orders(self, request: Request) -> Response:
        """Return a page of orders by number.

        Query: state; pattern (1-7, the one in force); q (part of the order number, or a whole order id, carrier's
        number or sales office); limit (1-200, 50 if not given); after (an order number).
        """
        state, pattern, limit = _state(request), _pattern(request), _limit(request)
        search, after = request.query_params.get("q") or None, request.query_params.get("after") or ""
        for name, text in (("q", search or ""), ("after", after)):
            if len(text) > 100 or not text.isprintable():
                raise bad(name, "at most 100 printable characters are expected")
        async with self.pool.acquire() as conn:
            found = await views.page(
                conn, state=state, pattern=pattern, search=search, after=after, limit=limit + 1
            )
        page = found[:limit]
        return answer(
            {
                "orders": [self._summary(order) for order in page],
                "next": page[-1].order_no if len(found) > limit else None,
            }
        )

    async def show_order(self, request: Request) -> Response:
        """Return one order, by id or number, with its history, its running deadlines and its refused claims."""
        order_id, order_no = order_ref(request.path_params["ref"])
        async with self.pool.acquire() as conn:
            order = await views.order(conn, order_id=order_id, order_no=order_no)
            if order is None:
                raise Problem(HTTPStatus.NOT_FOUND, "unknown_order", "There is no such order")
            entries = await history(conn, order.order_id)
            refusals = await views.refusals(conn, order.order_no)
        return answer(
            {
                **self._summary(order),
                "correlation_id": order.correlation_id,
                "deadlines": [
                    {
                        "kind": each.kind,
                        "due_on": each.due_on,
                        "due_at": each.due_at,
                        "arithmetic": each.arithmetic.as_json(),
                        "english": each.arithmetic.in_english(),
                        "japanese": each.arithmetic.in_japanese(),
                    }
                    for each in deadlines.running(order, self.rules)
                ],
                "history": _history(entries),
                "refusals": [dict(row) for row in refusals],
            }
        )

    def _summary(self, order: FiberOrder) -> dict[str, Any]:
        dominant = patterns.dominant(order.met, self.rules.shortest_days)
        return {
            "order_id": order.order_id,
            "order_no": order.order_no,
            "state": order.state,
            "since": order.since,
            "ball": order.ball,
            "overdue": sorted(order.overdue),
            "obstacles": sorted(order.obstacles),
            "survey_kind": order.survey_kind,
            "consult_tries": order.consult_tries,
            "pattern": order.pattern,
            "pattern_name": order.pattern.name,
            "patterns": patterns.shown(order.met),
            "dominant": dominant,
            "dominant_name": dominant.name,
            "area": order.area,
            "plan": order.plan,
            "building_kind": order.building_kind,
            "sales_office": order.sales_office,
            "carrier_order_no": order.carrier_order_no,
            "content_version": order.content_version,
            "opened_at": order.opened_at,
            "dates": {name: getattr(order, name) for name in _DATES},
        }

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            require_token(request, self.ops_token.get_secret_value())
            return await endpoint(request)

        return guarded


def _history(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    return [
        {
            "sequence": entry.sequence,
            "fact": entry.fact.kind,
            "occurred_at": entry.occurred_at,
            "recorded_at": entry.recorded_at,
            "cause_id": entry.cause_id,
            "details": to_details(entry.fact),
        }
        for entry in entries
    ]


def _state(request: Request) -> str | None:
    text = request.query_params.get("state") or None
    if text is not None and text not in set(State):
        raise bad("state", f"one of {', '.join(State)} is expected")
    return text


def _pattern(request: Request) -> int | None:
    text = request.query_params.get("pattern") or None
    if text is not None and text not in {str(pattern.value) for pattern in Pattern}:
        raise bad("pattern", "a number from 1 to 7 is expected")
    return int(text) if text else None


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= _MOST):
        raise bad("limit", f"a whole number from 1 to {_MOST} is expected")
    return int(text)
