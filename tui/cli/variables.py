"""`flowtui variable`: list, show, set and forget variables."""

import json
from itertools import islice
from typing import Annotated, Any

from cyclopts import App, Parameter

from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import NotFound
from flowtui.engine.shared import VariableRecord
from flowtui.engine.shared_wire import variable_json
from flowtui.engine.wire import instant
from flowtui.tui.cli.find import nearest
from flowtui.tui.cli.output import Column, Output, narrate, print_facts, print_json, print_table
from flowtui.tui.cli.pages import every

__all__ = ["app"]

app = App(name="variable", help="List, show, set and forget variables.")
_SHOWN = 60
_COLUMNS = (Column("NAME"), Column("VALUE"), Column("TAGS"), Column("UPDATED"))


@app.command
def ls(*, limit: int = 200, output: Output = "table") -> int:
    """List variables, by name.

    Parameters
    ----------
    limit
        How many to show.
    """
    found = list(islice(_all(current_client()), limit))
    if output == "json":
        print_json([variable_json(variable) for variable in found])
        return 0
    rows = ((one.name, _short(one.value), ", ".join(one.tags), instant(one.updated) or "") for one in found)
    print_table(_COLUMNS, rows, empty="No variables. Set one with: flowtui variable set NAME VALUE")
    return 0


@app.command
def inspect(name: str, /, *, output: Output = "table") -> int:
    """Show everything about a variable.

    Parameters
    ----------
    name
        Its name.
    """
    found = _find(current_client(), name)
    if output == "json":
        print_json(variable_json(found))
        return 0
    facts = [("id", found.id), ("name", found.name), ("value", _text(found.value)), ("tags", ", ".join(found.tags))]
    print_facts([*facts, ("created", instant(found.created) or ""), ("updated", instant(found.updated) or "")])
    return 0


@app.command
def get(name: str, /, *, output: Output = "table") -> int:
    """Print the value of a variable: text as it is, anything else as JSON.

    Parameters
    ----------
    name
        Its name.
    """
    found = _find(current_client(), name)
    if output == "json":
        print_json(found.value)
    else:
        from flowtui.tui.text import safe  # noqa: PLC0415 - 60 ms that JSON does not need

        print("\n".join(safe(line) for line in _text(found.value).split("\n")))
    return 0


@app.command(name="set")
def set_(
    name: str,
    value: str,
    /,
    *,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    tag: Annotated[list[str] | None, Parameter(name=["--tag", "-t"], negative="")] = None,
    output: Output = "table",
) -> int:
    """Keep a value under a name.

    Parameters
    ----------
    name
        Lowercase letters, digits, dashes and underscores.
    value
        Read as JSON when it is JSON, and as text when it is not.
    overwrite
        Take the place of the value that it has.
    tag
        A label; give it as often as you like.
    """
    kept = current_client().set_variable(name, _value(value), tags=tag, overwrite=overwrite)
    if output == "json":
        print_json(variable_json(kept))
    narrate(f"Variable {kept.name} is set.")
    return 0


@app.command(name=["unset", "delete"])
def unset(name: str, /, *, yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False) -> int:
    """Forget a variable.

    Parameters
    ----------
    name
        Its name.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    found = _find(client, name)
    if not yes and not confirmed(f"Forget variable {found.name}?"):
        return 1
    client.delete_variable(found.name)
    narrate(f"Variable {found.name} is forgotten.")
    return 0


def _all(client: Client) -> Any:
    return every(lambda after: client.list_variables(limit=200, after=after))


def _find(client: Client, name: str) -> VariableRecord:
    found = client.find_variable(name)
    if found is not None:
        return found
    near = nearest(name, [variable.name for variable in _all(client)])
    raise NotFound("variable", name, f"Did you mean {near!r}?" if near else "List them with: flowtui variable ls")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _short(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
