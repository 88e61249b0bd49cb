"""What is issued stays: refused by rights to the service, by triggers to the owner of the tables."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import asyncpg
import pytest

from kernel.times import at_local
from tests.integration.billing.house import CLOSE_OF_APRIL, House, account_id

TABLES = ("invoices", "invoice_lines", "invoice_taxes", "invoice_recipients")
CHANGES = {
    "invoices": "UPDATE invoices SET total_yen = total_yen",
    "invoice_lines": "UPDATE invoice_lines SET explanation = explanation",
    "invoice_taxes": "UPDATE invoice_taxes SET tax_yen = tax_yen",
    "invoice_recipients": "UPDATE invoice_recipients SET name = name",
}
ALL_CHANGES = [
    statement
    for table in TABLES
    for statement in (CHANGES[table], f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE")
]
LINE = """
INSERT INTO invoice_lines (invoice_id, line_no, code, clause, source, tariff_version, label_en, label_ja, service,
                           inputs, net_yen, explanation, tax_rate_code, tax_percent, tax_decided_by, tax_reason)
SELECT invoice_id, 9, code, clause, source, tariff_version, label_en, label_ja, service, inputs, 0, explanation,
       tax_rate_code, tax_percent, tax_decided_by, tax_reason
  FROM invoice_lines
 WHERE line_no = 1
"""


async def issued(house: House) -> None:
    """Issue one invoice."""
    await house.activate([1])
    house.clock.advance(CLOSE_OF_APRIL)
    await house.close_month()


async def everything(house: House) -> list[list[str]]:
    """Return all rows of all invoice tables as text."""
    return [
        [row["kept"] for row in await house.rows(f"SELECT {table}::text AS kept FROM {table} ORDER BY 1")]
        for table in TABLES
    ]


async def test_the_service_itself_has_no_right_to_change_an_invoice(house: House) -> None:
    await issued(house)
    before = await everything(house)

    for statement in ALL_CHANGES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await house.rows(statement)

    assert await everything(house) == before


async def test_even_the_owner_of_the_tables_is_refused(house: House, billing_db: Any) -> None:
    await issued(house)
    before = await everything(house)
    owner = await asyncpg.connect(billing_db.owner)

    for statement in ALL_CHANGES:
        with pytest.raises(asyncpg.RestrictViolationError, match="immutable"):
            await owner.execute(statement)
    await owner.close()

    assert await everything(house) == before
    assert [len(rows) for rows in before] == [1, 4, 1, 1]


async def test_a_line_cannot_be_added_later_not_even_one_of_zero_yen(house: House) -> None:
    await issued(house)

    with pytest.raises(asyncpg.RestrictViolationError, match="is issued"):
        await house.rows(LINE)

    assert len(await house.rows("SELECT * FROM invoice_lines")) == 4


async def test_a_contract_and_its_history_cannot_be_removed_by_the_service(house: House) -> None:
    await house.activate([1])

    for statement in ("UPDATE contracts SET plan = 'ip16'", "DELETE FROM contracts", "DELETE FROM cycles"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await house.rows(statement)


HEAD = """
INSERT INTO invoices (invoice_id, year, serial, number, account_id, month, late, issued_on, issued_at, due_on,
                      issuer_name, issuer_registration, net_yen, tax_yen, total_yen)
VALUES ($1, 2026, 1, 'INV-2026-000001', $1, $2, false, $3, $4, $3, 'x', 'T7123456789012', 100, 10, $5)
"""


@pytest.mark.parametrize(("total", "error"), [(110, "not whole"), (111, "invoices_check")])
async def test_an_invoice_without_lines_or_with_a_wrong_total_cannot_be_committed(
    house: House, total: int, error: str
) -> None:
    await house.activate([1])
    at = at_local(date(2026, 5, 1), time(9))

    with pytest.raises(asyncpg.CheckViolationError, match=error):
        await house.rows(HEAD, account_id(1), date(2026, 4, 1), date(2026, 5, 1), at, total)

    assert await house.numbers() == []
