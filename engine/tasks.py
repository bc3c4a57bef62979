"""`@task`: a function whose runs are recorded, retried, cached and run side by side."""

import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import timedelta
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, Generic, Literal, NoReturn, ParamSpec, TypeVar, overload

from flowtui.engine.caching import CacheKeyFn
from flowtui.engine.errors import UsageError
from flowtui.engine.futures import TaskFuture, TaskFutureList
from flowtui.engine.mapping import each_call
from flowtui.engine.names import check_name, filled, function_name
from flowtui.engine.orchestration.retries import Delay, fixed_delays
from flowtui.engine.signatures import Signature
from flowtui.engine.states import State

__all__ = ["Task", "task"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Task(Generic[P, R]):
    """A task. Call it, `.submit` it to the flow's task runner, or `.map` it over lists.

    Arguments, with the meaning that the field gives them: `name` (default: the function's), `description`, `tags`,
    `version`, `cache_key_fn` (from the run and its parameters to a key; a kept result of that key is used instead)
    with `cache_expiration`, `task_run_name` (a template of the parameters, or a function; default: name and number),
    `retries` with `retry_delay_seconds` (a number, a list, or a function of the number of retries), `persist_result`
    (None: keep small JSON; True: keep anything; False: keep nothing, cache nothing), `timeout_seconds`, `log_prints`
    (None: as the flow), `refresh_cache`.

    Raises `UsageError` for an argument that makes no sense.
    """

    def __init__(  # noqa: PLR0913 - the arguments are the product
        self,
        fn: Callable[P, R],
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] = (),
        version: str | None = None,
        cache_key_fn: CacheKeyFn | None = None,
        cache_expiration: timedelta | None = None,
        task_run_name: str | Callable[..., str] | None = None,
        retries: int = 0,
        retry_delay_seconds: Delay = 0.0,
        persist_result: bool | None = None,
        timeout_seconds: float | None = None,
        log_prints: bool | None = None,
        refresh_cache: bool | None = None,
    ) -> None:
        if not callable(fn):
            raise UsageError(f"@task needs a function, not {fn!r}. With arguments, write @task(name=…).")
        self._given: dict[str, Any] = {
            key: value for key, value in locals().items() if key not in ("self", "fn", "__class__")
        }
        self.fn = fn
        self.name = check_name(name if name is not None else function_name(fn), "task")
        self.signature = Signature(fn, "Task", self.name)
        self.description = description if description is not None else inspect.getdoc(fn)
        self.tags = _tags(tags, self.name)
        self.version = version
        self.cache_key_fn = cache_key_fn
        self.cache_expiration = cache_expiration
        self.task_run_name = task_run_name
        self.retries = retries
        self.retry_delay_seconds = retry_delay_seconds
        self.persist_result = persist_result
        self.timeout_seconds = timeout_seconds
        self.log_prints = log_prints
        self.refresh_cache = refresh_cache
        self.is_async = inspect.iscoroutinefunction(fn)
        self.task_key = _key(fn)
        self._check()
        self.__doc__ = fn.__doc__
        self.__name__ = getattr(fn, "__name__", self.name)
        self.__module__ = getattr(fn, "__module__", "")
        self.__qualname__ = getattr(fn, "__qualname__", self.__name__)
        self.__wrapped__ = fn

    def _check(self) -> None:
        if not isinstance(self.retries, int) or self.retries < 0:
            raise UsageError(f"retries of task {self.name!r} is {self.retries!r}; give a whole number, 0 or more.")
        limit = self.timeout_seconds
        if limit is not None and not (isinstance(limit, int | float) and limit >= 0):
            raise UsageError(f"timeout_seconds of task {self.name!r} is {limit!r}; give seconds, 0 or more.")
        try:
            self.delays = fixed_delays(self.retry_delay_seconds, self.retries)
        except (TypeError, ValueError):
            raise UsageError(
                f"retry_delay_seconds of task {self.name!r} is {self.retry_delay_seconds!r}; "
                "give a number of seconds, a list of them, or a function of the number of retries."
            ) from None

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
        if self.is_async:
            return self._run_async(parameters, wait_for, return_state)
        run = task_run.begin(self, parameters, wait_for).drive()
        return run.state if return_state else _outcome(run.state)

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
    def map(self: "Task[P, R]", *args: Any, wait_for: Any = None, **kwargs: Any) -> TaskFutureList[R]: ...
    def map(self, *args: Any, return_state: bool = False, wait_for: Any = None, **kwargs: Any) -> Any:
        """Submit it once for each item of the iterable arguments, walked in step; the others are repeated.

        Text, bytes and `unmapped(x)` count as single values. Raises `MappingError` when nothing is iterable or the
        lengths differ. With `return_state`, a list of the final states.
        """
        calls = each_call(self.signature.bind(args, kwargs), f"task {self.name!r}")
        futures: TaskFutureList[Any] = TaskFutureList(
            [self._submit(parameters, wait_for, False) for parameters in calls]
        )
        if return_state:
            futures.wait()
            return [future.state for future in futures]
        return futures

    def name_run(self, parameters: Mapping[str, Any], number: int) -> str:
        """The name of a run with these parameters: from the template, or the task's name and the call's number."""
        if self.task_run_name is None:
            return f"{self.name}-{number}"
        return filled(self.task_run_name, parameters, f"task {self.name!r}") or f"{self.name}-{number}"

    def with_options(self, **changes: Any) -> "Task[P, R]":
        """A copy with other arguments. Raises `TypeError` for an argument that does not exist."""
        return Task(self.fn, **{**self._given, **changes})

    def __repr__(self) -> str:
        return f"<Task {self.name!r}>"


@overload
def task(fn: Callable[P, R], /) -> Task[P, R]: ...
@overload
def task(
    *,
    name: str | None = None,
    description: str | None = None,
    tags: Iterable[str] = (),
    version: str | None = None,
    cache_key_fn: CacheKeyFn | None = None,
    cache_expiration: timedelta | None = None,
    task_run_name: str | Callable[..., str] | None = None,
    retries: int = 0,
    retry_delay_seconds: Delay = 0.0,
    persist_result: bool | None = None,
    timeout_seconds: float | None = None,
    log_prints: bool | None = None,
    refresh_cache: bool | None = None,
) -> Callable[[Callable[P, R]], Task[P, R]]: ...
def task(fn: Any = None, /, **arguments: Any) -> Any:
    """Make a function a task: `@task`, or `@task(retries=…)`. See `Task` for the arguments."""
    if fn is None:
        return lambda fn: Task(fn, **arguments)
    return Task(fn, **arguments)


def _outcome(state: State) -> Any:
    """The value, or raise: what the task raised, or why it did not start."""
    if state.is_pending():
        raise state.data
    return state.result()


def _tags(given: Iterable[str], name: str) -> frozenset[str]:
    if isinstance(given, str):
        raise UsageError(f"tags of task {name!r} is the text {given!r}; give a list of texts.")
    return frozenset(given)


def _key(fn: Callable[..., Any]) -> str:
    """What task it is: its qualified name, and a short hash of its file's name, which moves between machines."""
    code = getattr(fn, "__code__", None)
    file = PurePath(code.co_filename).name if code is not None else type(fn).__name__
    name = getattr(fn, "__qualname__", type(fn).__qualname__)
    return f"{name}-{blake2b(file.encode(), digest_size=4).hexdigest()}"
