"""Which commit a folder is at."""

import subprocess
from pathlib import Path
from typing import Any, Final

from flowtui.engine.deployments.git import without_secrets
from flowtui.engine.deployments.versions import GIT

__all__ = ["git_info", "is_dirty"]

_SECONDS: Final = 10


def git_info(folder: str) -> dict[str, Any] | None:
    """Which commit a folder is at: `{"type", "commit_sha", "branch", "message", "url", "dirty"}`.

    None where there is no checkout, no commit yet, or no git command.
    """
    head = _git(folder, "log", "-1", "--format=%H%x00%s")
    if not head:
        return None
    commit, _, message = head.partition("\0")
    branch = _git(folder, "rev-parse", "--abbrev-ref", "HEAD")
    info = {
        "type": GIT,
        "commit_sha": commit,
        "branch": None if branch in (None, "HEAD") else branch,
        "message": message[:200],
        "url": without_secrets(_git(folder, "config", "--get", "remote.origin.url") or "") or None,
        "dirty": bool(is_dirty(folder)),
    }
    return {key: value for key, value in info.items() if value is not None}


def is_dirty(folder: str) -> bool | None:
    """Whether files of the checkout differ from its commit; files that git was never told of do not count.

    None where git cannot say.
    """
    changed = _git(folder, "--no-optional-locks", "status", "--porcelain", "--untracked-files=no")
    return None if changed is None else bool(changed)


def _git(folder: str, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(Path(folder)), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
