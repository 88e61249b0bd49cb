"""The name by which a person can start `kaitsu` again."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.runtime.program import program


@pytest.fixture
def kaitsu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / ".venv" / "bin" / "kaitsu"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return path


def test_what_the_shell_finds_is_called_by_its_name(kaitsu: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(kaitsu.parent))

    assert program(str(kaitsu.with_name("python"))) == "kaitsu"


def test_what_the_shell_does_not_find_is_called_by_its_path(
    kaitsu: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert program(str(kaitsu.with_name("python"))) == ".venv/bin/kaitsu"

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert program(str(kaitsu.with_name("python"))) == str(kaitsu)


def test_without_a_command_beside_the_python_its_name_is_all_that_is_known(tmp_path: Path) -> None:
    assert program(str(tmp_path / "python")) == "kaitsu"
