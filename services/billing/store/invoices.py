"""Series and invoices: added, never changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Range

from chassis.db import Connection
from services.billing.domain.invoice import Invoice, Issuer
from services.billing.store.columns import columns


async def count_invoices_of_day(
    conn: Connection, account_ids: Iterable[UUID], *, issued_on: date
) -> dict[UUID, int]:
    """Return how many invoices each account got on the day; accounts without one are left out."""
    rows = await conn.fetch(
        """
        SELECT account_id, count(*) AS issued
          FROM invoices
         WHERE account_id = ANY ($1) AND issued_on = $2
         GROUP BY account_id
        """,
        list(account_ids),
        issued_on,
    )
    return {row["account_id"]: row["issued"] for row in rows}


async def take_serials(conn: Connection, year: int, count: int) -> int:
    """Take the next serials of the year's series and return the last one that was used before.

    The row stays locked until the end of the transaction: a rollback gives the serials back, so there is no gap.
    """
    last = await conn.fetchval(
        """
        INSERT INTO invoice_series (year, last)
        VALUES ($1, $2)
            ON CONFLICT (year) DO UPDATE
           SET last = invoice_series.last + excluded.last
        RETURNING last
        """,
        year,
        count,
    )
    return last - count


async def insert_invoices(
    conn: Connection, invoices: Sequence[Invoice], *, issuer: Issuer, issued_at: datetime
) -> None:
    """Write the heads of invoices."""
    await conn.execute(
        """
        INSERT INTO invoices (invoice_id, year, serial, number, account_id, month, late, issued_on, due_on, net_yen,
                              tax_yen, total_yen, issued_at, issuer_name, issuer_registration)
        SELECT invoice.*, $13, $14, $15
          FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::uuid[], $6::date[], $7::boolean[], $8::date[],
                      $9::date[], $10::bigint[], $11::bigint[], $12::bigint[]) AS invoice
        """,
        *columns(
            (
                (
                    invoice.id,
                    invoice.number.year,
                    invoice.number.serial,
                    str(invoice.number),
                    invoice.account_id,
                    invoice.month,
                    invoice.late,
                    invoice.issued_on,
                    invoice.due_on,
                    invoice.bill.net_yen,
                    invoice.bill.tax_yen,
                    invoice.bill.total_yen,
                )
                for invoice in invoices
            ),
            width=12,
        ),
        issued_at,
        issuer.name,
        issuer.registration,
    )


async def insert_lines(conn: Connection, invoices: Sequence[Invoice]) -> None:
    """Write the lines of invoices."""
    await conn.execute(
        """
        INSERT INTO invoice_lines (invoice_id, line_no, code, clause, source, tariff_version, label_en, label_ja,
                                   service, inputs, rounding, net_yen, explanation, tax_rate_code, tax_percent,
                                   tax_decided_by, tax_reason)
        SELECT line.id, line.line_no, line.code, line.clause, line.source, line.version, line.label_en, line.label_ja,
               line.service, line.inputs::jsonb, line.rounding, line.net_yen, line.explanation, line.tax_rate_code,
               line.tax_percent, line.tax_decided_by, line.tax_reason
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                      $9::daterange[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::text[],
                      $15::numeric[], $16::date[], $17::text[])
            AS line (id, line_no, code, clause, source, version, label_en, label_ja, service, inputs, rounding,
                     net_yen, explanation, tax_rate_code, tax_percent, tax_decided_by, tax_reason)
        """,
        *columns(
            (
                (
                    invoice.id,
                    line_no,
                    line.charge.code,
                    line.charge.clause,
                    line.charge.source,
                    line.tariff_version,
                    line.charge.label_en,
                    line.charge.label_ja,
                    Range(line.service.start, line.service.end),
                    json.dumps(dict(line.inputs)),
                    line.rounding,
                    line.net_yen,
                    line.explanation,
                    line.tax.rate_code,
                    line.tax.percent,
                    line.tax.decided_by,
                    line.tax.reason,
                )
                for invoice in invoices
                for line_no, line in enumerate(invoice.bill.lines, start=1)
            ),
            width=17,
        ),
    )


async def insert_taxes(conn: Connection, invoices: Sequence[Invoice]) -> None:
    """Write the tax of invoices, one row per rate."""
    await conn.execute(
        """
        INSERT INTO invoice_taxes (invoice_id, rate_code, percent, base_yen, tax_yen, rounding)
        SELECT *
          FROM unnest($1::uuid[], $2::text[], $3::numeric[], $4::bigint[], $5::bigint[], $6::text[])
        """,
        *columns(
            (
                (invoice.id, part.rate_code, part.percent, part.base_yen, part.tax_yen, part.rounding)
                for invoice in invoices
                for part in invoice.bill.taxes
            ),
            width=6,
        ),
    )


async def insert_recipients(conn: Connection, invoices: Sequence[Invoice]) -> None:
    """Write who the invoices are made out to, as of this moment."""
    await conn.execute(
        """
        INSERT INTO invoice_recipients (invoice_id, name, contact_person, postal_code, address)
        SELECT *
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
        """,
        *columns(
            (
                (
                    invoice.id,
                    invoice.recipient.name,
                    invoice.recipient.contact_person,
                    invoice.recipient.postal_code,
                    invoice.recipient.address,
                )
                for invoice in invoices
            ),
            width=5,
        ),
    )
