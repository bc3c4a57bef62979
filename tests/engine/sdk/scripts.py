"""Scripts that run flows in processes of their own, started by tests that then do something to them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun
from tests.support import clean_environment, wait_until

__all__ = ["started", "when_running"]


@contextmanager
def started(folder: Path, source: str, *arguments: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A script in a process of its own, on this test's home; it is gone when the block ends."""
    script = folder / "script.py"
    script.write_text(source)
    with subprocess.Popen(
        [sys.executable, str(script), *arguments],
        env=clean_environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def when_running(process: "subprocess.Popen[str]", client: LocalClient) -> FlowRun:
    """The script's outermost run, once the script has said on its stdout that it is inside."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    assert line == "inside\n", line + process.stderr.read()

    def outermost() -> FlowRun | None:
        return next((run for run in client.list_flow_runs().items if run.parent_task_run_id is None), None)

    run = wait_until(outermost, what="the run")
    assert run is not None
    return run
