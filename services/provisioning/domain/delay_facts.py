"""What the carrier reported by a code or by words, once a rule has said what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from services.provisioning.domain.facts import Fact, FactKind


@dataclass(frozen=True)
class DelayReported(Fact):
    """The carrier reported a delay; what it means was decided by a rule, which is named with its version."""

    kind: ClassVar[FactKind] = FactKind.DELAY_REPORTED
    code: str | None
    reason: str
    responsible: str
    action: str
    pattern: int | None
    rule: str

    @property
    def word(self) -> str:
        """What was reported, without the rule that said so."""
        return f"{self.reason}/{self.responsible}/{self.action}"
