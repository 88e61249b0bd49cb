"""Each import wall, pushed: a copy of the tree with one bad import must break the contract of that name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.arch.tree import FLOORS, ROOT

LINTER: Final = Path(sys.executable).with_name("lint-imports")
CONTRACTS: Final[list[str]] = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
]

# (the wall that must break, the file that gets the bad import, the import)
PUSHES: Final = [
    ("The house stands on its ground", "kernel/yen.py", "import contracts.topics"),
    ("The house stands on its ground", "contracts/topics.py", "import chassis.clock"),
    ("The house stands on its ground", "chassis/clock.py", "import services.billing"),
    ("The house stands on its ground", "ops/__init__.py", "import services.billing"),
    ("The house stands on its ground", "services/billing/__init__.py", "import ops"),
    ("Services never import each other", "services/billing/__init__.py", "import services.intake.domain"),
    (
        "Services never import each other",
        "services/notify/domain/__init__.py",
        "import services.billing.domain",
    ),
    ("Inside a service", "services/billing/domain/__init__.py", "import services.billing.store"),
    ("Inside a service", "services/intake/store.py", "import services.intake.main"),
    ("Domain is pure", "services/provisioning/prediction/rule.py", "import os"),
    ("Inside a service", "services/provisioning/prediction/rule.py", "import services.provisioning.store"),
    ("Domain is pure", "services/provisioning/domain/__init__.py", "import asyncpg"),
    ("Domain is pure", "services/notify/domain/__init__.py", "import contracts.orders"),
    ("Domain is pure", "services/billing/domain/__init__.py", "import random"),
    ("Domain is pure", "kernel/times.py", "import time"),
    ("Only main reads settings", "services/notify/store.py", "import services.notify.settings"),
    ("No cycles", "kernel/ids.py", "import kernel.probe"),
]


@dataclass(frozen=True)
class Verdict:
    """What the linter said: files it read, contracts it kept and broke, by name."""

    files: int
    kept: frozenset[str]
    broken: frozenset[str]
    text: str


def lint(tree: Path) -> Verdict:
    """Run the linter in the tree."""
    done = subprocess.run(
        [str(LINTER), "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    analyzed = re.search(r"Analyzed (\d+) files", text)
    verdicts = {
        name: re.search(rf"^{re.escape(name)} (KEPT|BROKEN)", text, re.MULTILINE) for name in CONTRACTS
    }
    return Verdict(
        files=int(analyzed[1]) if analyzed else 0,
        kept=frozenset(name for name, found in verdicts.items() if found and found[1] == "KEPT"),
        broken=frozenset(name for name, found in verdicts.items() if found and found[1] == "BROKEN"),
        text=text,
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    for floor in FLOORS:
        shutil.copytree(ROOT / floor, copy / floor, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@contextmanager
def added(path: Path, line: str) -> Generator[None]:
    """Append a line to a file for a while; a file that was not there goes away again."""
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")


def test_the_linter_runs_and_every_wall_stands(tree: Path) -> None:
    verdict = lint(tree)

    assert verdict.files > 40, verdict.text
    assert verdict.kept == frozenset(CONTRACTS), verdict.text


@pytest.mark.parametrize(
    ("wall", "file", "line"),
    PUSHES,
)
def test_a_bad_import_breaks_the_wall_of_that_name(tree: Path, wall: str, file: str, line: str) -> None:
    with added(tree / "kernel/probe.py", "import kernel.ids"), added(tree / file, line):
        verdict = lint(tree)

    assert verdict.files > 40, verdict.text
    assert wall in verdict.broken, verdict.text


def test_every_wall_is_pushed() -> None:
    assert {wall for wall, _, _ in PUSHES} == set(CONTRACTS)
