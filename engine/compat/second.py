"""How futures behave in a program of Prefect 2: async code awaits what it submits, and what it asks of the future."""

import ast
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

from flowtui.engine.both_ways import in_async_code
from flowtui.engine.deadlocks import await_all
from flowtui.engine.futures import TaskFuture, TaskFutureList
from flowtui.engine.states import State
from flowtui.engine.tasks import Task

__all__ = ["SecondFuture", "SecondFutureList", "is_of_the_second", "speak_the_second"]

_SUBMITTING: Final = frozenset({"submit", "map"})


def is_of_the_second(source: str | bytes) -> bool:
    """Whether a script does what only Prefect 2 lets it: it awaits what a task's `.submit` gives, or fetches a result.

    False for one that cannot be parsed. Other things than tasks have a `.submit` too: what counts is called on a
    function or a name that the script defines by `def`, imports, or makes of a task.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    names = set(_names_of_tasks(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Await) and _is_submitted(node.value, names):
            return True
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == "result" and any(keyword.arg == "fetch" for keyword in node.keywords):
                return True
            if called == "gather" and any(_gathers(argument, names) for argument in node.args):
                return True
    return False


def _names_of_tasks(tree: ast.Module) -> Iterator[str]:
    """Names that may be tasks, or modules that hold some."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.decorator_list:
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made_by = ast.unparse(node.value.func)
            if made_by == "task" or made_by.endswith((".with_options", ".task")):
                yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _is_submitted(node: ast.AST, names: set[str]) -> bool:
    """`name.submit(…)`, `module.name.submit(…)` or `name.with_options(…).submit(…)`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in _SUBMITTING:
        return False
    root: ast.AST = node.func.value
    while isinstance(root, ast.Attribute | ast.Call):
        root = root.value if isinstance(root, ast.Attribute) else root.func
    return isinstance(root, ast.Name) and root.id in names


def _gathers(argument: ast.AST, names: set[str]) -> bool:
    """`task.submit(…)`, or `*[task.submit(…) for …]`."""
    value = argument.value if isinstance(argument, ast.Starred) else argument
    if isinstance(value, ast.ListComp | ast.GeneratorExp):
        value = value.elt
    return _is_submitted(value, names)


def _itself(awaited: Any) -> Generator[Any, None, Any]:
    """What awaiting something gives that is there at once: the thing itself."""
    yield from ()
    return awaited


class SecondFuture(TaskFuture[Any]):
    """The future of an async task: async code awaits it and has the future, and awaits its `result()` for the value."""

    __await__ = _itself

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Any:
        """The value, or something to await for it. Arguments and errors as of `TaskFuture.result`."""
        if not in_async_code():
            return super().result(timeout, raise_on_failure)
        return self._when_ended(lambda: self._value(raise_on_failure))

    def wait(self, timeout: float | None = None) -> Any:
        """The final state, or something to await for it."""
        if not in_async_code():
            super().wait(timeout)
            return self.state
        return self._when_ended(lambda: self.state)

    async def _when_ended(self, ask: Callable[[], Any]) -> Any:
        self.asked()
        await await_all([self.inner])
        return ask()


class SecondFutureList(TaskFutureList[Any]):
    """The futures of `.map`."""

    __await__ = _itself


def speak_the_second() -> None:
    """From here on the futures of async tasks are those of Prefect 2, in the whole process."""
    if getattr(Task, "_speaks_the_second", False):
        return
    submit, each, result = Task._submit, Task.map, State.result

    def second_submit(task: Task[Any, Any], *args: Any, **kwargs: Any) -> Any:
        future = submit(task, *args, **kwargs)
        if task.is_async and type(future) is TaskFuture:
            future.__class__ = SecondFuture
        return future

    def second_map(task: Task[Any, Any], *args: Any, **kwargs: Any) -> Any:
        futures: Any = each(task, *args, **kwargs)
        if type(futures) is TaskFutureList:
            futures.__class__ = SecondFutureList
        return futures

    def second_result(state: State, raise_on_failure: bool = True, fetch: bool | None = None, **more: Any) -> Any:
        if fetch and in_async_code():
            return _later(lambda: result(state, raise_on_failure))
        return result(state, raise_on_failure)

    for kind, name, value in (
        (Task, "_submit", second_submit),
        (Task, "map", second_map),
        (Task, "_speaks_the_second", True),
        (State, "result", second_result),
    ):
        setattr(kind, name, value)


async def _later(ask: Callable[[], Any]) -> Any:
    return ask()
