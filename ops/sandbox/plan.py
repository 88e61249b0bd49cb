"""What carrier and desk will say about one order: a pure fold of the facts of kaitsu.works into dated actions.

An action's id is derived from order number, step and attempt, and its time from the facts' own times: whoever reads the
same facts again plans the same actions, so a restart that says a thing twice says the very same thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from contracts import partners, works
from contracts.envelope import Cause
from contracts.partners import Claim
from contracts.topics import source_of
from kernel.calendar import BusinessCalendar
from kernel.ids import KAITSU_NAMESPACE, derived_id, inbound_id
from kernel.times import local_date
from ops.sandbox import mischief, site_plan
from ops.sandbox.calendar import next_business_slot, next_slot, slot
from ops.sandbox.law import Destiny, Law

_SAID_BEFORE: Final = timedelta(days=2)  # between naming a construction date and the construction


class Progress(StrEnum):
    """How far an action is."""

    WAITING = "waiting"
    SAID = "said"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass
class Action:
    """One thing that carrier or desk says at a certain business instant (UTC)."""

    step: str
    attempt: int
    due: datetime
    claim: Claim
    cause: Cause
    progress: Progress = Progress.WAITING

    @property
    def id(self) -> UUID:
        """The id under which it is sent."""
        return derived_id(KAITSU_NAMESPACE, "sandbox", self.claim.order_no, self.step, str(self.attempt))

    @property
    def known_as(self) -> UUID:
        """The id under which the receiver knows it."""
        return inbound_id(source_of(self.claim.topic), str(self.id))


# Which fact says that a step was accepted.
_ACCEPTED_BY: Final[dict[type[works.WorkEvent], str]] = {
    works.ConsultDoneV1: "consult",
    **site_plan.ACCEPTED_BY,
    works.AddressRegistrationRequestedV1: "registration_needed",
    works.AddressRegistrationCompletedV1: "registration_completed",
    works.ServiceOrderCreatedV1: "service_order_created",
    works.ProvisionalDateHeldV1: "provisional_date",
    works.DateConfirmedV1: "date_confirmed",
    works.CustomerAnsweredV1: "customer_answered",
    works.ConstructionScheduledV1: "construction_date",
    works.ConstructionPostponedV1: "postponement",
    works.OrderActivatedV1: "construction_done",
    works.OrderCancelledV1: "cancellation",
}


@dataclass
class OrderPlan:
    """What the sandbox knows about one order, and what it will do."""

    order_no: str
    law: Law
    calendar: BusinessCalendar
    destiny: Destiny
    consulted_on: date | None = None
    registered_on: date | None = None
    created: bool = False
    confirmed_on: date | None = None
    missed: bool = False
    withdrawn: bool = False
    surveyed_on: date | None = None
    freed_on: date | None = None
    wished_on: date | None = None
    called_off: bool = False
    ended: bool = False
    actions: list[Action] = field(default_factory=list[Action])

    @classmethod
    def of(cls, order_no: str, law: Law, calendar: BusinessCalendar) -> OrderPlan:
        """Return the plan of an order of which nothing is known yet."""
        return cls(order_no, law, calendar, law.destiny(order_no))

    def take(self, fact: works.WorkEvent | works.ClaimRefusedV1, at: datetime, cause: Cause) -> None:
        """Fold one fact in; at: its business time."""
        if isinstance(fact, works.ClaimRefusedV1):
            return self._refused(fact, at, cause)
        if step := _ACCEPTED_BY.get(type(fact)):
            for action in self.open(step):
                action.progress = Progress.ACCEPTED
        if isinstance(fact, works.OrderActivatedV1 | works.OrderCancelledV1):
            return self._end()
        react = _REACTIONS.get(type(fact))
        if react and not self.ended:
            react(self, fact, at, cause)
        return None

    def waiting(self) -> Iterator[Action]:
        """Yield what was not said yet."""
        return (action for action in self.actions if action.progress is Progress.WAITING)

    def dates(self) -> dict[str, date]:
        """Return the dates that the sandbox set and nobody refused; a withdrawn date is not set."""
        found: dict[str, date] = {}
        for action in self.actions:
            if action.progress not in {Progress.SAID, Progress.ACCEPTED}:
                continue
            match action.claim:
                case partners.DeskConsultDoneV1(consulted_on=day):
                    found["consulted_on"] = day
                case partners.CarrierConstructionScheduledV1(construction_on=day):
                    found["construction_on"] = day
                case claim if isinstance(claim, site_plan.TAKES_THE_DATE):
                    found.pop("construction_on", None)
                case partners.CarrierConstructionCompletedV1(completed_on=day):
                    found["activated_on"] = day
                case _:
                    pass
        return found

    # ---- reactions, one per fact

    def on_consult_requested(self, _fact: works.ConsultRequestedV1, at: datetime, cause: Cause) -> None:
        """The desk will call on the first to third business day after arrival; some orders are called off."""
        chance = self.destiny
        day = self.calendar.add_business_days(local_date(at), chance.consult_days)
        if chance.unanswered_call:
            nobody = partners.DeskConsultUnansweredV1(order_no=self.order_no, tried_on=day)
            self.plan("call", slot(day, chance.consult_hour), nobody, cause)
        else:
            self.consult(day, cause)
        if chance.cancel_days is not None:
            day = self.calendar.add_business_days(local_date(at), chance.cancel_days)
            called_off = partners.DeskOrderCancelledV1(
                order_no=self.order_no, by=chance.cancelled_by, reason="customer_wish"
            )
            self.plan("cancellation", slot(day, chance.cancel_hour), called_off, cause)

    def consult(self, day: date, cause: Cause) -> None:
        """The desk will reach the customer on the day."""
        claim = partners.DeskConsultDoneV1(order_no=self.order_no, consulted_on=day)
        self.plan("consult", slot(day, self.destiny.consult_hour), claim, cause)

    def on_consult_done(self, fact: works.ConsultDoneV1, _at: datetime, _cause: Cause) -> None:
        """Day N is known."""
        self.consulted_on = fact.consulted_on

    def on_service_order_requested(
        self, _fact: works.ServiceOrderRequestedV1, at: datetime, cause: Cause
    ) -> None:
        """The carrier finds the site unregistered, or creates the order, or looks for another date."""
        soon = next_slot(at, self.law.grid.hours)
        if self.created:
            return self.name_date(soon, cause)
        if self.destiny.registration_first and self.registered_on is None:
            claim = partners.CarrierAddressRegistrationNeededV1(order_no=self.order_no)
            return self.plan("registration_needed", soon, claim, cause)
        number = f"SO{self.id_digits()}"
        created = partners.CarrierServiceOrderCreatedV1(order_no=self.order_no, carrier_order_no=number)
        return self.plan("service_order_created", soon, created, cause)

    def on_registration_requested(
        self, _fact: works.AddressRegistrationRequestedV1, at: datetime, cause: Cause
    ) -> None:
        """The registration comes back after its days, counted from the consult where its day is known."""
        day = (self.consulted_on or local_date(at)) + timedelta(days=self.destiny.registration_days)
        due = max(slot(day, self.destiny.registration_hour), next_slot(at, self.law.grid.hours))
        claim = partners.CarrierAddressRegistrationCompletedV1(
            order_no=self.order_no, completed_on=local_date(due)
        )
        self.plan("registration_completed", due, claim, cause)

    def on_registration_completed(
        self, fact: works.AddressRegistrationCompletedV1, _at: datetime, _cause: Cause
    ) -> None:
        """The lead time counts from here."""
        self.registered_on = fact.completed_on

    def on_service_order_created(
        self, _fact: works.ServiceOrderCreatedV1, at: datetime, cause: Cause
    ) -> None:
        """The carrier names a date, fixed or provisional."""
        self.created = True
        soon = next_slot(at, self.law.grid.hours)
        if self.destiny.pattern in site_plan.BEGIN:
            return site_plan.BEGIN[self.destiny.pattern](self, soon, cause)
        if not self.destiny.provisional:
            return self.name_date(soon, cause)
        said = local_date(soon)
        answer_by = max(self._earliest(said) - timedelta(days=3), self.calendar.add_business_days(said, 1))
        claim = partners.CarrierProvisionalDateHeldV1(
            order_no=self.order_no,
            construction_on=max(self._earliest(said), answer_by + _SAID_BEFORE),
            answer_by=answer_by,
        )
        return self.plan("provisional_date", soon, claim, cause)

    def on_provisional_date(self, fact: works.ProvisionalDateHeldV1, at: datetime, cause: Cause) -> None:
        """The customer says yes in time, or is silent (pattern 7)."""
        if self.destiny.pattern == 7 and not self.missed:
            return
        hours = self.law.grid.hours
        day = self.calendar.add_business_days(local_date(at), self.destiny.answer_days)
        due = max(slot(day, self.destiny.answer_hour), next_business_slot(at, hours, self.calendar))
        if local_date(due) > fact.answer_by:
            due = next_slot(at, hours)  # no business day is left: they answer at once
        self.plan("date_confirmed", due, self._yes(fact.construction_on), cause)

    def on_date_confirmed(self, fact: works.DateConfirmedV1, at: datetime, cause: Cause) -> None:
        """The carrier fixes the date that was held."""
        self.confirmed_on = fact.construction_on
        self.name_date(next_slot(at, self.law.grid.hours), cause)

    def on_deadline_missed(self, fact: works.AnswerDeadlineMissedV1, at: datetime, cause: Cause) -> None:
        """The customer wakes up: says yes to a date that is gone, or asks for a new one."""
        self.missed = True
        self.drop("date_confirmed")
        if self.destiny.late_yes:
            due = next_business_slot(at, self.law.grid.hours, self.calendar)
            return self.plan("late_yes", due, self._yes(fact.construction_on), cause)
        return self.answer(at, cause)

    def on_construction_scheduled(
        self, fact: works.ConstructionScheduledV1, at: datetime, cause: Cause
    ) -> None:
        """The construction takes place, or, in pattern 5, the carrier withdraws its date before."""
        self.drop("construction_done")
        if site_plan.spoil(self, fact, at, cause):
            return None
        if self.destiny.pattern == 5 and not self.withdrawn:
            day = fact.construction_on - timedelta(days=self.destiny.notice_days)
            due = max(slot(day, self.law.grid.hours[0]), next_slot(at, self.law.grid.hours))
            withdrawn = partners.CarrierConstructionPostponedV1(
                order_no=self.order_no, withdrawn_on=fact.construction_on, reason="equipment_return"
            )
            return self.plan("postponement", due, withdrawn, cause)
        done = partners.CarrierConstructionCompletedV1(
            order_no=self.order_no, completed_on=fact.construction_on
        )
        due = max(slot(fact.construction_on, self.destiny.done_hour), next_slot(at, self.law.grid.hours))
        return self.plan("construction_done", due, done, cause)

    def on_construction_postponed(
        self, _fact: works.ConstructionPostponedV1, at: datetime, cause: Cause
    ) -> None:
        """After some days the carrier names a new date."""
        self.withdrawn = True
        self.confirmed_on, self.wished_on = None, None
        day = local_date(at) + timedelta(days=self.destiny.new_date_wait)
        self.name_date(slot(day, self.law.grid.hours[0]), cause)

    # ---- helpers

    def id_digits(self) -> str:
        """Return the digits of the order number."""
        return "".join(letter for letter in self.order_no if letter.isdigit())

    def name_date(self, due: datetime, cause: Cause) -> None:
        """The carrier names a construction date."""
        day = self.confirmed_on or self._earliest(local_date(due))
        survey = local_date(due) + timedelta(days=1) if self.destiny.survey else None
        claim = partners.CarrierConstructionScheduledV1(
            order_no=self.order_no,
            construction_on=day,
            survey_on=survey if survey and survey < day else None,
        )
        self.plan("construction_date", due, claim, cause)

    def _earliest(self, said: date) -> date:
        """Return the construction date that chance has in store, when it is named on the given day."""
        chance, start = self.destiny, self.registered_on or self.consulted_on or said
        if self.wished_on or self.freed_on:
            wanted = self.wished_on or site_plan.after_obstacle(self)
        elif self.called_off:
            wanted = said + timedelta(days=chance.second_lead_days)
        elif self.withdrawn:
            wanted = (self.consulted_on or said) + timedelta(days=chance.return_days)
        elif self.missed:
            wanted = said + timedelta(days=chance.second_lead_days)
        else:
            wanted = start + timedelta(days=chance.lead_days)
        return max(wanted, said + _SAID_BEFORE)

    def _yes(self, construction_on: date) -> Claim:
        return partners.DeskDateConfirmedV1(order_no=self.order_no, construction_on=construction_on)

    def answer(self, at: datetime, cause: Cause) -> None:
        """The customer answers after a silence."""
        day = self.calendar.add_business_days(local_date(at), self.destiny.silence_days)
        claim = partners.DeskCustomerAnsweredV1(order_no=self.order_no, answered_on=day)
        self.plan("customer_answered", slot(day, self.destiny.answer_hour), claim, cause)

    def _refused(self, fact: works.ClaimRefusedV1, at: datetime, cause: Cause) -> None:
        for action in self.actions:
            if action.known_as != fact.claim_id:
                continue
            action.progress = Progress.REFUSED
            if self.ended:
                return
            if action.step == "late_yes":
                self.answer(at, cause)
            elif action.step == "construction_date" and fact.code in {"date_in_past", "wrong_date"}:
                self.confirmed_on = None
                self.name_date(next_slot(at, self.law.grid.hours), cause)
            return

    def plan(self, step: str, due: datetime, claim: Claim, cause: Cause) -> None:
        """Note what will be said; a law of mischief may make it late, double, early or contradict it."""
        for said in mischief.what_is_said(self.law, step, due, claim):
            self._note(said.step, said.due, said.claim, cause)

    def _note(self, step: str, due: datetime, claim: Claim, cause: Cause) -> None:
        attempt = 1 + sum(action.step == step for action in self.actions)
        self.actions.append(Action(step, attempt, due, claim, cause))

    def drop(self, *steps: str) -> None:
        """Forget what was not accepted yet."""
        for action in [action for step in steps for action in self.open(step)]:
            action.progress = Progress.DROPPED

    def open(self, step: str) -> list[Action]:
        """Return the actions of a step that wait or were said and not answered yet."""
        return [
            action
            for action in self.actions
            if action.step == step and action.progress in {Progress.WAITING, Progress.SAID}
        ]

    def _end(self) -> None:
        self.ended = True
        for action in self.waiting():
            action.progress = Progress.DROPPED


_Reaction = Callable[[OrderPlan, Any, datetime, Cause], None]
_REACTIONS: Final[dict[type[works.WorkEvent], _Reaction]] = {
    works.ConsultRequestedV1: OrderPlan.on_consult_requested,
    works.ConsultDoneV1: OrderPlan.on_consult_done,
    works.ServiceOrderRequestedV1: OrderPlan.on_service_order_requested,
    works.AddressRegistrationRequestedV1: OrderPlan.on_registration_requested,
    works.AddressRegistrationCompletedV1: OrderPlan.on_registration_completed,
    works.ServiceOrderCreatedV1: OrderPlan.on_service_order_created,
    works.ProvisionalDateHeldV1: OrderPlan.on_provisional_date,
    works.DateConfirmedV1: OrderPlan.on_date_confirmed,
    works.AnswerDeadlineMissedV1: OrderPlan.on_deadline_missed,
    works.ConstructionScheduledV1: OrderPlan.on_construction_scheduled,
    works.ConstructionPostponedV1: OrderPlan.on_construction_postponed,
    **site_plan.REACTIONS,
}
