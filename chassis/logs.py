"""JSON lines on stderr with wall time; keys that may hold personal data are masked, floods are thinned."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, cast

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars

from chassis import clock, errors

_PERSONAL: Final = frozenset(
    ("name", "kana", "phone", "tel", "email", "mail", "address", "recipient", "contact", "person", "payload")
) | frozenset(("body", "answers", "value", "password", "secret", "token"))
_FLOOD_S: Final = 10.0


def configure(service: str, level: str = "INFO") -> None:
    """Send the logs of this process, ours and the libraries', to stderr as JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        _stamp(service),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _plain_error,
                mask,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "faststream", "httpx", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    handler.addFilter(FloodFilter("aiokafka", "faststream"))


def get_logger(name: str = "") -> Any:
    """Return a logger: `log.info("noun_verbed", key=value)`."""
    return structlog.stdlib.get_logger(name)


def start_work(**context: object) -> None:
    """Forget the context of the work before and bind that of the next (correlation_id and the like)."""
    clear_contextvars()
    bind_contextvars(**context)


def mask(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return the entry with the values of suspicious keys replaced; a key is judged by its last word."""
    for key in entry:
        if key.rpartition("_")[2] in _PERSONAL:
            entry[key] = "[masked]"
    return entry


class FloodFilter(logging.Filter):
    """Lets one line per message template, level and 10 s of the named loggers through, and says how many not."""

    def __init__(self, *roots: str) -> None:
        super().__init__()
        self._roots = roots
        self._last: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written."""
        if record.name.partition(".")[0] not in self._roots:
            return True
        if str(record.msg).startswith(
            "Topic creation is skipped"
        ):  # by intention: topics come from the catalogue
            return False
        key = (record.name, record.levelno, str(record.msg)[:80])
        at, dropped = self._last.get(key, (-_FLOOD_S, 0))
        if record.created - at < _FLOOD_S:
            self._last[key] = (at, dropped + 1)
            return False
        if len(self._last) > 1000:
            self._last.clear()
        self._last[key] = (record.created, 0)
        if dropped:
            record.msg = f"{record.getMessage()} (and {dropped} more like it)"
            record.args = ()
        return True


def _stamp(service: str) -> Any:
    def stamp(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry["at_wall"] = clock.utc_now().isoformat(timespec="milliseconds")
        entry["service"] = service
        return entry

    return stamp


def _plain_error(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    given = entry.pop("exc_info", None)
    found = cast(
        "object", given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    )
    if isinstance(found, BaseException):
        entry.update(errors.describe(found))
    return entry
