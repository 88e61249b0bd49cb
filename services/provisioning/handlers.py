"""What provisioning does in a transaction of the caller: take orders and claims, fire deadlines, give up waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.consume import Received
from chassis.db import Connection
from chassis.logs import get_logger
from contracts.notices import NoticeSentV1
from contracts.orders import OrderAmendedV1, OrderSubmittedV1
from contracts.partners import CarrierDelayReportedV1
from kernel.ids import BadOrderNo, check_order_no
from services.provisioning import crosswalk, translate
from services.provisioning.casework import Casework
from services.provisioning.domain.rules import Rules
from services.provisioning.outlook import Forecaster
from services.provisioning.said import Said
from services.provisioning.store import claims, deadlines, forecasts, orders
from services.provisioning.store import crosswalk as crosswalk_store
from services.provisioning.store.forecasts import Told

log = get_logger(__name__)
PORTION: Final = 200


class UnknownOrder(LookupError):
    """Intake amended an order that it never announced here: its first event must be a dead letter."""

    def __init__(self, order_id: UUID) -> None:
        super().__init__("an order was amended before it was opened")
        self.order_id = order_id


@dataclass(frozen=True)
class TakeOrders:
    """Handler of kaitsu.orders: a submission opens its order, once; an edit amends it."""

    rules: Rules
    forecaster: Forecaster

    async def __call__(self, batch: Sequence[Received], *, conn: Connection, now: datetime) -> None:
        """Take the batch; claims that waited for an order that opens are heard right after it.

        :raises UnknownOrder: an order is amended that was never opened.
        """
        submitted = [one.event for one in batch if isinstance(one.event, OrderSubmittedV1)]
        numbers = {event.order_no for event in submitted}
        await crosswalk_store.lock(conn, alone=False)  # before all other locks; a waiting claim may need it
        await orders.lock_numbers(conn, numbers)
        ids = {
            one.event.order_id for one in batch if isinstance(one.event, OrderSubmittedV1 | OrderAmendedV1)
        }
        work = await Casework.begin(conn, ids=ids, rules=self.rules, forecaster=self.forecaster, now=now)
        for received in batch:
            self._take(work, received)
        opened = {move.after.order_no for move in work.moves if move.asks_consult}
        waited = await claims.take_waiting(conn, opened) if opened else []
        again = work.read_again(waited)
        if asked := _delays(again):
            work.consult(await crosswalk.load(conn), await crosswalk_store.known(conn, asked))
        for said in again:
            work.hear(said)
        await work.write(conn)
        log.info("orders_taken", events=len(batch), opened=len(opened), claims_that_waited=len(waited))

    def _take(self, work: Casework, received: Received) -> None:
        event, at = received.event, received.envelope.occurred_at
        if isinstance(event, OrderSubmittedV1):
            if work.order(event.order_id):
                log.warning("submission_repeated", order_no=event.order_no)
                return
            correlation_id = received.envelope.correlation_id
            fact = translate.opening(event, at=at, correlation_id=correlation_id, rules=self.rules)
            work.open(fact, at=at, cause=received.cause)
        elif isinstance(event, OrderAmendedV1):
            if not work.order(event.order_id):
                raise UnknownOrder(event.order_id)
            work.take(event.order_id, translate.amendment(event), at=at, cause=received.cause)


@dataclass(frozen=True)
class HearClaims:
    """Handler of a partner's topic: each claim becomes a fact, or is refused with a code, or waits for its order."""

    rules: Rules
    forecaster: Forecaster

    async def __call__(self, batch: Sequence[Received], *, conn: Connection, now: datetime) -> None:
        """Hear the batch in order."""
        heard = [Said.of(received, now=now) for received in batch]
        numbers = {said.claim.order_no for said in heard}
        asked = _delays(heard)
        if asked:
            await crosswalk_store.lock(conn, alone=False)  # before all other locks, as everybody does
        unknown = numbers - await orders.known_numbers(conn, numbers)
        await orders.lock_numbers(conn, unknown)  # before any order's row, as everybody does
        work = await Casework.begin(
            conn, numbers=numbers, rules=self.rules, forecaster=self.forecaster, now=now
        )
        if asked:
            work.consult(await crosswalk.load(conn), await crosswalk_store.known(conn, asked))
        waiting: list[claims.Waiting] = []
        for said in heard:
            if not work.knows(said.claim.order_no) and _may_come(said.claim.order_no):
                waiting.append(said.waiting(now=now, rules=self.rules))
            else:
                work.hear(said)
        if waiting:
            await claims.park(conn, waiting)
        await work.write(conn)
        if asked:
            await crosswalk.measure(conn, now)
        log.info("claims_heard", claims=len(heard), refused=len(work.refused), waiting=len(waiting))


@dataclass(frozen=True)
class FireDeadlines:
    """Tick, by order: what was not done in time. Late is the same as on time."""

    rules: Rules
    forecaster: Forecaster

    async def __call__(self, conn: Connection, now: datetime, order_ids: Sequence[UUID]) -> int:
        """Fire what these orders have missed and return how many deadlines that was."""
        passed = await deadlines.passed(conn, now, order_ids=order_ids)
        work = await Casework.begin(
            conn, ids=set(order_ids), rules=self.rules, forecaster=self.forecaster, now=now
        )
        fired = sum(work.fire_deadlines(order.order_id, by=now) for order in work.orders)
        # A row that its order does not stand behind any more must not stay, and one whose day has moved must be right.
        await work.write(conn, renew_deadlines=True)
        log.info("deadlines_fired", fired=fired)
        return len(passed)


async def orders_that_missed(conn: Connection, now: datetime, without: Sequence[UUID]) -> Sequence[UUID]:
    """Return a portion of the orders that have missed something."""
    return await deadlines.orders_that_missed(conn, now, without=without, limit=PORTION)


@dataclass(frozen=True)
class GiveUpWaiting:
    """Tick, by order number: claims whose order never came are refused."""

    rules: Rules
    forecaster: Forecaster

    async def __call__(self, conn: Connection, now: datetime, numbers: Sequence[str]) -> int:
        """Refuse what waited too long for these orders and return how many claims that was."""
        await orders.lock_numbers(conn, numbers)
        given_up = await claims.take_waiting(conn, numbers, refuse_by=now)
        work = await Casework.begin(conn, rules=self.rules, forecaster=self.forecaster, now=now)
        for waiting in given_up:
            work.give_up(waiting)
        await work.write(conn)
        log.info("claims_given_up", refused=len(given_up))
        return len(given_up)


async def numbers_to_give_up(conn: Connection, now: datetime, without: Sequence[str]) -> Sequence[str]:
    """Return a portion of the numbers for which a claim has waited too long."""
    return await claims.numbers_given_up(conn, now, without=without, limit=PORTION)


class HearNotices:
    """Handler of kaitsu.notices: who was told of which event, the proof beside the date."""

    async def __call__(self, batch: Sequence[Received], *, conn: Connection, now: datetime) -> None:
        """Note the batch."""
        told = [
            Told(
                notice_id=event.notice_id,
                event_id=one.envelope.causation_id or one.envelope.id,
                order_id=event.order_id,
                recipient=event.recipient,
                kind=event.kind,
                sent_at=event.sent_at,
            )
            for one in batch
            if isinstance(event := one.event, NoticeSentV1)
        ]
        await forecasts.note_told(conn, told)
        log.info("people_told", notices=len(told), recorded_at=now.isoformat())


def _delays(heard: Sequence[Said]) -> set[UUID]:
    """Return the ids of the delay reports among the claims."""
    return {said.cause.id for said in heard if isinstance(said.claim, CarrierDelayReportedV1)}


def _may_come(order_no: str) -> bool:
    """Return whether an order with this number may still be on its way: its check digit is right."""
    try:
        check_order_no(order_no)
    except BadOrderNo:
        return False
    return True
