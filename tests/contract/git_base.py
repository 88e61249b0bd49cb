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


def base_commits() -> list[str]:
    """Return the commits to compare with, none where there is no history.

    KAITSU_CONTRACT_BASE when set; else the latest release (a tag v…) and where this branch left the shared one, or
    on the shared branch itself the commit before the last.
    """
    if named := os.environ.get("KAITSU_CONTRACT_BASE"):
        names = [named]
    else:
        head = git("rev-parse", "HEAD")
        forks = [git("merge-base", "HEAD", shared) for shared in ("origin/main", "main")]
        branch = next((fork for fork in forks if fork and fork != head), "HEAD^")
        names = [git("describe", "--tags", "--match", "v*", "--abbrev=0", "HEAD^"), branch]
    found = [git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") for name in names if name]
    return [commit for commit in found if commit]


def snapshots_at(commit: str) -> dict[str, dict[str, Any]]:
    """Return the snapshots of a commit by event type."""
    names = (git("ls-tree", "--name-only", commit, f"{FOLDER}/") or "").splitlines()
    return {
        Path(name).name.removesuffix(".json"): json.loads(git("show", f"{commit}:{name}") or "null")
        for name in names
    }
