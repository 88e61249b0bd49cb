"""The snapshots as they stand on the git base: what others already rely on."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = "contracts/schemas"


def git(*arguments: str) -> str | None:
    """Return what git says, or None where it fails (no repository, no such commit)."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def base_commit() -> str | None:
    """Return the commit to compare with, or None where there is none.

    KAITSU_CONTRACT_BASE when set; else where this branch left the shared one; on the shared branch itself the
    commit before the last.
    """
    if named := os.environ.get("KAITSU_CONTRACT_BASE"):
        return git("rev-parse", "--verify", "--quiet", f"{named}^{{commit}}")
    head = git("rev-parse", "--verify", "--quiet", "HEAD")
    for shared in ("origin/main", "main"):
        fork = git("merge-base", "HEAD", shared)
        if fork and fork != head:
            return fork
    return git("rev-parse", "--verify", "--quiet", "HEAD^")


def snapshots_at(commit: str) -> dict[str, dict[str, Any]]:
    """Return the snapshots of a commit by event type."""
    names = (git("ls-tree", "--name-only", commit, f"{FOLDER}/") or "").splitlines()
    return {
        Path(name).name.removesuffix(".json"): json.loads(git("show", f"{commit}:{name}") or "null")
        for name in names
    }
