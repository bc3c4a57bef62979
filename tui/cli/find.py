"""Find what a person means by a name, an id, or the beginning of an id."""

from collections.abc import Iterable

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.model import Deployment, FlowRun

__all__ = ["find_deployment", "find_flow_run", "nearest"]


def find_flow_run(client: Client, text: str) -> FlowRun:
    """The run of that id, name, or beginning of an id. Raises `NotFound`, and `UsageError` when several are meant."""
    found = client.find_flow_runs(text)
    exact = [run for run in found if run.id == text]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        names = (run.name for run in client.list_flow_runs(limit=200).items)
        raise NotFound("flow run", text, _hint(text, names, "flowtui flow-run ls"))
    choices = ", ".join(f"{run.id} ({run.name}, {run.state.name})" for run in found[:5])
    raise UsageError(f"{text!r} may be any of {len(found)} runs; give the whole id: {choices}.")


def find_deployment(client: Client, text: str) -> Deployment:
    """The deployment of that id, `flow/name`, or name. Raises `NotFound` with the nearest name."""
    try:
        return client.read_deployment(text)
    except NotFound as error:
        names = [deployment.full_name for deployment in client.list_deployments(limit=200).items]
        hint = _hint(text, [*names, *(name.partition("/")[2] for name in names)], "flowtui deployment ls")
        raise NotFound("deployment", text, hint) from error


def _hint(text: str, names: Iterable[str], command: str) -> str:
    near = nearest(text, names)
    return f"Did you mean {near!r}?" if near else f"List them with: {command}"


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    import difflib  # noqa: PLC0415 - 3 ms that only errors pay

    return next(iter(difflib.get_close_matches(text, list(dict.fromkeys(names)), n=1, cutoff=0.6)), None)
