"""Why something that was said is not accepted as a fact."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """The reasons that a partner sees, the words of `claim.refused.v1`."""

    UNKNOWN_ORDER = "unknown_order"
    WRONG_STATE = "wrong_state"
    TOO_LATE = "too_late"
    WRONG_DATE = "wrong_date"
    ALREADY_DONE = "already_done"
    ORDER_ENDED = "order_ended"
    DATE_IN_PAST = "date_in_past"
    NOT_BY_PLAN = "not_by_plan"


class Refused(Exception):
    """The order does not accept the fact; `code` says why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.value)
        self.code = code
