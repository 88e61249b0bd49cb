"""`kaitsu orders dates` and `coverage`: what is expected, wished, promised and told, and whether the intervals hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.cli import show
from ops.cli.orders_past import RefArgument
from ops.cli.orders_tables import lines, say
from ops.cli.show import JsonOption
from ops.cli.target import StateOption, find


def dates(ref: RefArgument, as_json: JsonOption = False, state: StateOption = None) -> None:
    """Show what is expected of an order today, and every wished and promised date with who was told of it."""
    outlook = find(state).get("provisioning", f"/ops/orders/{ref}/outlook")
    if as_json:
        show.as_json(outlook)
        return
    say(f"Order {outlook['order_no']}", style="bold")
    if today := outlook["today"]:
        say(
            f"Lit around {today['p50_on']}; eight of ten from {today['p10_on']} to {today['p90_on']}; {_basis(today)}."
        )
    else:
        say("It has ended: nothing is expected any more.")
    lines(
        "Wished and promised", ("fact", "what", "day", "by", "why", "told"), map(_ledger, outlook["ledger"])
    )
    lines(
        "Expected after each fact",
        ("fact", "P10", "P50", "P90", "by"),
        (
            (str(row["sequence"]), row["p10_on"], row["p50_on"], row["p90_on"], _basis(row))
            for row in outlook["forecasts"]
        ),
    )


def coverage(as_json: JsonOption = False, state: StateOption = None) -> None:
    """Show per delay pattern how many lines were lit within the 80 % interval that was said after their consult."""
    held = find(state).get("provisioning", "/ops/forecasts/coverage")
    if as_json:
        show.as_json(held)
        return
    say(f"Model {held['model']['version']}, learned from {held['model']['lit_lines']} lit lines")
    lines(
        "Share of lines lit within their 80 % interval",
        ("pattern", "lines", "share", "by chance alone", ""),
        (
            (
                f"{row['pattern']} {row['name'].lower()}",
                str(row["orders"]),
                f"{row['share']:.0%}",
                f"{row['low']:.0%} to {row['high']:.0%}",
                "off" if row["alarming"] else "",
            )
            for row in held["patterns"]
        ),
    )


def _ledger(row: Mapping[str, Any]) -> tuple[str, ...]:
    told = ", ".join(f"{one['recipient']} {show.instant(one['sent_at'])}" for one in row["told"])
    return (
        str(row["sequence"]),
        row["kind"],
        row["day"] or "none",
        row["author"],
        row["cause"],
        told or "nobody yet",
    )


def _basis(row: Mapping[str, Any]) -> str:
    return "rule table" if row["basis"] == "rule" else f"{row['comparable']} comparable orders"
