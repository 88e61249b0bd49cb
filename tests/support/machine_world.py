"""One order between the sandbox and the real machine of provisioning, without engines: enough to play it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from contracts import works
from contracts.envelope import Cause, Envelope, Outgoing
from kernel.ids import KAITSU_NAMESPACE, derived_id
from kernel.times import local_date
from ops.sandbox.book import Book
from ops.sandbox.plan import Action
from services.provisioning import announcements, translate
from services.provisioning.books import load_rules
from services.provisioning.domain import deadlines, facts
from services.provisioning.domain.lifecycle import Move, apply, open_order
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.refusals import Code, Refused

Fact = works.WorkEvent | works.ClaimRefusedV1
RULES = load_rules()


@dataclass
class MachineWorld:
    """`facts` is what kaitsu.works would hold, `moves` what the machine accepted, `refused` what it did not."""

    order_no: str
    facts: list[tuple[Fact, Envelope]] = field(default_factory=list[tuple[Fact, Envelope]])
    said: list[Action] = field(default_factory=list[Action])
    moves: list[Move] = field(default_factory=list[Move])
    refused: list[tuple[str, Code]] = field(default_factory=list[tuple[str, Code]])

    @property
    def order_id(self) -> UUID:
        return derived_id(KAITSU_NAMESPACE, self.order_no)

    @property
    def order(self) -> FiberOrder:
        return self.moves[-1].after

    def play(self, book: Book, start: datetime, *, days: int = 200) -> None:
        """Play from the opening until nothing is left to say."""
        self._tell(book, start, open_order(self._opening(start), start))
        now, end = start, start + timedelta(days=days)
        while now <= end:
            for action in book.due(now):
                book.said([action])
                self.said.append(action)
                self._hear(book, action)
            running = [deadline.due_at for deadline in deadlines.running(self.order, RULES)]
            later = [instant for instant in (book.next_due(now), *running) if instant]
            if not later:
                return
            now = max(now, min(later))
            self._fire(book, now)

    def fact(self, kind: type[works.WorkEvent]) -> works.WorkEvent:
        """Return the only fact of a class."""
        (found,) = (fact for fact, _ in self.facts if isinstance(fact, kind))
        return found

    def _opening(self, at: datetime) -> facts.OrderOpened:
        due_on = RULES.consult_due_on(at)
        return facts.OrderOpened(
            order_id=self.order_id,
            order_no=self.order_no,
            correlation_id=self.order_id,
            area="east",
            plan="ip8",
            building_kind="detached",
            sales_office="AB1234",
            applied_on=local_date(at),
            wished_on=date(2026, 6, 1),
            consult_due_on=due_on,
            consult_due_at=RULES.end_of(due_on),
        )

    def _fire(self, book: Book, now: datetime) -> None:
        while deadline := deadlines.due(self.order, now, RULES):
            self._tell(book, deadline.due_at, apply(self.order, deadline.missed, deadline.due_at))

    def _hear(self, book: Book, action: Action) -> None:
        self._fire(book, action.due)
        try:
            fact = translate.said(action.claim, at=action.due, rules=RULES)
            move = apply(self.order, fact, action.due)
        except Refused as refusal:
            self.refused.append((action.step, refusal.code))
            self._refuse(book, action, refusal.code)
        else:
            self._tell(book, action.due, move)

    def _refuse(self, book: Book, action: Action, code: Code) -> None:
        out = announcements.of_refusal(
            action.claim.type,
            code,
            cause=Cause(action.known_as, self.order_id),
            order_no=self.order_no,
            order_id=self.order_id,
            state=self.order.state,
            at=action.due,
        )
        self._publish(book, out)

    def _tell(self, book: Book, at: datetime, move: Move) -> None:
        self.moves.append(move)
        cause = Cause(derived_id(self.order_id, str(len(self.moves))), self.order_id)
        for out in announcements.of_move(move, cause=cause, rules=RULES):
            self._publish(book, out)

    def _publish(self, book: Book, out: Outgoing) -> None:
        number = len(self.facts) + 1
        envelope = Envelope(
            id=out.id,
            source="/kaitsu/provisioning",
            type=out.event.type,
            subject=str(self.order_id),
            sequence=number,
            occurred_at=out.occurred_at,
            recorded_at=out.occurred_at,
            correlation_id=self.order_id,
        )
        assert isinstance(out.event, works.WorkEvent | works.ClaimRefusedV1)
        self.facts.append((out.event, envelope))
        book.take(out.event, envelope)
