"""`kaitsu crosswalk`: reported delays in words that no rule knows, and the answers that become rules."""

from __future__ import annotations

import getpass
from typing import Annotated, Any
from uuid import UUID, uuid5

import typer

from kernel.ids import KAITSU_NAMESPACE
from ops.cli import show
from ops.cli.show import JsonOption
from ops.cli.target import StateOption, find

app = typer.Typer(
    no_args_is_help=True,
    help="Reported delays that no rule maps: list, show, try an answer on the past, answer. Answers become rules.",
)
_PATH = "/ops/crosswalk"
ReportArgument = Annotated[str, typer.Argument(help="Id of the report, as the list shows it.")]
CodeOption = Annotated[str | None, typer.Option(help="The carrier's code that shall match from now on.")]
PhraseOption = Annotated[
    str | None, typer.Option(help="Or the words that shall match; no names, no numbers.")
]
PatternOption = Annotated[int | None, typer.Option(min=3, max=7, help="Delay pattern, if it makes one.")]
ReasonOption = Annotated[str, typer.Option(help="Why: general_works, absent, weather, other ...")]
ResponsibleOption = Annotated[str, typer.Option(help="carrier, customer, sales, desk or owner.")]
ActionOption = Annotated[str, typer.Option(help="cancel, delay, inform or reappoint.")]
FromOption = Annotated[
    str | None, typer.Option("--force-from", help="Only for reports from this day on: YYYY-MM-DD.")
]


@app.command("list")
def list_reports(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """List the reports that wait, the oldest first; never the carrier's words."""
    rows = find(state).rows("provisioning", _PATH, "reports", most=limit)
    if as_json:
        show.as_json(rows)
        return
    for row in rows:
        said = " ".join(filter(None, [row["code"] or "", "text" if row["has_text"] else ""]))
        show.console.print(f"{row['report_id']}  {row['order_no']}", markup=False, highlight=False)
        rules = ", ".join(row["candidates"]) or "no rule"
        show.console.print(f"  since {show.instant(row['received_at'])}  {said}  {rules}", markup=False)
    show.console.print(f"{len(rows)} reports wait. Next: kaitsu crosswalk show REPORT", style="dim")


@app.command("show")
def show_report(report: ReportArgument, as_json: JsonOption = False, state: StateOption = None) -> None:
    """Show one report with the carrier's words, which may name a person: do not pass them on."""
    found = find(state).get("provisioning", f"{_PATH}/{_id(report)}")
    if as_json:
        show.as_json(found)
        return
    candidates = found.pop("candidates")
    show.pairs("Reported delay", found)
    _rules("Rules that speak about it", candidates)


@app.command("try")
def try_out(
    report: ReportArgument,
    reason: ReasonOption,
    responsible: ResponsibleOption,
    action: ActionOption,
    code: CodeOption = None,
    phrase: PhraseOption = None,
    pattern: PatternOption = None,
    force_from: FromOption = None,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Show which earlier reports an answer would map differently; nothing changes."""
    body = _body(code, phrase, pattern, reason, responsible, action, force_from)
    trial = find(state).post("provisioning", f"{_PATH}/{_id(report)}/try", body)
    if as_json:
        show.as_json(trial)
        return
    _changes(f"{trial['rule']['rule']} would change {len(trial['changes'])} reports", trial["changes"])
    if trial["breaks"]:
        show.console.print(
            f"{trial['breaks']} of them meant something else: it would be refused. "
            "See --force-from, or take a longer phrase."
        )


@app.command("answer")
def answer(
    report: ReportArgument,
    reason: ReasonOption,
    responsible: ResponsibleOption,
    action: ActionOption,
    note: Annotated[str, typer.Option(help="Why; kept with the rule.")],
    code: CodeOption = None,
    phrase: PhraseOption = None,
    pattern: PatternOption = None,
    force_from: FromOption = None,
    by: Annotated[str | None, typer.Option(help="Who; else your login.")] = None,
    as_json: JsonOption = False,
    state: StateOption = None,
) -> None:
    """Answer a report: the answer becomes a rule, and all that waited for it is heard. Twice the same is once."""
    body = _body(code, phrase, pattern, reason, responsible, action, force_from)
    who = {"by": by or getpass.getuser(), "note": note}
    words = repr(sorted({**body, **who, "report": str(_id(report))}.items()))
    request = {**body, **who, "request_id": str(uuid5(KAITSU_NAMESPACE, words))}
    done = find(state).post("provisioning", f"{_PATH}/{_id(report)}/answer", request)
    if as_json:
        show.as_json(done)
        return
    show.console.print(f"Rule {done['rule']} adopted; reports settled: {len(done['settled'])}")
    for one in done["settled"]:
        show.console.print(f"  {one['order_no']}  {one['report_id']}", markup=False, highlight=False)


@app.command("rules")
def list_rules(as_json: JsonOption = False, state: StateOption = None) -> None:
    """List all rules in all versions, with who made them."""
    rules = find(state).get("provisioning", f"{_PATH}/rules")["rules"]
    if as_json:
        show.as_json(rules)
    else:
        _rules(f"{len(rules)} rules", rules)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter("REPORT is an id as `kaitsu crosswalk list` shows it") from None


def _body(
    code: str | None, phrase: str | None, pattern: int | None, reason: str, responsible: str, action: str,
    force_from: str | None,
) -> dict[str, object]:  # fmt: skip
    if (code is None) == (phrase is None):
        raise typer.BadParameter("give either --code or --phrase")
    return {
        "code": code, "phrase": phrase, "pattern": pattern, "reason": reason, "responsible": responsible,
        "action": action, "force_from": force_from,
    }  # fmt: skip


def _words(meaning: dict[str, Any]) -> str:
    pattern = f"pattern {meaning['pattern']}, " if meaning["pattern"] else ""
    return f"{pattern}{meaning['reason']}, {meaning['responsible']}: {meaning['action']}"


def _rules(title: str, rules: list[dict[str, Any]]) -> None:
    rows = (
        (rule["rule"], f"{rule['kind']} {rule['match']}", _words(rule["meaning"]), rule.get("by") or "")
        for rule in rules
    )
    show.table(title, ("rule", "matches", "means", "by"), rows)


def _changes(title: str, changes: list[dict[str, Any]]) -> None:
    rows = (
        (
            one["order_no"],
            _words(one["meaning"]) if one["meaning"] else "waits",
            _words(one["after"]["meaning"]) if one["after"] else "a person must answer",
        )
        for one in changes
    )
    show.table(title, ("order", "now", "then"), rows)
