"""Reading a request's body: limits of size and time, and a line that is cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.types import Message

from services.intake.bodies import Unreadable, read_body


def request(*pieces: bytes, end: str = "whole") -> tuple[Request, list[int]]:
    """Return a request that sends the pieces, and a list that grows by the size of each piece that was asked for.

    end: whole, slow (nothing comes any more) or cut.
    """
    waiting, asked = list(pieces), list[int]()

    async def receive() -> Message:
        if waiting:
            piece = waiting.pop(0)
            asked.append(len(piece))
            return {"type": "http.request", "body": piece, "more_body": bool(waiting) or end != "whole"}
        if end == "cut":
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()
        raise AssertionError

    return Request({"type": "http", "method": "POST", "headers": []}, receive), asked


async def refused(*pieces: bytes, end: str = "whole", most: int = 10) -> tuple[int, str, bytes]:
    given, _ = request(*pieces, end=end)
    with pytest.raises(Unreadable) as caught:
        await read_body(given, most=most, within_s=0.05)
    return caught.value.status, caught.value.rule, caught.value.read


@pytest.mark.parametrize("pieces", [[], [b""], [b"0123456789"], [b"01234", b"", b"56789"]])
async def test_a_body_up_to_the_limit_is_read_whole(pieces: Sequence[bytes]) -> None:
    given, _ = request(*pieces or [b""])

    assert await read_body(given, most=10) == b"".join(pieces)


async def test_one_byte_more_is_too_large_and_no_more_than_the_limit_is_kept() -> None:
    assert await refused(b"0123456789", b"x") == (413, "too_large", b"0123456789")
    assert await refused(b"x" * 1000) == (413, "too_large", b"x" * 10)


async def test_what_goes_on_and_on_is_left_unread() -> None:
    given, asked = request(*[b"0123456789"] * 1000)

    with pytest.raises(Unreadable):
        await read_body(given, most=10)
    assert sum(asked) == 50


async def test_a_slow_sender_is_told_so() -> None:
    assert await refused(b"0123", end="slow") == (408, "too_slow", b"0123")


async def test_a_cut_line_is_no_error_of_ours() -> None:
    assert await refused(b"0123", end="cut") == (400, "cut", b"0123")
