"""Events of kaitsu.billing: contracts and invoices."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.event import Event, OrderIdField, OrderNo, Plan, WholeYen


class BillingEvent(Event):
    """What all events of billing share."""

    topic: ClassVar[str] = "kaitsu.billing"
    key_field: ClassVar[str] = "account_id"
    account_id: UUID = Field(description="The account that is billed.")


class ContractOpenedV1(BillingEvent):
    """A lit line became a contract that is billed."""

    type: ClassVar[str] = "contract.opened.v1"
    order_id: OrderIdField
    order_no: OrderNo
    plan: Plan
    opened_on: date = Field(description="First billed day, the day of the construction; local, Asia/Tokyo.")


class InvoiceLine(BaseModel):
    """One line of an invoice, net of tax, that says where its yen come from."""

    model_config = ConfigDict(frozen=True)
    code: str = Field(description="Code of the charge.")
    clause: str = Field(description="Clause of the tariff.")
    tariff_version: str = Field(description="Version of the tariff in force.")
    net_yen: WholeYen


class InvoiceIssuedV1(BillingEvent):
    """One numbered, immutable invoice was issued."""

    type: ClassVar[str] = "invoice.issued.v1"
    invoice_id: UUID = Field(description="The invoice.")
    number: str = Field(description="Gapless number within its series.")
    order_ids: tuple[UUID, ...] = Field(min_length=1, description="Orders whose activation is billed.")
    month: date = Field(description="First day of the billed month; local, Asia/Tokyo.")
    issued_on: date = Field(description="Local, Asia/Tokyo.")
    due_on: date = Field(description="Last day of payment; local, Asia/Tokyo.")
    lines: tuple[InvoiceLine, ...] = Field(min_length=1, description="The charges.")
    net_yen: WholeYen
    tax_yen: WholeYen
    total_yen: WholeYen
