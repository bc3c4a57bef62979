"""What a flow of a folder asks for, found out by a process of its own: the code of a flow may do anything when it is
imported, so whoever only wants to show a form does not import it.

`describe` asks; `python -m flowtui.engine.deployments.describing FOLDER ENTRYPOINT` is the process that answers.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from flowtui.engine.errors import EntrypointError, FlowtuiError

__all__ = ["FlowOutline", "describe"]

_PATIENCE: Final = 60.0
"""Seconds that importing a file may take."""
_LAST_WORDS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowOutline:
    """A flow without its function."""

    name: str
    entrypoint: str
    folder: str
    """The folder from which the entrypoint is loaded; absolute."""
    schema: Mapping[str, Any] = field(default_factory=dict)
    """Its parameters as JSON schema, as `parameter_schema` makes it."""
    description: str | None = None
    version: str | None = None
    retries: int = 0
    retry_delay_seconds: float = 0.0


def describe(folder: Path, entrypoint: str, env: Mapping[str, str] | None = None) -> FlowOutline:
    """Import a flow in a child process and say what it asks for. Blocks for half a second and more.

    Raises `EntrypointError`, with the user's own line, when it cannot be imported.
    """
    command = [sys.executable, "-m", "flowtui.engine.deployments.describing", str(folder), entrypoint]
    try:
        child = subprocess.run(
            command,
            cwd=folder,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EntrypointError(f"{entrypoint} was still being imported after {_PATIENCE:g} s.") from None
    except OSError as error:
        raise EntrypointError(f"{entrypoint} cannot be imported: {error.strerror}.") from error
    return _answer(entrypoint, child)


def _answer(entrypoint: str, child: "subprocess.CompletedProcess[bytes]") -> FlowOutline:
    try:
        said = json.loads(child.stdout)
    except ValueError:
        words = child.stderr.decode(errors="replace").strip()[-_LAST_WORDS:]
        raise EntrypointError(
            f"{entrypoint} ended the process that imported it (exit code {child.returncode}). {words}".rstrip()
        ) from None
    if "error" in said:
        raise EntrypointError(said["error"])
    return FlowOutline(**said)


def _outline(folder: str, entrypoint: str) -> dict[str, Any]:
    from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - only the child loads the user's code
    from flowtui.engine.deployments.parameters import parameter_schema  # noqa: PLC0415 - pydantic, 68 ms, as above

    try:
        flow = load_flow(entrypoint, folder, of_prefect=True)
        schema = parameter_schema(flow)
    except FlowtuiError as error:
        return {"error": str(error)}
    return {
        "name": flow.name,
        "entrypoint": entrypoint,
        "folder": str(Path(folder).absolute()),
        "schema": schema,
        "description": flow.description,
        "version": flow.version,
        "retries": flow.retries,
        "retry_delay_seconds": flow.delays[0] if flow.retries and flow.delays else 0.0,
    }


def _main() -> None:
    """What the code prints is no answer: it goes to standard error."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with contextlib.redirect_stdout(sys.stderr), answer:
        json.dump(_outline(sys.argv[1], sys.argv[2]), answer)


if __name__ == "__main__":
    _main()
