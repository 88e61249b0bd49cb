"""The schemas kept as files are those of the classes, and nothing promised before is broken."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.compat import Break, breaks
from contracts.registry import EVENT_TYPES
from contracts.snapshot import drift, snapshot, write
from contracts.upcasters import UPCASTERS
from tests.contract.git_base import ROOT, base_commits, snapshots_at

ACCEPTED: Final[list[dict[str, str]]] = tomllib.loads(
    (ROOT / "contracts/breaks.toml").read_text(encoding="utf-8")
).get("accepted", [])


def unaccepted(old: dict[str, dict[str, Any]]) -> dict[str, list[Break]]:
    """Return the breaks between old snapshots and the classes of this tree that nobody accepted, by type.

    A type that went away is no break where an upcaster reads what remains of it.
    """
    meant = {(entry["type"], entry["pointer"], entry["rule"]) for entry in ACCEPTED}
    found: dict[str, list[Break]] = {}
    for type_, document in old.items():
        if type_ not in EVENT_TYPES and type_ in UPCASTERS:
            continue
        new = snapshot(EVENT_TYPES[type_]) if type_ in EVENT_TYPES else None
        if left := [each for each in breaks(document, new) if (type_, each.pointer, each.rule) not in meant]:
            found[type_] = left
    return found


def test_the_snapshots_are_those_of_the_classes() -> None:
    assert not drift(), f"run `make snapshot-contracts` and read the diff: {sorted(drift())}"


def test_nothing_that_the_git_base_promised_is_broken() -> None:
    bases = base_commits()
    if not bases:
        pytest.skip("no git history here: the snapshots of an earlier commit are not available")

    found = {base[:12]: unaccepted(snapshots_at(base)) for base in bases}

    assert not any(found.values()), "a new version is needed (CONTRIBUTING.md): " + "; ".join(
        f"since {base}: {type_} {each}"
        for base, types in found.items()
        for type_, left in types.items()
        for each in left
    )


def test_a_break_against_the_base_is_seen() -> None:
    old = {type_: snapshot(cls) for type_, cls in EVENT_TYPES.items()}
    old["order.submitted.v1"]["properties"]["urgency"] = {"type": "string"}
    old["order.withdrawn.v1"] = {"$id": "urn:kaitsu:order.withdrawn.v1", "properties": {}}

    assert unaccepted(old) == {
        "order.submitted.v1": [Break("/urgency", "field_removed")],
        "order.withdrawn.v1": [Break("", "type_removed")],
    }


def test_a_changed_class_makes_the_snapshots_drift_until_they_are_written(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "gone.thing.v1.json").write_text("{}")
    (tmp_path / "consult.done.v1.json").write_text("{}")

    assert set(drift(tmp_path)) == {"gone.thing.v1.json", "consult.done.v1.json"}
    assert write(tmp_path) == ["consult.done.v1.json", "gone.thing.v1.json"]
    assert not drift(tmp_path)


def test_an_accepted_break_says_why_and_until_when() -> None:
    for entry in ACCEPTED:
        assert set(entry) == {"type", "pointer", "rule", "reason", "until"}
        assert len(entry["reason"]) > 20
