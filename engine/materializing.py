"""`@materialize`: a task whose runs make assets."""

from collections.abc import Callable
from dataclasses import replace
from typing import ParamSpec, TypeVar, Unpack

from flowtui.engine.assets import Asset, Lineage, assets_of
from flowtui.engine.errors import UsageError
from flowtui.engine.options import TaskOptions
from flowtui.engine.tasks import Task, task

__all__ = ["materialize"]

P = ParamSpec("P")
R = TypeVar("R")


def materialize(
    *assets: str | Asset, by: str | None = None, **options: Unpack[TaskOptions]
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a function a task whose runs make these assets: `@materialize("s3://lake/orders", retries=2)`.

    A run that completes has made them, one that fails has tried to; `flowtui asset ls` shows both. What it made them
    from are the assets of `asset_deps`, and those of the tasks whose results or futures it is called with. `by` names
    the tool that makes them, such as `dbt`; the other arguments are those of `@task`. Raises `UsageError`.
    """
    makes = assets_of(assets, "assets of @materialize")
    if not makes:
        raise UsageError("@materialize needs the assets that the task makes: @materialize('s3://lake/orders').")
    if not isinstance(by, str | None):
        raise UsageError(f"by of @materialize is {by!r}; give the name of a tool, such as 'dbt'.")

    def decorated(fn: Callable[P, R]) -> Task[P, R]:
        made = task(fn, **options)
        made.lineage = replace(made.lineage or Lineage(), assets=makes, by=by)
        return made

    return decorated
