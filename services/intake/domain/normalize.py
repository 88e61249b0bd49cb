"""Normal forms of what people type: one text per meaning, or the rule that the text breaks.

Source: japanese-standards.md, section 7 (names, kana, addresses, phones), measured there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Final

# NFKC leaves most dashes alone; in numbers all of them mean a hyphen, and so does the long vowel sign (ー).
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−⁃﹣ー"), "-")
# Control, surrogate, line and paragraph separator: none of them is ever part of a name or an address.
_REFUSED: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn the reading direction around, so that a text shows something else than it is.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
_KANA: Final = re.compile(r"[ァ-ヺー・ ]+")
_KANA_OF_COMPANIES: Final = re.compile(r"[ァ-ヺー・ A-Z0-9&.,'-]+")
_POSTAL_CODE: Final = re.compile(r"[0-9]{7}")
_MOBILE_OR_IP: Final = re.compile(r"0[56789]0[0-9]{8}")
_FREE_DIAL: Final = re.compile(r"0800[0-9]{7}|0120[0-9]{6}|0570[0-9]{6}")
_FIXED: Final = re.compile(r"0[1-9][0-9]{8}")
_NO_FIXED: Final = re.compile(r"0[1-9]0")
_OFFICE: Final = re.compile(r"[A-Z]{2}[0-9]{4}")
_DAY: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class Unfit(ValueError):
    """The text breaks a rule; `rule` is its code. The text is not repeated here."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def line(longest: int) -> Callable[[str], str]:
    """Return a reader of one line: NFC, single spaces, never more than `longest` characters.

    The reader keeps what NFKC would change (㈱, 髙): a name stays as its owner writes it.
    """

    def read(text: str) -> str:
        _refuse_controls(text)
        found = " ".join(unicodedata.normalize("NFC", text).split())
        if len(found) > longest:
            raise Unfit("too_long")
        return found

    return read


def paragraph(longest: int) -> Callable[[str], str]:
    """Return a reader of free text, whose lines and tabs are kept."""

    def read(text: str) -> str:
        _refuse_controls(re.sub(r"[\r\n\t]", "", text))
        found = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
        if len(found) > longest:
            raise Unfit("too_long")
        return found

    return read


def kana(text: str, *, company: bool) -> str:
    """Return the reading in full-width katakana; hiragana and half-width kana are turned into it.

    company: letters, digits and the signs & - . , ' are allowed too.  :raises Unfit: not_katakana, too_long.
    """
    found = line(100)(unicodedata.normalize("NFKC", text))
    found = "".join(chr(ord(each) + 0x60) if "ぁ" <= each <= "ゖ" else each for each in found)
    found = found.upper() if company else found
    if not (_KANA_OF_COMPANIES if company else _KANA).fullmatch(found):
        raise Unfit("not_katakana")
    return found


def postal_code(text: str) -> str:
    """Return the seven digits of a postal code.  :raises Unfit: not_a_postal_code."""
    found = _number(text).removeprefix("〒").replace("-", "")
    if not _POSTAL_CODE.fullmatch(found) or found == "0000000":
        raise Unfit("not_a_postal_code")
    return found


def phone(text: str) -> str:
    """Return the number in E.164 (+81…).

    Mobile 060/070/080/090 and IP 050: 11 digits; free dial 0120 (10) and 0800 (11), 0570 (10); all else 10 digits.
    :raises Unfit: not_a_phone_number; also 020, which belongs to machines.
    """
    found = re.sub(r"[-.() ]", "", _number(text).replace("(0)", ""))
    if found.startswith("+81"):
        found = "0" + found.removeprefix("+81").removeprefix("0")
    fixed = _FIXED.fullmatch(found) and not _NO_FIXED.match(found)
    if not (fixed or _MOBILE_OR_IP.fullmatch(found) or _FREE_DIAL.fullmatch(found)):
        raise Unfit("not_a_phone_number")
    return "+81" + found[1:]


def email(text: str) -> str:
    """Return the address, its domain in lower case: unquoted, ASCII, at most 64 + 1 + 189 characters.

    :raises Unfit: not_an_email; control_characters where it holds a line break or the like.
    """
    _refuse_controls(text)
    found = unicodedata.normalize("NFKC", text).strip()
    local, at, domain = found.rpartition("@")
    domain = domain.lower()
    if not (at and len(found) <= 254 and len(local) <= 64 and _LOCAL_PART.fullmatch(local)):
        raise Unfit("not_an_email")
    if not _DOMAIN.fullmatch(domain):
        raise Unfit("not_an_email")
    return f"{local}@{domain}"


def day(text: str) -> date:
    """Return the date of a date question (YYYY-MM-DD, of this century).  :raises Unfit: not_a_date."""
    found = unicodedata.normalize("NFKC", text).strip()
    if not _DAY.fullmatch(found):
        raise Unfit("not_a_date")
    try:
        return date.fromisoformat(found)
    except ValueError:
        raise Unfit("not_a_date") from None


def office(text: str) -> str:
    """Return the code of a sales office: two capital letters and four digits.  :raises Unfit: not_an_office_code."""
    found = unicodedata.normalize("NFKC", text).strip()
    if not _OFFICE.fullmatch(found):
        raise Unfit("not_an_office_code")
    return found


def _number(text: str) -> str:
    """Return a text of digits as ASCII, every dash a hyphen, without outer blanks."""
    _refuse_controls(text)
    return unicodedata.normalize("NFKC", text).translate(_DASHES).strip()


def _refuse_controls(text: str) -> None:
    if any(each in _TURNING or unicodedata.category(each) in _REFUSED for each in text):
        raise Unfit("control_characters")
