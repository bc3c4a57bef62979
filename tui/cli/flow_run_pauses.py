"""`flowtui flow-run pause`, `suspend` and `resume`."""

import json
import time
from collections.abc import Mapping
from typing import Annotated, Any, Final

from cyclopts import Parameter

from flowtui.engine import bulk, wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import ParameterError, UsageError
from flowtui.engine.model import Answer, FlowRun
from flowtui.engine.states import Paused, State, Suspended
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.flow_run_bulk import DryRun, Limit, Yes, in_bulk, is_one
from flowtui.tui.cli.output import Output, narrate, print_json
from flowtui.tui.cli.values import parse_pairs

__all__ = ["pause", "resume", "suspend"]

_ENDING_SECONDS: Final = 10.0
"""How long it is waited for the process of a suspended run to be gone."""


def pause(
    *runs: str,
    timeout: float | None = 3600.0,
    limit: Limit = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = "table",
) -> int:
    """Have running flow runs wait: what runs comes to its end, and no further task starts until they are resumed.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'state:running flow:etl*'.
    timeout
        Seconds after which it fails if nobody has resumed it.
    """
    client, message = current_client(), "Paused from the command line."
    if is_one(client, runs) and not dry_run:
        return _stop(runs[0], Paused(timeout, message=message), "is paused", output)
    verb = bulk.pause(timeout, message)
    return in_bulk(client, runs, verb, dry_run=dry_run, yes=yes, limit=limit, output=output)


def suspend(
    *runs: str,
    timeout: float | None = None,
    limit: Limit = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = "table",
) -> int:
    """End the processes of running flow runs, to be started again when they are resumed. Completed tasks are not
    repeated if their results were kept.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'state:running flow:etl*'.
    timeout
        Seconds after which it fails if nobody has resumed it.
    """
    client, message = current_client(), "Suspended from the command line."
    if is_one(client, runs) and not dry_run:
        return _stop(runs[0], Suspended(timeout, message=message), "is suspended; its process is being ended", output)
    verb = bulk.suspend(timeout, message)
    return in_bulk(client, runs, verb, dry_run=dry_run, yes=yes, limit=limit, output=output)


def _stop(text: str, state: State, words: str, output: str) -> int:
    client = current_client()
    found = find_flow_run(client, text)
    answer = client.pause_flow_run(found.id, state)
    if answer.status != "ACCEPT":
        return _refused(found, f"cannot be {state.name.lower()}", answer)
    _show(client, found, output)
    narrate(f"Flow run {found.name!r} {words}. Go on with it: flowtui flow-run resume {found.id}")
    return 0


def resume(
    *runs: str,
    input_: Annotated[list[str] | None, Parameter(name=["--input", "-i"], negative="")] = None,
    inputs: str | None = None,
    entrypoint: str | None = None,
    limit: Limit = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = "table",
) -> int:
    """Let paused flow runs go on, or have suspended ones started again.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'state:paused flow:etl*'.
    input_
        A field that the run asked for, name=value; give it as often as there are fields.
    inputs
        The fields as a JSON object.
    entrypoint
        Run a suspended run here, in this process, with the flow of this file.py:flow. Needed without a deployment.
    """
    client = current_client()
    if not is_one(client, runs) or dry_run:
        if input_ or inputs is not None or entrypoint is not None:
            raise UsageError("Input and --entrypoint are for one run; name it by its id or its name.")
        return in_bulk(client, runs, bulk.resume(), dry_run=dry_run, yes=yes, limit=limit, output=output)
    found = find_flow_run(client, runs[0])
    if not found.state.is_paused():
        raise UsageError(f"Flow run {found.name!r} is {found.state.name}, not paused, so it cannot be resumed.")
    schema = _asked_for(client, found)
    given = {**_object(inputs), **parse_pairs(input_ or [], schema)} if input_ or inputs is not None else None
    try:
        answer = _insist(client, found, given, here=entrypoint is not None)
    except ParameterError as error:
        raise ParameterError(f"{error}{_hint(schema)}") from error
    if answer.status != "ACCEPT":
        return _refused(found, "cannot be resumed", answer)
    if entrypoint is not None:
        from flowtui.tui.cli.flow_run_retry import run_here  # noqa: PLC0415 - only this way of resuming runs code

        return run_here(client, found, entrypoint, output)
    _show(client, found, output)
    words = "will be started again" if found.state.is_suspended() else "goes on"
    narrate(f"Flow run {found.name!r} {words}.")
    return 0


def _insist(client: Client, found: FlowRun, given: Mapping[str, Any] | None, *, here: bool) -> Answer:
    """Ask again while the process of a suspended run is still ending."""
    deadline = time.monotonic() + _ENDING_SECONDS
    while True:
        answer = client.resume_flow_run(found.id, given, here=here)
        if answer.status != "WAIT" or time.monotonic() > deadline:
            return answer
        time.sleep(answer.delay_seconds)


def _asked_for(client: Client, found: FlowRun) -> Mapping[str, Any]:
    """The JSON schema of what the run asks for; empty when that is nothing."""
    keys = found.state.details.get("run_input_keyset") or {}
    asked = client.find_run_input(found.id, keys["schema"]) if keys else None
    return asked.value if asked else {}


def _hint(schema: Mapping[str, Any]) -> str:
    fields: Mapping[str, Any] = schema.get("properties", {})
    if not fields:
        return ""
    required = schema.get("required", ())
    shown = ("…" if name in required else json.dumps(field.get("default")) for name, field in fields.items())
    words = (f"{name}={value}" for name, value in zip(fields, shown, strict=True))
    return f" It asks for: {', '.join(words)}. Give each with --input name=value."


def _object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--inputs is no JSON: {error}.") from error
    if not isinstance(value, dict):
        raise UsageError('--inputs must be a JSON object, {"name": value}.')
    return value


def _refused(found: FlowRun, words: str, answer: Answer) -> int:
    reason = (answer.reason or "").replace(" ID ", f" {found.id} ")
    narrate(f"flowtui: Flow run {found.name!r} {words}: {reason}.")
    return 1


def _show(client: Client, found: FlowRun, output: str) -> None:
    if output == "json":
        print_json(wire.flow_run_json(client.read_flow_run(found.id)))
