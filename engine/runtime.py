"""What code can ask about the run that it is in: `flow_run`, `task_run` and `deployment`, by attribute.

Outside a run every attribute is empty: None, an empty list or dict, 0. A test gives one a value by the environment,
with two underscores between the words: `FLOWTUI__RUNTIME__FLOW_RUN__NAME=mocked`; `PREFECT__RUNTIME__…` counts where
that is not set. Such a text becomes what the attribute is: a whole number, an instant, a list (JSON, or words between
commas), a dict (JSON).
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flowtui.engine.clock import utc_now
from flowtui.engine.context import (
    FlowRunContext,
    TaskRunContext,
    being_named,
    current_flow_run,
    current_tags,
    current_task_run,
)
from flowtui.engine.errors import UsageError
from flowtui.engine.flows import Flow
from flowtui.engine.model import Deployment, FlowRun
from flowtui.engine.runs.handle import FlowRunHandle
from flowtui.engine.settings import current_settings
from flowtui.engine.tasks import Task

__all__ = ["Fields", "deployment", "flow_run", "task_run"]

_PREFIXES: Final = ("FLOWTUI", "PREFECT")


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Field:
    """How an attribute is looked up, and how a text of the environment becomes one."""

    look: Callable[[], Any]
    read: Callable[[str], Any] = str


class Fields:
    """Attributes that are looked up when they are asked for. `dir()` lists them."""

    def __init__(self, name: str, fields: Mapping[str, Field]) -> None:
        self._name, self._fields = name, fields

    def __getattr__(self, name: str) -> Any:
        field = self.__dict__["_fields"].get(name)
        if field is None and name.startswith("_"):
            raise AttributeError(name)
        for prefix in _PREFIXES:
            variable = f"{prefix}__RUNTIME__{self._name.upper()}__{name.upper()}"
            if variable in os.environ:
                return _mocked(variable, field)
        if field is None:
            raise AttributeError(f"runtime.{self._name} has no attribute {name!r}; it has {', '.join(self._fields)}.")
        return field.look()

    def __dir__(self) -> list[str]:
        return sorted(self._fields)

    def __repr__(self) -> str:
        return f"<runtime.{self._name}>"


def _mocked(variable: str, field: Field | None) -> Any:
    text = os.environ[variable]
    try:
        return text if field is None else field.read(text)
    except ValueError as error:
        raise UsageError(f"{variable} is {text!r}, which does not fit: {error}.") from None


# -- texts of the environment -----------------------------------------------------------------------------------------


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _list(text: str) -> list[Any]:
    if not text.lstrip().startswith("["):
        return [word.strip() for word in text.split(",") if word.strip()]
    import json  # noqa: PLC0415 - only for what a test mocks

    found: list[Any] = json.loads(text)
    return found


def _dict(text: str) -> dict[str, Any]:
    import json  # noqa: PLC0415 - only for what a test mocks

    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("give an object of JSON")
    return found


# -- where the values are ---------------------------------------------------------------------------------------------

Named = Callable[[Any, Mapping[str, Any]], Any]
"""What is known of a run whose name is being worked out: from the flow or task, and the parameters."""


def _of_flow(
    ask: Callable[[FlowRunContext], Any], missing: Callable[[], Any] = _nothing, named: Named | None = None
) -> Callable[[], Any]:
    """From the flow run that this code, or the task that it is in, belongs to."""
    return _look(Flow, current_flow_run, ask, missing, named)


def _of_task(
    ask: Callable[[TaskRunContext], Any], missing: Callable[[], Any] = _nothing, named: Named | None = None
) -> Callable[[], Any]:
    return _look(Task, current_task_run, ask, missing, named)


def _look(
    kind: type,
    current: Callable[[], Any],
    ask: Callable[[Any], Any],
    missing: Callable[[], Any],
    named: Named | None,
) -> Callable[[], Any]:
    def look() -> Any:
        coming = being_named.get()
        if coming is not None and isinstance(
            coming[0], kind
        ):  # that run is not there yet, and the one around is not it
            return missing() if named is None else named(*coming)
        context = current()
        return missing() if context is None else ask(context)

    return look


def _of_deployment(ask: Callable[[Deployment], Any], missing: Callable[[], Any] = _nothing) -> Callable[[], Any]:
    def look(context: FlowRunContext) -> Any:
        found = _deployment_of(context.handle)
        return missing() if found is None else ask(found)

    return _of_flow(look, missing)


def _deployment_of(handle: FlowRunHandle) -> Deployment | None:
    run = handle.run
    return None if run.deployment_id is None else handle.client.read_deployment(run.deployment_id)


def _above(handle: FlowRunHandle, run: FlowRun) -> FlowRun | None:
    """The run that this one is a subflow of, also when another process runs that."""
    if run is handle.run and handle.parent is not None:
        return handle.parent.run
    stand_in = run.parent_task_run_id
    above = None if stand_in is None else handle.client.read_task_run(stand_in).flow_run_id
    return None if above is None else handle.client.read_flow_run(above)


def _parent_id(context: FlowRunContext) -> str | None:
    above = _above(context.handle, context.handle.run)
    return None if above is None else above.id


def _parent_deployment_id(context: FlowRunContext) -> str | None:
    above = _above(context.handle, context.handle.run)
    return None if above is None else above.deployment_id


def _root_id(context: FlowRunContext) -> str:
    handle = context.handle
    while handle.parent is not None:
        handle = handle.parent
    run = handle.run
    while (above := _above(handle, run)) is not None:
        run = above
    return run.id


def _due(context: FlowRunContext) -> datetime:
    return context.handle.run.expected_start_time or context.handle.run.created


def _job_variables(context: FlowRunContext) -> dict[str, Any]:
    found = _deployment_of(context.handle)
    return {} if found is None else dict(found.job_variables)


def _address(kind: str, run_id: Callable[[], str | None], *, page: bool) -> Callable[[], str | None]:
    """Where a server answers for the run, or shows it: beside its API. None without a server."""

    def look() -> str | None:
        api, run = current_settings().api_url, run_id()
        if api is None or run is None:
            return None
        root = api.removesuffix("/")
        return f"{root.removesuffix('/api')}/runs/{kind}-run/{run}" if page else f"{root}/{kind}_runs/{run}"

    return look


_flow_run_id = _of_flow(lambda context: context.handle.run_id)
_task_run_id = _of_task(lambda context: context.task_run.id)

flow_run: Final = Fields(
    "flow_run",
    {
        "id": Field(_flow_run_id),
        "name": Field(_of_flow(lambda context: context.handle.name)),
        "tags": Field(
            _of_flow(lambda context: list(context.handle.run.tags), list, lambda *_: sorted(current_tags())), _list
        ),
        "scheduled_start_time": Field(_of_flow(_due, utc_now), _instant),
        "flow_name": Field(_of_flow(lambda context: context.flow.name, named=lambda flow, _: flow.name)),
        "flow_version": Field(_of_flow(lambda context: context.flow.version, named=lambda flow, _: flow.version)),
        "parameters": Field(
            _of_flow(lambda context: dict(context.parameters), dict, lambda _, parameters: dict(parameters)), _dict
        ),
        "parent_flow_run_id": Field(_of_flow(_parent_id)),
        "parent_deployment_id": Field(_of_flow(_parent_deployment_id)),
        "root_flow_run_id": Field(_of_flow(_root_id)),
        "run_count": Field(_of_flow(lambda context: context.handle.attempt, int), int),
        "job_variables": Field(_of_flow(_job_variables), _dict),
        "api_url": Field(_address("flow", _flow_run_id, page=False)),
        "ui_url": Field(_address("flow", _flow_run_id, page=True)),
    },
)
"""The flow run that this code belongs to, also from inside its tasks."""

task_run: Final = Fields(
    "task_run",
    {
        "id": Field(_task_run_id),
        "name": Field(_of_task(lambda context: context.task_run.name)),
        "tags": Field(_of_task(lambda context: list(context.task_run.tags), list), _list),
        "parameters": Field(
            _of_task(lambda context: dict(context.parameters), dict, lambda _, parameters: dict(parameters)), _dict
        ),
        "run_count": Field(_of_task(lambda context: context.task_run.run_count, int), int),
        "task_name": Field(_of_task(lambda context: context.task.name, named=lambda task, _: task.name)),
        "api_url": Field(_address("task", _task_run_id, page=False)),
        "ui_url": Field(_address("task", _task_run_id, page=True)),
    },
)
"""The innermost task run that this code belongs to."""

deployment: Final = Fields(
    "deployment",
    {
        "id": Field(_of_flow(lambda context: context.handle.run.deployment_id)),
        "name": Field(_of_deployment(lambda found: found.name)),
        "parameters": Field(_of_deployment(lambda found: dict(found.parameters), dict), _dict),
        "version": Field(_of_deployment(lambda found: found.version)),
        "flow_run_id": Field(_flow_run_id),
    },
)
"""The deployment that the flow run was started from."""
