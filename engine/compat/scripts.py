"""Run a script for Prefect as Python does: as `__main__`, with its arguments, its traceback, its exit code."""

import builtins
import importlib.util
import io
import os
import runpy
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Final

from flowtui.engine.compat.modules import install
from flowtui.engine.compat.second import is_of_the_second, speak_the_second
from flowtui.engine.errors import EntrypointError

__all__ = ["run_module", "run_script"]

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
    main = _new_main(path, arguments, os.path.dirname(os.path.realpath(path)))
    main.__dict__["__file__"] = path
    return _carried_out(lambda: exec(compile(source, path, "exec"), main.__dict__))  # noqa: S102 - what was asked for


def run_module(name: str, arguments: Sequence[str]) -> int:
    """`run_script` for a module that can be imported from the current folder, as `python -m` runs it."""
    install()
    _new_main("-m", arguments, os.getcwd())
    with suppress(ImportError, AttributeError, ValueError):  # whatever is wrong with it, running it will tell
        spec = importlib.util.find_spec(name)
        source = spec.loader.get_source(name) if spec is not None and spec.loader is not None else None  # type: ignore[attr-defined]
        if source is not None and is_of_the_second(source):
            speak_the_second()
    return _carried_out(lambda: runpy._run_module_as_main(name))  # type: ignore[attr-defined] # what python -m does


def _new_main(program: str, arguments: Sequence[str], folder: str) -> ModuleType:
    main = ModuleType("__main__")
    main.__dict__.update(__builtins__=builtins, __cached__=None)
    sys.modules["__main__"] = main
    sys.argv[:] = [program, *arguments]
    if sys.path and not getattr(sys.flags, "safe_path", False):
        sys.path[0] = folder  # it was that of the command, which the script has nothing to do with
    return main


def _carried_out(program: Callable[[], object]) -> int:
    try:
        program()
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
