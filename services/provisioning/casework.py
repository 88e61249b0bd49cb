"""The work of one transaction on locked orders: facts folded in the order in which they came, then written at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from chassis import dead_letters, outbox
from chassis.db import Connection
from chassis.records import Fault, Item
from contracts.envelope import Cause, Outgoing
from contracts.partners import CarrierDelayReportedV1, Claim
from contracts.reader import BadEvent
from contracts.registry import UnknownType
from kernel.times import require_aware
from services.provisioning import announcements, translate, unreadable
from services.provisioning.domain import deadlines, jeopardy, lifecycle
from services.provisioning.domain.crosswalk import Crosswalk, Rule
from services.provisioning.domain.facts import Fact, OrderOpened
from services.provisioning.domain.lifecycle import Move
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.domain.rules import Rules
from services.provisioning.outlook import Forecaster, Outlook
from services.provisioning.said import Said
from services.provisioning.store import claims as claim_store
from services.provisioning.store import crosswalk as crosswalk_store
from services.provisioning.store import deadlines as deadline_store
from services.provisioning.store import orders as order_store
from services.provisioning.store.claims import RefusedClaim, Waiting
from services.provisioning.store.crosswalk import Report
from services.provisioning.store.orders import Entry


class NoCrosswalk(RuntimeError):
    """A delay report came where nobody had loaded the rules: a bug."""


class Casework:
    """Orders at hand and what became of them; nothing is written before `write`. now: business time."""

    def __init__(
        self, orders: Iterable[FiberOrder], *, rules: Rules, outlook: Outlook, now: datetime
    ) -> None:
        self._rules, self._outlook, self._now = rules, outlook, require_aware(now)
        self._book: Crosswalk | None = None
        self._reported: set[UUID] = set()
        self.reports: list[Report] = []
        self._before: dict[UUID, FiberOrder] = {order.order_id: order for order in orders}
        self._orders = dict(self._before)
        self._ids: dict[str, UUID] = {order.order_no: order.order_id for order in self._before.values()}
        self._entries: list[Entry] = []
        self.outgoing: list[Outgoing] = []
        self.moves: list[Move] = []
        self.refused: list[RefusedClaim] = []
        self._unreadable: list[tuple[Item, Fault]] = []

    @classmethod
    async def begin(
        cls,
        conn: Connection,
        *,
        numbers: Iterable[str] = (),
        ids: Iterable[UUID] = (),
        rules: Rules,
        forecaster: Forecaster,
        now: datetime,
    ) -> Casework:
        """Return the orders with these numbers or ids, locked, and what is expected of them."""
        orders = await order_store.load_many(conn, numbers=numbers, ids=ids)
        outlook = await Outlook.open(conn, forecaster, orders, better_days=rules.promise_better_days, now=now)
        return cls(orders, rules=rules, outlook=outlook, now=now)

    @property
    def orders(self) -> Sequence[FiberOrder]:
        """The orders at hand, as they are after what was done so far."""
        return tuple(self._orders.values())

    def consult(self, book: Crosswalk, reported: Iterable[UUID]) -> None:
        """Take the crosswalk to hand, with the delay reports that were heard before."""
        self._book, self._reported = book, self._reported | set(reported)

    def knows(self, order_no: str) -> bool:
        """Return whether the order is at hand."""
        return order_no in self._ids

    def order(self, order_id: UUID) -> FiberOrder | None:
        """Return the order as it is after what was done so far."""
        return self._orders.get(order_id)

    def open(self, fact: OrderOpened, *, at: datetime, cause: Cause) -> None:
        """Open an order; what endangers it is known at once."""
        self._happen(lifecycle.open_order(fact, at), cause)

    def take(self, order_id: UUID, fact: Fact, *, at: datetime, cause: Cause) -> None:
        """Let a fact of our own happen to an order, after the deadlines that had passed by then.

        :raises Refused: the order does not accept it.  :raises KeyError: the order is not at hand.
        """
        self.fire_deadlines(order_id, by=at)
        self._happen(lifecycle.apply(self._orders[order_id], fact, at), cause)

    def hear(self, said: Said, *, by_rule: Rule | None = None) -> None:
        """Accept or refuse a claim. Deadlines that had passed when it was said fire first, as if by their tick.

        An order that is not at hand is unknown: the claim is refused. A delay report that no rule maps waits for a
        person; one that was heard before changes nothing. by_rule: the rule that a person made for such a report.
        """
        order_id = self._ids.get(said.claim.order_no)
        if order_id is None:
            self._refuse(said.claim, said.cause, Code.UNKNOWN_ORDER, None, at=said.at)
            return
        at = max(
            said.at, self._orders[order_id].opened_at
        )  # nothing happened to an order before it was there
        self.fire_deadlines(order_id, by=at)
        order = self._orders[order_id]
        cause = Cause(said.cause.id, order.correlation_id, said.cause.traceparent)
        if isinstance(said.claim, CarrierDelayReportedV1) and by_rule is None:
            if said.cause.id in self._reported:
                return
            by_rule = self._report(said, said.claim)
            if by_rule is None:
                return
        try:
            fact = translate.said(said.claim, at=at, rules=self._rules, by_rule=by_rule)
            self._happen(lifecycle.apply(order, fact, at), cause)
        except Refused as refusal:
            self._refuse(said.claim, said.cause, refusal.code, order, at=at)

    def read_again(self, waited: Iterable[Waiting]) -> list[Said]:
        """Return claims that had to wait; one that cannot be read any more becomes a dead letter of its topic."""
        again: list[Said] = []
        for waiting in waited:
            try:
                again.append(Said.again(waiting))
            except (BadEvent, UnknownType, translate.NotAClaim) as error:
                self._unreadable.append(unreadable.letter(waiting, error))
        return again

    def give_up(self, waiting: Waiting) -> None:
        """Refuse a claim whose order never came; what else it said is of no account any more."""
        cause = Cause(waiting.claim_id, waiting.correlation_id, waiting.traceparent)
        self._refuse(waiting, cause, Code.UNKNOWN_ORDER, None, at=waiting.refuse_at)

    def fire_deadlines(self, order_id: UUID, *, by: datetime) -> int:
        """Let what the order has missed by an instant happen, at the instants at which it was due; return how much."""
        fired = 0
        while deadline := deadlines.due(self._orders[order_id], by, self._rules):
            order = self._orders[order_id]
            cause = Cause(deadline.cause_id, order.correlation_id)
            self._happen(lifecycle.apply(order, deadline.missed, deadline.due_at), cause)
            fired += 1
        return fired

    async def write(self, conn: Connection, *, renew_deadlines: bool = False) -> None:
        """Write everything in the caller's transaction: orders, history, deadlines, refusals, events.

        renew_deadlines: write those of all orders at hand, changed or not.

        :raises StaleOrder: an order was changed by somebody who did not lock it.
        """
        await self.write_rows(conn, renew_deadlines=renew_deadlines)
        await outbox.put(conn, self.outgoing, now=self._now)

    async def write_rows(self, conn: Connection, *, renew_deadlines: bool = False) -> None:
        """Write all but the events.  :raises StaleOrder: as `write`."""
        changed = [order for id_, order in self._orders.items() if order is not self._before.get(id_)]
        new = [order for order in changed if order.order_id not in self._before]
        known = [order for order in changed if order.order_id in self._before]
        if new:
            await order_store.insert_many(conn, new)
        if known:
            await order_store.save_many(
                conn, [(self._before[order.order_id].sequence, order) for order in known]
            )
        if self._entries:
            await order_store.add_history(conn, self._entries)
        await self._write_deadlines(conn, list(self._orders.values()) if renew_deadlines else changed)
        if self.refused:
            await claim_store.note_refused(conn, self.refused)
        await self._outlook.write(conn)
        for item, fault in self._unreadable:
            await dead_letters.bury(conn, unreadable.consumer(item), [(item, fault)], now=self._now)
        if self.reports:
            await crosswalk_store.add(conn, self.reports)

    async def _write_deadlines(self, conn: Connection, orders: Sequence[FiberOrder]) -> None:
        run = [each for order in orders for each in deadlines.running(order, self._rules)]
        if known := [order.order_id for order in orders if order.order_id in self._before]:
            await deadline_store.keep_only(conn, known, [each.id for each in run])
        if run:
            await deadline_store.add(conn, run)

    def _happen(self, move: Move, cause: Cause) -> None:
        """Note a move, and after it what it clears and raises."""
        self._note(move, cause)
        for fact in jeopardy.changes(move.before, move.after, self._rules):
            order = self._orders[move.after.order_id]
            self._note(lifecycle.apply(order, fact, order.last_at), cause)

    def _report(self, said: Said, claim: CarrierDelayReportedV1) -> Rule | None:
        """Keep a delay report and return the rule that maps it; None: it waits for a person."""
        if self._book is None:
            raise NoCrosswalk
        rule = self._book.match(claim.code, claim.text, at=said.at).rule
        self._reported.add(said.cause.id)
        self.reports.append(
            Report(
                report_id=said.cause.id,
                order_no=claim.order_no,
                code=claim.code,
                words=claim.text,
                occurred_at=said.at,
                received_at=self._now,
                correlation_id=said.cause.correlation_id,
                traceparent=said.cause.traceparent,
                rule=rule and rule.name,
                meaning=rule and rule.meaning,
                settled_at=self._now if rule else None,
            )
        )
        return rule

    def _note(self, move: Move, cause: Cause) -> None:
        order = move.after
        self._orders[order.order_id] = order
        self._ids[order.order_no] = order.order_id
        self._entries.append(Entry(order.order_id, order.sequence, move.fact, cause.id, move.at, self._now))
        announced = announcements.of_move(move, cause=cause, rules=self._rules)
        self.outgoing += [*announced, *self._outlook.note(move, cause, announced)]
        self.moves.append(move)

    def _refuse(
        self, claim: Claim | Waiting, cause: Cause, code: Code, order: FiberOrder | None, *, at: datetime
    ) -> None:
        correlation_id = order.correlation_id if order else cause.correlation_id
        self.outgoing.append(
            announcements.of_refusal(
                claim.type,
                code,
                cause=Cause(cause.id, correlation_id, cause.traceparent),
                order_no=claim.order_no,
                order_id=order.order_id if order else None,
                state=order.state if order else None,
                at=at,
            )
        )
        self.refused.append(
            RefusedClaim(
                claim_id=cause.id,
                order_no=claim.order_no,
                claim_type=claim.type,
                code=code.value,
                state=order.state.value if order else None,
                occurred_at=at,
                recorded_at=self._now,
            )
        )
