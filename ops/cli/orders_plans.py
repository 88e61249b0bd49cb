"""`kaitsu orders plans`: repair plans and what became of them; how a plan is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import typer

from ops.cli import show
from ops.cli.orders_tables import lines, say
from ops.cli.show import JsonOption
from ops.cli.target import StateOption, find
from ops.runtime.trouble import Trouble


def plans(
    plan_id: Annotated[
        str | None, typer.Argument(metavar="[PLAN_ID]", help="Without it, the 50 newest plans.")
    ] = None,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Show the newest plans, or one plan with what became of each of its orders."""
    target = find(state)
    if plan_id is None:
        found = target.get("provisioning", "/ops/repairs")["plans"]
        if as_json:
            show.as_json(found)
            return
        lines(
            f"{len(found)} plans",
            ("plan", "made (Tokyo)", "what, by whom, why"),
            (
                (
                    row["plan_id"],
                    show.instant(row["planned_at"]),
                    f"{row['action']}, {row['planned_by']}: {row['why']}",
                )
                for row in found
            ),
        )
        return
    made = target.get("provisioning", f"/ops/repairs/{checked_id(plan_id)}")
    if as_json:
        show.as_json(made)
        return
    heads = {name: value for name, value in made.items() if name not in {"orders", "outcomes"}}
    show.pairs(f"Plan {made['plan_id']}", heads | made["outcomes"])
    effects(made)


def checked_id(text: str) -> str:
    """Return the id.  :raises Trouble: it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        raise Trouble(f"{text} is no plan's id: kaitsu orders plans lists the newest.") from None


def effects(made: dict[str, Any]) -> None:
    """Print each order of a plan with its effect."""
    lines(
        f"{made['action']}: {made['why']}",
        ("order", "outcome", "state, and after it"),
        (
            (
                row["order_no"],
                row["outcome"],
                f"{row['state_before']} -> {row['state_after']}"
                if row["code"] is None
                else f"{row['state_before']}: refused, {row['code']}",
            )
            for row in made["orders"]
        ),
    )


def left_alone(rows: Sequence[dict[str, Any]]) -> None:
    """Print the orders to which nothing was done, and where the codes are explained."""
    if rows:
        lines(
            "Left alone",
            ("order", "outcome", "code"),
            ((row["order_no"], row["outcome"], row["code"]) for row in rows),
        )
        say("What the codes mean, and what to do: docs/runbook/repairs.md")
