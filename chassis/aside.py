"""Work row by row: a bad row is set aside and tried again later, so that it does not stop its neighbors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from chassis import clock, errors, logs, metrics

Key = TypeVar("Key")
MANY: Final = 20  # so many that fail, and none that works: that is no bad row but a bug
_FIRST_WAIT_S: Final = 60.0
_LONGEST_WAIT_S: Final = 3600.0
log = logs.get_logger(__name__)


class Aside(Generic[Key]):
    """The rows of one part's work that failed alone, each with a wait that doubles from a minute to an hour.

    It is kept in memory: after a restart, and in another replica, they are tried once more.
    """

    def __init__(self, part: str) -> None:
        self._part = part
        self._rows: dict[Key, tuple[int, float]] = {}  # how often it failed, and until when it is left alone

    def waiting(self) -> list[Key]:
        """Return the rows that are left alone now."""
        now = clock.monotonic()
        return [key for key, (_, until) in self._rows.items() if until > now]

    def failed(self, key: Key, error: Exception) -> None:
        """Set a row aside; it is told each time."""
        tries = self._rows.get(key, (0, 0.0))[0] + 1
        wait_s = min(_FIRST_WAIT_S * 2 ** (tries - 1), _LONGEST_WAIT_S)
        self._rows[key] = tries, clock.monotonic() + wait_s
        log.error(
            "row_set_aside",
            part=self._part,
            row=str(key),
            tries=tries,
            wait_s=wait_s,
            **errors.describe(error),
        )
        self._show()

    def done(self, keys: Sequence[Key]) -> None:
        """Forget rows that were done."""
        for key in keys:
            self._rows.pop(key, None)
        self._show()

    def _show(self) -> None:
        metrics.ASIDE.labels(self._part).set(len(self._rows))


async def each_alone(
    keys: Sequence[Key], do: Callable[[Key], Awaitable[object]]
) -> list[tuple[Key, Exception]]:
    """Do the work of each key, and return those that failed, in order, each with its error.

    :raises Exception: trouble of the world, at once; the last error, when 20 or more failed and none did not.
    """
    failed: list[tuple[Key, Exception]] = []
    for key in keys:
        try:
            await do(key)
        except Exception as error:
            if errors.kind_of(error) is errors.Kind.WORLD:
                raise
            failed.append((key, error))
    if len(failed) == len(keys) >= MANY:
        raise failed[-1][1]
    return failed
