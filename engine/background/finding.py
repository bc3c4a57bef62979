"""Find the tasks that a task worker is to serve, by entrypoints or in whole modules."""

from typing import TYPE_CHECKING, Any

from flowtui.engine.deployments.entrypoint import load_attribute, load_place
from flowtui.engine.errors import EntrypointError

if TYPE_CHECKING:
    from flowtui.engine.tasks import Task

__all__ = ["tasks_at", "tasks_of_module"]


def tasks_at(entrypoint: str, path: str) -> "list[Task[..., Any]]":
    """The task of `path/file.py:task` or `package.module.task`; all those of a file that is given alone.

    Raises `EntrypointError`.
    """
    from flowtui.engine.tasks import Task  # noqa: PLC0415 - the module that is imported pays for it

    module, attribute, shown = load_place(entrypoint, path)
    if attribute is None:
        return _all_of(module, shown)
    found = load_attribute(module, attribute, shown)
    if not isinstance(found, Task):
        raise EntrypointError(f"{attribute!r} in {shown} is a {type(found).__name__}, not a task.")
    return [found]


def tasks_of_module(name: str, path: str) -> "list[Task[..., Any]]":
    """All tasks that a module has made. Raises `EntrypointError`."""
    module, attribute, shown = load_place(name, path)
    if attribute is not None:
        raise EntrypointError(f"{name!r} is no module; {shown} is. Serve one of its tasks by its entrypoint.")
    return _all_of(module, shown)


def _all_of(module: Any, shown: str) -> "list[Task[..., Any]]":
    from flowtui.engine.tasks import Task  # noqa: PLC0415 - the module that was imported has paid for it

    found = {id(value): value for value in vars(module).values() if isinstance(value, Task)}
    made_here = [task for task in found.values() if task.fn.__module__ == module.__name__]
    if not made_here:
        raise EntrypointError(f"{shown} holds no task; decorate a function with @task.")
    return made_here
