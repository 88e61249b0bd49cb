"""What a database remembers about itself: under which kind of clock its data were made."""

from __future__ import annotations

from chassis.clock import Clock
from chassis.db import Connection


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
