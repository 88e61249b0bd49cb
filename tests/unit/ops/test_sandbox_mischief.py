"""A sandbox that misbehaves on request: late, double, early, contradictory, and the machine holds."""

from __future__ import annotations

from collections import Counter

from ops.sandbox.book import Book
from ops.sandbox.law import Law
from services.provisioning.domain.lifecycle import fold
from tests.support.machine_world import MachineWorld
from tests.unit.ops.test_sandbox_plan import CALENDAR, LAW, NUMBERS, START


def test_a_law_of_mischief_is_refused_visibly_and_changes_no_end() -> None:
    mischief = {"late": 5, "double": 30, "early": 50, "contradictory": 50}
    law = Law.model_validate(LAW.model_dump() | {"mischief": mischief})
    codes: Counter[str] = Counter()
    for number in NUMBERS:
        book, world = Book(law, CALENDAR), MachineWorld(number)
        world.play(book, START)
        codes.update(code.value for step, code in world.refused if step != "late_yes")

        assert world.order.ended
        assert fold((move.fact, move.at) for move in world.moves) == world.order
        assert book.plans[number].dates().get("activated_on") == world.order.activated_on

    assert {"already_done", "wrong_state", "wrong_date", "order_ended"} <= set(codes)
