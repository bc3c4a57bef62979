"""A flow of the folder is run by a process of its own: it imports the user's code, keeps its own lease, and outlives
the workstation if that is left meanwhile."""

import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from typing import IO, Any, Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.deployments.describing import FlowOutline
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.ids import new_slug
from flowtui.engine.model import FlowRun, NewFlowRun
from flowtui.engine.settings import current_settings
from flowtui.engine.states import Crashed, Scheduled, StateType
from flowtui.server.environment import environment_of

__all__ = ["run_here"]

_LAST_WORDS: Final = 500


def run_here(client: Client, outline: FlowOutline, parameters: dict[str, Any]) -> FlowRun:
    """Create a run of a flow of the folder and start its process; answers at once, before the flow is imported."""
    run = client.create_flow_run(
        NewFlowRun(
            flow_name=outline.name,
            name=new_slug(),
            state=Scheduled(message=f"{outline.entrypoint} is being loaded"),
            parameters=parameters,
            created_by="workstation",
        )
    )
    words = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the thread that waits for the process
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "flowtui.tui.flows.child", run.id, outline.entrypoint],
            cwd=outline.folder,
            env=environment_of(current_settings()),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,  # a Ctrl+C in the terminal is not meant for it
        )
    except OSError as error:
        words.close()
        client.set_flow_run_state(run.id, Crashed(message=f"Its process did not start: {error.strerror}."), force=True)
        return run
    threading.Thread(target=_see_to, args=(client, run.id, child, words), name="flowtui-child", daemon=True).start()
    return run


def _see_to(client: Client, run_id: str, child: "subprocess.Popen[bytes]", words: IO[bytes]) -> None:
    """Wait for its end. If it ended before it had taken the run, nobody else will say what became of it."""
    with words:
        code = child.wait()
        with suppress(FlowtuiError):  # the workstation may have closed the store by now
            run = client.read_flow_run(run_id)
            if code and run.state.type is StateType.SCHEDULED and run.owner is None:
                message = f"Its process ended with exit code {code} before it began. {_last(words)}".rstrip()
                client.set_flow_run_state(run_id, Crashed(message=message), force=True)


def _last(words: IO[bytes]) -> str:
    words.seek(0, 2)
    words.seek(max(words.tell() - _LAST_WORDS, 0))
    return words.read().decode(errors="replace").strip()
