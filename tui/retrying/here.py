"""A run without a deployment is retried by a process of its own on this machine, where its file still is."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from flowtui.engine.amendments import RetryEdits
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.settings import current_settings

__all__ = ["CodeHere", "code_here", "retry_here"]

_LAST_WORDS: Final = 500
_LOOK_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 60.0
"""So long it may take to import the flow before this stops waiting for the run to begin."""


@dataclass(frozen=True, slots=True)
class CodeHere:
    """Where the code of a run is on this machine."""

    folder: str
    entrypoint: str


def code_here(run: FlowRun) -> CodeHere | None:
    """The code that a run without a deployment ran with; None when that was elsewhere, or its file is gone."""
    known = run.provenance
    if run.deployment_id is not None or known is None or known.root is None or known.entrypoint is None:
        return None
    file = Path(known.root, known.entrypoint.rpartition(":")[0])
    is_here = known.host == os.uname().nodename and file.is_file()
    return CodeHere(known.root, known.entrypoint) if is_here else None


def retry_here(client: Client, run: FlowRun, edits: RetryEdits, code: CodeHere) -> None:
    """Keep what is edited, start the process, and answer when the run has begun. It outlives the workstation.

    Raises `UsageError` with the process's last words when it ended before that.
    """
    client.retry_flow_run(run.id, edits, here=True)
    with tempfile.TemporaryFile() as words:
        child = _started(run, code, words)
        # Somebody has to hear of its end, or it would stay as a zombie.
        threading.Thread(target=child.wait, name="flowtui-child", daemon=True).start()
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while client.read_flow_run(run.id).epoch == run.epoch and time.monotonic() < give_up:
            try:
                child.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            if client.read_flow_run(run.id).epoch == run.epoch:
                raise UsageError(f"Its process ended before the run began. {_last(words)}".rstrip())


def _started(run: FlowRun, code: CodeHere, words: IO[bytes]) -> "subprocess.Popen[bytes]":
    from flowtui.server.environment import environment_of  # noqa: PLC0415 - brings the server's part, when it is used

    try:
        return subprocess.Popen(
            [sys.executable, "-m", "flowtui", "flow-run", "retry", run.id, "--entrypoint", code.entrypoint],
            cwd=code.folder,
            env=environment_of(current_settings()),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,  # a Ctrl+C in the terminal is not meant for it
        )
    except OSError as error:
        raise UsageError(f"Its process could not be started: {error.strerror}.") from None


def _last(words: IO[bytes]) -> str:
    words.seek(0, 2)
    words.seek(max(words.tell() - _LAST_WORDS, 0))
    return words.read().decode(errors="replace").strip()
