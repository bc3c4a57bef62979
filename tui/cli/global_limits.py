"""`flowtui global-concurrency-limit` (`gcl`): the limits that `concurrency()` and `rate_limit()` ask for by name."""

from typing import Annotated

from cyclopts import App, Parameter

from flowtui.engine.client.current import current_client
from flowtui.engine.errors import UsageError
from flowtui.engine.shared import ConcurrencyLimit
from flowtui.engine.shared_wire import global_limit_json, holder_json
from flowtui.engine.wire import instant
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table

__all__ = ["app"]

app = App(name="global-concurrency-limit", help="Limits that concurrency() and rate_limit() ask for by name.")
_COLUMNS = (
    Column("NAME"),
    Column("LIMIT", right=True),
    Column("TAKEN", right=True),
    Column("BACK/S", right=True),
    Column("ACTIVE"),
    Column("UPDATED"),
    Column("ID", wide_only=110),
)
Slots = Annotated[int | None, Parameter(name=["--limit", "-l"])]
Decay = Annotated[float | None, Parameter(name=["--slot-decay-per-second"])]


@app.command
def ls(*, limit: int = 200, output: Output = "table") -> int:
    """List the limits.

    Parameters
    ----------
    limit
        How many to show.
    """
    found = current_client().list_limits("global")[:limit]
    if output == "json":
        print_json([global_limit_json(one) for one in found])
        return 0
    rows = (
        (
            one.name,
            str(one.limit),
            f"{one.active_slots:g}",
            f"{one.slot_decay_per_second:g}",
            "yes" if one.active else "no",
            instant(one.updated) or "",
            Cell(one.id, "dim"),
        )
        for one in found
    )
    print_table(_COLUMNS, rows, empty="No limits. Make one with: flowtui gcl create NAME --limit 1")
    return 0


@app.command
def inspect(name: str, /, *, output: Output = "table") -> int:
    """Show a limit, and who holds its slots.

    Parameters
    ----------
    name
        Its name or its id.
    """
    client = current_client()
    found = client.read_limit("global", name)
    holders = client.limit_holders(found.id)
    if output == "json":
        print_json({**global_limit_json(found), "holders": [holder_json(one) for one in holders]})
        return 0
    facts = (
        ("id", found.id),
        ("name", found.name),
        ("limit", str(found.limit)),
        ("taken", f"{found.active_slots:g}"),
        ("back each second", f"{found.slot_decay_per_second:g}"),
        ("active", "yes" if found.active else "no"),
        ("updated", instant(found.updated) or ""),
    )
    print_facts(facts)
    print()
    rows = ((one.holder, str(one.slots), instant(one.acquired) or "", one.owner) for one in holders)
    columns = (Column("HELD BY"), Column("SLOTS", right=True), Column("SINCE"), Column("PROCESS", wide_only=100))
    print_table(columns, rows, empty="Nobody holds a slot.")
    return 0


@app.command
def create(
    name: str,
    /,
    *,
    limit: Annotated[int, Parameter(name=["--limit", "-l"])],
    slot_decay_per_second: Decay = None,
    disable: Annotated[bool, Parameter(negative="")] = False,
    output: Output = "table",
) -> int:
    """Make a limit.

    Parameters
    ----------
    name
        Its name.
    limit
        How many slots it has.
    slot_decay_per_second
        How many of the slots that rate_limit() took come back each second.
    disable
        Make it, and hold nobody back yet.
    """
    made = current_client().save_limit(
        "global", name, limit=limit, slot_decay_per_second=slot_decay_per_second, active=not disable, create=True
    )
    return _done(made, f"Limit {made.name} is made, with {made.limit} slot(s).", output)


@app.command
def update(
    name: str,
    /,
    *,
    limit: Slots = None,
    slot_decay_per_second: Decay = None,
    enable: Annotated[bool, Parameter(negative="")] = False,
    disable: Annotated[bool, Parameter(negative="")] = False,
    reset: Annotated[bool, Parameter(negative="")] = False,
    output: Output = "table",
) -> int:
    """Change a limit.

    Parameters
    ----------
    name
        Its name or its id.
    limit
        How many slots it has.
    slot_decay_per_second
        How many of the slots that rate_limit() took come back each second.
    enable
        Hold back whoever finds it full.
    disable
        Hold nobody back.
    reset
        Take every slot back, whoever holds it.
    """
    if enable and disable:
        raise UsageError("Give --enable or --disable, not both.")
    client = current_client()
    known = client.read_limit("global", name)
    active = True if enable else False if disable else None
    if limit is None and slot_decay_per_second is None and active is None and not reset:
        raise UsageError("There is nothing to change; give --limit, --slot-decay-per-second, --enable or --disable.")
    if reset:
        client.reset_limit("global", known.name)
    changed = client.save_limit(
        "global", known.name, limit=limit, slot_decay_per_second=slot_decay_per_second, active=active, create=False
    )
    return _done(changed, f"Limit {changed.name} is changed.", output)


@app.command
def enable(name: str, /, *, output: Output = "table") -> int:
    """Have a limit hold back whoever finds it full.

    Parameters
    ----------
    name
        Its name or its id.
    """
    client = current_client()
    known = client.read_limit("global", name)
    changed = client.save_limit("global", known.name, active=True, create=False)
    return _done(changed, f"Limit {changed.name} is enabled.", output)


@app.command
def disable(name: str, /, *, output: Output = "table") -> int:
    """Have a limit hold nobody back.

    Parameters
    ----------
    name
        Its name or its id.
    """
    client = current_client()
    known = client.read_limit("global", name)
    changed = client.save_limit("global", known.name, active=False, create=False)
    return _done(changed, f"Limit {changed.name} is disabled.", output)


@app.command
def reset(name: str, /) -> int:
    """Take every slot of a limit back, whoever holds it.

    Parameters
    ----------
    name
        Its name or its id.
    """
    gone = current_client().reset_limit("global", name)
    narrate(f"Limit {name} is reset; {gone} held slots of it.")
    return 0


@app.command
def delete(name: str, /, *, yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False) -> int:
    """Delete a limit.

    Parameters
    ----------
    name
        Its name or its id.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    found = client.read_limit("global", name)
    if not yes and not confirmed(f"Delete limit {found.name}?"):
        return 1
    client.delete_limit("global", found.name)
    narrate(f"Limit {found.name} is deleted.")
    return 0


def _done(limit: ConcurrencyLimit, words: str, output: str) -> int:
    if output == "json":
        print_json(global_limit_json(limit))
    narrate(words)
    return 0
