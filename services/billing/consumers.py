"""What billing listens to."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.consume import BatchHandler, Consumer
from contracts.works import OrderActivatedV1


def consumers(open_contracts: BatchHandler) -> Sequence[Consumer]:
    """Return the consumers: of kaitsu.works only the activations.

    A cancellation after the activation is refused by provisioning, so there is nothing to close here.
    """
    return (Consumer("kaitsu.works", open_contracts, (OrderActivatedV1,)),)
