"""A deployment that this workstation serves: a process of its own runs what is due of it while the workstation is open,
and hears of its end, however that comes, by the end of a pipe."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import IO, Any, Final

from flowtui.engine.deployments.describing import FlowOutline
from flowtui.engine.errors import StoreError
from flowtui.engine.settings import current_settings
from flowtui.server.environment import environment_of
from flowtui.tui.acting.calls import arguments

__all__ = ["Served", "serve_here"]

_LAST_WORDS: Final = 500
_PATIENCE: Final = 20.0
"""Seconds for which the runs that it has in hand may end before it is ended by force."""


class Served:
    """The process. `stop` ends it; so does the end of this one."""

    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self._child = child
        self.stopped = False

    def stop(self) -> None:
        """Have it take no more runs, end those in hand, and wait until it is gone."""
        self.stopped = True
        if self._child.stdin is not None:
            self._child.stdin.close()
        try:
            self._child.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def wait(self) -> int:
        """Its exit code, when it has ended."""
        code = self._child.wait()
        if self._child.stdin is not None:
            self._child.stdin.close()
        return code


def serve_here(outline: FlowOutline, options: Mapping[str, Any], full_name: str, tell: Callable[[str], None]) -> Served:
    """Start such a process. `tell` is called in a thread when it ends without having been stopped. Raises `StoreError`
    when it does not start."""
    words = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the thread that waits for the process
    program = [sys.executable, "-m", "flowtui.tui.flows.served_child", outline.entrypoint, *arguments(options)]
    try:
        child = subprocess.Popen(
            program,
            cwd=outline.folder,
            env=environment_of(current_settings()),
            stdin=subprocess.PIPE,
            stdout=words,
            stderr=words,
            start_new_session=True,  # a Ctrl+C in the terminal is not meant for it
        )
    except OSError as error:
        words.close()
        raise StoreError(f"The process that should serve {full_name} did not start: {error.strerror}.") from error
    served = Served(child)
    threading.Thread(target=_see_to, args=(served, full_name, words, tell), name="flowtui-served", daemon=True).start()
    return served


def _see_to(served: Served, full_name: str, words: IO[bytes], tell: Callable[[str], None]) -> None:
    with words:
        code = served.wait()
        if not served.stopped:
            end = f"{full_name} is served here no longer: its process ended with exit code {code}."
            tell(f"{end} {_last(words)}".rstrip())


def _last(words: IO[bytes]) -> str:
    words.seek(0, 2)
    words.seek(max(words.tell() - _LAST_WORDS, 0))
    return words.read().decode(errors="replace").strip()
