"""Whatever people typed, a mail has our headers, one recipient, and a body that is a body."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.notify.data import load_wording
from services.notify.domain.notices import Letter, Role
from services.notify.domain.people import MAX_NAME, BadAddress, Contact, check_address, one_line
from services.notify.domain.wording import Text
from services.notify.gateways.mail import HEADERS, Mail, SmtpServer, SmtpSettings, Unmailable

NOTICE = UUID("0e4dbd5e-3333-5c1d-9c39-0b8f2d1f0a03")
AT = datetime(2026, 4, 20, 3, 0, tzinfo=UTC)
SERVER = SmtpServer(
    SmtpSettings(
        host="localhost", port=25, starttls=True, sender="desk@kaitsu.example", sender_name="開通デスク"
    )
)
WORDING = load_wording(signature="――")
EVIL = [
    "a\r\nBcc: x@evil.example",
    "a\nBcc: x@evil.example",
    "a\rBcc: x@evil.example",
    "a\r\n\r\n<html>",
    "a\x00b",
    "a\x0bb\x0cc\x85d\u2028e\u2029f",
    "x" * 10_000,
    "\u202egnp.exe",
    "=?utf-8?q?=0D=0ABcc:_x@evil.example?=",
    "=?utf-8?b?DQpCY2M6IHhAZXZpbC5leGFtcGxl?=",
    "=?utf-8?q?=0D=0ABcc=3A=20x?=@evil.example",
    "a\r\n.\r\nMAIL FROM:<x@evil.example>",
    '"a" <x@evil.example>, y@evil.example',
    "\ud800",
    "寿司\r\n Bcc: 折り返し",
]
nasty = st.one_of(
    st.sampled_from(EVIL),
    st.text(max_size=60),
    st.lists(
        st.sampled_from(["\r", "\n", "\0", ":", "Bcc", "@", ",", "<", ">", " ", "\t", ".", "あ", "=?", "?="])
    ).map("".join),
)


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def body_of(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


@settings(max_examples=1500, deadline=None)
@given(nasty, nasty, nasty)
def test_what_is_typed_adds_no_header_no_recipient_and_no_line(name: str, person: str, number: str) -> None:
    contact = Contact(number, name, person, "hanako@minato.example", name, "suzuki@agent.example")
    text = WORDING.write(Letter.CONSULT, Role.CUSTOMER, {"due_on": "2026-04-03"}, contact)

    mail = parsed(SERVER.compose(Mail(NOTICE, "hanako@minato.example", text, AT)))

    harmless = Contact("N", "名", "人" if one_line(person) else "", "", "", "")
    plain = WORDING.write(Letter.CONSULT, Role.CUSTOMER, {"due_on": "2026-04-03"}, harmless)
    assert mail.keys() == HEADERS
    assert mail["To"] == "hanako@minato.example"
    assert not mail.is_multipart()
    body = body_of(mail)
    if one_line(name):
        assert body.count("\n") == plain.body.count("\n")
    assert body == text.body


@settings(max_examples=3000, deadline=None)
@given(nasty)
@example("hanako@minato.example\r\nBcc: x@evil.example")
@example("hanako@minato.example, x@evil.example")
@example("hanako@minato.example> RCPT TO:<x@evil.example")
@example("花子@minato.example")
@example("hanako@みなと.example")
@example("hanako@minato.example\u202e")
@example("a" * 10_000 + "@minato.example")
def test_an_address_is_refused_or_is_exactly_one_recipient(address: str) -> None:
    try:
        raw = SERVER.compose(Mail(NOTICE, address, Text("件名", "本文\n"), AT))
    except BadAddress:
        return

    mail = parsed(raw)
    assert mail.keys() == HEADERS
    recipients = mail["To"].addresses
    assert [recipient.addr_spec for recipient in recipients] == [check_address(address)]
    assert check_address(address).isascii()


@pytest.mark.parametrize("text", EVIL)
def test_what_people_typed_becomes_one_printable_line(text: str) -> None:
    line = one_line(text)

    assert len(line) <= MAX_NAME
    assert line.isprintable()
    assert one_line(line) == line


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: x@evil.example", "a\nb", "a\rb", "=?utf-8?q?=0D=0ABcc:_x@evil.example?="]
)
def test_a_line_break_in_a_header_is_refused_even_if_it_got_that_far(subject: str) -> None:
    with pytest.raises(Unmailable):
        SERVER.compose(Mail(NOTICE, "hanako@minato.example", Text(subject, "b"), AT))


@pytest.mark.parametrize(
    ("given_address", "address"),
    [
        ("hanako@minato.example", "hanako@minato.example"),
        (" hanako@minato.example ", "hanako@minato.example"),
        ("hanako+ip8@みなと.example", "hanako+ip8@xn--o9jd6d.example"),
    ],
)
def test_a_good_address_is_taken_and_its_domain_becomes_ascii(given_address: str, address: str) -> None:
    assert check_address(given_address) == address


@pytest.mark.parametrize(
    "address",
    ["", "@", "a@", "@b.example", "a@b", "a@b..example", ".a@b.example", "a.@b.example", "a b@c.example",
     "a@-b.example", "a@[127.0.0.1]", '"a b"@c.example', "a@b.example.", "a(c)@b.example",
     "=?utf-8?q?=0D=0Ax?=@b.example", "a@b.example\n", "a" * 65 + "@b.example"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        check_address(address)


def test_the_mail_is_ours_from_its_notice_to_its_date() -> None:
    mail = parsed(SERVER.compose(Mail(NOTICE, "hanako@minato.example", Text("工事日", "本文\n"), AT)))

    assert mail["Message-ID"] == f"<{NOTICE}@kaitsu.example>"
    assert mail["Date"] == "Mon, 20 Apr 2026 12:00:00 +0900"
    assert mail["From"].addresses[0].display_name == "開通デスク"
    assert mail["From"].addresses[0].addr_spec == "desk@kaitsu.example"
    assert mail["Subject"] == "工事日"
    assert body_of(mail) == "本文\n"


def test_every_line_of_a_mail_is_short_ascii() -> None:
    text = Text("長い件名" * 20, "長い行" * 2000 + "\n")

    raw = SERVER.compose(Mail(NOTICE, "hanako@minato.example", text, AT))

    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    assert b"\n" not in raw.replace(b"\r\n", b"")
