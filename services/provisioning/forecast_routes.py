"""What people ask about dates: what is expected of an order, what was promised and told, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.clock import Clock
from chassis.db import Connection, Pool
from chassis.http import Problem, require_token
from kernel.times import local_date
from services.provisioning.asking import answer, order_ref
from services.provisioning.outlook import Forecaster, case_of
from services.provisioning.prediction.cases import Prediction
from services.provisioning.prediction.estimate import estimate
from services.provisioning.prediction.spells import Spells, prepare
from services.provisioning.prediction_book import load_learning, load_watch
from services.provisioning.store import forecasts as store
from services.provisioning.store import learning, views
from services.provisioning.workers import coverage, episodes


@dataclass
class ForecastRoutes:
    """The /ops routes about dates, behind the ops token."""

    pool: Pool
    ops_token: SecretStr
    clock: Clock
    forecaster: Forecaster
    _prepared: tuple[date, str, Spells] | None = field(default=None, init=False)

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/ops/orders/{ref}/outlook", self.outlook, methods=["GET"]),
            Route("/ops/forecasts/coverage", self.coverage, methods=["GET"]),
        ]

    async def outlook(self, request: Request) -> Response:
        """Return the full estimate of today, all forecasts, and all wished and promised dates with who was told."""
        require_token(request, self.ops_token.get_secret_value())
        order_id, order_no = order_ref(request.path_params["ref"])
        now = self.clock.now()
        async with self.pool.acquire() as conn:
            order = await views.order(conn, order_id=order_id, order_no=order_no)
            if order is None:
                raise Problem(HTTPStatus.NOT_FOUND, "unknown_order", "There is no such order")
            said = await store.forecasts(conn, order.order_id)
            ledger = await store.ledger(conn, order.order_id)
            await self.forecaster.refresh(conn)
            history = None if order.ended else await self._history(conn, now)
        today = None
        if history is not None:
            case = case_of(order, local_date(now))
            today = _said(
                estimate(case, history, self.forecaster.model, self.forecaster.rules, load_learning())
            )
        return answer(
            {
                "order_id": order.order_id,
                "order_no": order.order_no,
                "today": today,
                "forecasts": _rows(said),
                "ledger": _rows(ledger),
            }
        )

    async def coverage(self, request: Request) -> Response:
        """Return per pattern whether the published 80 % intervals hold, over the lines that were lit last."""
        require_token(request, self.ops_token.get_secret_value())
        async with self.pool.acquire() as conn:
            held = await coverage(conn, load_watch())
            fitted_at, lit = await learning.last_fit(conn)
            await self.forecaster.refresh(conn)
        return answer(
            {
                "model": {
                    "version": self.forecaster.model.version,
                    "fitted_at": fitted_at,
                    "lit_lines": lit,
                },
                "patterns": [
                    {
                        "pattern": pattern.value,
                        "name": pattern.name,
                        **asdict(each),
                        "alarming": each.alarming,
                    }
                    for pattern, each in sorted(held.items())
                ],
            }
        )

    async def _history(self, conn: Connection, now: datetime) -> Spells:
        """Return what the system has seen, prepared once a day and model."""
        key = (local_date(now), self.forecaster.model.version)
        if self._prepared is None or self._prepared[:2] != key:
            self._prepared = (*key, prepare(await episodes(conn, now, load_learning())))
        return self._prepared[2]


def _said(prediction: Prediction) -> dict[str, Any]:
    return asdict(prediction)


def _rows(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
