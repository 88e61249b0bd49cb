"""`kaitsu tail`: the events as they pass, filtered."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, cast

import typer
from rich.text import Text

from chassis.clock import utc_now
from contracts.topics import TOPICS
from kernel.times import TOKYO
from ops.cli import show
from ops.cli.stream import Seen, Stream
from ops.cli.target import StateOption, Target, find
from ops.runtime.trouble import Trouble

_COLORS: Final = {
    "kaitsu.orders": "cyan",
    "kaitsu.works": "green",
    "kaitsu.billing": "yellow",
    "kaitsu.notices": "blue",
}
_SPAN: Final = re.compile(r"(\d+)(s|m|h|d)")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_HIDDEN: Final = ("order_no",)


class Format(StrEnum):
    """How a record is printed."""

    pretty = "pretty"
    json = "json"


def tail(
    *,
    type_: Annotated[
        list[str] | None,
        typer.Option(
            "--type", help="Only events of this type: order.activated.v1, order.activated or order.*"
        ),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(help="Only events of this order, by number or id; its claims and invoices too."),
    ] = None,
    partner: Annotated[str | None, typer.Option(help="Only claims of this partner: carrier or desk.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=VALUE", help="Only events whose data say so, as area=east; a.b looks inside a."
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="15m, 2h, 3d: what arrived since then by the wall clock. 2026-04-20 or 2026-04-20T09:00: what "
            "happened since then by the business clock, in Tokyo unless a zone is given."
        ),
    ] = None,
    last: Annotated[
        int | None,
        typer.Option(
            "--last", "-n", min=0, help="Only the last so many that are there already (0 = all of them)."
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")
    ] = False,
    format_: Annotated[Format, typer.Option("--format", help="For people or for programs.")] = Format.pretty,
    state: StateOption = None,
) -> None:
    """Show the events on the bus, oldest first: when it was in business time, what, about which order.

    It reads beside all consumers and moves nobody's position. Without --since it shows the last 50 that match, with
    --follow the last 10 and then what comes.
    """
    target = find(state)
    wanted = _Wanted.of(target, types=type_ or (), order=order, wheres=where or (), since=since)
    topics = _topics(partner)
    most = last if last is not None else 0 if since else 10 if follow else 50
    with closing(Stream(target.kafka, topics)) as stream, suppress(KeyboardInterrupt, BrokenPipeError):
        old: deque[Seen] = deque(maxlen=most or None)
        live = False
        for seen in stream.read(since=wanted.seek, follow=follow):
            if seen is None:
                live = True
                for each in sorted(old, key=lambda one: one.recorded_at):
                    _print(each, format_)
                old.clear()
            elif wanted.matches(seen):
                if live:
                    _print(seen, format_)
                else:
                    _keep(old, seen)


def _keep(old: deque[Seen], seen: Seen) -> None:
    """Keep the latest ones; records of different partitions come in no order."""
    if old.maxlen is None or len(old) < old.maxlen:
        old.append(seen)
        return
    oldest = min(old, key=lambda one: one.recorded_at)
    if seen.recorded_at > oldest.recorded_at:
        old.remove(oldest)
        old.append(seen)


@dataclass(frozen=True)
class _Wanted:
    """The filters; seek: wall time to begin with; since: business time."""

    types: Sequence[str]
    order: frozenset[str]
    wheres: Sequence[tuple[str, str]]
    seek: datetime | None
    since: datetime | None

    @classmethod
    def of(
        cls,
        target: Target,
        *,
        types: Sequence[str],
        order: str | None,
        wheres: Sequence[str],
        since: str | None,
    ) -> _Wanted:
        span = _SPAN.fullmatch(since) if since else None
        seek = utc_now() - timedelta(seconds=int(span[1]) * _UNITS[span[2]]) if span else None
        from_ = _business_instant(since) if since and not span else None
        if from_ and target.clock == "wall":
            seek = from_  # nothing arrives before it happens
        return cls(types, _names(target, order), [_pair(text) for text in wheres], seek, from_)

    def matches(self, seen: Seen) -> bool:
        """Tell whether the record passes all filters."""
        tests: tuple[Callable[[Seen], bool], ...] = (self._type, self._order, self._where, self._time)
        return all(test(seen) for test in tests)

    def _type(self, seen: Seen) -> bool:
        bare = seen.type.rpartition(".v")[0]
        return not self.types or any(
            fnmatchcase(seen.type, wish) or fnmatchcase(bare, wish) for wish in self.types
        )

    def _order(self, seen: Seen) -> bool:
        data = seen.data or {}
        named = {seen.key, str(data.get("order_id")), str(data.get("order_no"))}
        return not self.order or not self.order.isdisjoint(named)

    def _where(self, seen: Seen) -> bool:
        return all(_text(_inside(seen.data, path)) == value for path, value in self.wheres)

    def _time(self, seen: Seen) -> bool:
        return self.since is None or (seen.occurred_at or seen.at) >= self.since


def _topics(partner: str | None) -> list[str]:
    if partner is None:
        return list(TOPICS)
    partners = {topic.owner: name for name, topic in TOPICS.items() if topic.partner}
    if partner not in partners:
        raise Trouble(f"There is no partner {partner}: it is one of {', '.join(sorted(partners))}.")
    return [partners[partner]]


def _names(target: Target, order: str | None) -> frozenset[str]:
    """Return what an order is called: as given, and by id and number if provisioning knows it."""
    if order is None:
        return frozenset()
    with suppress(Trouble):
        found = target.get("provisioning", f"/ops/orders/{order}")
        return frozenset({order, found["order_id"], found["order_no"]})
    return frozenset({order})


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise typer.BadParameter(f"{text}: FIELD=VALUE is expected", param_hint="--where")
    return name, value


def _business_instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text}: 15m, 2h, 3d, 2026-04-20 or 2026-04-20T09:00 is expected", param_hint="--since"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=TOKYO)).astimezone(UTC)


def _inside(data: Any, path: str) -> Any:
    for name in path.split("."):
        data = cast("dict[str, Any]", data).get(name) if isinstance(data, dict) else None
    return data


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def _print(seen: Seen, format_: Format) -> None:
    if format_ is Format.json:
        sys.stdout.write(seen.as_json() + "\n")
        sys.stdout.flush()
        return
    data = (
        seen.data if seen.data is not None else {"unreadable": f"{seen.topic}/{seen.partition}@{seen.offset}"}
    )
    about = str(data.get("order_no") or seen.key)
    when = (seen.occurred_at or seen.at).astimezone(TOKYO)
    line = Text(f"{when:%m-%d %H:%M} ", style="dim")
    line.append(f"{seen.type:38s} ", style=_COLORS.get(seen.topic, "magenta"))
    line.append(f"{about} ", style="bold")
    line.append(show.brief(data, without=_HIDDEN), style="dim")
    show.console.print(line, soft_wrap=True, highlight=False)
