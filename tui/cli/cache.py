"""`flowtui cache`: list what tasks have cached, and clear it. Nothing is unpickled for that."""

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Annotated, Any

from cyclopts import App, Parameter

from flowtui.engine.client.opening import require_writable
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import UsageError
from flowtui.engine.results.records import RecordInfo
from flowtui.engine.results.store import ResultStore
from flowtui.engine.settings import current_settings
from flowtui.engine.wire import instant
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_json, print_table

__all__ = ["app"]

app = App(name="cache", help="List what tasks have cached, and clear it.")
Storage = Annotated[
    str | None,
    Parameter(help="Where to look: a folder, a URL, or a block's type/name. Default: where results are kept."),
]
_COLUMNS = (
    Column("KEY"),
    Column("MADE BY"),
    Column("CREATED"),
    Column("EXPIRES"),
    Column("SIZE", right=True),
    Column("VALUE", wide_only=120),
)
_UNITS = ("B", "kB", "MB", "GB")
_Entry = tuple[str, RecordInfo]


@app.command
def ls(
    pattern: str = "*",
    /,
    *,
    expired: Annotated[bool, Parameter(negative="")] = False,
    limit: int = 200,
    storage: Storage = None,
    output: Output = "table",
) -> int:
    """List cached results, the newest first.

    Parameters
    ----------
    pattern
        Only those whose key, or the task run that made it, matches: 'load*'.
    expired
        Only those that have expired.
    limit
        How many to show.
    """
    now = utc_now()
    found = sorted(_matching(_store(storage), pattern, expired, now), key=lambda entry: entry[1].created, reverse=True)
    if output == "json":
        print_json([_json(entry, now) for entry in found[:limit]])
        return 0
    print_table(_COLUMNS, [_row(info, now) for _, info in found[:limit]], empty="Nothing is cached.")
    if len(found) > limit:
        narrate(f"{len(found) - limit} more; show them with --limit {len(found)}.")
    return 0


@app.command
def clear(
    *patterns: str,
    expired: Annotated[bool, Parameter(negative="")] = False,
    everything: Annotated[bool, Parameter(name="--all", negative="")] = False,
    storage: Storage = None,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
    output: Output = "table",
) -> int:
    """Forget cached results: the tasks that made them run again.

    Parameters
    ----------
    patterns
        Keys, names of the task runs that made them, or patterns of either: 'load*'.
    expired
        Those that have expired; with patterns, only of these.
    everything
        All of them.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only clearing asks

    if everything and (patterns or expired):
        raise UsageError("--all clears everything; leave out the patterns and --expired, or --all.")
    if not (patterns or expired or everything):
        raise UsageError("Say what to clear: a key, a maker, a pattern, --expired or --all. See: flowtui cache ls")
    require_writable(current_settings(), "clearing the cache")
    store, now = _store(storage), utc_now()
    found = {entry[0]: entry for one in patterns or ("*",) for entry in _matching(store, one, expired, now)}
    if output == "json" and not found:
        print_json([])
    if not found:
        narrate("Nothing of that is cached.")
        return 0
    told = f"{_count(len(found))} ({_size(sum(info.size for _, info in found.values()))})"
    if not yes and not confirmed(f"Clear {told}?"):
        return 1
    for name, info in found.values():
        store.forget(name, info)
    if output == "json":
        print_json([_json(entry, now) for entry in found.values()])
    verb = "is" if len(found) == 1 else "are"
    narrate(f"{told[0].upper()}{told[1:]} {verb} cleared.")
    return 0


def _store(storage: str | None) -> ResultStore:
    return ResultStore(storage if storage is not None else current_settings().results_storage)


def _matching(store: ResultStore, pattern: str, expired: bool, now: datetime) -> list[_Entry]:
    return [
        (name, info)
        for name, info in store.infos()
        if any(text == pattern or fnmatchcase(text, pattern) for text in (info.key, info.source))
        and (not expired or info.is_expired(now))
    ]


def _row(info: RecordInfo, now: datetime) -> Sequence[Cell | str]:
    expires = "never" if info.expires is None else "expired" if info.is_expired(now) else instant(info.expires) or ""
    style = "dim" if info.is_expired(now) else ""
    cells = (info.key, info.source, instant(info.created) or "", expires, _size(info.size), info.preview)
    return [Cell(text, style) for text in cells]


def _json(entry: _Entry, now: datetime) -> dict[str, Any]:
    name, info = entry
    return {
        "key": info.key,
        "name": name,
        "created": instant(info.created),
        "expiration": instant(info.expires),
        "expired": info.is_expired(now),
        "source": info.source,
        "serializer": info.serializer["type"],
        "size": info.size,
        "preview": info.preview,
    }


def _count(number: int) -> str:
    return "1 cached result" if number == 1 else f"{number} cached results"


def _size(count: float) -> str:
    """`340 B`, `1.2 kB`, `34 MB`."""
    unit = 0
    while count >= 999.5 and unit < len(_UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.1f} {_UNITS[unit]}" if unit and count < 9.95 else f"{count:.0f} {_UNITS[unit]}"
