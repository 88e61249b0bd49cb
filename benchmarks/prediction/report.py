"""The tables of the measurement, as markdown; what is missed is written as missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.prediction.play import Played, Record
from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.coverage import NOMINAL, binomial_band

PATTERNS: Final = tuple(pattern.value for pattern in Pattern)
STEPS: Final = (0, 100, 250, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000)
BAND: Final = 0.99
Flags = NDArray[np.bool_]


def joined(records: Iterable[Record]) -> Record:
    """Return all rows of several worlds."""
    every = list(records)
    return Record(*(np.concatenate([getattr(one, field.name) for one in every]) for field in fields(Record)))


def report(played: Sequence[Played], laws: Sequence[str], orders: int) -> str:
    """Return the whole report."""
    per_law = {law: joined(one.record for one in played if one.law == law) for law in laws}
    seeds = len({one.seed for one in played})
    parts = [
        f"{len(played) * orders:,} orders: {len(laws)} laws, {seeds} seeds, {orders:,} orders each; "
        f"{sum(len(record.order) for record in per_law.values()):,} predictions about orders whose line was lit.",
        "### Aims",
        *_aims(per_law),
        "### Coverage of the 80 % interval per pattern, all seeds",
        *_coverage(per_law),
        "### Error of P50, days",
        *_errors(per_law),
        "### Warm-up: by the number of the order",
        *_warm_up(per_law, orders),
        "### Every seed",
        *_seeds(played, laws),
        "### Speed",
        *_speed(played),
    ]
    return "\n\n".join(_blocks(parts)) + "\n"


def _blocks(lines: Iterable[str]) -> Iterator[str]:
    """Yield paragraphs; lines of one table stay together."""
    table: list[str] = []
    for line in lines:
        if line.startswith("|"):
            table.append(line)
            continue
        if table:
            yield "\n".join(table)
            table = []
        yield line
    if table:
        yield "\n".join(table)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _judged(value: float, *, met: bool) -> str:
    return f"{_share(value)} {'met' if met else '**missed**'}"


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def lower_by(record: Record, which: Flags) -> float:
    """Return by how much the mean absolute error lies under the rule table's, as a share of it."""
    return 1 - _mean(np.abs(record.error[which])) / _mean(np.abs(record.rule_error[which]))


def bias(record: Record, which: Flags) -> float:
    """Return the median of P50 less the actual day, as a share of the median time left."""
    return float(np.median(record.error[which]) / np.median(record.left[which]))


def early(record: Record, which: Flags) -> float:
    """Return how often the line is lit before P50; the day itself counts half."""
    return _mean((record.error[which] > 0) + 0.5 * (record.error[which] == 0))


def _aims(per_law: dict[str, Record]) -> Iterator[str]:
    def row(name: str, record: Record) -> list[str]:
        learned, undated = record.learned == 1, record.dated == 0
        per_pattern = {
            number: _mean(record.inside[learned & (record.pattern == number)]) for number in PATTERNS
        }
        outside = [str(number) for number, share in per_pattern.items() if not 0.76 <= share <= 0.84]
        off = bias(record, learned & undated)
        lower = lower_by(record, undated)
        every = lower_by(record, np.ones(len(undated), dtype=bool))
        return [
            name,
            _share(_mean(record.inside[learned])),
            "met" if not outside else f"**missed** by pattern {', '.join(outside)}",
            _judged(off, met=abs(off) < 0.05),
            _share(early(record, learned & undated)),
            _judged(lower, met=lower >= 0.3),
            _judged(every, met=every >= 0.3),
        ]

    yield from table(
        [
            "law",
            "coverage",
            "each pattern in 76–84 %",
            "median bias (aim: under 5 %)",
            "lit before P50 (ideal: 50 %)",
            "error lower than the table's, no date known yet (aim: 30 %)",
            "the same, all moments",
        ],
        [*(row(law, record) for law, record in per_law.items()), row("all", joined(per_law.values()))],
    )


def _coverage(per_law: dict[str, Record]) -> Iterator[str]:
    laws = list(per_law)

    def cell(record: Record, number: int, kept: Callable[[Record], Flags]) -> str:
        which = (record.learned == 1) & (record.pattern == number) & kept(record)
        share = _mean(record.inside[which])
        return _share(share) if 0.76 <= share <= 0.84 else f"**{_share(share)}**"

    views: list[tuple[str, Callable[[Record], Flags]]] = [
        ("", lambda record: record.pattern > 0),
        (", no date known", lambda record: record.dated == 0),
    ]
    head = ["pattern", *(f"{law}{name}" for name, _ in views for law in laws), "published days hold"]
    every = joined(per_law.values())
    yield from table(
        head,
        (
            [
                f"{number} {Pattern(number).name.lower()}",
                *(cell(per_law[law], number, kept) for _, kept in views for law in laws),
                _share(_mean(every.named[(every.learned == 1) & (every.pattern == number)])),
            ]
            for number in PATTERNS
        ),
    )
    rule = every.learned == 0
    yield (
        f"Bold: outside 76–84 %. By the rule, for want of closed orders: {_share(_mean(rule.astype(float)))} of the "
        f"predictions; its interval holds {_share(_mean(every.named[rule]))} of them."
    )


def _errors(per_law: dict[str, Record]) -> Iterator[str]:
    def row(law: str, name: str, record: Record, which: Flags) -> list[str]:
        ours, rule, shortest = (
            _mean(np.abs(column[which]))
            for column in (record.error, record.rule_error, record.shortest_error)
        )
        full = record.full_error[which]
        return [
            law,
            name,
            f"{int(which.sum()):,}",
            f"{ours:.2f}",
            f"{float(np.nanmean(np.abs(full))):.2f}",
            f"{rule:.2f}",
            f"{shortest:.2f}",
            _share(1 - ours / rule),
            f"{_mean(record.width[which]):.1f}",
        ]

    rows: list[list[str]] = []
    for law, record in per_law.items():
        rows += [
            row(law, "no date known", record, record.dated == 0),
            row(law, "date held or fixed", record, record.dated == 1),
            row(law, "all", record, record.pattern > 0),
        ]
    yield from table(
        [
            "law",
            "moment",
            "predictions",
            "P50",
            "full estimate (a sample)",
            "table, middle",
            "table, shortest",
            "P50 lower than the middle by",
            "P90 − P10",
        ],
        rows,
    )


def _warm_up(per_law: dict[str, Record], orders: int) -> Iterator[str]:
    steps = [step for step in STEPS if step < orders] + [orders]

    def cells(record: Record, low: int, high: int) -> list[str]:
        here = (record.order >= low) & (record.order < high) & (record.dated == 0)
        learned = here & (record.learned == 1)
        return [
            _share(_mean(record.learned[here].astype(float))),
            _share(_mean(record.inside[learned])) if learned.any() else "–",
            _share(lower_by(record, here)),
        ]

    head = ["orders"]
    for law in per_law:
        head += [f"{law}: by history", "coverage", "error lower by"]
    yield from table(
        head,
        (
            [f"{low:,}–{high:,}", *(text for record in per_law.values() for text in cells(record, low, high))]
            for low, high in pairwise(steps)
        ),
    )
    yield "No date known yet; coverage of those by history. In the drift the law changes at half of the orders."


def _seeds(played: Sequence[Played], laws: Sequence[str]) -> Iterator[str]:
    outside = cells = 0
    for law in laws:
        rows: list[list[str]] = []
        for one in (each for each in played if each.law == law):
            marked, out = _drawn(one)
            outside, cells = outside + out, cells + len(PATTERNS)
            record = one.record
            undated = record.dated == 0
            rows.append(
                [
                    str(one.seed),
                    *marked,
                    _share(_mean(record.inside[record.learned == 1])),
                    _share(bias(record, undated & (record.learned == 1))),
                    _share(lower_by(record, undated)),
                ]
            )
        yield f"**{law}**"
        yield from table(["seed", *map(str, PATTERNS), "all", "bias", "error lower by"], rows)
    yield (
        "Columns 1–7: coverage per pattern, of one prediction by history per order and pattern, drawn by lot; *: "
        f"outside the exact {BAND:.0%} binomial band: {outside} of {cells} cells "
        f"(by chance alone at most {(1 - BAND) * cells:.0f})."
    )


def _drawn(one: Played) -> tuple[list[str], int]:
    rng = np.random.default_rng(one.seed)
    record, marked, out = one.record, list[str](), 0
    for number in PATTERNS:
        rows = np.flatnonzero((record.pattern == number) & (record.learned == 1))
        rows = rng.permutation(rows)
        rows = rows[np.unique(record.order[rows], return_index=True)[1]]
        hits, count = int((rng.random(len(rows)) < record.inside[rows]).sum()), len(rows)
        low, high = binomial_band(count, NOMINAL, BAND) if count else (0, 0)
        missed = not low <= hits <= high
        out += missed
        marked.append(f"{100 * hits / max(count, 1):.0f}{'*' if missed else ''}")
    return marked, out


def _speed(played: Sequence[Played]) -> Iterator[str]:
    look = np.concatenate([one.look_up_ns for one in played]) / 1e3
    full = np.concatenate([one.estimate_ns for one in played]) / 1e6
    fit = np.concatenate([one.fit_ms for one in played])

    def row(name: str, values: NDArray[np.float64], unit: str, aim: float | None) -> list[str]:
        middle = float(np.median(values))
        spread = [f"{value:.2f} {unit}" for value in np.percentile(values, [50, 95, 99])]
        judged = "–" if aim is None else f"under {aim:g} {unit}: {'met' if middle < aim else '**missed**'}"
        return [name, *spread, judged]

    yield from table(
        ["call", "median", "95 %", "99 %", "aim"],
        [
            row("`look_up`", look, "µs", 20.0),
            row("`estimate`", full, "ms", 2.0),
            row("`fit_spells`, with the tables of past days kept", fit, "ms", None),
        ],
    )
