"""A world that makes a fact of every claim of the sandbox, as provisioning would: enough to play an order out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from contracts import partners, works
from contracts.envelope import Envelope
from contracts.partners import Claim
from kernel.ids import KAITSU_NAMESPACE, derived_id
from kernel.times import at_local, local_date
from ops.sandbox.book import Book
from ops.sandbox.plan import Action

Fact = works.WorkEvent | works.ClaimRefusedV1
_FACT_OF: Final[dict[type[Claim], type[works.WorkEvent]]] = {
    partners.DeskConsultDoneV1: works.ConsultDoneV1,
    partners.DeskDateConfirmedV1: works.DateConfirmedV1,
    partners.DeskCustomerAnsweredV1: works.CustomerAnsweredV1,
    partners.DeskOrderCancelledV1: works.OrderCancelledV1,
    partners.CarrierAddressRegistrationNeededV1: works.AddressRegistrationRequestedV1,
    partners.CarrierAddressRegistrationCompletedV1: works.AddressRegistrationCompletedV1,
    partners.CarrierServiceOrderCreatedV1: works.ServiceOrderCreatedV1,
    partners.CarrierProvisionalDateHeldV1: works.ProvisionalDateHeldV1,
    partners.CarrierConstructionScheduledV1: works.ConstructionScheduledV1,
    partners.CarrierConstructionPostponedV1: works.ConstructionPostponedV1,
}
_FILL: Final[dict[type[Claim], dict[str, object]]] = {
    partners.CarrierAddressRegistrationNeededV1: {"usual_by": date(2026, 4, 30)},
    partners.CarrierConstructionScheduledV1: {"pattern": 1},
    partners.DeskOrderCancelledV1: {"stage": "any"},
}
_ASKS_THE_CARRIER: Final = (
    partners.DeskConsultDoneV1,
    partners.DeskCustomerAnsweredV1,
    partners.CarrierAddressRegistrationCompletedV1,
)


@dataclass
class AcceptingWorld:
    """One order between a book and a machine that says yes; `facts` is what a topic would hold."""

    order_no: str
    facts: list[tuple[Fact, Envelope]] = field(default_factory=list[tuple[Fact, Envelope]])
    said: list[Action] = field(default_factory=list[Action])
    _deadline: tuple[date, date] | None = None
    _attempt: int = 0

    @property
    def order_id(self) -> UUID:
        return derived_id(KAITSU_NAMESPACE, self.order_no)

    def play(self, book: Book, start: datetime, *, days: int = 120) -> None:
        """Play from the consult's request until nothing is left to say."""
        due_on = book.calendar.add_business_days(local_date(start), 2)
        self._tell(book, start, self._make(works.ConsultRequestedV1, area="east", due_on=due_on))
        now, end = start, start + timedelta(days=days)
        while now <= end:
            for action in book.due(now):
                book.said([action])
                self.said.append(action)
                self._hear(book, action, now)
            later = [instant for instant in (book.next_due(now), self._deadline_at()) if instant]
            if not later:
                return
            now = min(later)
            self._miss_deadline(book, now)

    def fact(self, kind: type[works.WorkEvent]) -> works.WorkEvent:
        """Return the only fact of a class."""
        (found,) = (fact for fact, _ in self.facts if isinstance(fact, kind))
        return found

    def _deadline_at(self) -> datetime | None:
        return self._deadline and at_local(self._deadline[1] + timedelta(days=1), time(0))

    def _miss_deadline(self, book: Book, now: datetime) -> None:
        if self._deadline and now >= (self._deadline_at() or now):
            construction_on, answer_by = self._deadline
            self._deadline = None
            missed = self._make(
                works.AnswerDeadlineMissedV1, construction_on=construction_on, answer_by=answer_by
            )
            self._tell(book, now, missed)

    def _hear(self, book: Book, action: Action, now: datetime) -> None:
        for fact in self._facts_of(action, action.claim):
            self._tell(book, now, fact)

    def _facts_of(self, action: Action, claim: Claim) -> list[Fact]:
        if isinstance(claim, partners.DeskDateConfirmedV1) and self._deadline is None:
            return [self._refusal(action)]
        if isinstance(claim, partners.CarrierConstructionCompletedV1):
            return [self._activation(claim.completed_on)]
        said = claim.model_dump(exclude={"order_no"})
        facts: list[Fact] = [self._make(_FACT_OF[type(claim)], **_FILL.get(type(claim), {}), **said)]
        if isinstance(claim, partners.CarrierProvisionalDateHeldV1):
            self._deadline = (claim.construction_on, claim.answer_by)
        elif isinstance(claim, partners.DeskDateConfirmedV1 | partners.DeskOrderCancelledV1):
            self._deadline = None
        if isinstance(claim, _ASKS_THE_CARRIER):
            self._attempt += 1
            facts.append(
                self._make(works.ServiceOrderRequestedV1, area="east", plan="ip8", attempt=self._attempt)
            )
        return facts

    def _make(self, kind: type[works.WorkEvent], **data: object) -> works.WorkEvent:
        return kind.model_validate({"order_id": self.order_id, "order_no": self.order_no, **data})

    def _activation(self, day: date) -> Fact:
        return self._make(
            works.OrderActivatedV1,
            activated_on=day,
            consulted_on=day,
            area="east",
            plan="ip8",
            patterns=(1,),
            dominant=1,
        )

    def _refusal(self, action: Action) -> Fact:
        return works.ClaimRefusedV1(
            subject_id=self.order_id,
            order_no=self.order_no,
            claim_id=action.known_as,
            claim_type=action.claim.type,
            code="wrong_state",
        )

    def _tell(self, book: Book, at: datetime, fact: Fact) -> None:
        number = len(self.facts) + 1
        envelope = Envelope(
            id=derived_id(self.order_id, fact.type, str(number)),
            source="/kaitsu/provisioning",
            type=fact.type,
            subject=str(self.order_id),
            sequence=number,
            occurred_at=at,
            recorded_at=at,
            correlation_id=self.order_id,
        )
        self.facts.append((fact, envelope))
        book.take(fact, envelope)
