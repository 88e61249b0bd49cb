"""Japanese texts: a template, the facts of the news and the people of the order make a subject and a body."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from services.notify.domain.notices import AUDIENCE, Fact, Facts, Letter, Role
from services.notify.domain.people import Contact, one_line

WEEKDAYS: Final = "月火水木金土日"
_COMMON: Final = frozenset({"salutation", "customer_name", "sales_name", "order_no", "signature"})
_DATES: Final = frozenset({"construction_on", "order_no"})
# What a template must say and may say besides the common words; order_no may stand in a subject.
NEEDED: Final[Mapping[Letter, frozenset[str]]] = MappingProxyType(
    {
        Letter.DEFECT: frozenset({"defects"}),
        Letter.CONSULT: frozenset({"due_on", "order_no"}),
        Letter.CONSTRUCTION_DATE: _DATES,
        Letter.DATE_POSTPONED: frozenset({"withdrawn_on", "reason", "order_no"}),
        Letter.DATE_REPLACED: _DATES | {"previous_on"},
        Letter.DATE_LOST: _DATES | {"answer_by"},
        Letter.PROMISE: frozenset({"promised_on", "reason", "order_no"}),
        Letter.LIT: frozenset({"activated_on", "order_no"}),
        Letter.INVOICE: frozenset({"number", "month", "total_yen", "due_on"}),
    }
)
_SUBJECT_WORDS: Final = frozenset({"order_no", "number", "month"})


class BadTemplate(ValueError):
    """A template cannot be used; `name` is the file, `rule` what it breaks."""

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"{name}: {rule}")
        self.name, self.rule = name, rule


@dataclass(frozen=True)
class Template:
    """A subject line and a body with {words} in braces."""

    subject: str
    body: str


@dataclass(frozen=True)
class Text:
    """What is sent: one subject line, and a body whose lines end in a line feed."""

    subject: str
    body: str


@dataclass(frozen=True)
class Phrases:
    """Japanese words for codes: a form's fields, its rules, the carrier's reasons; and the operator's signature."""

    fields: Mapping[str, str]
    rules: Mapping[str, str]
    reasons: Mapping[str, str]
    signature: str


def parse_template(name: str, text: str, *, letter: Letter) -> Template:
    """Return the template of a file: `件名: …` in the first line, an empty line, the body.

    :raises BadTemplate: no subject or body, braces that do not fit, an unknown word, or a needed word is missing.
    """
    head, _, body = text.partition("\n\n")
    subject = head.removeprefix("件名:").strip()
    if subject == head.strip() or not subject or "\n" in subject or not body.strip():
        raise BadTemplate(name, "must be a line '件名: …', an empty line and a body")
    in_subject, in_body = _words(name, subject), _words(name, body)
    unknown = (in_subject - _SUBJECT_WORDS) | ((in_subject | in_body) - _COMMON - NEEDED[letter])
    if unknown:
        raise BadTemplate(name, f"unknown words {sorted(unknown)}")
    missing = (NEEDED[letter] | {"salutation", "signature"}) - in_body
    if missing:
        raise BadTemplate(name, f"missing words {sorted(missing)}")
    return Template(subject, body.rstrip("\n") + "\n")


def _words(name: str, text: str) -> set[str]:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        raise BadTemplate(name, "braces do not fit") from None
    if any(word is not None and (form or change) for _, word, form, change in parts):
        raise BadTemplate(name, "a word takes no format and no conversion")
    return {word for _, word, _, _ in parts if word is not None}


class Wording:
    """All templates of the house, complete and checked."""

    def __init__(self, templates: Mapping[tuple[Letter, Role], Template], phrases: Phrases) -> None:
        """Take the templates.

        :raises BadTemplate: a letter has no text for somebody who is to get it.
        """
        for letter, (_, roles) in AUDIENCE.items():
            for role in roles:
                if (letter, role) not in templates:
                    raise BadTemplate(f"{letter}.{role}", "is missing")
        self._templates = templates
        self._phrases = phrases

    def write(self, letter: Letter, role: Role, facts: Facts, contact: Contact) -> Text:
        """Return the text of a notice; what people typed becomes single lines and is never read as a template."""
        template = self._templates[letter, role]
        words = {
            "order_no": one_line(contact.order_no or "") or "(未採番)",
            "customer_name": one_line(contact.customer_name),
            "sales_name": one_line(contact.sales_name),
            "salutation": salutation(contact, role),
            "signature": self._phrases.signature,
        } | {name: self._word(name, value) for name, value in facts.items() if value is not None}
        return Text(subject_line(template.subject.format_map(words)), template.body.format_map(words))

    def _word(self, name: str, value: Fact) -> str:
        if not isinstance(value, str | int | None):
            return "\n".join(self._defect(*entry) for entry in value)
        if name == "month":
            return month_text(date.fromisoformat(str(value)))
        if name == "reason":
            return self._phrases.reasons.get(str(value), self._phrases.reasons["unknown"])
        if name.endswith(("_on", "_by")):
            return date_text(date.fromisoformat(str(value)))
        if name.endswith("_yen"):
            return f"{int(str(value)):,}円"
        return one_line(str(value))

    def _defect(self, field: str, rule: str, answered_by: str) -> str:
        title = self._phrases.fields.get(field, field)
        text = self._phrases.rules.get(rule, self._phrases.rules["unknown"])
        desk = "(当デスクで確認いたします)" if answered_by == "desk" else ""
        return f"・{one_line(title)}: {text}{desk}"


def salutation(contact: Contact, role: Role) -> str:
    """Return whom the mail greets: the sales person, or the customer, with the person in charge on a line below."""
    if role is Role.SALES:
        return f"{one_line(contact.sales_name) or 'ご担当者'} 様"
    name, person = one_line(contact.customer_name), one_line(contact.customer_person)
    if person:
        return f"{name}\n{person} 様".lstrip("\n")
    return f"{name} 様" if name else "お客様"


def subject_line(text: str) -> str:
    """Return the text as one line without encoded words.

    A mail library decodes what such a word hides, line breaks included, and writes them into the header.
    """
    return one_line(text).replace("=?", "= ?")


def date_text(day: date) -> str:
    """Return the date as 2026年4月20日(月)."""
    return f"{day.year}年{day.month}月{day.day}日({WEEKDAYS[day.weekday()]})"


def month_text(day: date) -> str:
    """Return the month as 2026年4月."""
    return f"{day.year}年{day.month}月"
