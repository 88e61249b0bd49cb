"""The catalogue of topics: broker topics, rights, the AsyncAPI document and the docs are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000


@dataclass(frozen=True)
class Topic:
    """One topic: who writes it, who reads it, what its key is, how long it keeps records."""

    name: str
    owner: str
    key: str
    consumers: tuple[str, ...]
    partitions: int
    about: str
    retention_days: int = 30
    partner: bool = False

    @property
    def config(self) -> dict[str, str]:
        """Broker settings of the topic."""
        return {"retention.ms": str(self.retention_days * DAY_MS), "cleanup.policy": "delete"}


TOPICS: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        Topic(
            "kaitsu.orders", "intake", "order_id", ("provisioning", "notify"), 12, "Orders and their defects."
        ),
        Topic(
            "kaitsu.works", "provisioning", "order_id", ("billing", "notify"), 12, "From consult to lit line."
        ),
        Topic("kaitsu.billing", "billing", "account_id", ("notify",), 12, "Contracts and invoices."),
        Topic("kaitsu.notices", "notify", "order_id", ("provisioning",), 12, "Who was told what."),
        Topic(
            "kaitsu.partners.carrier",
            "carrier",
            "order_no",
            ("provisioning",),
            3,
            "Claims of the access carrier.",
            partner=True,
        ),
        Topic(
            "kaitsu.partners.desk",
            "desk",
            "order_no",
            ("provisioning",),
            3,
            "Claims of the operations desk.",
            partner=True,
        ),
    )
}


def source_of(topic: str) -> str:
    """Return the CloudEvents source of a topic's owner: `/kaitsu/<service>` or `/partners/<partner>`.

    :raises KeyError: the catalogue does not know the topic.
    """
    entry = TOPICS[topic]
    return f"/partners/{entry.owner}" if entry.partner else f"/kaitsu/{entry.owner}"
