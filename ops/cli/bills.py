"""`kaitsu bills`: invoices, and where each yen of one comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.cli import show
from ops.cli.show import JsonOption
from ops.cli.target import StateOption, find

app = typer.Typer(no_args_is_help=True, help="Invoices, and where each yen of one comes from.")


@app.command("list")
def list_invoices(
    month: Annotated[
        str | None, typer.Option(help="Only invoices of this month of activation, YYYY-MM.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """List invoices by number, with the sums of all that the filter leaves."""
    target = find(state)
    rows = target.rows("billing", "/ops/invoices", "invoices", most=limit, month=month)
    if as_json:
        show.as_json(rows)
        return
    columns = ("invoice", "order", "plan", "lit on", "month", "issued on", "due on", "#net", "#tax", "#total")
    show.table(
        f"{len(rows)} invoices",
        columns,
        (
            (
                *(row[name] for name in ("number", "order_no", "plan", "activated_on")),
                row["month"][:7],
                *(row[name] for name in ("issued_on", "due_on")),
                *(show.yen(row[name]) for name in ("net_yen", "tax_yen", "total_yen")),
            )
            for row in rows
        ),
    )
    sums = target.get("billing", "/ops/invoices", month=month, limit=1)["sums"]
    amounts = (show.yen(sums[name]) for name in ("net_yen", "tax_yen", "total_yen"))
    show.console.print("All {}: net {}, tax {}, total {}".format(sums["invoices"], *amounts))


@app.command("show")
def show_invoice(
    number: Annotated[str, typer.Argument(help="Invoice number (INV-YYYY-NNNNNN).")],
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Show one invoice line by line: clause, version of the price list, reckoning, tax."""
    invoice = find(state).get("billing", f"/ops/invoices/{number}")
    if as_json:
        show.as_json(invoice)
        return
    heads = {name: value for name, value in invoice.items() if name not in ("lines", "taxes")}
    for name in ("net_yen", "tax_yen", "total_yen"):
        heads[name] = show.yen(invoice[name])
    show.pairs(f"Invoice {number}", heads)
    show.table(
        "Lines",
        ("charge", "clause", "price list", "reckoning", "tax", "#net"),
        (
            (
                f"{line['label_en']} ({line['label_ja']})",
                line["clause"],
                line["tariff_version"],
                line["explanation"],
                f"{line['tax_percent']} %: {line['tax_reason']}",
                show.yen(line["net_yen"]),
            )
            for line in invoice["lines"]
        ),
    )
    show.table(
        "Consumption tax",
        ("rate", "#percent", "#of", "rounded", "#tax"),
        (
            (
                tax["rate_code"],
                tax["percent"],
                show.yen(tax["base_yen"]),
                tax["rounding"],
                show.yen(tax["tax_yen"]),
            )
            for tax in invoice["taxes"]
        ),
    )
