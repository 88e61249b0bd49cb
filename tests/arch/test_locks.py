"""The locks hold what is asked for, with hashes, and agree with one another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.arch.tree import ROOT

PARTS: Final = ("requirements-service", "requirements", "requirements-dev")


def asked(path: Path) -> list[Requirement]:
    """Return what the file asks for, and what the files that it includes ask for."""
    found: list[Requirement] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found += asked(path.parent / line[3:].strip())
        elif line.strip() and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def locked(part: str) -> dict[str, str]:
    """Return the pinned version of each package.

    :raises AssertionError: a line is neither a pin, nor a hash, nor a comment.
    """
    pins: dict[str, str] = {}
    for line in (ROOT / f"{part}.lock").read_text(encoding="utf-8").splitlines():
        if pin := re.match(r"^([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==([^ ;\\]+)", line):
            pins[canonicalize_name(pin[1])] = pin[2]
        else:
            assert re.match(r"^\s*(#.*|--hash=sha256:[0-9a-f]{64}( \\)?)?$", line), line
    return pins


@pytest.mark.parametrize("part", PARTS)
def test_a_lock_holds_everything_that_is_asked_for(part: str) -> None:
    pins = locked(part)

    for requirement in asked(ROOT / f"{part}.in"):
        version = pins.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is missing: run `make lock`"
        assert requirement.specifier.contains(version, prereleases=True)


@pytest.mark.parametrize("part", PARTS)
def test_every_pin_has_a_hash(part: str) -> None:
    text = (ROOT / f"{part}.lock").read_text(encoding="utf-8")

    pins = re.split(r"(?m)^(?=[A-Za-z0-9])", text)

    assert all("--hash=sha256:" in pin for pin in pins if "==" in pin)


def test_a_package_has_one_version_in_all_locks() -> None:
    service, run, dev = (locked(part) for part in PARTS)

    assert set(service) <= set(run) <= set(dev)
    assert {name: dev[name] for name in run} == run
    assert {name: run[name] for name in service} == service
