"""What billing does in a transaction of the caller: open contracts, issue invoices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.consume import Received
from chassis.db import Connection
from chassis.logs import get_logger
from contracts.works import OrderActivatedV1
from kernel.times import local_date
from services.billing import translate
from services.billing.books import Books
from services.billing.domain.contract import Contract, DueCycle
from services.billing.domain.cycle import Terms, ask_again_at, due_on, first_cycle
from services.billing.domain.invoice import Bill, DoesNotAddUp, Invoice, Issuer, Recipient, add_up, invoice_id
from services.billing.domain.numbers import numbers_after
from services.billing.domain.tariff import NotRatable
from services.billing.store import cycles as cycle_store
from services.billing.store import invoices as invoice_store

log = get_logger()

RUNAWAY = "runaway"
NO_RECIPIENT = "no_recipient"


@dataclass(frozen=True)
class OpenContracts:
    """Handler of kaitsu.works: an activation opens the contract of its order, once, and names its first cycle."""

    terms: Terms

    async def __call__(self, batch: Sequence[Received], *, conn: Connection, now: datetime) -> None:
        """Open the contracts that are not there yet; a second activation of an order changes nothing and is told."""
        asked = [
            (received, translate.contract(received, received.event, opened_at=now))
            for received in batch
            if isinstance(received.event, OrderActivatedV1)
        ]
        known = await cycle_store.load_contracts(conn, {contract.account_id for _, contract in asked})
        first: dict[UUID, tuple[Received, Contract]] = {}
        for received, contract in asked:
            earlier = known.get(contract.account_id) or first.get(contract.account_id, (None, None))[1]
            if earlier is None:
                first[contract.account_id] = (received, contract)
            else:
                _tell_repeat(earlier, contract)
        if not first:
            return
        new = await cycle_store.insert_contracts(conn, [contract for _, contract in first.values()])
        opened = [pair for account_id, pair in first.items() if account_id in new]
        await cycle_store.insert_cycles(
            conn,
            [
                (
                    contract.account_id,
                    first_cycle(contract.activated_on, known_at=contract.opened_at, terms=self.terms),
                )
                for _, contract in opened
            ],
        )
        await outbox.put(
            conn,
            [translate.contract_opened(contract, cause=received.cause) for received, contract in opened],
            now=now,
        )
        log.info("contracts_opened", opened=len(opened), repeated=len(asked) - len(opened))


@dataclass(frozen=True)
class Outcome:
    """What became of the cycles that were due."""

    issued: int = 0
    put_off: int = 0
    parked: int = 0


@dataclass(frozen=True)
class IssueInvoices:
    """The close of a month for accounts whose recipients are known: all of them in the caller's transaction."""

    books: Books
    issuer: Issuer

    async def __call__(
        self,
        asked: Sequence[DueCycle],
        recipients: Mapping[UUID, Recipient],
        *,
        conn: Connection,
        now: datetime,
    ) -> Outcome:
        """Issue one invoice for each of the cycles that is still due, and return what became of them.

        recipients: by order id. A cycle without one is put off to the next day; one that cannot be rated, or whose
        account has its fill of invoices for the day, is parked until a person releases it. Both are told, and
        neither stops the others. Numbers are taken here: a rollback gives them back.
        """
        due = await cycle_store.lock_due_cycles(conn, {one.contract.account_id for one in asked}, now=now)
        if not due:
            return Outcome()
        due.sort(key=lambda one: (one.cycle.bill_at, one.contract.order_no, one.cycle.month))
        unknown = [one for one in due if one.contract.order_id not in recipients]
        known = [one for one in due if one.contract.order_id in recipients]
        within, runaways = await self._within_bound(known, conn=conn, now=now)
        bills, refused = self._rate(within)
        await self._write(
            [(one, bill, recipients[one.contract.order_id]) for one, bill in bills], conn=conn, now=now
        )
        if unknown:
            await cycle_store.put_off(
                conn, unknown, until=ask_again_at(now, self.books.terms), reason=NO_RECIPIENT
            )
        for reason, ones in {**refused, **({RUNAWAY: runaways} if runaways else {})}.items():
            await cycle_store.park(conn, ones, reason=reason)
            log.error("cycles_parked", reason=reason, orders=[one.contract.order_no for one in ones])
        outcome = Outcome(len(bills), len(unknown), len(runaways) + sum(map(len, refused.values())))
        log.info("invoices_issued", issued=outcome.issued, put_off=outcome.put_off, parked=outcome.parked)
        return outcome

    async def _within_bound(
        self, due: Sequence[DueCycle], *, conn: Connection, now: datetime
    ) -> tuple[list[DueCycle], list[DueCycle]]:
        accounts = {one.contract.account_id for one in due}
        counted = Counter(
            await invoice_store.count_invoices_of_day(conn, accounts, issued_on=local_date(now))
        )
        within: list[DueCycle] = []
        beyond: list[DueCycle] = []
        for one in due:
            account = one.contract.account_id
            allowed = counted[account] < self.books.terms.invoices_per_account_and_day
            (within if allowed else beyond).append(one)
            counted[account] += allowed
        return within, beyond

    def _rate(self, due: Sequence[DueCycle]) -> tuple[list[tuple[DueCycle, Bill]], dict[str, list[DueCycle]]]:
        bills: list[tuple[DueCycle, Bill]] = []
        refused: dict[str, list[DueCycle]] = {}
        for one in due:
            try:
                lines = self.books.rater.activation(one.contract.plan, one.contract.activated_on)
                bills.append((one, add_up(lines, tax_rounding=self.books.terms.tax_rounding)))
            except NotRatable as refusal:
                refused.setdefault(refusal.code, []).append(one)
            except DoesNotAddUp:
                refused.setdefault("does_not_add_up", []).append(one)
        return bills, refused

    async def _write(
        self, billed: Sequence[tuple[DueCycle, Bill, Recipient]], *, conn: Connection, now: datetime
    ) -> None:
        if not billed:
            return
        issued_on = local_date(now)
        pay_until = due_on(issued_on, terms=self.books.terms, calendar=self.books.calendar)
        last = await invoice_store.take_serials(conn, issued_on.year, len(billed))
        invoices = [
            Invoice(
                id=invoice_id(one.contract.account_id, one.cycle.month),
                number=number,
                account_id=one.contract.account_id,
                month=one.cycle.month,
                late=one.cycle.late,
                issued_on=issued_on,
                due_on=pay_until,
                bill=bill,
                recipient=recipient,
            )
            for number, (one, bill, recipient) in zip(
                numbers_after(last, len(billed), issued_on=issued_on), billed, strict=True
            )
        ]
        await invoice_store.insert_invoices(conn, invoices, issuer=self.issuer, issued_at=now)
        await invoice_store.insert_lines(conn, invoices)
        await invoice_store.insert_taxes(conn, invoices)
        await invoice_store.insert_recipients(conn, invoices)
        await cycle_store.mark_invoiced(conn, [one for one, _, _ in billed])
        facts = [
            translate.invoice_issued(invoice, one.contract, issued_at=now)
            for invoice, (one, _, _) in zip(invoices, billed, strict=True)
        ]
        await outbox.put(conn, facts, now=now)


def _tell_repeat(earlier: Contract, again: Contract) -> None:
    if earlier.agrees_with(again):
        log.info("activation_repeated", order_no=again.order_no)
    else:
        log.error("activation_contradicted", order_no=again.order_no, kept=str(earlier.activation_id))
