"""The shell of a service: `main` serves or migrates; starts the parts in order and stops them in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute

from chassis.base import Base, S
from chassis.consume import Consumer
from chassis.ticks import Tick, Worker

__all__ = ["Base", "Parts", "Wire", "main"]


@dataclass(frozen=True)
class Parts:
    """What a service consists of."""

    routes: Sequence[BaseRoute]
    consumers: Sequence[Consumer] = ()
    ticks: Sequence[Tick] = ()
    workers: Sequence[Worker] = ()


Wire = Callable[[Base[S]], Awaitable[Parts]]


def main(name: str, settings: type[S], wire: Wire[S]) -> None:
    """Serve, or with the argument `migrate` bring the database up to date; ends the process."""
    raise NotImplementedError
