"""Deployments that are described in Python: `flow.to_deployment`, `flow.deploy`, `deploy`, `Flow.from_source`."""

import atexit
import inspect
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.annotations import freeze
from flowtui.engine.client.here import client_here
from flowtui.engine.context import loading_code
from flowtui.engine.deployments.arguments import (
    DeploymentOptions,
    EntrypointType,
    PlacedOptions,
    limit_of,
    schedules_of,
)
from flowtui.engine.deployments.deploy import build_spec
from flowtui.engine.deployments.entry import DeploymentEntry
from flowtui.engine.deployments.entrypoint import load_flow
from flowtui.engine.deployments.parameters import with_frozen
from flowtui.engine.deployments.storage import FlowSource, storage_of
from flowtui.engine.errors import UsageError
from flowtui.engine.logs import get_logger
from flowtui.engine.model import DeploymentSpec
from flowtui.engine.options import check_options
from flowtui.engine.pools import DEFAULT_POOL, DEFAULT_QUEUE
from flowtui.engine.signatures import json_parameters

if TYPE_CHECKING:
    from flowtui.engine.flows import Flow

__all__ = ["RunnerDeployment", "apply", "deploy", "deployment_of", "flow_from_source", "left_out", "placed"]

_FORBIDDEN: Final = "/%&<>"
_OPTIONS: Final = (*DeploymentOptions.__annotations__, *PlacedOptions.__annotations__)
_NOWHERE: Final = "."
"""The path of a deployment whose code is brought by its pull steps."""


@dataclass(frozen=True, slots=True)
class RunnerDeployment:
    """A deployment that is not kept yet: `deploy` keeps it, `serve` keeps it and runs it, `apply` keeps it alone."""

    flow: "Flow[..., Any]"
    spec: DeploymentSpec
    queue: str | None = None
    """The queue of whichever pool it comes to."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def full_name(self) -> str:
        """`flow/deployment`."""
        return f"{self.spec.flow_name}/{self.spec.name}"

    def apply(self, work_pool_name: str | None = None) -> str:
        """Keep it, and answer its id. Raises `NotFound` for an unknown work pool or queue."""
        return apply([placed(self, work_pool_name)])[0]


def deployment_of(flow: "Flow[..., Any]", name: str | None, options: Mapping[str, Any]) -> RunnerDeployment:
    """The deployment of a flow with these arguments. Raises `UsageError` for those that make no sense."""
    check_options(options, _OPTIONS, f"a deployment of flow {flow.name!r}")
    if options.get("triggers"):
        raise UsageError("There are no automations yet, so a deployment has no triggers.")
    entrypoint, folder = _place(flow, options.get("entrypoint_type") or EntrypointType.FILE_PATH)
    limit = limit_of(options.get("concurrency_limit"))
    given = dict(options.get("parameters") or {})
    parameters = {name: value.value if isinstance(value, freeze) else value for name, value in given.items()}
    entry = DeploymentEntry(
        name=_name(name or flow.name),
        entrypoint=entrypoint,
        version=options.get("version"),
        version_type=options.get("version_type"),
        description=options.get("description"),
        parameters=json_parameters(parameters),
        enforce_parameter_schema=options.get("enforce_parameter_schema", True),
        tags=tuple(dict.fromkeys(options.get("tags") or ())),
        paused=bool(options.get("paused")),
        work_pool_name=options.get("work_pool_name"),
        work_queue_name=options.get("work_queue_name") or "default",
        job_variables=dict(options.get("job_variables") or {}),
        schedules=schedules_of(options),
        concurrency_limit=limit.limit if limit else None,
        collision_strategy=limit.collision_strategy if limit else "ENQUEUE",
        grace_period_seconds=limit.grace_period_seconds if limit else None,
    )
    spec = build_spec(entry, str(folder), flow)
    frozen = {name: spec.parameters[name] for name, value in given.items() if isinstance(value, freeze)}
    schema = with_frozen(spec.parameter_openapi_schema, frozen)
    spec = replace(spec, created_by="script", parameter_openapi_schema=schema)
    return RunnerDeployment(flow, spec, options.get("work_queue_name"))


def _name(name: str) -> str:
    """The deployment's name; `__file__` stands for the file's."""
    name = Path(name).stem if name.endswith(".py") else name
    bad = next((mark for mark in _FORBIDDEN if mark in name), None)
    if bad or not name.strip():
        raise UsageError(f"{name!r} cannot be the name of a deployment." + (f" {bad!r} is not allowed." if bad else ""))
    return name


# -- where the code is ------------------------------------------------------------------------------------------------


def _place(flow: "Flow[..., Any]", kind: EntrypointType) -> tuple[str, Path]:
    """The entrypoint by which another process finds the flow, and the folder from which it does."""
    source = flow.source
    if source is not None:
        return source.entrypoint, source.folder
    attribute = _attribute(flow)
    if kind is EntrypointType.MODULE_PATH:
        module = flow.fn.__module__
        if module == "__main__":
            raise UsageError(f"Flow {flow.name!r} is in the script itself, which has no module path; import it.")
        return f"{module}.{attribute}", Path.cwd()
    try:
        file = Path(inspect.getsourcefile(flow.fn) or "").resolve()
    except TypeError:
        file = Path()
    if not file.is_file():
        raise UsageError(f"Flow {flow.name!r} is in no file, so no other process could load it.")
    folder = Path.cwd().resolve() if file.is_relative_to(Path.cwd().resolve()) else file.parent
    return f"{file.relative_to(folder)}:{attribute}", folder


def _attribute(flow: "Flow[..., Any]") -> str:
    """The name under which the flow is found in its module."""
    module = sys.modules.get(flow.fn.__module__)
    for name, value in list(vars(module).items()) if module is not None else ():
        if value is flow:
            return name
    qualname = flow.fn.__qualname__
    if "<locals>" in qualname:
        raise UsageError(f"Flow {flow.name!r} is made within a function, so no other process could load it.")
    return qualname


def flow_from_source(source: Any, entrypoint: str) -> "Flow[..., Any]":
    """The flow at an entrypoint of code that is kept elsewhere. Raises `UsageError` and `EntrypointError`."""
    storage = storage_of(source)
    base = Path(tempfile.mkdtemp(prefix="flowtui-code-"))
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    folder = storage.fetch(base)
    flow = load_flow(entrypoint, str(folder), of_prefect=True)
    flow.source = FlowSource(storage, entrypoint, folder)
    return flow


def placed(deployment: RunnerDeployment, pool: str | None = None, image: str | None = None) -> RunnerDeployment:
    """The deployment as a work pool runs it: in that pool, from where its code is kept."""
    spec, source = deployment.spec, deployment.flow.source
    changes: dict[str, Any] = {}
    if source is not None:
        step = source.storage.pull_step()
        changes |= {"pull_steps": (step,), "path": _NOWHERE}
    if pool is not None or spec.work_pool_name is None:
        changes |= {"work_pool_name": pool or DEFAULT_POOL, "work_queue_name": deployment.queue or DEFAULT_QUEUE}
    if image is not None:
        changes["job_variables"] = {**spec.job_variables, "image": image}
    return replace(deployment, spec=replace(spec, **changes))


# -- keeping them -----------------------------------------------------------------------------------------------------


def apply(deployments: Sequence[RunnerDeployment]) -> list[str]:
    """Keep all of them, or none; their ids. Raises `NotFound` for an unknown work pool or queue."""
    from flowtui.engine.deployments.deploy import check_place  # noqa: PLC0415 - beside its only use

    client = client_here()
    for one in deployments:
        check_place(client, one.spec.work_pool_name, one.spec.work_queue_name)
    return [saved.id for saved in client.save_deployments([one.spec for one in deployments])]


def deploy(
    *deployments: RunnerDeployment,
    work_pool_name: str | None = None,
    image: Any = None,
    build: bool = True,
    push: bool = True,
    print_next_steps_message: bool = True,
    ignore_warnings: bool = False,
) -> list[str]:
    """Keep deployments for the workers of a pool (default: `local`); all of them, or none. Answers their ids.

    `image` is what their containers are made of; it has to be there already (`build=False`), and goes to the job
    variable of that name. Awaited in async code.

    Raises `UsageError` for an image that is to be built, and `NotFound` for an unknown pool.
    """
    if not deployments:
        raise UsageError("deploy() was given no deployments; make them with flow.to_deployment(name).")
    if image is not None and (build or not isinstance(image, str)):
        raise UsageError("Images are not built by flowtui yet. Build it yourself, and give its name with build=False.")
    if left_out("deploy"):
        return []
    ids = apply([placed(one, work_pool_name, image) for one in deployments])
    if print_next_steps_message:
        for one in deployments:
            print(f"Deployed {one.full_name}. Run it with: flowtui deployment run {one.full_name}")  # noqa: T201
    return ids


def left_out(what: str) -> bool:
    """True while the file of the call is only being loaded: then it means nothing, and a word is said about it."""
    if not loading_code.get():
        return False
    get_logger("flows").warning(
        "%s() is called while its file is being loaded; the call is left out. Put it under: if __name__ == '__main__':",
        what,
    )
    return True
