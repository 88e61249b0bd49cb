"""What a database remembers about itself: the kind of clock of its data, and whether its topics are half filled."""

from __future__ import annotations

from typing import Final

from chassis.clock import Clock
from chassis.db import Connection

REBUILDING: Final = "rebuilding"


class HalfFilled(RuntimeError):
    """The service's topics are being filled anew, or that stopped half-way: new events would stand before old ones."""


class WrongClock(RuntimeError):
    """Data made in played time must never meet the wall clock, nor real data a played one."""


async def agree_on_clock(conn: Connection, business: Clock) -> None:
    """Write down the kind of clock at the first start.

    :raises WrongClock: an earlier start was under the other kind.
    """
    await conn.execute(
        "INSERT INTO service_facts (key, value) VALUES ('clock', $1) ON CONFLICT DO NOTHING", business.mode
    )
    made_under = await conn.fetchval("SELECT value FROM service_facts WHERE key = 'clock'")
    if (made_under == "wall") != (business.mode == "wall"):
        raise WrongClock(f"the data were made under a {made_under} clock, this is a {business.mode} clock")


async def refuse_half_filled(conn: Connection) -> None:
    """Let a service start only where its topics are whole.

    :raises HalfFilled: `kaitsu rebuild-topics` has not finished.
    """
    if await conn.fetchval("SELECT EXISTS (SELECT FROM service_facts WHERE key = $1)", REBUILDING):
        raise HalfFilled("its topics are half filled: run `kaitsu rebuild-topics` again, or wait for its end")
