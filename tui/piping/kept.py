"""Commands that are kept: those that were named, and the last ones that were run; a YAML file in the home."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, cast

from flowtui.engine.errors import UsageError
from flowtui.tui.piping.records import FORMATS, Format

__all__ = ["Kept", "NamedCommand", "kept_file", "read_kept", "write_kept"]

Kind = Literal["pipe", "shell", "sql"]
_KINDS: Final = ("pipe", "shell", "sql")
_HISTORY: Final = 100
"""Commands of each kind that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCommand:
    """A command under a name: what `|`, `!` or `;` was given."""

    name: str
    kind: Kind
    command: str
    form: Format = "jsonl"


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept."""

    named: tuple[NamedCommand, ...] = ()
    history: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By kind, the last one first."""

    def with_named(self, command: NamedCommand) -> "Kept":
        """One more, in place of another of that name."""
        rest = tuple(other for other in self.named if other.name != command.name)
        return replace(self, named=tuple(sorted((*rest, command), key=lambda each: each.name)))

    def without_named(self, name: str) -> "Kept":
        """One less."""
        return replace(self, named=tuple(other for other in self.named if other.name != name))

    def with_run(self, kind: Kind, command: str) -> "Kept":
        """This was run last."""
        before = [other for other in self.history.get(kind, ()) if other != command]
        return replace(self, history={**self.history, kind: (command, *before)[:_HISTORY]})

    def last(self, kind: Kind) -> Sequence[str]:
        """What was run of a kind, the last one first."""
        return self.history.get(kind, ())


def kept_file() -> Path:
    """`commands.yaml` in the home."""
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - read when it is asked for

    return current_settings().home / "commands.yaml"


def read_kept(file: Path) -> Kept:
    """What is in the file; nothing when there is none. Raises `UsageError` with what is wrong with it."""
    import yaml  # noqa: PLC0415 - 15 ms

    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Kept()
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from None
    try:
        found = yaml.safe_load(text) or {}
        named = tuple(_named(name, entry) for name, entry in dict(found.get("named") or {}).items())
        history = {
            kind: tuple(str(command) for command in commands)
            for kind, commands in dict(found.get("history") or {}).items()
        }
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        first = str(error).split("\n", 1)[0]
        raise UsageError(f"{file} is no list of commands: {first}. Correct it, or take it away.") from None
    return Kept(named, history)


def _named(name: Any, entry: dict[str, Any]) -> NamedCommand:
    kind, form = entry["kind"], entry.get("format", "jsonl")
    if kind not in _KINDS or form not in FORMATS:
        raise ValueError(f"the command {name!r} has the kind {kind!r} and the format {form!r}")
    return NamedCommand(name=str(name), kind=cast("Kind", kind), command=str(entry["command"]), form=form)


def write_kept(file: Path, kept: Kept) -> None:
    """Write the file, whole or not at all; only its owner may read it, because commands may hold secrets."""
    import yaml  # noqa: PLC0415 - 15 ms

    data = {
        "named": {
            each.name: {
                "kind": each.kind,
                "command": each.command,
                **({"format": each.form} if each.kind == "pipe" else {}),
            }
            for each in kept.named
        },
        "history": {kind: list(commands) for kind, commands in kept.history.items()},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".commands-")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        yaml.safe_dump(data, out, sort_keys=False, allow_unicode=True, width=1000)
    Path(name).replace(file)
