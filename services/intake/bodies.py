"""Reading a request's body: never more than a limit, never for longer than a while."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

SLOWEST_S: Final = 10
# So much more is read and thrown away, so that a sender that is told 413 is still listening.
_DRAIN: Final = 4


class Unreadable(Exception):
    """The body was not read whole. rule: too_large, too_slow or cut; read: the bytes that were, at most the limit."""

    def __init__(self, status: int, rule: str, read: bytes) -> None:
        super().__init__(rule)
        self.status, self.rule, self.read = status, rule, read


async def read_body(request: Request, *, most: int, within_s: float = SLOWEST_S) -> bytes:
    """Return the raw body.

    :raises Unreadable: it is longer than `most` bytes (413), takes longer than within_s (408), or the line was cut.
    """
    body, passed = bytearray(), 0
    try:
        async with asyncio.timeout(within_s):
            async for piece in request.stream():
                passed += len(piece)
                body += piece[: most + 1 - len(body)]
                if passed > most * _DRAIN:
                    break
    except TimeoutError:
        raise Unreadable(408, "too_slow", bytes(body[:most])) from None
    except ClientDisconnect:
        raise Unreadable(400, "cut", bytes(body[:most])) from None
    if passed > most:
        raise Unreadable(413, "too_large", bytes(body[:most]))
    return bytes(body)
