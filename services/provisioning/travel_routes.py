"""What was asked of the past: an order as it was, what changed, and its story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.db import Pool
from chassis.http import Problem
from services.provisioning.asking import Guard, answer, bad, instant, optional_instant, order_ref
from services.provisioning.domain.fact_details import to_details
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.rules import Rules
from services.provisioning.domain.stories.story import Lang, Prediction, explain
from services.provisioning.domain.travel import AsOf, Step, WrongWay, as_of, diff
from services.provisioning.store import forecasts, views
from services.provisioning.store.orders import Entry, history


@dataclass(frozen=True)
class TravelRoutes:
    """The routes of time travel, each under an order."""

    pool: Pool
    guarded: Guard
    rules: Rules

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/ops/orders/{ref}/as-of", self.guarded(self.show_as_of), methods=["GET"]),
            Route("/ops/orders/{ref}/diff", self.guarded(self.show_diff), methods=["GET"]),
            Route("/ops/orders/{ref}/story", self.guarded(self.tell), methods=["GET"]),
        ]

    async def show_as_of(self, request: Request) -> Response:
        """Return the order as it was. Query: at; known_at (without it, what is known today)."""
        at, known_at = instant(request, "at"), optional_instant(request, "known_at")
        order_no, entries = await self._history(request)
        return answer(
            {
                "order_no": order_no,
                "at": at,
                "known_at": known_at,
                **_then(as_of(entries, at, known_at=known_at)),
            }
        )

    async def show_diff(self, request: Request) -> Response:
        """Return what changed, field by field, and which facts did it. Query: from; to; known_at."""
        earlier, later = instant(request, "from"), instant(request, "to")
        known_at = optional_instant(request, "known_at")
        order_no, entries = await self._history(request)
        try:
            difference = diff(entries, earlier, later, known_at=known_at)
        except WrongWay:
            raise bad("to", "an instant that is not before `from` is expected") from None
        return answer(
            {
                "order_no": order_no,
                "from": earlier,
                "to": later,
                "known_at": known_at,
                "changes": [
                    {"field": each.name, "before": each.before, "after": each.after, "facts": each.facts}
                    for each in difference.changes
                ],
                "facts": _facts(difference.facts),
                "unfounded": difference.later.unfounded,
            }
        )

    async def tell(self, request: Request) -> Response:
        """Return the order's story. Query: lang (ja or en, ja if not given)."""
        lang = request.query_params.get("lang") or Lang.JAPANESE
        if lang not in set(Lang):
            raise bad("lang", f"one of {', '.join(Lang)} is expected")
        order_no, entries = await self._history(request)
        async with self.pool.acquire() as conn:
            said = await forecasts.forecasts(conn, entries[0].order_id)
        predicted = _prediction(said[-1]) if said else None
        story = explain(entries, Lang(lang), rules=self.rules, prediction=predicted)
        return answer(
            {
                "order_no": order_no,
                "lang": story.lang,
                "text": story.text,
                "statements": [asdict(each) for each in story.statements],
            }
        )

    async def _history(self, request: Request) -> tuple[str, Sequence[Entry]]:
        order_id, order_no = order_ref(request.path_params["ref"])
        async with self.pool.acquire() as conn:
            order = await views.order(conn, order_id=order_id, order_no=order_no)
            if order is None:
                raise Problem(HTTPStatus.NOT_FOUND, "unknown_order", "There is no such order")
            return order.order_no, await history(conn, order.order_id)


def _prediction(row: Mapping[str, Any]) -> Prediction:
    days = {name: row[f"{name}_on"] for name in ("earliest", "p10", "p50", "p90")}
    return Prediction(**days, comparable=row["comparable"] if row["basis"] == "history" else None)


def _then(then: AsOf) -> dict[str, Any]:
    return {
        "order": _whole(then.order) if then.order else None,
        "facts": _facts(then.steps),
        "unfounded": then.unfounded,
    }


def _whole(order: FiberOrder) -> dict[str, Any]:
    return {**asdict(order), "ball": order.ball, "pattern": order.pattern, "pattern_name": order.pattern.name}


def _facts(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [
        {
            "sequence": step.sequence,
            "fact": step.fact.kind,
            "occurred_at": step.at,
            "details": to_details(step.fact),
        }
        for step in steps
    ]
