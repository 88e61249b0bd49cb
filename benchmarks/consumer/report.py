"""The tables of the consumer: shares of what ran side by side, absolute figures, and where the time goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.consumer.runs import Run
from benchmarks.figures import Spread, ratios, table, verdict, whole

Runs = Mapping[tuple[str, int], Sequence[Run]]
AIM_ONE: Final = 0.75
AIM_TWO: Final = 0.85
AIM_ONE_BY_ONE: Final = 12.0
LAYERS: Final = (
    ("services.provisioning.domain", "the machine (domain)"),
    ("services.provisioning.store", "rows to and from the database (store)"),
    ("services.provisioning.translate", "claims into facts (translate, reading rules)"),
    ("services.provisioning.books", "claims into facts (translate, reading rules)"),
    ("services.provisioning.announcements", "facts into events (announcements)"),
    ("services.provisioning", "casework and handlers"),
    ("contracts", "reading and writing events (contracts)"),
    ("kernel", "ids and dates (kernel)"),
    ("chassis.outbox", "outbox"),
    ("chassis.inbox", "inbox"),
    ("chassis.records", "reading records (chassis)"),
    ("chassis.app", "event loop and drivers"),
    ("chassis", "delivery: batches, metrics, dead letters (chassis)"),
)


def shares(runs: Runs, over: tuple[str, int], under: tuple[str, int], *, cpu: bool = False) -> Spread:
    """Return how one side did against another in the same repetitions: by rate, or cpu: by CPU per event, inverted."""

    def good(run: Run) -> float:
        return 1 / (run.client_us + run.postgres_us) if cpu else run.rate

    return Spread.of(ratios([good(one) for one in runs[over]], [good(one) for one in runs[under]]))


def layers_of(samples: Mapping[str, int]) -> list[tuple[str, float]]:
    """Return the share of each layer, greatest first; what no layer of ours does is the event loop's and drivers'."""
    total = sum(samples.values())
    found: dict[str, int] = {}
    for place, count in samples.items():
        known = (name for prefix, name in LAYERS if place == prefix or place.startswith(f"{prefix}."))
        name = next(known, "event loop and drivers")
        found[name] = found.get(name, 0) + count
    return sorted(((name, count / total) for name, count in found.items()), key=lambda each: -each[1])


def _aims(runs: Runs) -> list[list[str]]:
    aims = [
        ("share of the bare loop, one process", ("service", 1), ("bare", 1), AIM_ONE),
        ("share of the bare loop, two processes", ("service", 2), ("bare", 2), AIM_TWO),
        ("against one transaction per message", ("service", 1), ("one by one", 1), AIM_ONE_BY_ONE),
    ]
    return [
        [
            words,
            shares(runs, over, under).text(),
            shares(runs, over, under, cpu=True).text(),
            verdict(shares(runs, over, under).median, at_least=aim),
        ]
        for words, over, under, aim in aims
    ]


def _beside(runs: Runs) -> list[list[str]]:
    pairs = [
        ("share of a bare loop that does not even read, one process", ("service", 1), ("writes only", 1)),
        ("two processes against one, service", ("service", 2), ("service", 1)),
        ("two processes against one, bare loop", ("bare", 2), ("bare", 1)),
    ]
    return [
        [words, shares(runs, over, under).text(), shares(runs, over, under, cpu=True).text(), "no aim"]
        for words, over, under in pairs
    ]


def report(runs: Runs, samples: Mapping[str, int], *, events: int, few: int, machine: str) -> str:
    """Return the whole text for the page."""
    repeats = len(next(iter(runs.values())))
    absolute = [
        [
            f"{side}, {processes} process{'es' if processes > 1 else ''}",
            Spread.of(run.rate for run in many).text(whole),
            Spread.of(run.client_us for run in many).text(whole),
            Spread.of(run.postgres_us for run in many).text(whole),
        ]
        for (side, processes), many in runs.items()
    ]
    top = [[name, f"{share:.0%}"] for name, share in layers_of(samples)]
    places = sorted(samples.items(), key=lambda each: -each[1])[:8]
    total = sum(samples.values())
    return "\n\n".join(
        (
            f"{events:,} claims of the carrier (one by one: {few:,}), {repeats} interleaved repetitions, median "
            "[least..greatest]; every side left the same rows, compared by checksum after each run.",
            table(
                ["ratio within each repetition", "events per second", "CPU per event", "aim"],
                [*_aims(runs), *_beside(runs)],
            ),
            table(["side", "events/s", "CPU us/event, processes", "CPU us/event, PostgreSQL"], absolute),
            f"Where the service's CPU time goes (sampled every 4 ms, {total:,} samples); first: "
            f"{', '.join(name for name, _share in layers_of(samples)[:3])}.",
            table(["layer", "share"], top),
            f"Single places: {', '.join(f'`{place}` {count / total:.0%}' for place, count in places)}.",
            f"Machine: {machine}.",
        )
    )
