"""What the system offers for keeping a family of processes together."""

import ctypes
import os
import signal
import sys
import threading
from typing import Final

__all__ = ["adopt_orphans", "die_with_parent"]

# <sys/prctl.h>
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


def _prctl(option: int, value: int) -> bool:
    if sys.platform != "linux":
        return False
    return int(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)) == 0


def adopt_orphans() -> bool:
    """Become the parent of descendants whose own parent ends, so that they stay findable. False: not on this system."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int, lifeline: int) -> None:
    """Be sent SIGTERM when the process `parent`, which forked this one, ends in whatever way.

    Linux does it by itself. Elsewhere a thread waits for the end of `lifeline`, a pipe whose writing end only the
    parent holds.
    """
    if _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM):
        if os.getppid() != parent:  # it ended between the fork and now
            os.kill(os.getpid(), signal.SIGTERM)
        return
    threading.Thread(target=_watch, args=(lifeline,), name="flowtui-lifeline", daemon=True).start()


def _watch(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
