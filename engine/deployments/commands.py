"""Commands that steps run, and where the lines of steps go: to the terminal when deploying, to the log in a run."""

import contextlib
import io
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import IO, Final

from flowtui.engine.errors import UsageError

__all__ = ["Finished", "heard_by", "pip", "run_command", "say"]

_LONGEST_KEPT: Final = 10_000_000
"""Characters of one stream that are kept as an output; lines beyond that are still said."""

_hearer: ContextVar[Callable[[str], None] | None] = ContextVar("flowtui_step_lines", default=None)


def say(line: str) -> None:
    """A line for whoever follows the step."""
    hearer = _hearer.get()
    if hearer is None:
        print(line, file=sys.stderr)  # noqa: T201 - a step that is called by itself, in a script
    else:
        hearer(line)


@contextlib.contextmanager
def heard_by(hearer: Callable[[str], None]) -> Iterator[None]:
    """Within the block the lines of steps go to `hearer`, also what functions print."""
    token = _hearer.set(hearer)
    printed = _Lines(hearer)
    try:
        with contextlib.redirect_stdout(printed):
            yield
    finally:
        printed.end()
        _hearer.reset(token)


class _Lines(io.TextIOBase):
    """A stream whose whole lines are handed on."""

    def __init__(self, hearer: Callable[[str], None]) -> None:
        self._hearer = hearer
        self._begun = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._hearer(line)
        return len(text)

    def end(self) -> None:
        """Hand on a last line that was never ended."""
        if self._begun:
            self._hearer(self._begun)
            self._begun = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str


def run_command(
    command: Sequence[str] | str,
    *,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    stream: bool = True,
) -> Finished:
    """Run a command (text: by the shell) to its end and keep what it prints; with `stream` also say it, as it comes.

    Raises `UsageError` when it cannot be started. When this thread is interrupted, the command is ended.
    """
    shell = isinstance(command, str)
    try:
        process = subprocess.Popen(
            command,
            shell=shell,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
        )
    except FileNotFoundError as error:
        missing = cwd if cwd is not None and error.filename == cwd else command if shell else command[0]
        raise UsageError(f"There is no {missing!r} to run.") from error
    except OSError as error:
        raise UsageError(f"{command if shell else command[0]!r} cannot be run: {error.strerror}.") from error
    hearer = (_hearer.get() or say) if stream else None
    kept: tuple[list[str], list[str]] = ([], [])
    assert process.stdout is not None and process.stderr is not None, "both are pipes"
    readers = [
        threading.Thread(target=_read, args=(pipe, lines, hearer), daemon=True)
        for pipe, lines in zip((process.stdout, process.stderr), kept, strict=True)
    ]
    with process:
        try:
            for reader in readers:
                reader.start()
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            for reader in readers:
                reader.join()
    return Finished(code, *("".join(lines).strip() for lines in kept))


def _read(pipe: IO[str], lines: list[str], hearer: Callable[[str], None] | None) -> None:
    size = 0
    for line in pipe:
        if size <= _LONGEST_KEPT:
            lines.append(line)
            size += len(line)
        if hearer is not None:
            hearer(line.rstrip("\n"))


def pip(*arguments: str, cwd: str | None = None, stream: bool = True) -> Finished:
    """Run pip for this Python; `uv pip` where there is no pip but there is uv."""
    import importlib.util  # noqa: PLC0415 - only steps that install something
    import shutil  # noqa: PLC0415 - as above

    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", *arguments, "--disable-pip-version-check"]
    elif uv := shutil.which("uv"):
        command = [uv, "pip", arguments[0], "--python", sys.executable, *arguments[1:]]
    else:
        raise UsageError(f"{sys.executable} has no pip, and there is no uv; packages cannot be installed.")
    return run_command(command, cwd=cwd, stream=stream)
