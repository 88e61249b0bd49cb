"""What is known at the end of a run, from every side: the driver, the services, the bus, the mail server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ops.demo.bus import Heard
from ops.demo.forms import Post


@dataclass(frozen=True)
class Answer:
    """How a POST was answered at last; tries: it was sent again while the first was in flight or nobody answered."""

    post: Post
    status: int
    submission_id: str | None
    tries: int = 1

    @property
    def taken(self) -> bool:
        """Whether the service promised to keep it."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Evidence:
    """Everything that tables and checks read. closed_before: activations before this day are in closed months.

    orders: answers of provisioning by order number; plans: those of the sandbox; mails: Message-ID per stored mail;
    leaks: places where a name or number of the run was found; rough: parts were killed on the way, so that a form may
    have been taken more often than its sender was told, and an event or a mail sent again under its id.
    """

    answers: Sequence[Answer]
    submissions: Sequence[Mapping[str, Any]]
    quarantined: int
    heard: Sequence[Heard]
    orders: Mapping[str, Mapping[str, Any]]
    plans: Mapping[str, Mapping[str, Any]]
    invoices: Sequence[Mapping[str, Any]]
    notices: Sequence[Mapping[str, Any]]
    mails: Sequence[str]
    leaks: Sequence[str]
    dead_letters: Mapping[str, int]
    closed_before: date
    explained: Mapping[str, Any] | None = None
    rough: bool = False
    times: Mapping[str, float] = field(default_factory=dict[str, float])
    peak_mb: float = 0
    peak_by_process: Mapping[str, float] = field(default_factory=dict[str, float])
    steps: int = 0

    def facts(self, type_: str) -> list[Heard]:
        """Return the distinct events of a type that stand on the bus, by id."""
        return list({one.id: one for one in self.heard if one.type == type_}.values())
