"""How the model learns; the figures stand in data/prediction.toml, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Learning:
    """least_comparable: closed orders that a cell needs, else a coarser one, at last the rule.

    half_life_days: an order seen so long ago counts half; older than window_days: not at all. pull: a cell is mixed
    with its coarser one as if that had so many orders. calibration_blocks of calibration_days each: what the last
    predictions out of sample are judged by, against calibration_pull orders that would have been right.
    """

    least_comparable: int
    half_life_days: int
    window_days: int
    pull: int
    calibration_blocks: int
    calibration_days: int
    calibration_pull: int
