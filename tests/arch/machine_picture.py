"""docs/machine/states.svg: the states with their facts, for a phone, in light and dark, without any browser or tool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from services.provisioning.domain.facts import FactKind
from services.provisioning.domain.order import BALL, Party, State
from tests.arch.machine_layout import Card, Picture, Span, lanes, picture

LINE: Final = 20  # height of a line of text
WIDTH: Final = 330  # of a card
GAP: Final = 22  # between cards
LANE: Final = 15  # between lanes
PAD: Final = 14
_NOBODY: Final = "nobody"
_STYLE: Final = """
  .page{fill:#fff;stroke:#d0d7de}.card{fill:#f6f8fa;stroke-width:2}.in{fill:none;stroke-width:1.5}.l{fill:none;stroke-width:2}
  text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:#1f2328;font-size:15px}
  .h{font-size:21px;font-weight:600}.t{font-size:17px;font-weight:600}.q{fill:#57606a;font-size:14px}.g{font-weight:600;font-size:14px}
  .desk{stroke:#0969da}.carrier{stroke:#9a6700}.customer{stroke:#8250df}.sales{stroke:#bf3989}.nobody{stroke:#57606a}
  .f.desk{fill:#0969da}.f.carrier{fill:#9a6700}.f.customer{fill:#8250df}.f.sales{fill:#bf3989}.f.nobody{fill:#57606a}
  .f{stroke:none!important}
  @media (prefers-color-scheme:dark){
  .page{fill:#0d1117;stroke:#30363d}.card{fill:#161b22}text{fill:#e6edf3}.q{fill:#9198a1}
  .desk{stroke:#58a6ff}.carrier{stroke:#d29922}.customer{stroke:#bc8cff}.sales{stroke:#f778ba}.nobody{stroke:#9198a1}
  .f.desk{fill:#58a6ff}.f.carrier{fill:#d29922}.f.customer{fill:#bc8cff}.f.sales{fill:#f778ba}.f.nobody{fill:#9198a1}}
"""


@dataclass(frozen=True)
class _Placed:
    card: Card
    top: int
    height: int
    ports: dict[State, int]  # heights at which the lines to the targets leave

    @property
    def door(self) -> int:
        """The height at which lines arrive."""
        return self.top + 20


def owner(state: State) -> str:
    """Return the word for who has the ball."""
    party = BALL[state]
    return party.value if party else _NOBODY


def states_svg() -> str:
    """Return the picture as it is now."""
    return draw(picture())


def draw(shown: Picture) -> str:
    """Return a picture as SVG."""
    head = list(_legend(shown))
    placed = _place(shown, top=80 + LINE * len(head))
    down, back = _spans(placed, down=True), _spans(placed, down=False)
    lane_down, lane_back = lanes(down), lanes(back)
    left = PAD + LANE * (1 + max(lane_back.values(), default=0) + 1)
    right = left + WIDTH
    width = right + LANE * (1 + max(lane_down.values(), default=0) + 1) + PAD
    height = placed[-1].top + placed[-1].height + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="title desc">',
        '<title id="title">The states of a fiber order and the facts between them</title>',
        f'<desc id="desc">{escape(_told(shown))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="12"/>',
        f'<text class="h" x="{left}" y="38">How an order moves</text>',
    ]
    parts += [line.format(x=left, y=64 + LINE * number) for number, line in enumerate(head)]
    parts += _lines(down, lane_down, edge=right, sign=1)
    parts += _lines(back, lane_back, edge=left, sign=-1)
    for each in placed:
        parts += _drawn(each, left)
    return "\n".join([*parts, "</svg>", ""])


def _legend(shown: Picture) -> Iterator[str]:
    yield '<text class="q" x="{x}" y="{y}">The color tells who must act.</text>'
    yield '<text class="q" x="{x}" y="{y}">A line has the color of the state that it leads to.</text>'
    for who in (*Party, _NOBODY):
        said = "nobody: a final state" if who == _NOBODY else f"{who} has the ball"
        yield (
            f'<circle class="f {who}" cx="{{x}}" cy="{{y}}" r="6" transform="translate(6 -5)"/>'
            f'<text class="q" x="{{x}}" y="{{y}}" dx="20">{said}</text>'
        )
    for about, kinds in (
        ("In every state under way, and changes no state:", shown.stays),
        ("From every state under way to cancelled:", shown.ends),
    ):
        if kinds:
            yield f'<text class="q" x="{{x}}" y="{{y}}">{about}</text>'
            yield from (f'<text x="{{x}}" y="{{y}}" dx="20">{kind}</text>' for kind in kinds)


def _place(shown: Picture, top: int) -> list[_Placed]:
    placed: list[_Placed] = []
    for card in shown.cards:
        y, ports = top + 58, dict[State, int]()
        for target, kinds in card.leads.items():
            ports[target] = y - 5
            y += LINE * (1 + len(kinds)) + 4
        y += LINE * (len(card.anywhere) + bool(card.anywhere) + len(card.stays) + bool(card.stays))
        height = y - top - LINE + PAD
        placed.append(_Placed(card, top, height, ports))
        top += height + GAP
    return placed


def _spans(placed: list[_Placed], *, down: bool) -> list[Span]:
    spans: list[Span] = []
    for target in placed:
        sources = tuple(
            each.ports[target.card.state]
            for each in placed
            if target.card.state in each.ports and (each.top < target.top) is down
        )
        if sources:
            spans.append(Span(target.card.state, sources, target.door))
    return spans


def _lines(spans: list[Span], numbers: dict[State, int], *, edge: int, sign: int) -> Iterator[str]:
    for span in spans:
        x, who = edge + sign * LANE * (numbers[span.target] + 1), owner(span.target)
        for y in span.sources:
            towards = 1 if span.to > y else -1
            yield (
                f'<path class="l {who}" d="M{edge} {y}H{x - sign * 6}Q{x} {y} {x} {y + towards * 6}'
                f'V{span.to - towards * 6}Q{x} {span.to} {x - sign * 6} {span.to}H{edge + sign * 6}"/>'
            )
            yield f'<circle class="f {who}" cx="{edge}" cy="{y}" r="4"/>'
        yield (
            f'<path class="f {who}" d="M{edge + sign} {span.to}l{sign * 10} -5v10z"><title>to {span.target}'
            "</title></path>"
        )


def _drawn(placed: _Placed, left: int) -> Iterator[str]:
    card, y, x = placed.card, placed.top, left + PAD
    who = owner(card.state)
    yield f'<rect class="card {who}" x="{left}" y="{y}" width="{WIDTH}" height="{placed.height}" rx="8"/>'
    if who == _NOBODY:
        yield (
            f'<rect class="in {who}" x="{left + 4}" y="{y + 4}" width="{WIDTH - 8}" '
            f'height="{placed.height - 8}" rx="5"/>'
        )
    yield f'<text class="t" x="{x}" y="{y + 26}">{card.state}</text>'
    y += 58
    for target, kinds in card.leads.items():
        yield f'<text class="f g {owner(target)}" x="{x}" y="{y}">→ {target}</text>'
        yield from _facts(kinds, x, y)
        y += LINE * (1 + len(kinds)) + 4
    for about, kinds in (("→ back to where it was", card.anywhere), ("stays here", card.stays)):
        if kinds:
            yield f'<text class="q" x="{x}" y="{y}">{about}</text>'
            yield from _facts(kinds, x, y)
            y += LINE * (1 + len(kinds))


def _facts(kinds: tuple[FactKind, ...], x: int, y: int) -> Iterator[str]:
    for number, kind in enumerate(kinds, 1):
        yield f'<text x="{x + 20}" y="{y + LINE * number}">{kind}</text>'


def _told(shown: Picture) -> str:
    told = [
        f"{card.state}: "
        + ("; ".join(f"{', '.join(kinds)} to {target}" for target, kinds in card.leads.items()) or "final")
        for card in shown.cards
    ]
    return ". ".join(told) + "."
