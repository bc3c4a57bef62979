"""`@flow`: a function whose runs are recorded."""

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Final,
    Generic,
    Literal,
    NoReturn,
    ParamSpec,
    Self,
    TypeVar,
    Unpack,
    overload,
)

import flowtui.engine.drawing as drawing
from flowtui.engine.both_ways import both_ways
from flowtui.engine.context import current_flow_run, loading_code
from flowtui.engine.errors import UsageError
from flowtui.engine.hooks import FLOW_EVENTS, FlowHook, Hooks, add_hook, checked_hooks
from flowtui.engine.ids import new_slug
from flowtui.engine.keeping import keeping_of
from flowtui.engine.logs import get_logger
from flowtui.engine.methods import bound_to, kind_of, pickled, source_version, unpickled, unwrapped, whole_of
from flowtui.engine.names import check_name, check_template, filled, function_name
from flowtui.engine.options import FlowOptions, check_kinds, check_options, count, factor, function, seconds
from flowtui.engine.orchestration.retries import Delay, fixed_delays
from flowtui.engine.runners.protocol import TaskRunner
from flowtui.engine.runners.thread import ThreadPoolTaskRunner
from flowtui.engine.settings import current_settings
from flowtui.engine.signatures import Signature, json_parameters
from flowtui.engine.states import State

if TYPE_CHECKING:
    from flowtui.engine.deployments.arguments import ConcurrencyLimitConfig, DeploymentOptions, PlacedOptions
    from flowtui.engine.deployments.from_code import RunnerDeployment
    from flowtui.engine.deployments.storage import FlowSource
    from flowtui.engine.results.serializers import Serializer

__all__ = ["Flow", "flow"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R", covariant=True)
T = TypeVar("T")
H = TypeVar("H", bound=FlowHook)

_OPTIONS: Final = tuple(FlowOptions.__annotations__)


class Flow(Generic[P, R]):
    """A flow. Call it as the function that it is; each call is a run.

    The function may be sync or async, a generator of either kind, or a method. Arguments, with the meaning that the
    field gives them: `name` (default: the function's, with `_` as `-`), `version` (default: a hash of the source file),
    `flow_run_name` (a template of the parameters such as `"load-{table}"`, or a function; default: two words),
    `retries` (the function is called again after a failure) with `retry_delay_seconds` (a number, a list, or a function
    of the number of retries), `retry_jitter_factor` (spreads the delays: 0.5 is ±50 %) and `retry_condition_fn` (from
    flow, run and failed state to whether to try again; sync or async), `task_runner`, `description` (default: the
    docstring), `timeout_seconds`, `validate_parameters` (coerce and check by annotations), `persist_result` (None: keep
    small JSON; True: keep anything; False: keep nothing), `result_storage` (a `Path`, a URL, a saved block or its
    name), `result_serializer`, `cache_result_in_memory` (False: a state reads a value that is kept elsewhere when
    asked), `log_prints` (None: as the calling flow), and `on_completion`, `on_failure` (after the last retry),
    `on_cancellation`, `on_crashed` and `on_running`: lists of hooks, sync or async, that get the flow, its run and the
    state. Each of these five is a decorator of the flow too: `@myflow.on_failure`.

    Raises `UsageError` for an argument that makes no sense.
    """

    source: "FlowSource | None" = None
    """From where `from_source` has loaded it."""

    def __init__(  # noqa: PLR0913 - the arguments are the product
        self,
        fn: Callable[P, R],
        *,
        name: str | None = None,
        version: str | None = None,
        flow_run_name: str | Callable[..., str] | None = None,
        retries: int | None = None,
        retry_delay_seconds: Delay | None = None,
        retry_jitter_factor: float | None = None,
        retry_condition_fn: Callable[..., Any] | None = None,
        task_runner: TaskRunner | type[TaskRunner] | None = None,
        description: str | None = None,
        timeout_seconds: float | None = None,
        validate_parameters: bool = True,
        persist_result: bool | None = None,
        result_storage: Any = None,
        result_serializer: "Serializer | str | None" = None,
        cache_result_in_memory: bool = True,
        log_prints: bool | None = None,
        on_completion: Iterable[FlowHook] | None = None,
        on_failure: Iterable[FlowHook] | None = None,
        on_cancellation: Iterable[FlowHook] | None = None,
        on_crashed: Iterable[FlowHook] | None = None,
        on_running: Iterable[FlowHook] | None = None,
    ) -> None:
        self._given = {key: value for key, value in locals().items() if key not in ("self", "fn", "__class__")}
        fn, self.binding = unwrapped(fn)
        if not callable(fn):
            raise UsageError(f"@flow needs a function, not {fn!r}. With arguments, write @flow(name=…).")
        self.fn = fn
        self.name = check_name(name if name is not None else function_name(fn).replace("_", "-"), "flow")
        check_kinds(self._given, self.name)
        self.signature = Signature(fn, "Flow", self.name)
        self._version = version
        self.flow_run_name = check_template(flow_run_name, "flow_run_name", self.name, self.signature.names)
        self._retries = count(retries, "retries", self.name) if retries is not None else None
        self.retry_delay_seconds = retry_delay_seconds
        self._delays = fixed_delays(retry_delay_seconds, self._retries or 0, self.name)
        self.retry_jitter_factor = factor(retry_jitter_factor, "retry_jitter_factor", self.name)
        self.retry_condition_fn = function(retry_condition_fn, "retry_condition_fn", self.name)
        self.task_runner = _runner(task_runner)
        self.description = description if description is not None else inspect.getdoc(fn)
        self.timeout_seconds = seconds(timeout_seconds, "timeout_seconds", self.name)
        self.should_validate_parameters = validate_parameters
        self.persist_result = persist_result
        self.keeping = keeping_of(
            f"flow {self.name!r}",
            persist_result=persist_result,
            result_storage=result_storage,
            result_serializer=result_serializer,
            cache_result_in_memory=cache_result_in_memory,
        )
        self.log_prints = log_prints
        self.hooks: Hooks = checked_hooks({event: self._given[event] for event in FLOW_EVENTS}, self.name)
        self.kind = kind_of(fn)
        self.is_async = self.kind in ("async", "async generator")
        self.whole = whole_of(fn, self.kind)
        self.__doc__ = fn.__doc__
        self.__name__ = function_name(fn)
        self.__module__ = getattr(fn, "__module__", "")
        self.__qualname__ = getattr(fn, "__qualname__", self.__name__)
        self.__wrapped__ = fn

    @property
    def retries(self) -> int:
        """How often a run is tried again: as the flow says, else as the settings say."""
        return self._retries if self._retries is not None else current_settings().flows_default_retries

    @property
    def delays(self) -> tuple[float, ...]:
        """Seconds before each retry; the last one repeats."""
        if self.retry_delay_seconds is None:
            return (current_settings().flows_default_retry_delay_seconds,)
        if self._retries is None and callable(self.retry_delay_seconds):
            return fixed_delays(self.retry_delay_seconds, self.retries, self.name)
        return self._delays

    @property
    def version(self) -> str | None:
        """The given version, else a hash of the file that the function stands in; None when there is no such file."""
        return self._version if self._version is not None else source_version(self.fn)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self: "Flow[Concatenate[Any, Q], T]", instance: object, owner: type | None = None) -> "Flow[Q, T]": ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """As a method: the flow with its first parameter filled."""
        receiver = owner if self.binding == "class" else instance
        return self if receiver is None or self.binding == "static" else bound_to(self, receiver)

    # -- hooks ------------------------------------------------------------------------------------------------------

    def on_completion(self, fn: H) -> H:
        """Decorates a hook: `fn(flow, flow_run, state)` is called when a run has completed."""
        return self._hook("on_completion", fn)

    def on_failure(self, fn: H) -> H:
        """Decorates a hook: `fn(flow, flow_run, state)` is called when a run has failed and is not tried again."""
        return self._hook("on_failure", fn)

    def on_cancellation(self, fn: H) -> H:
        """Decorates a hook: `fn(flow, flow_run, state)` is called when a run is cancelled while it runs."""
        return self._hook("on_cancellation", fn)

    def on_crashed(self, fn: H) -> H:
        """Decorates a hook: `fn(flow, flow_run, state)` is called when something other than its code ends a run."""
        return self._hook("on_crashed", fn)

    def on_running(self, fn: H) -> H:
        """Decorates a hook: `fn(flow, flow_run, state)` is called when a run starts, and when it starts again."""
        return self._hook("on_running", fn)

    def _hook(self, event: str, fn: H) -> H:
        add_hook(self.hooks, event, fn, self.name)
        return fn

    # -- running ----------------------------------------------------------------------------------------------------

    @overload  # what returns Any would else count as a coroutine
    def __call__(  # type: ignore[overload-overlap]
        self: "Flow[P, NoReturn]", *args: Any, return_state: Literal[True], wait_for: Any = None, **kwargs: Any
    ) -> State: ...
    @overload
    def __call__(
        self: "Flow[P, Coroutine[Any, Any, T]]",
        *args: Any,
        return_state: Literal[True],
        wait_for: Any = None,
        **kwargs: Any,
    ) -> Coroutine[Any, Any, State]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self: "Flow[P, R]", *args: Any, return_state: Literal[True], wait_for: Any = None, **kwargs: Any
    ) -> State: ...
    @overload
    def __call__(self: "Flow[P, NoReturn]", *args: P.args, **kwargs: P.kwargs) -> Any: ...
    @overload
    def __call__(
        self: "Flow[P, Coroutine[Any, Any, T]]", *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, T]: ...
    @overload
    def __call__(self: "Flow[P, R]", *args: P.args, **kwargs: P.kwargs) -> R: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it: the value that the function returns, or raise what it raised; the `State`, with `return_state`.

        Raises `ParameterError` before anything is recorded when the arguments do not fit.
        """
        from flowtui.engine.runs import flow_run  # noqa: PLC0415 - the run machinery loads with the first run
        from flowtui.engine.runs.upstream import edges_of, pending_in  # noqa: PLC0415

        return_state, wait_for = kwargs.pop("return_state", False), kwargs.pop("wait_for", None)
        if loading_code.get():
            return self._not_now()
        if drawing.active and drawing.current():
            return drawing.called(self, self.signature.bind(args, kwargs), wait_for)
        bound, parent = self.signature.bind(args, kwargs), current_flow_run()
        edges = parent.handle.made.edges(bound, edges_of(bound, wait_for)) if parent is not None else None
        if self.kind == "async" and (pending := pending_in(bound, wait_for)):
            return self._run_after(pending, lambda: self.parameters_for(args, kwargs, wait_for), edges, return_state)
        parameters = self.parameters_for(args, kwargs, wait_for)
        if self.kind != "sync":
            return self._run_otherwise(parameters, edges, return_state)
        state = flow_run.begin(self, parameters, edges).drive()
        return state if return_state else state.result()

    async def _run_after(
        self, pending: list[Any], parameters: Callable[[], dict[str, Any]], edges: Any, return_state: bool
    ) -> Any:
        """Run it when the futures among its parameters are done; the event loop goes on meanwhile."""
        from flowtui.engine.deadlocks import await_all  # noqa: PLC0415 - loaded with the first future

        await await_all(pending)
        return await self._run_async(parameters(), edges, return_state)

    def _not_now(self) -> Any:
        """What a call means while its file is only being loaded: nothing, and a word about it."""
        get_logger("flows").warning(
            "Flow %r is called while its file is being loaded; the call is left out. "
            "Put it under: if __name__ == '__main__':",
            self.name,
        )
        if self.kind == "async generator":
            return _no_items()
        return _nothing() if self.kind == "async" else iter(()) if self.kind == "generator" else None

    def _run_otherwise(self, parameters: dict[str, Any], edges: dict[str, Any] | None, return_state: bool) -> Any:
        """What calling a function that is no plain one gives: a coroutine, a generator, or an async generator."""
        if self.kind == "async" or (self.kind == "async generator" and return_state):
            return self._run_async(parameters, edges, return_state)
        from flowtui.engine.runs import flow_run, generators, streams  # noqa: PLC0415 - loads with the first run

        if return_state:
            return flow_run.begin(self, parameters, edges).drive()
        items = generators.items_of if self.kind == "generator" else generators.async_items_of
        return items(lambda: streams.flow_stream(self, parameters, edges))

    async def _run_async(self, parameters: dict[str, Any], edges: dict[str, Any] | None, return_state: bool) -> Any:
        from flowtui.engine.runs import flow_run  # noqa: PLC0415 - the run machinery loads with the first run

        state = await flow_run.begin(self, parameters, edges).adrive()
        return state if return_state else state.result()

    def parameters_for(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], wait_for: Any = None) -> dict[str, Any]:
        """The call's parameters: bound, waited for, and validated."""
        from flowtui.engine.runs.upstream import values_of  # noqa: PLC0415 - the run machinery loads with the first run

        values = values_of(self.signature.bind(args, kwargs), wait_for)
        return self.validate_parameters(values) if self.should_validate_parameters else values

    def validate_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters coerced to the annotations. Raises `ParameterError`."""
        return self.signature.validate(parameters)

    def serialize_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters as a run of this flow keeps them: JSON, with the text of what is no JSON."""
        return json_parameters(parameters)

    def name_run(self, parameters: Mapping[str, Any]) -> str:
        """The name of a run with these parameters."""
        return filled(self.flow_run_name, parameters, f"flow {self.name!r}", self) or new_slug()

    def with_options(self, **changes: Unpack[FlowOptions]) -> "Flow[P, R]":
        """A copy with other arguments. Raises `ParameterError` for an argument that does not exist."""
        check_options(changes, _OPTIONS, f"with_options of flow {self.name!r}")
        copy = Flow(self.fn, **{**self._given, **self.hooks, **changes})
        copy.binding = self.binding
        if self.source is not None:
            copy.source = self.source
        return copy

    # -- deploying --------------------------------------------------------------------------------------------------

    @classmethod
    @both_ways
    def from_source(cls, source: Any, entrypoint: str) -> "Flow[..., Any]":
        """The flow at `path/file.py:function` (or `package.module.function`) of code that is kept elsewhere.

        `source`: a path, the address of a git repository, a URL that fsspec knows, `GitRepository`, `RemoteStorage`,
        `LocalStorage`, or a saved block with `get_directory`. The code is copied to a folder that goes with this
        process; a deployment of the flow fetches it anew. Awaited in async code.

        Raises `UsageError` when it cannot be fetched, and `EntrypointError`.
        """
        from flowtui.engine.deployments.from_code import flow_from_source  # noqa: PLC0415 - only who deploys

        return flow_from_source(source, entrypoint)

    @both_ways
    def to_deployment(self, name: str | None = None, **options: "Unpack[PlacedOptions]") -> "RunnerDeployment":
        """A deployment of this flow, for `serve` or `deploy`; nothing is kept yet. Awaited in async code.

        One of `interval` (seconds, a timedelta, or several), `cron`, `rrule` (a text or several), `schedule` and
        `schedules` (`Cron(…)`, `Interval(…)`, `RRule(…)`, or mappings); without any, a deployment keeps those that it
        has. `paused`, `parameters`, `description` (default: the flow's), `tags`, `version` (default: the flow's),
        `version_type` (`simple` or `vcs:git`), `enforce_parameter_schema`, `concurrency_limit` (a number or a
        `ConcurrencyLimitConfig`), `work_pool_name`, `work_queue_name`, `job_variables`, `entrypoint_type`.

        Raises `UsageError` for what makes no sense, also for a flow that no other process could load.
        """
        from flowtui.engine.deployments.from_code import deployment_of  # noqa: PLC0415 - only who deploys

        return deployment_of(self, name, options)

    @both_ways
    def deploy(
        self,
        name: str,
        work_pool_name: str | None = None,
        image: Any = None,
        build: bool = True,
        push: bool = True,
        print_next_steps: bool = True,
        ignore_warnings: bool = False,
        **options: "Unpack[DeploymentOptions]",
    ) -> str | None:
        """Keep a deployment for the workers of a pool (default: `local`), and answer its id. Awaited in async code.

        Arguments as of `to_deployment`. A worker takes the code from the folder that it is in now, or, for a flow
        `from_source`, fetches it. `image`: see `flowtui.deploy`.
        """
        from flowtui.engine.deployments.from_code import deploy, deployment_of  # noqa: PLC0415 - only who deploys

        ids = deploy(
            deployment_of(self, name, {**options, "work_pool_name": work_pool_name}),
            work_pool_name=work_pool_name,
            image=image,
            build=build,
            push=push,
            print_next_steps_message=print_next_steps,
            ignore_warnings=ignore_warnings,
        )
        return ids[0] if ids else None

    def serve(
        self,
        name: str | None = None,
        *,
        pause_on_shutdown: bool = True,
        print_starting_message: bool = True,
        limit: int | None = None,
        webserver: bool = False,
        global_limit: "int | ConcurrencyLimitConfig | None" = None,
        **options: "Unpack[DeploymentOptions]",
    ) -> Any:
        """Keep a deployment of this flow and run what is due of it until Ctrl+C or SIGTERM. Awaited in async code.

        Arguments as of `to_deployment`; `global_limit` is its `concurrency_limit`. `limit` is how many runs this
        process carries out at once. See `flowtui.serve`.
        """
        from flowtui.engine.deployments.from_code import deployment_of  # noqa: PLC0415 - only who deploys
        from flowtui.engine.deployments.serving import serve  # noqa: PLC0415 - as above

        if global_limit is not None:
            options["concurrency_limit"] = global_limit
        return serve(
            deployment_of(self, name, options),
            pause_on_shutdown=pause_on_shutdown,
            print_starting_message=print_starting_message,
            limit=limit,
            webserver=webserver,
        )

    def generate_mermaid_graph(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """The flow's graph in the language of Mermaid: its function is called, with its tasks drawn instead of run.

        A task's value is its `viz_return_value`. Raises `UsageError` when the function needs a value that there is not.
        """
        from flowtui.engine.pictures import mermaid  # noqa: PLC0415 - only for drawings

        return mermaid(drawing.drawn(self, args, kwargs))

    def visualize(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Draw the flow's graph as a picture with Graphviz, and answer the path of its PNG file.

        Raises `UsageError` when Graphviz is not installed; see also `generate_mermaid_graph`.
        """
        from flowtui.engine.pictures import picture  # noqa: PLC0415 - only for drawings

        return picture(drawing.drawn(self, args, kwargs), self.name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return pickled(self, protocol)

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpickled(self, state)

    def __repr__(self) -> str:
        return f"<Flow {self.name!r}>"


@overload
def flow(fn: Callable[P, R], /) -> Flow[P, R]: ...
@overload
def flow(fn: Callable[P, R], /, **options: Unpack[FlowOptions]) -> Flow[P, R]: ...
@overload
def flow(**options: Unpack[FlowOptions]) -> Callable[[Callable[P, R]], Flow[P, R]]: ...
def flow(fn: Any = None, /, **options: Any) -> Any:
    """Make a function a flow: `@flow`, or `@flow(name=…, retries=…)`. See `Flow` for the arguments."""
    check_options(options, _OPTIONS, "@flow")
    if fn is None:
        return lambda fn: Flow(fn, **options)
    return Flow(fn, **options)


async def _nothing() -> None:
    """Stands for the run of an async flow that is not run."""


async def _no_items() -> AsyncIterator[Any]:
    """Stands for the run of an async generator that is not run."""
    nothing: tuple[Any, ...] = ()
    for item in nothing:
        yield item


def _runner(given: TaskRunner | type[TaskRunner] | None) -> TaskRunner:
    if given is None:
        return ThreadPoolTaskRunner()
    runner = given() if isinstance(given, type) else given
    if not callable(getattr(runner, "start", None)):
        raise UsageError(f"task_runner is {given!r}; give a task runner such as ThreadPoolTaskRunner(max_workers=4).")
    return runner
