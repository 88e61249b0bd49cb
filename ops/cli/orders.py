"""`kaitsu orders`: where is an order, since when, who has the ball, and what happened."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ops.cli import show
from ops.cli.show import JsonOption
from ops.cli.target import StateOption, find

app = typer.Typer(no_args_is_help=True, help="Where is an order, since when, and who has the ball.")


@app.command("list")
def list_orders(
    *,
    status: Annotated[
        str | None, typer.Option(help="Only orders in this state, as the list shows it.")
    ] = None,
    pattern: Annotated[
        int | None, typer.Option(min=1, max=7, help="Only orders in this delay pattern.")
    ] = None,
    find_text: Annotated[
        str | None,
        typer.Option("--find", help="Part of an order number, or a carrier's number or sales office."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """List orders by number: state, since when, who has the ball, delay pattern, dates."""
    target = find(state)
    rows = target.rows(
        "provisioning", "/ops/orders", "orders", most=limit, state=status, pattern=pattern, q=find_text
    )
    if as_json:
        show.as_json(rows)
        return
    columns = ("order", "state", "since (Tokyo)", "ball", "#pattern", "plan", "area", "construction", "lit")
    show.table(f"{len(rows)} orders", columns, (_row(row) for row in rows))
    if len(rows) == limit:
        show.console.print(f"Perhaps there are more: --limit {limit * 10}", style="dim")


@app.command("show")
def show_order(
    ref: Annotated[str, typer.Argument(help="Order number (FO-YYMM-NNNNNN-c) or order id.")],
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Show one order with its history, its running deadlines and what was refused."""
    order = find(state).get("provisioning", f"/ops/orders/{ref}")
    if as_json:
        show.as_json(order)
        return
    tables = ("history", "deadlines", "refusals", "dates")
    heads = {name: value for name, value in order.items() if name not in tables}
    show.pairs(f"Order {order['order_no']}", heads)
    show.pairs("Dates", order.get("dates", {}))
    show.table(
        "History (Tokyo)",
        ("#", "occurred", "recorded", "fact", "details"),
        (
            (
                entry["sequence"],
                entry["occurred_at"],
                entry["recorded_at"],
                entry["fact"],
                show.brief(entry["details"]),
            )
            for entry in order["history"]
        ),
    )
    for name in ("deadlines", "refusals"):
        if order.get(name):
            columns = tuple(order[name][0])
            show.table(
                name.capitalize(), columns, (tuple(row[key] for key in columns) for row in order[name])
            )


def _row(order: dict[str, Any]) -> tuple[object, ...]:
    dates = order["dates"]
    return (
        order["order_no"],
        order["state"],
        order["since"],
        order["ball"],
        order["pattern"],
        order["plan"],
        order["area"],
        dates.get("construction_on"),
        dates.get("activated_on"),
    )
