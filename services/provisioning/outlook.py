"""What is expected and promised after each fact, within the transaction of the fact; a rebuild never predicts again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from chassis.db import Connection
from contracts.envelope import Cause, Outgoing, announce
from contracts.promises import DeliveryPredictedV1, PromiseChangedV1
from kernel.times import local_date
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.lifecycle import Move
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.promises import Expected, NewPromise, new_promise
from services.provisioning.domain.site_facts import WishChanged
from services.provisioning.prediction.cases import Case, Prediction, Turn
from services.provisioning.prediction.model import Model, look_up
from services.provisioning.prediction.rule import RuleTable
from services.provisioning.store import forecasts as store
from services.provisioning.store import learning
from services.provisioning.store.forecasts import Forecast, LedgerEntry, TurnRow

_FOLLOWS: Final = frozenset({FactKind.JEOPARDY_RAISED, FactKind.JEOPARDY_CLEARED, FactKind.REMINDER_DUE})
_WISHES: Final = frozenset({FactKind.ORDER_OPENED, FactKind.ORDER_AMENDED, FactKind.WISH_CHANGED})


def started_on(order: FiberOrder) -> date | None:
    """Return the day from which the lead time counts: day N, in pattern 3 the day of the survey."""
    surveyed = order.surveyed_on if order.pattern is Pattern.WORKS_FOUND_AFTER_SURVEY else None
    return surveyed or order.consulted_on


def case_of(order: FiberOrder, today: date) -> Case:
    """Return what the prediction is asked about an order."""
    return Case(
        pattern=order.pattern,
        area=order.area,
        building_kind=order.building_kind,
        started_on=started_on(order),
        asked_on=today,
        opened_on=local_date(order.opened_at),
        fixed_on=order.construction_on,
        held_on=order.held_on,
    )


def turn_of(order: FiberOrder, today: date) -> Turn:
    """Return what holds for an order from a day on."""
    return Turn(today, order.pattern, started_on(order), order.held_on, order.construction_on)


class Forecaster:
    """The model in force: the last that was fitted, read again only when there is a newer one."""

    def __init__(self, rules: RuleTable) -> None:
        self.rules = rules
        self.model = Model.empty()
        self._position = 0

    async def refresh(self, conn: Connection) -> None:
        """Take the newest model that is stored."""
        position = await learning.newest_position(conn)
        if position > self._position:
            self.model = Model.from_json(await learning.model_at(conn, position))
            self._position = position

    def predict(self, order: FiberOrder, today: date) -> Prediction:
        """Return what is expected of an order that has not ended, asked on a day."""
        return look_up(case_of(order, today), self.model, self.rules)


@dataclass
class Outlook:
    """Forecasts and promises of the facts of one transaction; nothing is written before `write`.

    better_days: see `domain.promises`. now: business time.
    """

    forecaster: Forecaster
    better_days: int
    now: datetime
    promised: dict[UUID, date | None]
    _forecasts: list[Forecast] = field(default_factory=list[Forecast])
    _turns: list[TurnRow] = field(default_factory=list[TurnRow])
    _ledger: list[LedgerEntry] = field(default_factory=list[LedgerEntry])

    @classmethod
    async def open(
        cls,
        conn: Connection,
        forecaster: Forecaster,
        orders: Iterable[FiberOrder],
        *,
        better_days: int,
        now: datetime,
    ) -> Outlook:
        """Return the outlook with what these orders, locked by the caller, were promised until now."""
        await forecaster.refresh(conn)
        promised = await store.promised(conn, [order.order_id for order in orders])
        return cls(forecaster, better_days, now, promised)

    def note(self, move: Move, cause: Cause, announced: Sequence[Outgoing]) -> list[Outgoing]:
        """Return the events that say what is now expected and promised. announced: what the fact itself makes.

        What follows from a fact (a jeopardy, a reminder) says nothing about the line that the fact has not said.
        """
        if move.fact.kind in _FOLLOWS:
            return []
        order, today = move.after, local_date(self.now)
        self._turns.append(TurnRow(order.order_id, order.sequence, turn_of(order, today)))
        prediction = None if order.ended else self.forecaster.predict(order, today)
        events: list[Outgoing] = []
        if prediction:
            self._forecasts.append(
                Forecast(order.order_id, order.sequence, order.pattern, prediction, self.now)
            )
            events.append(announce(_predicted(order, prediction), cause=cause, occurred_at=move.at))
        expected = Expected(prediction.p50_on, prediction.p90_on) if prediction else None
        before = self.promised.get(order.order_id)
        promise = new_promise(before, move, expected, better_days=self.better_days)
        if promise:
            self.promised[order.order_id] = promise.promised_on
            events.append(announce(_promised(order, promise), cause=cause, occurred_at=move.at))
        ids = [out.id for out in (*announced, *events)]
        self._ledger += [*self._wish(move, cause, ids), *self._promise(move, promise, cause, ids)]
        return events

    async def write(self, conn: Connection) -> None:
        """Write forecasts, turns and ledger in the caller's transaction."""
        if self._turns:
            await store.add_turns(conn, self._turns)
        if self._forecasts:
            await store.add_forecasts(conn, self._forecasts)
        if self._ledger:
            await store.add_ledger(conn, self._ledger)

    def _wish(self, move: Move, cause: Cause, ids: list[UUID]) -> list[LedgerEntry]:
        was = move.before.wished_on if move.before else None
        if move.fact.kind not in _WISHES or was == move.after.wished_on:
            return []
        author = move.fact.by if isinstance(move.fact, WishChanged) else "sales"
        said = _Said("wished", move.after.wished_on, author, move.fact.kind.value)
        return [self._entry(move, said, cause, ids)]

    def _promise(
        self, move: Move, promise: NewPromise | None, cause: Cause, ids: list[UUID]
    ) -> list[LedgerEntry]:
        if promise is None:
            return []
        said = _Said("promised", promise.promised_on, "rule", promise.cause.value)
        return [self._entry(move, said, cause, ids)]

    def _entry(self, move: Move, said: _Said, cause: Cause, ids: list[UUID]) -> LedgerEntry:
        return LedgerEntry(
            order_id=move.after.order_id,
            sequence=move.after.sequence,
            kind=said.kind,
            day=said.day,
            author=said.author,
            cause=said.cause,
            cause_id=cause.id,
            event_ids=ids,
            occurred_at=move.at,
            recorded_at=self.now,
        )


@dataclass(frozen=True)
class _Said:
    kind: str
    day: date | None
    author: str
    cause: str


def _predicted(order: FiberOrder, prediction: Prediction) -> DeliveryPredictedV1:
    return DeliveryPredictedV1(
        order_id=order.order_id,
        order_no=order.order_no,
        earliest_on=prediction.earliest_on,
        p10_on=prediction.p10_on,
        p50_on=prediction.p50_on,
        p90_on=prediction.p90_on,
        basis=prediction.basis,
        comparable=prediction.comparable,
        model_version=prediction.model_version,
        pattern=order.pattern,
    )


def _promised(order: FiberOrder, promise: NewPromise) -> PromiseChangedV1:
    return PromiseChangedV1(
        order_id=order.order_id,
        order_no=order.order_no,
        promised_on=promise.promised_on,
        previous_on=promise.previous_on,
        cause=promise.cause.value,
    )
