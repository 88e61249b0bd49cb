"""The table of promised and expected dates at the end of a run: how often they changed, and whether they held."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from rich.table import Table

from ops.demo.evidence import Evidence


def dates(evidence: Evidence) -> Table:
    """Return how often promises changed and why, and which share of the lit lines kept to what was said first."""
    lit = {
        event.data["order_id"]: date.fromisoformat(event.data["activated_on"])
        for event in evidence.facts("order.activated.v1")
    }
    first_promise = _first(evidence, "promise.changed.v1")
    said = _after_consult(evidence)
    causes = Counter(event.data["cause"] for event in evidence.facts("promise.changed.v1"))
    changes = Counter(event.data["order_id"] for event in evidence.facts("promise.changed.v1"))
    kept = [
        lit[order] <= date.fromisoformat(data["promised_on"])
        for order, data in first_promise.items()
        if order in lit
    ]
    inside = [
        date.fromisoformat(data["p10_on"]) <= lit[order] <= date.fromisoformat(data["p90_on"])
        for order, data in said.items()
        if order in lit
    ]
    table = Table(title="Promised and expected dates (simulated law)", title_justify="left")
    table.add_column("what")
    table.add_column("how much", justify="right")
    for cause, count in causes.most_common():
        table.add_row(f"promises: {cause}", str(count))
    orders = len(changes) or 1
    table.add_row(
        f"said per order that was promised anything ({len(changes)})", f"{changes.total() / orders:.2f}"
    )
    table.add_row(f"lit by the first promise (of {len(kept)} lit lines)", _share(kept))
    table.add_row(f"lit within the first range said after the consult (of {len(inside)})", _share(inside))
    by_basis = Counter(event.data["basis"] for event in evidence.facts("delivery.predicted.v1"))
    for basis, count in sorted(by_basis.items()):
        table.add_row(f"predictions by {basis}", str(count))
    return table


def _first(evidence: Evidence, type_: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for event in evidence.facts(type_):
        found.setdefault(event.data["order_id"], event.data)
    return found


def _after_consult(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """Return per order the first prediction that follows its consult: both have the same cause."""
    consults = {(event.data["order_id"], event.occurred_at) for event in evidence.facts("consult.done.v1")}
    found: dict[str, dict[str, Any]] = {}
    for event in evidence.facts("delivery.predicted.v1"):
        order = event.data["order_id"]
        if (order, event.occurred_at) in consults:
            found.setdefault(order, event.data)
    return found


def _share(kept: list[bool]) -> str:
    return f"{sum(kept) / len(kept):.1%}" if kept else "-"
