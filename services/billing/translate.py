"""The customs office between the contracts of the bus and the words of billing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chassis.consume import Received
from contracts.billing import ContractOpenedV1, InvoiceIssuedV1, InvoiceLine
from contracts.envelope import Cause, Outgoing, announce
from contracts.works import OrderActivatedV1
from kernel.ids import derived_id
from services.billing.domain.contract import Contract
from services.billing.domain.invoice import Invoice


def contract(received: Received, event: OrderActivatedV1, *, opened_at: datetime) -> Contract:
    """Return the contract that an activation asks for; one order has one account, for ever the same."""
    return Contract(
        account_id=account_of(event.order_id),
        order_id=event.order_id,
        order_no=event.order_no,
        plan=event.plan,
        activated_on=event.activated_on,
        opened_at=opened_at,
        activation_id=received.envelope.id,
        correlation_id=received.envelope.correlation_id,
    )


def account_of(order_id: UUID) -> UUID:
    """Return the account that is billed for the order."""
    return derived_id(order_id, "account")


def contract_opened(contract: Contract, *, cause: Cause) -> Outgoing:
    """Return the fact that the activation became a contract."""
    event = ContractOpenedV1.model_validate(
        {
            "account_id": contract.account_id,
            "order_id": contract.order_id,
            "order_no": contract.order_no,
            "plan": contract.plan,
            "opened_on": contract.activated_on,
        }
    )
    return announce(event, cause=cause, occurred_at=contract.opened_at)


def invoice_issued(invoice: Invoice, contract: Contract, *, issued_at: datetime) -> Outgoing:
    """Return the fact that the invoice was issued.

    The direct cause is the close of the account's month, a deadline and no event; the correlation is that of the order,
    so that one id leads from the form to the payment. Traces are not carried over a deadline.
    """
    event = InvoiceIssuedV1(
        account_id=invoice.account_id,
        invoice_id=invoice.id,
        number=str(invoice.number),
        order_ids=(contract.order_id,),
        month=invoice.month,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        lines=tuple(
            InvoiceLine(
                code=line.charge.code,
                clause=line.charge.clause,
                tariff_version=line.tariff_version,
                net_yen=line.net_yen,
            )
            for line in invoice.bill.lines
        ),
        net_yen=invoice.bill.net_yen,
        tax_yen=invoice.bill.tax_yen,
        total_yen=invoice.bill.total_yen,
    )
    close = derived_id(contract.account_id, "month_close", invoice.month.isoformat())
    return announce(event, cause=Cause(close, contract.correlation_id), occurred_at=issued_at)
