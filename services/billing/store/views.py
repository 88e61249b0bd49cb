"""What operators look at: invoices, contracts and accounts, without personal data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from chassis.db import Connection
from services.billing.domain.numbers import InvoiceNumber

_HEAD: Final = """
        SELECT invoice_id, number, account_id, order_no, order_id, plan, activated_on, month, late, issued_on,
               issued_at, due_on, net_yen, tax_yen, total_yen, issuer_name, issuer_registration
          FROM invoices
          JOIN contracts USING (account_id)
"""
_CONTRACT: Final = """
        SELECT account_id, order_id, order_no, plan, activated_on, opened_at, month, bill_at, late, state, attempts,
               reason, number
          FROM contracts
          JOIN cycles USING (account_id)
          LEFT JOIN invoices USING (account_id, month, late)
"""


async def page_of_invoices(
    conn: Connection, *, month: date | None, after: InvoiceNumber | None, limit: int
) -> Sequence[Any]:
    """Return invoices in the order of their numbers, of one billed month or of all, after a number."""
    return await conn.fetch(
        _HEAD
        + """
         WHERE ($1::date IS NULL OR month = $1) AND (year, serial) > ($2, $3)
         ORDER BY year, serial
         LIMIT $4
        """,
        month,
        after.year if after else 0,
        after.serial if after else 0,
        limit,
    )


async def sums_of_invoices(conn: Connection, *, month: date | None) -> Any:
    """Return count and sums of the invoices of one billed month, or of all."""
    return await conn.fetchrow(
        """
        SELECT count(*) AS invoices, coalesce(sum(net_yen), 0)::bigint AS net_yen,
               coalesce(sum(tax_yen), 0)::bigint AS tax_yen, coalesce(sum(total_yen), 0)::bigint AS total_yen
          FROM invoices
         WHERE $1::date IS NULL OR month = $1
        """,
        month,
    )


async def invoice(conn: Connection, number: InvoiceNumber) -> Any | None:
    """Return the head of the invoice, or None."""
    return await conn.fetchrow(_HEAD + " WHERE year = $1 AND serial = $2", number.year, number.serial)


async def lines(conn: Connection, invoice_id: UUID) -> Sequence[Any]:
    """Return the lines of the invoice in order; inputs are JSON text, service_to is the last day."""
    return await conn.fetch(
        """
        SELECT line_no, code, clause, source, tariff_version, label_en, label_ja, lower(service) AS service_from,
               upper(service) - 1 AS service_to, inputs::text AS inputs, rounding, net_yen, explanation, tax_rate_code,
               tax_percent::text AS tax_percent, tax_decided_by, tax_reason
          FROM invoice_lines
         WHERE invoice_id = $1
         ORDER BY line_no
        """,
        invoice_id,
    )


async def taxes(conn: Connection, invoice_id: UUID) -> Sequence[Any]:
    """Return the tax of the invoice, one row per rate."""
    return await conn.fetch(
        """
        SELECT rate_code, percent::text AS percent, base_yen, tax_yen, rounding
          FROM invoice_taxes
         WHERE invoice_id = $1
         ORDER BY rate_code
        """,
        invoice_id,
    )


async def page_of_contracts(
    conn: Connection, *, state: str | None, after: str | None, limit: int
) -> Sequence[Any]:
    """Return contracts with their cycles in the order of their order numbers, after an order number."""
    return await conn.fetch(
        _CONTRACT
        + """
         WHERE ($1::text IS NULL OR state = $1) AND order_no > $2
         ORDER BY order_no, month
         LIMIT $3
        """,
        state,
        after or "",
        limit,
    )


async def account(conn: Connection, order_no: str) -> Sequence[Any]:
    """Return the order's contract, one row per cycle, or nothing."""
    return await conn.fetch(_CONTRACT + " WHERE order_no = $1 ORDER BY month", order_no)
