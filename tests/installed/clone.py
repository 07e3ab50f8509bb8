"""A clean clone: the files that git knows of, as they are, and no other; with the models."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "build" / "clone"
"""Below the checkout, because a machine for tests hides /tmp."""


@cache
def clone() -> Path:
    """The folder of the clone; made anew once in a run of tests."""
    fresh = PLACE.with_name("clone-new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    # what isn't committed yet counts, what isn't added doesn't: nobody else would have it
    commit = _git("stash", "create") or "HEAD"
    archive = subprocess.Popen(("git", "archive", commit), cwd=ROOT, stdout=subprocess.PIPE)
    subprocess.run(("tar", "-x", "-C", str(fresh)), stdin=archive.stdout, check=True)
    if archive.wait():
        raise AssertionError("git archive failed")
    shutil.copytree(
        ROOT / "models", fresh / "models", copy_function=_link, dirs_exist_ok=True, symlinks=True
    )
    shutil.rmtree(PLACE, ignore_errors=True)
    fresh.replace(PLACE)
    return PLACE


def why_not() -> str:
    """Why there can't be one; empty if there can."""
    return "" if (ROOT / ".git").exists() else "this is no clone of a repository"


def _git(*words: str) -> str:
    done = subprocess.run(
        ("git", "-c", "user.name=test", "-c", "user.email=test@example.org", *words),
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def _link(source: str, target: str) -> None:
    """Models are large: another name for the same file, unless the clone has its own."""
    if not Path(target).exists():
        os.link(source, target)
