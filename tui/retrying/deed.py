"""A retry as something that is done: also as the command and the Python that do the same."""

import json
from collections.abc import Mapping
from typing import Any

from flowtui.engine.amendments import RetryEdits
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun, Verdict
from flowtui.engine.run_changes import Restore
from flowtui.tui.acting.calls import change_command, change_python, command, python
from flowtui.tui.acting.deed import Deed, Done
from flowtui.tui.retrying.draft import Draft
from flowtui.tui.retrying.here import code_here, retry_here

__all__ = ["retry_deed"]


def _back(run: FlowRun) -> Deed:
    """Puts the run back as it had ended, without the edits, as long as nobody has taken it up."""

    def do(client: Client) -> Done:
        (outcome,) = client.change_flow_runs((run.id,), Restore())
        if outcome.fate != "done":
            raise UsageError(f"{run.name} is not put back: {outcome.reason}.")
        return Done(words=f"{run.flow_name} · {run.name} is as it was, and so is what was edited.")

    return Deed(
        title=f"Put back {run.flow_name} · {run.name}",
        command=change_command(Restore(), [run.id]),
        python=change_python(Restore(), [run.id]),
        do=do,
    )


def retry_deed(run: FlowRun, draft: Draft, edits: RetryEdits, names: Mapping[str, str]) -> Deed:
    """`edits` are all that the plan makes of the draft; `names` are those of task runs by id."""

    code = code_here(run)

    def do(client: Client) -> Done:
        if code is not None:
            retry_here(client, run, edits, code)
            return Done(words=f"Retrying {run.flow_name} · {run.name} here.", lasting="c cancels the run")
        answer = client.retry_flow_run(run.id, edits)
        if answer.status != Verdict.ACCEPT:
            raise UsageError(f"{run.name} is not retried: {answer.reason or 'it was refused'}.")
        return Done(words=f"Retrying {run.flow_name} · {run.name}.", back=_back(run))

    sets = [
        f"{names.get(task, task)}.{name}={json.dumps(value, ensure_ascii=False)}"
        for task, values in draft.inputs.items()
        for name, value in (values or {}).items()
    ]
    parameters = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in draft.parameters.items()]
    options: dict[str, Any] = {"entrypoint": code.entrypoint} if code is not None else {}
    options |= {"rerun": [names.get(task, task) for task in sorted(draft.again)], "set": sets, "param": parameters}
    return Deed(
        title=f"Retry {run.flow_name} · {run.name}",
        command=command("flow-run", "retry", run.id, **options),
        python=python("retry_flow_run", run.id, edits, imports=["from flowtui.engine.amendments import RetryEdits"]),
        do=do,
    )
