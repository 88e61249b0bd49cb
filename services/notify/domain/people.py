"""People as a mail needs them, kept in memory for one batch and never stored; and addresses that are safe to use."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from services.notify.domain.notices import Role

MAX_NAME: Final = 200
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class BadAddress(ValueError):
    """The text is no mail address that may stand in an envelope; the text itself is not repeated."""


@dataclass(frozen=True)
class Contact:
    """The people of one order; an empty email means that none is known."""

    order_no: str | None
    customer_name: str
    customer_person: str
    customer_email: str
    sales_name: str
    sales_email: str

    def email_of(self, role: Role) -> str:
        """Return the address of the role as it was given, not yet checked."""
        return self.customer_email if role is Role.CUSTOMER else self.sales_email


def check_address(text: str) -> str:
    """Return the address, its domain in ASCII letters (IDNA), ready for an envelope and a header.

    Stricter than the standard: one address of at most 254 characters, no quotes, comments, literals, encoded words.
    :raises BadAddress: anything else.
    """
    local, at, domain = text.strip(" ").rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local) > 64 or "=?" in local:
        raise BadAddress("local part")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise BadAddress("domain") from None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadAddress("domain")
    address = f"{local}@{ascii_domain}"
    if len(address) > 254:
        raise BadAddress("too long")
    return address


def one_line(text: str) -> str:
    """Return the text as one line that cannot reorder, hide or break what stands beside it, cut at 200 characters."""
    spaced = "".join(
        " "
        if char in "\r\n\t\v\f\x85\u2028\u2029"
        else ""
        if unicodedata.category(char) in _DROPPED
        else char
        for char in text[: 20 * MAX_NAME]
    )
    line = " ".join(spaced.split())
    return line if len(line) <= MAX_NAME else line[: MAX_NAME - 1] + "…"
