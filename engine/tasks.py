"""`@task`: a function whose runs are recorded, retried, cached and run side by side."""

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from pathlib import PurePath
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
from flowtui.engine.context import current_flow_run
from flowtui.engine.errors import UsageError
from flowtui.engine.futures import TaskFuture, TaskFutureList
from flowtui.engine.hooks import Hooks, TaskHook, add_hook, checked_hooks
from flowtui.engine.keeping import KEPT, Keeping, keeping_of, with_hook
from flowtui.engine.mapping import each_call
from flowtui.engine.methods import bound_to, kind_of, pickled, unpickled, unwrapped, whole_of
from flowtui.engine.names import check_name, check_template, filled, function_name
from flowtui.engine.options import TaskOptions, check_kinds, check_options, count, factor, function, seconds, tag_set
from flowtui.engine.orchestration.retries import Delay, fixed_delays
from flowtui.engine.settings import current_settings
from flowtui.engine.signatures import Signature
from flowtui.engine.states import State

if TYPE_CHECKING:
    from flowtui.engine.assets import Asset, Lineage
    from flowtui.engine.background.futures import BackgroundFuture
    from flowtui.engine.caching.keys import CacheKeyFn
    from flowtui.engine.caching.policies import CachePolicy
    from flowtui.engine.results.serializers import Serializer

__all__ = ["Task", "task"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R", covariant=True)
T = TypeVar("T")
H = TypeVar("H", bound=TaskHook)

_PLAIN: Final = (str, bytes, int, float, type(None))
_OPTIONS: Final = tuple(TaskOptions.__annotations__)


class Task(Generic[P, R]):
    """A task. Call it, `.submit` it to the flow's task runner, `.map` it over lists, `.delay` it for a task worker.

    The function may be sync or async, a generator of either kind, or a method. Arguments, with the meaning that the
    field gives them: `name` (default: the function's), `description`, `tags`, `version`, `cache_policy` (such as
    `INPUTS + TASK_SOURCE`; a kept result of the same key is used instead of running) or `cache_key_fn` (from the run
    and its parameters to a key) with `cache_expiration` and `refresh_cache`, `task_run_name` (a template of the
    parameters, or a function; default: name and number), `retries` with `retry_delay_seconds` (a number, a list, or a
    function of the number of retries), `retry_jitter_factor` (spreads the delays: 0.5 is ±50 %) and
    `retry_condition_fn` (from task, run and failed state to whether to try again; sync or async), `persist_result`
    (None: keep small JSON, and what is cached; True: keep anything; False: keep nothing, cache nothing),
    `result_storage` (a `Path`, a URL, a saved block or its name), `result_storage_key` (a template of the file's name),
    `result_serializer`, `cache_result_in_memory` (False: a state reads a value that is kept elsewhere when asked),
    `timeout_seconds`, `log_prints` (None: as the flow), `on_rollback` and `on_commit` (lists of hooks that get the
    transaction; decorators too), `viz_return_value` (stands for its value in a drawing of the flow),
    `asset_deps` (assets that its runs read, or their keys), and `on_completion`, `on_failure` (after the last retry)
    and `on_running`: lists of hooks, sync or async, that get the task, its run and the state. Each of these three is a
    decorator of the task too: `@mytask.on_failure`.

    Raises `UsageError` for an argument that makes no sense.
    """

    def __init__(  # noqa: PLR0913 - the arguments are the product
        self,
        fn: Callable[P, R],
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        version: str | None = None,
        cache_policy: "CachePolicy | None" = None,
        cache_key_fn: "CacheKeyFn | None" = None,
        cache_expiration: timedelta | None = None,
        task_run_name: str | Callable[..., str] | None = None,
        retries: int | None = None,
        retry_delay_seconds: Delay | None = None,
        retry_jitter_factor: float | None = None,
        retry_condition_fn: Callable[..., Any] | None = None,
        persist_result: bool | None = None,
        result_storage: Any = None,
        result_storage_key: str | None = None,
        result_serializer: "Serializer | str | None" = None,
        cache_result_in_memory: bool = True,
        timeout_seconds: float | None = None,
        log_prints: bool | None = None,
        refresh_cache: bool | None = None,
        on_completion: Iterable[TaskHook] | None = None,
        on_failure: Iterable[TaskHook] | None = None,
        on_running: Iterable[TaskHook] | None = None,
        on_rollback: Iterable[Callable[..., Any]] | None = None,
        on_commit: Iterable[Callable[..., Any]] | None = None,
        viz_return_value: Any = None,
        asset_deps: "Iterable[str | Asset] | None" = None,
    ) -> None:
        self._given = {key: value for key, value in locals().items() if key not in ("self", "fn", "__class__")}
        fn, self.binding = unwrapped(fn)
        if not callable(fn):
            raise UsageError(f"@task needs a function, not {fn!r}. With arguments, write @task(name=…).")
        self.fn = fn
        self.name = check_name(name if name is not None else function_name(fn), "task")
        check_kinds(self._given, self.name)
        self.signature = Signature(fn, "Task", self.name)
        self.description = description if description is not None else inspect.getdoc(fn)
        self.tags = tag_set(tags, self.name)
        self.version = version
        self.cache_key_fn = cache_key_fn
        self.cache_expiration = cache_expiration
        self.task_run_name = check_template(task_run_name, "task_run_name", self.name, self.signature.names)
        self._retries = count(retries, "retries", self.name) if retries is not None else None
        self.retry_delay_seconds = retry_delay_seconds
        self._delays = fixed_delays(retry_delay_seconds, self._retries or 0, self.name)
        self.retry_jitter_factor = factor(retry_jitter_factor, "retry_jitter_factor", self.name)
        self.retry_condition_fn = function(retry_condition_fn, "retry_condition_fn", self.name)
        self.persist_result = persist_result
        self.timeout_seconds = seconds(timeout_seconds, "timeout_seconds", self.name)
        self.log_prints = log_prints
        self.refresh_cache = refresh_cache
        hooks = {"on_completion": on_completion, "on_failure": on_failure, "on_running": on_running}
        self.hooks: Hooks = checked_hooks(hooks, self.name)
        self.keeping = self._keeping()
        self.viz_return_value = viz_return_value
        self.lineage = self._lineage(asset_deps)
        self.kind = kind_of(fn)
        self.is_async = self.kind in ("async", "async generator")
        self.whole = whole_of(fn, self.kind)
        self.task_key = _key(fn)
        self.__doc__ = fn.__doc__
        self.__name__ = getattr(fn, "__name__", self.name)
        self.__module__ = getattr(fn, "__module__", "")
        self.__qualname__ = getattr(fn, "__qualname__", self.__name__)
        self.__wrapped__ = fn

    def _keeping(self) -> Keeping | None:
        """What it asks to be kept."""
        given: dict[str, Any] = {name: self._given[name] for name in KEPT}
        given |= checked_hooks({event: self._given[event] for event in ("on_commit", "on_rollback")}, self.name)
        return keeping_of(f"task {self.name!r}", **given)

    def _lineage(self, asset_deps: "Iterable[str | Asset] | None") -> "Lineage | None":
        """Its part in the lineage of assets; None when it has nothing to do with any."""
        if asset_deps is None:
            return None
        from flowtui.engine.assets import Lineage, assets_of  # noqa: PLC0415 - 2 ms that most programs need not pay

        return Lineage(deps=assets_of(asset_deps, f"asset_deps of task {self.name!r}"))

    @property
    def retries(self) -> int:
        """How often a run is tried again: as the task says, else as the settings say."""
        return self._retries if self._retries is not None else current_settings().tasks_default_retries

    @property
    def delays(self) -> tuple[float, ...]:
        """Seconds before each retry; the last one repeats."""
        if self.retry_delay_seconds is None:
            return (current_settings().tasks_default_retry_delay_seconds,)
        if self._retries is None and callable(self.retry_delay_seconds):
            return fixed_delays(self.retry_delay_seconds, self.retries, self.name)
        return self._delays

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self: "Task[Concatenate[Any, Q], T]", instance: object, owner: type | None = None) -> "Task[Q, T]": ...
    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """As a method: the task with its first parameter filled."""
        receiver = owner if self.binding == "class" else instance
        return self if receiver is None or self.binding == "static" else bound_to(self, receiver)

    # -- hooks ------------------------------------------------------------------------------------------------------

    def on_completion(self, fn: H) -> H:
        """Decorates a hook: `fn(task, task_run, state)` is called when a run has completed."""
        add_hook(self.hooks, "on_completion", fn, self.name)
        return fn

    def on_failure(self, fn: H) -> H:
        """Decorates a hook: `fn(task, task_run, state)` is called when a run has failed and is not tried again."""
        add_hook(self.hooks, "on_failure", fn, self.name)
        return fn

    def on_running(self, fn: H) -> H:
        """Decorates a hook: `fn(task, task_run, state)` is called when a run starts, and when it starts again."""
        add_hook(self.hooks, "on_running", fn, self.name)
        return fn

    def on_rollback(self, fn: T) -> T:
        """Decorates a hook: `fn(transaction)` is called when what a run did is to be undone."""
        return self._transaction_hook("on_rollback", fn)

    def on_commit(self, fn: T) -> T:
        """Decorates a hook: `fn(transaction)` is called when what a run did is to count."""
        return self._transaction_hook("on_commit", fn)

    def _transaction_hook(self, event: str, fn: T) -> T:
        checked_hooks({event: [fn]}, self.name)  # type: ignore[list-item] # what is no function is refused here
        self.keeping = with_hook(self.keeping, event, fn)  # type: ignore[arg-type]
        self._given[event] = [*(self._given[event] or ()), fn]
        return fn

    # -- running ----------------------------------------------------------------------------------------------------

    @overload  # what returns Any would else count as a coroutine
    def __call__(  # type: ignore[overload-overlap]
        self: "Task[P, NoReturn]", *args: Any, return_state: Literal[True], wait_for: Any = None, **kwargs: Any
    ) -> State: ...
    @overload
    def __call__(
        self: "Task[P, Coroutine[Any, Any, T]]",
        *args: Any,
        return_state: Literal[True],
        wait_for: Any = None,
        **kwargs: Any,
    ) -> Coroutine[Any, Any, State]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]
        self: "Task[P, R]", *args: Any, return_state: Literal[True], wait_for: Any = None, **kwargs: Any
    ) -> State: ...
    @overload
    def __call__(self: "Task[P, NoReturn]", *args: P.args, **kwargs: P.kwargs) -> Any: ...
    @overload
    def __call__(
        self: "Task[P, Coroutine[Any, Any, T]]", *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, T]: ...
    @overload
    def __call__(self: "Task[P, R]", *args: P.args, **kwargs: P.kwargs) -> R: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it here: the value that the function returns, or raise what it raised.

        `return_state=True` answers the final `State` instead.
        """
        from flowtui.engine.runs import task_run  # noqa: PLC0415 - the run machinery loads with the first run

        return_state, wait_for = kwargs.pop("return_state", False), kwargs.pop("wait_for", None)
        parameters = self.signature.bind(args, kwargs)
        if drawing.active and drawing.current():
            return drawing.called(self, parameters, wait_for)
        if self.kind != "sync":
            return self._run_otherwise(parameters, wait_for, return_state)
        run = task_run.begin(self, parameters, wait_for).drive()
        return run.state if return_state else _outcome(run.state)

    def _run_otherwise(self, parameters: dict[str, Any], wait_for: Any, return_state: bool) -> Any:
        """What calling a function that is no plain one gives: a coroutine, a generator, or an async generator."""
        if self.kind == "async" or (self.kind == "async generator" and return_state):
            return self._run_async(parameters, wait_for, return_state)
        from flowtui.engine.runs import generators, streams, task_run  # noqa: PLC0415 - loads with the first run

        if return_state:
            return task_run.begin(self, parameters, wait_for).drive().state
        items = generators.items_of if self.kind == "generator" else generators.async_items_of
        return items(lambda: streams.task_stream(self, parameters, wait_for))

    async def _run_async(self, parameters: dict[str, Any], wait_for: Any, return_state: bool) -> Any:
        from flowtui.engine.runs import task_run  # noqa: PLC0415 - the run machinery loads with the first run

        run = await task_run.begin(self, parameters, wait_for).adrive()
        return run.state if return_state else _outcome(run.state)

    @overload
    def submit(  # type: ignore[overload-overlap]
        self: "Task[P, R]", *args: Any, return_state: Literal[True], wait_for: Any = None, **kwargs: Any
    ) -> State: ...
    @overload
    def submit(self: "Task[P, NoReturn]", *args: Any, **kwargs: Any) -> TaskFuture[Any]: ...
    @overload
    def submit(self: "Task[P, Coroutine[Any, Any, T]]", *args: P.args, **kwargs: P.kwargs) -> TaskFuture[T]: ...
    @overload
    def submit(self: "Task[P, Generator[T, Any, Any]]", *args: Any, **kwargs: Any) -> TaskFuture[list[T]]: ...
    @overload
    def submit(self: "Task[P, AsyncGenerator[T, Any]]", *args: Any, **kwargs: Any) -> TaskFuture[list[T]]: ...
    @overload
    def submit(self: "Task[P, R]", *args: P.args, **kwargs: P.kwargs) -> TaskFuture[R]: ...
    @overload  # futures in the place of values, which no type of a parameter can say
    def submit(self: "Task[P, Coroutine[Any, Any, T]]", *args: Any, **kwargs: Any) -> TaskFuture[T]: ...
    @overload
    def submit(self: "Task[P, R]", *args: Any, **kwargs: Any) -> TaskFuture[R]: ...
    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Start it in the flow's task runner and go on: a future of its value.

        A future or a state among the arguments is waited for and replaced by its value. `wait_for` is waited for only.
        """
        return_state, wait_for = kwargs.pop("return_state", False), kwargs.pop("wait_for", None)
        return self._submit(self.signature.bind(args, kwargs), wait_for, return_state)

    def _submit(self, parameters: dict[str, Any], wait_for: Any, return_state: bool) -> Any:
        if drawing.active and drawing.current():
            return drawing.submitted(self, parameters, wait_for)
        flow = current_flow_run()
        if flow is not None and getattr(flow.task_runner, "leaves_tasks", False):
            return self._leave(parameters, wait_for, return_state=return_state)
        from flowtui.engine.runs.submitting import submit  # noqa: PLC0415 - the run machinery loads with the first run
        from flowtui.engine.runs.task_run import begin  # noqa: PLC0415

        future = submit(begin(self, parameters, wait_for))
        if not return_state:
            return future
        future.wait()
        return future.state

    @overload
    def map(
        self: "Task[P, R]", *args: Any, return_state: Literal[True], wait_for: Any = None, **kwargs: Any
    ) -> list[State]: ...
    @overload
    def map(self: "Task[P, NoReturn]", *args: Any, wait_for: Any = None, **kwargs: Any) -> TaskFutureList[Any]: ...
    @overload
    def map(
        self: "Task[P, Coroutine[Any, Any, T]]", *args: Any, wait_for: Any = None, **kwargs: Any
    ) -> TaskFutureList[T]: ...
    @overload
    def map(
        self: "Task[P, Generator[T, Any, Any]]", *args: Any, wait_for: Any = None, **kwargs: Any
    ) -> TaskFutureList[list[T]]: ...
    @overload
    def map(
        self: "Task[P, AsyncGenerator[T, Any]]", *args: Any, wait_for: Any = None, **kwargs: Any
    ) -> TaskFutureList[list[T]]: ...
    @overload
    def map(self: "Task[P, R]", *args: Any, wait_for: Any = None, **kwargs: Any) -> TaskFutureList[R]: ...
    def map(
        self, *args: Any, return_state: bool = False, wait_for: Any = None, deferred: bool = False, **kwargs: Any
    ) -> Any:
        """Submit it once for each item of the iterable arguments, walked in step; the others are repeated.

        Text, bytes and `unmapped(x)` count as single values. Raises `MappingError` when nothing is iterable or the
        lengths differ. With `return_state`, a list of the final states. `deferred` leaves the runs to task workers, as
        `delay` does.
        """
        calls = each_call(self.signature.bind(args, kwargs), f"task {self.name!r}")
        start = self._leave if deferred else self._submit
        futures: TaskFutureList[Any] = TaskFutureList([start(parameters, wait_for, False) for parameters in calls])
        if return_state:
            futures.wait()
            return [future.state for future in futures]
        return futures

    # -- in the background ------------------------------------------------------------------------------------------

    @overload
    def delay(self: "Task[P, NoReturn]", *args: Any, **kwargs: Any) -> "BackgroundFuture[Any]": ...
    @overload
    def delay(self: "Task[P, Coroutine[Any, Any, T]]", *args: P.args, **kwargs: P.kwargs) -> "BackgroundFuture[T]": ...
    @overload
    def delay(self: "Task[P, R]", *args: P.args, **kwargs: P.kwargs) -> "BackgroundFuture[R]": ...
    @overload  # futures in the place of values
    def delay(self: "Task[P, R]", *args: Any, **kwargs: Any) -> "BackgroundFuture[R]": ...
    def delay(self, *args: Any, **kwargs: Any) -> Any:
        """Leave it to a task worker and go on: a future of its value, here or in any process that has the store.

        The arguments are kept in the result storage. Raises `UsageError` for one that cannot be pickled.
        """
        return self.apply_async(args, kwargs)

    def apply_async(
        self,
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        wait_for: Any = None,
        dependencies: Mapping[str, Iterable[Any]] | None = None,
    ) -> "BackgroundFuture[Any]":
        """`delay` with the arguments in a list and a dict. It is not claimed before `wait_for` has ended;
        `dependencies` adds edges to its graph: futures, or ids of task runs, by parameter."""
        parameters = self.signature.bind(tuple(args or ()), dict(kwargs or {}))
        future: BackgroundFuture[Any] = self._leave(parameters, wait_for, False, dependencies)
        return future

    def _leave(
        self,
        parameters: dict[str, Any],
        wait_for: Any,
        return_state: bool,
        dependencies: Mapping[str, Iterable[Any]] | None = None,
    ) -> Any:
        if drawing.active and drawing.current():
            return drawing.submitted(self, parameters, wait_for)
        from flowtui.engine.background.leaving import leave_to_workers  # noqa: PLC0415 - 10 ms that few programs need

        future = leave_to_workers(self, parameters, wait_for, dependencies)
        if not return_state:
            return future
        future.wait()
        return future.state

    def serve(self, limit: int | None = 10, timeout: float | None = None) -> None:
        """Carry out what `delay` leaves of this task, here, until the process is asked to stop. See
        `flowtui.task_worker.serve`, which serves several."""
        from flowtui.engine.background.worker import serve  # noqa: PLC0415 - 10 ms that only task workers need

        serve(self, limit=limit, timeout=timeout)

    def name_run(self, parameters: Mapping[str, Any], number: int) -> str:
        """The name of a run with these parameters: from the template, or the task's name and the call's number."""
        if self.task_run_name is None:
            return f"{self.name}-{number}"
        return filled(self.task_run_name, parameters, f"task {self.name!r}", self) or f"{self.name}-{number}"

    def with_options(self, **changes: Unpack[TaskOptions]) -> "Task[P, R]":
        """A copy with other arguments. Raises `ParameterError` for an argument that does not exist."""
        check_options(changes, _OPTIONS, f"with_options of task {self.name!r}")
        copy = Task(self.fn, **{**self._given, **self.hooks, **changes})
        copy.binding = self.binding
        if self.lineage is not None and self.lineage.assets:  # what @materialize said
            deps = copy.lineage.deps if copy.lineage is not None else ()
            copy.lineage = replace(self.lineage, deps=deps)
        return copy

    def __reduce_ex__(self, protocol: Any) -> Any:
        return pickled(self, protocol)

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpickled(self, state)

    def __repr__(self) -> str:
        return f"<Task {self.name!r}>"


@overload
def task(fn: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(fn: Callable[P, R], /, **options: Unpack[TaskOptions]) -> Task[P, R]: ...
@overload
def task(**options: Unpack[TaskOptions]) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(fn: Any = None, /, **options: Any) -> Any:
    """Make a function a task: `@task`, or `@task(retries=…)`. See `Task` for the arguments."""
    check_options(options, _OPTIONS, "@task")
    if fn is None:
        return lambda fn: Task(fn, **options)
    return Task(fn, **options)


def _outcome(state: State) -> Any:
    """The value, or raise: what the task raised, or why it did not start."""
    if state.is_pending():
        raise state.data
    return state.result()


def _key(fn: Callable[..., Any]) -> str:
    """What task it is: its qualified name, and a short hash of its file's name, which moves between machines.

    All lambdas of a function have one name, so that what they do is hashed too.
    """
    code = getattr(fn, "__code__", None)
    file = PurePath(code.co_filename).name if code is not None else type(fn).__name__
    name = getattr(fn, "__qualname__", type(fn).__qualname__)
    digest = blake2b(file.encode(), digest_size=4)
    if code is not None and name.endswith("<lambda>"):
        digest.update(code.co_code + repr((code.co_names, code.co_varnames, code.co_freevars)).encode())
        digest.update(repr([const for const in code.co_consts if isinstance(const, _PLAIN)]).encode())
    return f"{name}-{digest.hexdigest()}"
