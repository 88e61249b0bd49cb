"""`kaitsu orders plan`, `apply`, `undo`: repairs of many orders, looked at before they are done."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import Annotated, Any

import typer

from ops.cli import show
from ops.cli.orders_plans import checked_id, effects, left_alone
from ops.cli.orders_tables import say
from ops.cli.show import JsonOption
from ops.cli.target import StateOption, Target, find
from ops.runtime.trouble import Trouble


class Action(StrEnum):
    """What can be done to many orders."""

    CANCEL = "cancel"
    CHANGE_WISH = "change-wish"
    ASK_AGAIN = "ask-again"


PlanArgument = Annotated[str, typer.Argument(metavar="PLAN_ID", help="As `kaitsu orders plan` printed it.")]
ByOption = Annotated[str | None, typer.Option(help="Who; without it the name that you are logged in with.")]


def plan(
    action: Annotated[
        Action,
        typer.Argument(
            help="cancel: call off. change-wish: another wished day. ask-again: ask the carrier again."
        ),
    ],
    why: Annotated[str, typer.Option(help="Why; kept with the plan.")],
    *,
    status: Annotated[str | None, typer.Option(help="Only orders in this state.")] = None,
    pattern: Annotated[int | None, typer.Option(min=1, max=7, help="Only in this delay pattern.")] = None,
    area: Annotated[str | None, typer.Option(help="Only east or west.")] = None,
    sales_office: Annotated[str | None, typer.Option(help="Only of this sales office.")] = None,
    order: Annotated[
        list[str] | None, typer.Option("--order", help="Only this number or id; can be given many times.")
    ] = None,
    opened_after: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Only opened on this day or later, or from this time on."),
    ] = None,
    opened_before: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only opened before this day or time.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many, by order number.")] = 100,
    party: Annotated[
        str | None,
        typer.Option(
            help="Who wants it. cancel: customer, sales, desk or carrier. change-wish: customer or sales."
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(help="cancel: customer_wish, moved_elsewhere, owner_refused, not_feasible or other."),
    ] = None,
    wished_on: Annotated[str | None, typer.Option(metavar="DAY", help="change-wish: the day.")] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Show what a repair would do to each order that the filter takes. Nothing is changed before `orders apply`.

    Conditions add up; at least one is needed. The plan remembers where each order was: applying it leaves alone what
    moved meanwhile.
    """
    conditions: dict[str, object] = {
        "state": status,
        "pattern": pattern,
        "area": area,
        "sales_office": sales_office,
        "refs": order or None,
        "opened_after": opened_after,
        "opened_before": opened_before,
    }
    wanted = {name: value for name, value in conditions.items() if value is not None}
    if not wanted:
        raise Trouble(
            "This would take every order. Name at least one condition: --status, --pattern, --area, --sales-office, "
            "--order, --opened-after or --opened-before."
        )
    body = {
        "action": _action(action, party=party, reason=reason, wished_on=wished_on),
        "filter": wanted,
        "limit": limit,
        "by": by or getpass.getuser(),
        "why": why,
    }
    made = find(state).post("provisioning", "/ops/repairs", body)
    if as_json:
        show.as_json(made)
        return
    effects(made)
    if order and len(order) > made["matching"]:
        say(f"{len(order) - made['matching']} of the {len(order)} named orders are not there or do not fit.")
    if made["matching"] > len(made["orders"]):
        say(f"The filter takes {made['matching']} orders, this plan the first {len(made['orders'])} of them.")
    planned = made["outcomes"].get("planned", 0)
    if planned:
        say(f"To do this to {planned} orders: kaitsu orders apply {made['plan_id']}")
    else:
        say("Nothing to apply: no order accepts this. The codes say why: docs/runbook/repairs.md")


def apply(
    plan_id: PlanArgument,
    by: ByOption = None,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Do what a plan shows, in portions; a second time does nothing.

    An order that moved since the plan was made is left alone and listed: make a new plan for it. After an interruption
    run it again: it goes on where it stopped.
    """
    done = _portions(find(state), plan_id, "apply", {"by": by or getpass.getuser()})
    if as_json:
        show.as_json(done)
        return
    applied = [row for row in done if row["outcome"] == "applied"]
    if not done:
        say(f"Nothing to do: kaitsu orders plans {checked_id(plan_id)} shows what became of it.")
        return
    say(f"Applied to {len(applied)} of {len(done)} orders.")
    left_alone([row for row in done if row["outcome"] != "applied"])


def undo(
    plan_id: PlanArgument,
    why: Annotated[str, typer.Option(help="Why; kept with the plan.")],
    by: ByOption = None,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Take back what a plan did, by new facts; nothing is removed from any history. Cancellations only.

    A cancelled order returns to where it was, except when the day of its construction has come meanwhile.
    """
    done = _portions(find(state), plan_id, "undo", {"by": by or getpass.getuser(), "why": why})
    if as_json:
        show.as_json(done)
        return
    if not done:
        say(f"Nothing to take back: kaitsu orders plans {checked_id(plan_id)} shows what became of it.")
        return
    say(f"Taken back for {sum(row['outcome'] == 'undone' for row in done)} of {len(done)} orders.")
    left_alone([row for row in done if row["outcome"] != "undone"])


def _action(
    action: Action, *, party: str | None, reason: str | None, wished_on: str | None
) -> dict[str, str]:
    given = {"--party": party, "--reason": reason, "--wished-on": wished_on}
    needed = {
        Action.CANCEL: ("--party", "--reason"),
        Action.CHANGE_WISH: ("--party", "--wished-on"),
        Action.ASK_AGAIN: (),
    }[action]
    if missing := [name for name in needed if not given[name]]:
        raise Trouble(f"{action} needs {' and '.join(missing)}: kaitsu orders plan --help names the words.")
    if surplus := [name for name, value in given.items() if value and name not in needed]:
        raise Trouble(f"{action} does not take {' and '.join(surplus)}.")
    words = {"--party": "by", "--reason": "reason", "--wished-on": "wished_on"}
    return {"kind": action.value.replace("-", "_"), **{words[name]: given[name] or "" for name in needed}}


def _portions(target: Target, plan_id: str, verb: str, body: dict[str, object]) -> list[dict[str, Any]]:
    """Return what all portions did."""
    done: list[dict[str, Any]] = []
    path = f"/ops/repairs/{checked_id(plan_id)}/{verb}"
    while True:
        try:
            portion = target.post("provisioning", path, body)
        except Trouble as error:
            if done:
                raise Trouble(
                    f"{error} {len(done)} orders are done; run the same command again to go on."
                ) from None
            raise
        done += portion["done"]
        if not portion["left"] or not portion["done"]:
            return done
