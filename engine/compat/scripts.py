"""Run a script for Prefect as Python does: as `__main__`, with its arguments, its traceback, its exit code."""

import builtins
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Final

from flowtui.engine.compat.modules import install
from flowtui.engine.compat.second import is_of_the_second, speak_the_second
from flowtui.engine.errors import EntrypointError

__all__ = ["run_script"]

_INTERRUPTED: Final = 130


def run_script(path: str, arguments: Sequence[str]) -> int:
    """Run it to its end in this process; answer the exit code, or raise its `SystemExit`.

    Raises `EntrypointError` when there is no such file. `__main__`, `sys.argv` and the first entry of `sys.path` are
    the script's from here on: what it leaves to be done at the exit still needs them.
    """
    try:
        with io.open_code(str(Path(path).absolute())) as file:
            source = file.read()
    except OSError as error:
        raise EntrypointError(f"{path} cannot be run: {error.strerror}.") from None
    install()
    if is_of_the_second(source):
        speak_the_second()
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = main
    sys.argv[:] = [path, *arguments]
    folder = os.path.dirname(os.path.realpath(path))
    if sys.path and not getattr(sys.flags, "safe_path", False):
        sys.path[0] = folder  # it was that of the command, which the script has nothing to do with
    try:
        exec(compile(source, path, "exec"), main.__dict__)  # noqa: S102 - what was asked for
    except SystemExit:
        raise
    except BaseException as error:
        _show(error)
        return _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _show(error: BaseException) -> None:
    """As Python does at the end, without the frame of this file."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    error = error.with_traceback(trace)
    sys.stdout.flush()
    sys.excepthook(type(error), error, trace)
