"""Where is an order, since when, who has the ball, which pattern, which dates, what is late: told from its history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.times import local_date
from services.provisioning.domain import deadlines
from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.order import FiberOrder, Jeopardy, State
from services.provisioning.domain.patterns import Pattern
from services.provisioning.domain.rules import Rules
from services.provisioning.domain.stories.english import ENGLISH
from services.provisioning.domain.stories.japanese import JAPANESE
from services.provisioning.domain.stories.tongue import Tongue
from services.provisioning.domain.travel import Happened, Step, retrace


class Lang(StrEnum):
    """The languages in which an order is explained."""

    JAPANESE = "ja"
    ENGLISH = "en"


TONGUES: Final[Mapping[Lang, Tongue]] = {Lang.JAPANESE: JAPANESE, Lang.ENGLISH: ENGLISH}

# What happens to a date that stands and goes on standing; other facts leave it alone.
_TURNS: Final = frozenset(
    {
        FactKind.DATE_CONFIRMED,
        FactKind.CONSTRUCTION_SCHEDULED,
        FactKind.CONSTRUCTION_COMPLETED,
        FactKind.ORDER_CANCELLED,
        FactKind.ORDER_REOPENED,
    }
)
_Moved = Callable[[FiberOrder | None, FiberOrder], bool]


@dataclass(frozen=True)
class Prediction:
    """When the line will probably be lit; days, local. comparable: closed orders behind it, None: the rule table."""

    earliest: date
    p10: date
    p50: date
    p90: date
    comparable: int | None


@dataclass(frozen=True)
class Cited:
    """The fact that says so; on: the day on which it happened, local."""

    sequence: int
    on: date

    def __str__(self) -> str:
        return f"[{self.sequence}, {self.on.isoformat()}]"


@dataclass(frozen=True)
class Statement:
    """One sentence or two with the facts that say so; text: with the citations in place."""

    text: str
    cites: tuple[Cited, ...]


@dataclass(frozen=True)
class Story:
    """The explanation of one order."""

    lang: Lang
    statements: tuple[Statement, ...]

    @property
    def text(self) -> str:
        """The whole paragraph."""
        return TONGUES[self.lang].between.join(statement.text for statement in self.statements)


def explain(
    history: Sequence[Happened], lang: Lang, *, rules: Rules, prediction: Prediction | None = None
) -> Story:
    """Return the order's story: state, cause, ball, pattern, dates that were told, wish, what is late.

    A pure function of history and rules: it reads no clock, so what is late is what the facts say. Every statement
    about the order cites the sequence and the day of its fact; a prediction is no fact and names its basis instead.

    :raises ValueError: the history is empty or does not begin with the opening.
    """
    return Story(lang, tuple(_Teller(TONGUES[lang], retrace(history), rules).tell(prediction)))


class _Teller:
    def __init__(self, tongue: Tongue, steps: Sequence[Step], rules: Rules) -> None:
        self._tongue, self._steps, self._rules = tongue, steps, rules
        self._order = steps[-1].after

    def tell(self, prediction: Prediction | None) -> Iterator[Statement]:
        yield from self._where()
        yield from self._which_pattern()
        yield from self._which_dates()
        yield from self._what_is_late()
        if prediction and not self._order.ended:
            yield self._predicted(prediction)

    def _where(self) -> Iterator[Statement]:
        reached = self._last(lambda before, after: before is None or before.state is not after.state)
        yield self._said(self._tongue.say(self._tongue.states[self._order.state], self._order), reached)
        if self._order.state not in {State.ACTIVE, State.CONSTRUCTION_SCHEDULED}:
            yield self._said(self._tongue.say(self._tongue.facts[reached.fact.kind], reached.fact), reached)
        ball = self._last(lambda before, after: before is None or before.ball is not after.ball)
        yield self._said(self._tongue.balls[self._order.ball], ball)

    def _which_pattern(self) -> Iterator[Statement]:
        frame = self._tongue.frame
        met = [step for step in self._steps if step.before and len(step.after.met) > len(step.before.met)]
        if not met:
            yield self._said(self._pattern(frame.no_delay, Pattern.IMMEDIATE), self._steps[-1])
            return
        since = self._tongue.word(met[-1].at)
        yield self._said(self._pattern(frame.pattern, met[-1].after.pattern, since=since), met[-1])
        reached = self._last(lambda before, after: before is None or before.state is not after.state)
        if met[-1] is not reached or self._order.state is State.CONSTRUCTION_SCHEDULED:
            yield self._said(self._tongue.say(self._tongue.facts[met[-1].fact.kind], met[-1].fact), met[-1])
        for step in reversed(met[:-1]):
            yield self._said(self._pattern(frame.earlier, step.after.pattern), step)

    def _which_dates(self) -> Iterator[Statement]:
        stations: dict[date, list[tuple[str, Cited]]] = {}
        for step in self._steps:
            for day, word in self._turns(step):
                stations.setdefault(day, []).append((word, _cite(step)))
        for day, way in stations.items():
            phrase = self._tongue.way([f"{word}{self._tongue.gap}{cited}" for word, cited in way])
            text = self._tongue.frame.date_way.format(day=self._tongue.word(day), way=phrase)
            yield Statement(text, tuple(cited for _, cited in way))
        if self._order.wished_on and not self._order.ended:
            wished = self._last(lambda before, after: before is None or before.wished_on != after.wished_on)
            day = self._tongue.word(self._order.wished_on)
            yield self._said(self._tongue.frame.wished.format(day=day), wished)

    def _turns(self, step: Step) -> Iterator[tuple[date, str]]:
        """Give what the fact does to a date that is told, or was: (the date, the word for it)."""
        kind = step.fact.kind
        stood, stands = _told(step.before), _told(step.after)
        if stood and stood != stands:
            yield stood, self._tongue.losses[kind]
        if stands and (stands != stood or kind in _TURNS):
            yield stands, self._tongue.fates[kind]

    def _what_is_late(self) -> Iterator[Statement]:
        for late in sorted(self._order.overdue):
            since = self._last(lambda before, after, late=late: late in after.overdue - _late(before))
            yield self._said(self._tongue.say(self._tongue.late[late], since.fact), since)
        for deadline in deadlines.running(self._order, self._rules):
            began = self._last(
                lambda before, after, id_=deadline.id: id_ in self._run(after) - self._run(before)
            )
            yield self._said(self._tongue.say(self._tongue.deadlines[deadline.kind], deadline), began)
        if not self._order.overdue and not self._order.ended:
            yield self._said(self._tongue.frame.nothing_late, self._steps[-1])

    def _run(self, order: FiberOrder | None) -> set[UUID]:
        return {each.id for each in deadlines.running(order, self._rules)} if order else set()

    def _predicted(self, prediction: Prediction) -> Statement:
        frame, word = self._tongue.frame, self._tongue.word
        days = {name: word(getattr(prediction, name)) for name in ("earliest", "p10", "p50", "p90")}
        basis = (
            frame.basis_rule
            if prediction.comparable is None
            else frame.basis_orders.format(count=prediction.comparable)
        )
        return Statement(self._tongue.between.join((frame.predicted.format(**days), basis)), ())

    def _pattern(self, template: str, pattern: Pattern, **more: str) -> str:
        return template.format(number=pattern.value, name=self._tongue.patterns[pattern], **more)

    def _last(self, moved: _Moved) -> Step:
        """Return the last step that moved something; what the order shows was moved by one."""
        return next(step for step in reversed(self._steps) if moved(step.before, step.after))

    def _said(self, text: str, step: Step) -> Statement:
        cited = _cite(step)
        return Statement(f"{text}{self._tongue.gap}{cited}", (cited,))


def _told(order: FiberOrder | None) -> date | None:
    return order and (order.construction_on or order.held_on)


def _late(order: FiberOrder | None) -> frozenset[Jeopardy]:
    return order.overdue if order else frozenset()


def _cite(step: Step) -> Cited:
    return Cited(step.sequence, local_date(step.at))
