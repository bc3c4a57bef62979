"""How something reads as a command line and as Python: what the journal shows, and what works when it is pasted."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flowtui.engine.query import Query
from flowtui.engine.run_changes import (
    Cancel,
    Delete,
    Pause,
    Restore,
    Resume,
    Retry,
    RunChange,
    SetState,
    Tag,
)
from flowtui.engine.states import StateType

__all__ = ["arguments", "change_command", "change_python", "command", "on_profile", "python"]

_CLIENT: Final = "from flowtui.engine.client.current import current_client"


def on_profile(line: str, profile: str) -> str:
    """Command lines that do the same wherever they are pasted: with the profile on whose store they were done."""
    if not profile:
        return line
    return "\n".join(
        f"flowtui -p {shlex.quote(profile)} {one.removeprefix('flowtui ')}" if one.startswith("flowtui ") else one
        for one in line.split("\n")
    )


def command(*words: str, **options: Any) -> str:
    """`flowtui` and its words, each quoted where a shell needs it."""
    return shlex.join(["flowtui", *words, *arguments(options)])


def arguments(options: Mapping[str, Any]) -> list[str]:
    """Options as arguments. One that is None is left out, one that is True stands alone, a list is given as often as it
    has items."""
    given: list[str] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            given.append(flag)
        elif isinstance(value, list | tuple):
            given += [part for item in value for part in (flag, str(item))]
        elif value is not None and value is not False:
            given += [flag, str(value)]
    return given


def python(verb: str, *args: Any, imports: Sequence[str] = (), **kwargs: Any) -> str:
    """The call of a verb of the client, with its imports."""
    shown = [repr(arg) for arg in args] + [f"{name}={value!r}" for name, value in kwargs.items()]
    return "\n".join([*imports, _CLIENT, f"current_client().{verb}({', '.join(shown)})"])


# -- many runs --------------------------------------------------------------------------------------------------------


def change_command(change: RunChange, runs: Sequence[str] | Query) -> str:
    """The command that does one thing to these runs, or to those that a query finds."""
    words = [str(runs) or "flow:*"] if isinstance(runs, Query) else list(runs)
    asks = isinstance(change, Delete) or isinstance(runs, Query) or len(words) > 1
    name, options = _command_of(change)
    return command("flow-run", name, *words, **options, yes=asks)


def _command_of(change: RunChange) -> tuple[str, Mapping[str, Any]]:
    match change:
        case Pause():
            return ("suspend" if change.suspend else "pause"), {"timeout": change.timeout_seconds}
        case SetState():
            state = f"{change.type.value.lower()}/{change.name}"
            return "set-state", {"state": state, "message": change.message, "force": change.force}
        case Tag():
            return "tag", {"add": change.add, "remove": change.remove}
        case Cancel() | Delete() | Retry() | Resume() | Restore():
            return type(change).__name__.lower(), {}


def change_python(change: RunChange, runs: Sequence[str] | Query) -> str:
    """The Python that does one thing to these runs, or to those that a query finds."""
    imports = ["from flowtui.engine import bulk", _CLIENT]
    if isinstance(runs, Query):
        imports.append("from flowtui.engine.query import parse")
        ids = f"bulk.freeze(client, parse({str(runs)!r})).ids"
    else:
        ids = repr(list(runs))
    if isinstance(change, SetState):
        imports.append("from flowtui import StateType")
    lines = [*imports, "", "client = current_client()", f"list(bulk.carry_out(client, {ids}, {_verb_of(change)}))"]
    return "\n".join(lines)


def _verb_of(change: RunChange) -> str:
    match change:
        case Cancel():
            return f"bulk.cancel({change.message!r})"
        case Pause():
            return f"bulk.{'suspend' if change.suspend else 'pause'}({change.timeout_seconds!r}, {change.message!r})"
        case SetState():
            kind = f"StateType.{StateType(change.type).name}"
            return f"bulk.set_state({kind}, {change.name!r}, {change.message!r}, force={change.force!r})"
        case Tag():
            return f"bulk.tag({change.add!r}, {change.remove!r})"
        case Delete() | Retry() | Resume() | Restore():
            return f"bulk.{type(change).__name__.lower()}()"
