"""A child of the zygote: from a bare fork to a process in which a flow can feel at home."""

import importlib
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TextIO

from flowtui.engine.settings import forget_settings
from flowtui.server.workers.jobs import MARK, Job
from flowtui.server.workers.kinship import adopt_orphans, die_with_parent

__all__ = ["Birth", "live"]

_FRESH_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """What a child is given: its job, the ends of pipes that become its output, and who its parent is."""

    job: Job
    stdout: int
    stderr: int
    parent: int
    lifeline: int


def live(birth: Birth) -> int:
    """Do the job in this process, which was just forked; answers with its exit code."""
    os.setsid()
    for number in _FRESH_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _redirect(birth)
    adopt_orphans()
    die_with_parent(birth.parent, birth.lifeline)
    job = birth.job
    os.environ.update(job.env)
    os.environ[MARK] = job.mark
    forget_settings()
    os.chdir(job.cwd)
    sys.path.insert(0, job.cwd)
    return int(_find(job.target)(*job.arguments))


def _redirect(birth: Birth) -> None:
    """Input from nowhere, output into the pipes. Each line goes out as it is written, in UTF-8 whatever the locale."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (birth.stdout, 1), (birth.stderr, 2)):
        os.dup2(source, target)
    for fd in {nothing, birth.stdout, birth.stderr} - {0, 1, 2}:
        os.close(fd)
    # New objects: the old ones remember what their descriptors were, and try to seek in a pipe.
    sys.stdin, sys.stdout, sys.stderr = _text(0, "r"), _text(1, "w"), _text(2, "w")


def _text(fd: int, mode: Literal["r", "w"]) -> TextIO:
    return os.fdopen(fd, mode, buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _find(target: str) -> Callable[..., int]:
    module, _, name = target.partition(":")
    function: Callable[..., int] = getattr(importlib.import_module(module), name)
    return function
