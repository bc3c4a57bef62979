"""`@flow`: a function whose runs are recorded."""

import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Generic, Literal, NoReturn, ParamSpec, TypeVar, overload

from flowtui.engine.context import loading_code
from flowtui.engine.errors import UsageError
from flowtui.engine.ids import new_slug
from flowtui.engine.logs import get_logger
from flowtui.engine.names import check_name, filled, function_name
from flowtui.engine.runners.protocol import TaskRunner
from flowtui.engine.runners.thread import ThreadPoolTaskRunner
from flowtui.engine.signatures import Signature
from flowtui.engine.states import State

__all__ = ["Flow", "flow"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Flow(Generic[P, R]):
    """A flow. Call it as the function that it is; each call is a run.

    Arguments, with the meaning that the field gives them: `name` (default: the function's, with `_` as `-`), `version`,
    `flow_run_name` (a template of the parameters such as `"load-{table}"`, or a function; default: two words),
    `retries` and `retry_delay_seconds` (the function is called again after a failure), `task_runner`, `description`
    (default: the docstring), `timeout_seconds`, `validate_parameters` (coerce and check by annotations),
    `persist_result` (None: keep small JSON; False: keep nothing), `log_prints` (None: as the calling flow).

    Raises `UsageError` for an argument that makes no sense.
    """

    def __init__(
        self,
        fn: Callable[P, R],
        *,
        name: str | None = None,
        version: str | None = None,
        flow_run_name: str | Callable[[], str] | None = None,
        retries: int = 0,
        retry_delay_seconds: float = 0.0,
        task_runner: TaskRunner | type[TaskRunner] | None = None,
        description: str | None = None,
        timeout_seconds: float | None = None,
        validate_parameters: bool = True,
        persist_result: bool | None = None,
        log_prints: bool | None = None,
    ) -> None:
        if not callable(fn):
            raise UsageError(f"@flow needs a function, not {fn!r}. With arguments, write @flow(name=…).")
        self.fn = fn
        self.name = check_name(name if name is not None else function_name(fn).replace("_", "-"), "flow")
        self.signature = Signature(fn, "Flow", self.name)
        self.version = version
        self.flow_run_name = flow_run_name
        self.retries = _count(retries, "retries", self.name)
        self.retry_delay_seconds = _seconds(retry_delay_seconds, "retry_delay_seconds", self.name) or 0.0
        self.task_runner = _runner(task_runner)
        self.description = description if description is not None else inspect.getdoc(fn)
        self.timeout_seconds = _seconds(timeout_seconds, "timeout_seconds", self.name)
        self.should_validate_parameters = validate_parameters
        self.persist_result = persist_result
        self.log_prints = log_prints
        self.is_async = inspect.iscoroutinefunction(fn)
        self._given: dict[str, Any] = {
            key: value for key, value in locals().items() if key not in ("self", "fn", "__class__")
        }
        self.__doc__ = fn.__doc__
        self.__name__ = function_name(fn)
        self.__module__ = getattr(fn, "__module__", "")
        self.__qualname__ = getattr(fn, "__qualname__", self.__name__)
        self.__wrapped__ = fn

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

        return_state, wait_for = kwargs.pop("return_state", False), kwargs.pop("wait_for", None)
        if loading_code.get():
            return self._not_now()
        parameters = self.parameters_for(args, kwargs, wait_for)
        if self.is_async:
            return self._run_async(parameters, return_state)
        state = flow_run.begin(self, parameters).drive()
        return state if return_state else state.result()

    def _not_now(self) -> Any:
        """What a call means while its file is only being loaded: nothing, and a word about it."""
        get_logger("flows").warning(
            "Flow %r is called while its file is being loaded; the call is left out. "
            "Put it under: if __name__ == '__main__':",
            self.name,
        )
        return _nothing() if self.is_async else None

    async def _run_async(self, parameters: dict[str, Any], return_state: bool) -> Any:
        from flowtui.engine.runs import flow_run  # noqa: PLC0415 - the run machinery loads with the first run

        state = await flow_run.begin(self, parameters).adrive()
        return state if return_state else state.result()

    def parameters_for(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], wait_for: Any = None) -> dict[str, Any]:
        """The call's parameters: bound, waited for, and validated."""
        from flowtui.engine.runs.upstream import values_of  # noqa: PLC0415 - the run machinery loads with the first run

        values = values_of(self.signature.bind(args, kwargs), wait_for)
        return self.validate_parameters(values) if self.should_validate_parameters else values

    def validate_parameters(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters coerced to the annotations. Raises `ParameterError`."""
        return self.signature.validate(parameters)

    def name_run(self, parameters: Mapping[str, Any]) -> str:
        """The name of a run with these parameters."""
        return filled(self.flow_run_name, parameters, f"flow {self.name!r}") or new_slug()

    def with_options(self, **changes: Any) -> "Flow[P, R]":
        """A copy with other arguments. Raises `TypeError` for an argument that does not exist."""
        return Flow(self.fn, **{**self._given, **changes})

    def __repr__(self) -> str:
        return f"<Flow {self.name!r}>"


@overload
def flow(fn: Callable[P, R], /) -> Flow[P, R]: ...
@overload
def flow(
    *,
    name: str | None = None,
    version: str | None = None,
    flow_run_name: str | Callable[[], str] | None = None,
    retries: int = 0,
    retry_delay_seconds: float = 0.0,
    task_runner: TaskRunner | type[TaskRunner] | None = None,
    description: str | None = None,
    timeout_seconds: float | None = None,
    validate_parameters: bool = True,
    persist_result: bool | None = None,
    log_prints: bool | None = None,
) -> Callable[[Callable[P, R]], Flow[P, R]]: ...
def flow(fn: Any = None, /, **arguments: Any) -> Any:
    """Make a function a flow: `@flow`, or `@flow(name=…, retries=…)`. See `Flow` for the arguments."""
    if fn is None:
        return lambda fn: Flow(fn, **arguments)
    return Flow(fn, **arguments)


async def _nothing() -> None:
    """Stands for the run of an async flow that is not run."""


def _runner(given: TaskRunner | type[TaskRunner] | None) -> TaskRunner:
    if given is None:
        return ThreadPoolTaskRunner()
    runner = given() if isinstance(given, type) else given
    if not callable(getattr(runner, "submit", None)):
        raise UsageError(f"task_runner is {given!r}; give a task runner such as ThreadPoolTaskRunner(max_workers=4).")
    return runner


def _count(value: int, what: str, name: str) -> int:
    if not isinstance(value, int) or value < 0:
        raise UsageError(f"{what} of {name!r} is {value!r}; give a whole number, 0 or more.")
    return value


def _seconds(value: float | None, what: str, name: str) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or value < 0:
        raise UsageError(f"{what} of {name!r} is {value!r}; give a number of seconds, 0 or more.")
    return float(value)
