"""`--rerun`, `--set` and `--param` of `flow-run retry`: what is to be other than in the attempt before."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flowtui.engine.amendments import RetryEdits
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun, TaskRun, TaskRunFilter
from flowtui.tui.cli.find import nearest

__all__ = ["edits_of"]

_PAGE: Final = 1_000


def edits_of(
    client: Client, run: FlowRun, rerun: Sequence[str], inputs: Sequence[str], parameters: Sequence[str]
) -> RetryEdits:
    """The edits that a command line asks for. Raises `UsageError` for a task run that there is not, and for no JSON."""
    changed = dict(_pair(text, "--param", "NAME=JSON") for text in parameters)
    if not rerun and not inputs:
        return RetryEdits(parameters=changed)
    tasks = {task.name: task for task in _tasks(client, run.id)}
    edited: dict[str, dict[str, Any]] = {}
    for text in inputs:
        place, value = _pair(text, "--set", "TASK.PARAM=JSON")
        name, dot, parameter = place.rpartition(".")
        if not dot or not name or not parameter:
            raise UsageError(f"--set {text!r} names no input; write TASK.PARAM=JSON.")
        edited.setdefault(_found(tasks, name, run).id, {})[parameter] = value
    again = tuple(_found(tasks, name, run).id for name in rerun)
    return RetryEdits(inputs=edited, again=again, parameters=changed)


def _pair(text: str, option: str, shape: str) -> tuple[str, Any]:
    """The name, and the value as JSON; a text need not be quoted."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{option} {text!r} is no edit; write {shape}.")
    try:
        return name.strip(), json.loads(value)
    except (ValueError, RecursionError):
        if value[:1] in ("{", "[", '"'):
            raise UsageError(f"{option} {text!r} has a value that is no JSON.") from None
        return name.strip(), value


def _tasks(client: Client, run_id: str) -> list[TaskRun]:
    tasks: list[TaskRun] = []
    after: str | None = None
    while True:
        page = client.list_task_runs(TaskRunFilter(flow_run_id=run_id), limit=_PAGE, after=after)
        tasks += page.items
        after = page.next
        if after is None:
            return tasks


def _found(tasks: Mapping[str, TaskRun], name: str, run: FlowRun) -> TaskRun:
    """The task run of that name or id."""
    found = tasks.get(name) or next((task for task in tasks.values() if task.id == name), None)
    if found is not None:
        return found
    near = nearest(name, tasks)
    hint = f"Did you mean {near!r}?" if near else f"List them with: flowtui flow-run retry {run.name} --plan"
    raise UsageError(f"Flow run {run.name!r} has no task run {name!r}. {hint}")
