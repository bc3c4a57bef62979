"""`flowtui flow-run cancel`, `restore`, `delete`, `set-state` and `tag`: one run, several, or all of a query."""

from typing import Annotated

from cyclopts import Parameter

from flowtui.engine import bulk, wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import UsageError
from flowtui.engine.query_fields import STATE_NAMES
from flowtui.engine.query_meaning import kind_of
from flowtui.engine.states import Cancelling, StateType
from flowtui.tui.cli.find import find_flow_run
from flowtui.tui.cli.flow_run_bulk import DryRun, Limit, Yes, in_bulk, is_one
from flowtui.tui.cli.output import Output, narrate, print_json

__all__ = ["cancel", "delete", "restore", "set_state", "tag"]

_CANCELLED = "Cancelled from the command line."


def cancel(*runs: str, limit: Limit = None, dry_run: DryRun = False, yes: Yes = False, output: Output = "table") -> int:
    """Stop flow runs, with all their processes.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'state:late flow:etl*'.
    """
    client = current_client()
    if is_one(client, runs) and not dry_run:
        return _cancel_one(client, runs[0], output)
    return in_bulk(client, runs, bulk.cancel(_CANCELLED), dry_run=dry_run, yes=yes, limit=limit, output=output)


def _cancel_one(client: Client, run: str, output: str) -> int:
    found = find_flow_run(client, run)
    if found.state.is_final():
        raise UsageError(f"Flow run {found.name!r} has ended already: it is {found.state.name}.")
    answer = client.set_flow_run_state(found.id, Cancelling(message=_CANCELLED))
    if output == "json":
        print_json(wire.flow_run_json(client.read_flow_run(found.id)))
    if answer.status != "ACCEPT" and not (answer.state.is_cancelling() or answer.state.is_cancelled()):
        narrate(f"flowtui: Flow run {found.name!r} is {answer.state.name} and was not cancelled: {answer.reason}")
        return 1
    words = "has been cancelled" if answer.state.is_cancelled() else "is being cancelled"
    narrate(f"Flow run {found.name!r} {words}.")
    return 0


def restore(
    *runs: str, limit: Limit = None, dry_run: DryRun = False, yes: Yes = False, output: Output = "table"
) -> int:
    """Put flow runs back into the state before: what was cancelled before it started waits again for when it was due,
    and what was to be retried and has not begun is as it had ended.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'state:cancelled end<1h'.
    """
    return in_bulk(current_client(), runs, bulk.restore(), dry_run=dry_run, yes=yes, limit=limit, output=output)


def delete(*runs: str, limit: Limit = None, dry_run: DryRun = False, yes: Yes = False, output: Output = "table") -> int:
    """Forget flow runs with their tasks and logs.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'is:ended end>30d'.
    """
    client = current_client()
    if is_one(client, runs) and not dry_run:
        return _delete_one(client, runs[0], yes, output)
    return in_bulk(client, runs, bulk.delete(), dry_run=dry_run, yes=yes, limit=limit, output=output)


def _delete_one(client: Client, run: str, yes: bool, output: str) -> int:
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    found = find_flow_run(client, run)
    if not yes and not confirmed(f"Delete flow run {found.name!r} ({found.state.name}) with its tasks and logs?"):
        return 1
    client.delete_flow_run(found.id)
    if output == "json":
        print_json(wire.flow_run_json(found))
    narrate(f"Flow run {found.name!r} is deleted.")
    return 0


def set_state(
    *runs: str,
    state: Annotated[str, Parameter(name=["--state", "-s"])],
    message: str | None = None,
    force: Annotated[bool, Parameter(negative="")] = False,
    limit: Limit = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = "table",
) -> int:
    """Put flow runs into a state, as far as the rules allow it.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'state:pending start>1d'.
    state
        A kind (failed), a name that flowtui gives (timedout), or kind/name for a name of your own (completed/Skipped).
    message
        Why, to be read beside the state.
    force
        Do not ask the rules. A process that runs it is not stopped by this, but told to stop.
    """
    kind, name = _kind_and_name(state)
    verb = bulk.set_state(kind, name, message or "Set from the command line.", force=force)
    return in_bulk(current_client(), runs, verb, dry_run=dry_run, yes=yes, limit=limit, output=output)


def _kind_and_name(text: str) -> tuple[StateType, str]:
    """The kind and the name that a word stands for. Raises `UsageError`."""
    kind_word, slash, name = text.partition("/")
    if slash:
        if not name.strip():
            raise UsageError(f"--state {text!r} has no name after the slash; write {kind_word}/Name.")
        return kind_of(kind_word), name.strip()
    for kind, names in STATE_NAMES.items():
        known = next((name for name in names if name.lower() == text.lower()), None)
        if known is not None:
            return kind, known
    kind = kind_of(text)
    return kind, STATE_NAMES[kind][0]


def tag(
    *runs: str,
    add: Annotated[list[str] | None, Parameter(name=["--add", "-a"], negative="")] = None,
    remove: Annotated[list[str] | None, Parameter(name=["--remove", "-r"], negative="")] = None,
    limit: Limit = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = "table",
) -> int:
    """Give flow runs tags, or take tags away.

    Parameters
    ----------
    runs
        A run's id, the beginning of its id, or its name; several of them; or a query such as 'flow:etl* since:1d'.
    add
        A tag to give, as often as needed.
    remove
        A tag to take away, as often as needed.
    """
    given, taken = (tuple(tag.strip() for tag in tags or ()) for tags in (add, remove))
    if not given and not taken:
        raise UsageError("Which tags? Give --add TAG, --remove TAG, or both.")
    if "" in (*given, *taken):
        raise UsageError("A tag needs at least one letter.")
    if both := sorted(set(given) & set(taken)):
        raise UsageError(f"Tag {both[0]!r} is to be given and taken away; decide for one.")
    verb = bulk.tag(given, taken)
    return in_bulk(current_client(), runs, verb, dry_run=dry_run, yes=yes, limit=limit, output=output)
