"""What must not stand in the tree, how long files may be, and that pages lead somewhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.arch.tree import FLOORS, ROOT, SERVICES, sources, tracked

# Files that name what is searched for here, or are given to us as they are.
_EXEMPT: Final = {"tests/arch/test_hygiene.py", "LICENSE", "requirements.lock", "requirements-dev.lock"}
_EXEMPT_ENDS: Final = ("requirements-service.lock", ".svg", ".png")
_REGISTRY: Final = re.compile(
    r"--(extra-)?index-url|--find-links|--trusted-host|(?-i:^registry\s*=)|https?://[^/\s\"')]*"
    r"(artifactory|nexus|proxy|mirror|pypi|registry\.npmjs|repo1?\.maven)[^/\s\"')]*",
    re.IGNORECASE | re.MULTILINE,
)
_MACHINE_PATH: Final = re.compile(r"(?<![\w./{}$])/(root|home|Users|work)/[\w.-]+")
_MAIL: Final = re.compile(r"(?<![\w./:-])[\w.+-]+@((?:[a-z0-9-]+\.)+[a-z]{2,})\b", re.IGNORECASE)
_RESERVED: Final = re.compile(
    r"(^|\.)(example(\.(com|org|net|jp|co\.jp|ne\.jp|or\.jp))?|invalid|test|localhost)$"
)
_PHONE: Final = re.compile(
    r"(?<![\w.-])0\d{1,4}[-( ]\d{1,4}[-) ]\d{3,4}(?![\w-])|(?<![\w.-])0\d{9,10}(?![\w.-])"
)
# Numbers of real companies in the documents that the domain was learned from, as hashes.
_SOURCE_PHONES: Final = frozenset(
    (ROOT / "tests/arch/source-phones.txt").read_text(encoding="utf-8").splitlines()[1:]
)
_NOT_TEXT: Final = (".png", ".jpg", ".ico", ".jar", ".pdf")


def texts() -> Iterator[tuple[str, str]]:
    """Yield path and text of every file that is searched."""
    for name in tracked():
        if name in _EXEMPT or name.endswith((*_EXEMPT_ENDS, *_NOT_TEXT)):
            continue
        yield name, (ROOT / name).read_text(encoding="utf-8")


def found(pattern: re.Pattern[str]) -> list[str]:
    """Return `path: what` for every match in the tree."""
    return [f"{name}: {match[0]}" for name, text in texts() for match in pattern.finditer(text)]


def foreign_mails(text: str) -> list[str]:
    """Return the mail addresses that lie outside the domains reserved for examples."""
    return [match[0] for match in _MAIL.finditer(text) if not _RESERVED.search(match[1].lower())]


def source_phones(text: str) -> list[str]:
    """Return the phone numbers of the source documents."""
    digits = (re.sub(r"\D", "", match[0]) for match in _PHONE.finditer(text))
    return [each for each in digits if hashlib.sha256(each.encode()).hexdigest()[:12] in _SOURCE_PHONES]


def test_no_registry_host_stands_in_the_tree() -> None:
    assert not found(_REGISTRY)


def test_no_lock_names_a_registry() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert not re.search(r"https?://|--index-url|--find-links", lock.read_text(encoding="utf-8"))


def test_no_path_of_a_machine_stands_in_the_tree() -> None:
    assert not found(_MACHINE_PATH)


def test_mail_addresses_lie_in_reserved_domains() -> None:
    assert not [f"{name}: {mail}" for name, text in texts() for mail in foreign_mails(text)]


def test_no_phone_number_of_the_source_documents_stands_in_the_tree() -> None:
    assert not [f"{name}: {phone}" for name, text in texts() for phone in source_phones(text)]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (_REGISTRY, "pip install --index-url https://a.b/c"),
        (_REGISTRY, "https://pypi.somewhere.corp/simple"),
        (_MACHINE_PATH, 'open("/home/somebody/x")'),
        (_MACHINE_PATH, "cd /root/project"),
    ],
)
def test_the_searches_see_what_they_should(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_a_foreign_mail_address_is_seen() -> None:
    assert foreign_mails("to: someone@carrier.co.jp, a@example.jp, b@desk.kaitsu.example") == [
        "someone@carrier.co.jp"
    ]


def test_no_file_of_code_is_longer_than_400_lines_and_few_are_longer_than_250() -> None:
    files = sorted(sources(*FLOORS, "tests"), key=lambda source: source.lines)

    assert not [f"{source.name}: {source.lines}" for source in files if source.lines > 400]
    assert files[int(len(files) * 0.95)].lines <= 250, [f"{each.name}: {each.lines}" for each in files[-8:]]


@pytest.mark.parametrize(("floor", "most"), [("kernel", 500), ("chassis", 3_100)])
def test_the_lower_floors_stay_small(floor: str, most: int) -> None:
    assert sum(source.lines for source in sources(floor)) <= most


@pytest.mark.parametrize("page", [name for name in tracked() if name.endswith(".md")])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)
    paths = [(a or b).partition("#")[0] for a, b in targets if not re.match(r"https?:|mailto:|#", a or b)]

    assert not [path for path in paths if not ((ROOT / page).parent / path).exists()]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_says_what_it_owns(service: str) -> None:
    text = (ROOT / "services" / service / "README.md").read_text(encoding="utf-8").lower()

    for part in ("owns", "does not own", "events", "tables", "runbook"):
        assert part in text, part


def test_decision_records_are_numbered_short_and_whole() -> None:
    records = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))

    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text(encoding="utf-8")
        parts = [
            "Status:",
            "Date:",
            "## Context",
            "## Decision",
            "## Consequences",
            "## Enforced by",
            "## Revisit when",
        ]
        assert [part for part in parts if part not in text] == [], path.name
        assert len(text.splitlines()) <= 60, path.name
