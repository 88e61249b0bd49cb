"""A claim on its way in: what was said, by whom, when, and how it is kept while its order is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chassis.consume import Received
from contracts.envelope import Cause
from contracts.partners import Claim
from contracts.reader import read_event
from services.provisioning import translate
from services.provisioning.domain.rules import Rules
from services.provisioning.store.claims import Waiting


@dataclass(frozen=True)
class Said:
    """A claim and where it comes from. at: when it was said, never later than now."""

    claim: Claim
    cause: Cause
    at: datetime

    @classmethod
    def of(cls, received: Received, *, now: datetime) -> Said:
        """Return the claim that came in; a partner's clock may run ahead of ours, facts may not.

        :raises NotAClaim: the event is none.
        """
        if not isinstance(received.event, Claim):
            raise translate.NotAClaim(received.event.type)
        return cls(received.event, received.cause, min(received.envelope.occurred_at, now))

    @classmethod
    def again(cls, waiting: Waiting) -> Said:
        """Return a claim that had to wait.

        :raises BadEvent: the contract changed meanwhile so that it cannot be read any more.
        """
        claim = read_event(waiting.type, waiting.body.encode())
        if not isinstance(claim, Claim):
            raise translate.NotAClaim(waiting.type)
        cause = Cause(waiting.claim_id, waiting.correlation_id, waiting.traceparent)
        return cls(claim, cause, waiting.occurred_at)

    def waiting(self, *, now: datetime, rules: Rules) -> Waiting:
        """Return what is kept while the claim's order is unknown."""
        return Waiting(
            claim_id=self.cause.id,
            order_no=self.claim.order_no,
            type=self.claim.type,
            body=self.claim.to_json().decode(),
            occurred_at=self.at,
            correlation_id=self.cause.correlation_id,
            traceparent=self.cause.traceparent,
            received_at=now,
            refuse_at=rules.gives_up_at(now),
        )
