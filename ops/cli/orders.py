"""`kaitsu orders`: where is an order, since when, who has the ball, what happened; its past, its story, repairs."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from ops.cli import orders_dates, orders_past, orders_plans, orders_repair, show
from ops.cli.orders_tables import day, lines
from ops.cli.show import JsonOption
from ops.cli.target import StateOption, find

app = typer.Typer(
    no_args_is_help=True,
    help="Where is an order, since when, and who has the ball; how it was, why, and repairs of many at once.",
)

_COLUMNS: Final = ("order", "state", "since", "ball", "P", "date")
_WIDE: Final = 100


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
    """List orders by number: state, since when, who has the ball, delay pattern (P), date.

    The date is the day on which the line was lit, else the fixed one, else the held one. On a terminal of 100 columns
    or more plan and area are shown, too.
    """
    target = find(state)
    rows = target.rows(
        "provisioning", "/ops/orders", "orders", most=limit, state=status, pattern=pattern, q=find_text
    )
    if as_json:
        show.as_json(rows)
        return
    wide = show.console.width >= _WIDE
    columns = (*_COLUMNS, "plan", "area") if wide else _COLUMNS
    lines(f"{len(rows)} orders", columns, (_row(row)[: len(columns)] for row in rows))
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
    lines(
        "History (Tokyo; recorded, where that was later)",
        ("#", "occurred", "recorded", "fact and details"),
        (
            (
                entry["sequence"],
                show.instant(entry["occurred_at"]),
                show.instant(entry["recorded_at"]) if entry["recorded_at"] != entry["occurred_at"] else "",
                f"{entry['fact']} {show.brief(entry['details'])}",
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
        day(order["since"]),
        order["ball"],
        order["pattern"],
        dates.get("activated_on") or dates.get("construction_on") or dates.get("held_on"),
        order["plan"],
        order["area"],
    )


app.command("as-of")(orders_past.as_of)
app.command("diff")(orders_past.diff)
app.command("explain")(orders_past.explain)
app.command("dates")(orders_dates.dates)
app.command("coverage")(orders_dates.coverage)
app.command("plan")(orders_repair.plan)
app.command("apply")(orders_repair.apply)
app.command("undo")(orders_repair.undo)
app.command("plans")(orders_plans.plans)
