"""The tables at the end of a run, for a terminal and for a file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from ops.demo.checks import Verdict
from ops.demo.dates import dates
from ops.demo.evidence import Evidence

# Pattern number: (what happens, shortest time of the source). Source: fiber-orders.md, "The seven patterns".
PATTERNS: Final = {
    1: ("immediate", "N+6 to N+7"),
    2: ("address registration first", "N+10 to N+13"),
    3: ("works found after the survey", "survey day + 20 to 30"),
    4: ("no near date", "30 or more"),
    5: ("date withdrawn, equipment return", "30 or more"),
    6: ("the plant side is asked first", "depends on the answer"),
    7: ("customer or sales were late", "-"),
}
_MOST_BROKEN: Final = 5


def show_all(console: Console, evidence: Evidence, verdicts: Sequence[Verdict]) -> None:
    """Print every table, then the verdicts."""
    for table in (
        submissions(evidence),
        orders(evidence),
        patterns(evidence),
        dates(evidence),
        invoices(evidence),
        *explained(evidence),
        mails(evidence),
        events(evidence),
        dead_letters(evidence),
        costs(evidence),
    ):
        console.print()
        console.print(table)
    console.print()
    show_verdicts(console, verdicts)


def submissions(evidence: Evidence) -> Table:
    """Return the posts by what became of them, as the services say it."""
    status = {row["webhook_id"]: row["status"] for row in evidence.submissions}
    seen: set[str] = set()
    ends: Counter[str] = Counter()
    for answer in evidence.answers:
        if not answer.taken:
            ends[f"refused ({answer.status})"] += 1
        elif answer.post.webhook_id in seen:
            ends["duplicate"] += 1
        else:
            seen.add(answer.post.webhook_id)
            ends[status.get(answer.post.webhook_id, "lost")] += 1
    return _counted("Submissions by outcome", "outcome", ends)


def orders(evidence: Evidence) -> Table:
    """Return the orders by state."""
    return _counted("Orders by state", "state", Counter(row["state"] for row in evidence.orders.values()))


def patterns(evidence: Evidence) -> Table:
    """Return the days from the consult (day N) to the lit line, by dominant pattern."""
    days: defaultdict[int, list[int]] = defaultdict(list)
    for event in evidence.facts("order.activated.v1"):
        lit, consult = (date.fromisoformat(event.data[name]) for name in ("activated_on", "consulted_on"))
        days[event.data["dominant"]].append((lit - consult).days)
    total = sum(map(len, days.values())) or 1
    table = Table(
        title="Lit lines by dominant delay pattern (simulated law, not experience)", title_justify="left"
    )
    for name in ("pattern", "what happens"):
        table.add_column(name)
    for name in ("lines", "share", "shortest", "median days", "shortest in the source"):
        table.add_column(name, justify="right")
    for number in sorted({*PATTERNS, *days}):
        about, source = PATTERNS.get(number, ("?", "?"))
        found = days.get(number, [])
        low, middle = (f"{min(found)}", f"{median(found):g}") if found else ("-", "-")
        table.add_row(str(number), about, str(len(found)), f"{len(found) / total:.1%}", low, middle, source)
    return table


def invoices(evidence: Evidence) -> Table:
    """Return the invoices by billed month, and their sum."""
    by_month: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in evidence.invoices:
        by_month[str(row["month"])[:7]].append(row)
    table = Table(title="Invoices by month of activation", title_justify="left", show_footer=True)
    sums = [_yen(sum(row[name] for row in evidence.invoices)) for name in ("net_yen", "tax_yen", "total_yen")]
    footers = ["sum", str(len(evidence.invoices)), *sums]
    for name, footer in zip(("month", "invoices", "net", "tax", "total"), footers, strict=True):
        table.add_column(name, footer, justify="left" if name == "month" else "right")
    for month, rows in sorted(by_month.items()):
        cells = [_yen(sum(row[name] for row in rows)) for name in ("net_yen", "tax_yen", "total_yen")]
        table.add_row(month, str(len(rows)), *cells)
    return table


def explained(evidence: Evidence) -> Iterable[Table]:
    """Return one invoice, line by line: where its yen come from."""
    invoice = evidence.explained
    if invoice is None:
        return
    title = (
        f"Invoice {invoice['number']} of order {invoice['order_no']} explained: lit on {invoice['activated_on']}, "
        f"due on {invoice['due_on']}"
    )
    table = Table(title=title, title_justify="left")
    for name in ("charge", "clause", "tariff", "how it is reckoned"):
        table.add_column(name)
    table.add_column("net", justify="right")
    for line in invoice["lines"]:
        table.add_row(
            line["label_en"],
            line["clause"],
            line["tariff_version"],
            line["explanation"],
            _yen(line["net_yen"]),
        )
    for tax in invoice["taxes"]:
        about = f"{tax['percent']} % of {_yen(tax['base_yen'])}, rounded {tax['rounding']}"
        table.add_row("consumption tax", "", tax["rate_code"], about, _yen(tax["tax_yen"]))
    table.add_section()
    table.add_row("total", "", "", "", _yen(invoice["total_yen"]), style="bold")
    yield table


def mails(evidence: Evidence) -> Table:
    """Return the notices by kind and recipient, and how many stand in the mail server's folder."""
    stored = Counter(evidence.mails)
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in evidence.notices:
        key = row["kind"], row["recipient"]
        counts[key][row["status"]] += 1
        counts[key]["delivered"] += stored[row["message_id"]]
    table = Table(title="Mails by kind", title_justify="left", show_footer=True)
    table.add_column("kind", "sum")
    table.add_column("to", "")
    for name in ("delivered", "withdrawn", "failed", "pending"):
        table.add_column(name, str(sum(row[name] for row in counts.values())), justify="right")
    for (kind, recipient), row in sorted(counts.items()):
        numbers = [str(row[name]) for name in ("delivered", "withdrawn", "failed", "pending")]
        table.add_row(kind, recipient, *numbers)
    return table


def events(evidence: Evidence) -> Table:
    """Return how many events of which type stand on which topic."""
    counts = Counter((one.topic, one.type) for one in evidence.heard)
    table = Table(title="Events on the bus", title_justify="left", show_footer=True)
    table.add_column("topic", "sum")
    table.add_column("type", "")
    table.add_column("events", str(sum(counts.values())), justify="right")
    before = ""
    for (topic, type_), count in sorted(counts.items()):
        table.add_row("" if topic == before else topic, type_, str(count))
        before = topic
    return table


def dead_letters(evidence: Evidence) -> Table:
    """Return the dead letters by service."""
    return _counted("Dead letters", "service", Counter(dict(evidence.dead_letters)), shares=False)


def costs(evidence: Evidence) -> Table:
    """Return wall times and memory."""
    table = Table(title="Times and memory", title_justify="left")
    table.add_column("what")
    table.add_column("how much", justify="right")
    for name, seconds in evidence.times.items():
        table.add_row(name, f"{seconds:.1f} s")
    table.add_row("steps of the clock", str(evidence.steps))
    table.add_row("peak memory of all processes (sum of PSS)", f"{evidence.peak_mb:.0f} MB", style="bold")
    largest = sorted(evidence.peak_by_process.items(), key=lambda item: -item[1])
    for name, megabytes in largest:
        table.add_row(f"  {name} at that moment", f"{megabytes:.0f} MB")
    return table


def show_verdicts(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Print which promises were kept, and what breaks the others."""
    console.print("Checks", style="bold")
    for verdict in verdicts:
        console.print(f"  {'[green]kept[/]  ' if verdict.kept else '[red]BROKEN[/]'} {verdict.promise}")
        for text in verdict.broken[:_MOST_BROKEN]:
            console.print(f"           {text}", markup=False)
        if len(verdict.broken) > _MOST_BROKEN:
            console.print(f"           ... and {len(verdict.broken) - _MOST_BROKEN} more")


def _counted(title: str, name: str, counts: Counter[str], *, shares: bool = True) -> Table:
    total = sum(counts.values())
    table = Table(title=title, title_justify="left", show_footer=True)
    table.add_column(name, "sum")
    table.add_column("number", str(total), justify="right")
    if shares:
        table.add_column("share", justify="right")
    for key, count in counts.most_common():
        table.add_row(key, str(count), *([f"{count / total:.1%}"] if shares else []))
    return table


def _yen(amount: int) -> str:
    return f"¥{amount:,}"
