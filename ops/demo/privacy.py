"""Looks for names, phones and mail addresses of a run in bytes that must hold none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

# Phones, with or without hyphens or country code; mail addresses; anything that is not ASCII; JSON's escapes of it.
_PHONES: Final = re.compile(
    rb"(?=((?:\+?81-?|0)[0-9]0-?[0-9]{4}-?[0-9]{4}))"
)  # overlapping: a digit may stand before
_PHONE_DIGITS: Final = 11
_MAILS: Final = re.compile(rb"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
_ESCAPES: Final = re.compile(rb"(?:\\u[0-9a-fA-F]{4}[ 0-9]*)+")
_FOREIGN: Final = re.compile(rb"[\x80-\xff][\x80-\xff 0-9]*")


class Secrets:
    """All texts that must not be found; a name is also found without its blank, a phone in any writing."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._phones: set[str] = set()
        self._stubs: set[str] = set()  # numbers that were typed too short
        self._mails: set[str] = set()
        self._names: set[str] = set()
        for text in texts:
            if "@" in text:
                self._mails.add(text.lower())
            elif text[:1].isdigit():
                (self._phones if len(_national(text)) == _PHONE_DIGITS else self._stubs).add(_national(text))
            else:
                self._names.add(_dense(text))

    def found_in(self, blob: bytes) -> Iterator[str]:
        """Yield every secret that the bytes hold, once per place."""
        for match in _PHONES.finditer(blob):
            if (digits := _national(match[1].decode())) in self._phones:
                yield digits
        yield from (text for text in self._stubs if text.encode() in blob)
        for match in _MAILS.finditer(blob):
            if (mail := match[0].decode().lower().strip(".")) in self._mails:
                yield mail
        texts = {match[0].decode("utf-8", "replace") for match in _FOREIGN.finditer(blob)}
        texts |= {_unescaped(match[0]) for match in _ESCAPES.finditer(blob)}
        for text in texts:
            dense = _dense(text)
            yield from (name for name in self._names if name in dense)


def _national(text: str) -> str:
    digits = "".join(letter for letter in text if letter.isdigit())
    return (
        "0" + digits[2:]
        if text.startswith("+81") or (digits.startswith("81") and len(digits) == 12)
        else digits
    )


def _dense(text: str) -> str:
    return "".join(text.split())


def _unescaped(raw: bytes) -> str:
    return json.loads(f'"{raw.decode()}"')
