"""From arguments to an exit code: 0 done, 1 failed, 2 usage, 3 try again, 130 interrupted.

Every error that flowtui raises on purpose becomes one sentence on stderr. `FLOWTUI_LOGGING_LEVEL=DEBUG` shows where any
error came from.
"""

import io
import os
import sys
from collections.abc import Sequence
from typing import Final

from flowtui.engine.errors import FlowtuiError, StoreError, UsageError

__all__ = ["DONE", "FAILED", "INTERRUPTED", "RETRY", "USAGE", "run"]

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
RETRY: Final = 3
INTERRUPTED: Final = 130

_FLAGS: Final = ("--read-only", "--all")
_PROFILE: Final = ("-p", "--profile")


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line, without the program's name."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no ✔ shows a ?
    try:
        code = _dispatch(list(arguments))
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a reader that has gone is no error
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except FlowtuiError as error:
        _say(str(error), error)
        return _exit_code(error)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        _say(f"Something unexpected happened: {said} (FLOWTUI_LOGGING_LEVEL=DEBUG shows where)", error)
        return FAILED


def _dispatch(arguments: list[str]) -> int:
    flags = _take_flags(arguments)
    if not arguments:
        from flowtui.tui.cli.workstation import workstation  # noqa: PLC0415 - no parser for a command without arguments

        return workstation(everywhere="--all" in flags)
    if flags:
        raise UsageError(f"{' and '.join(sorted(flags))} opens the workstation and stands alone, not before a command.")
    from flowtui.tui.cli.app import call  # noqa: PLC0415 - 60 ms of parser

    return call(arguments)


def _take_flags(arguments: list[str]) -> set[str]:
    """Take what stands before the command. Settings go into the environment, where children find them, too."""
    flags: set[str] = set()
    while arguments and (arguments[0] in _FLAGS or arguments[0].partition("=")[0] in _PROFILE):
        word, equals, name = arguments.pop(0).partition("=")
        if word in _FLAGS:
            flags.add(word)
            if word == "--read-only":
                os.environ["FLOWTUI_READ_ONLY"] = "true"
            continue
        if not equals:
            if not arguments:
                raise UsageError(f"{word} needs the name of a profile; flowtui profile ls lists them.")
            name = arguments.pop(0)
        if name == "@all":
            flags.add("--all")
        else:
            os.environ["FLOWTUI_PROFILE"] = name or "default"
    return flags


def _exit_code(error: FlowtuiError) -> int:
    if isinstance(error, UsageError):
        return USAGE
    return RETRY if isinstance(error, StoreError) else FAILED


def _say(sentence: str, error: BaseException) -> None:
    from flowtui.tui.cli.output import narrate  # noqa: PLC0415 - only errors come here

    if os.environ.get("FLOWTUI_LOGGING_LEVEL", "").upper() == "DEBUG":
        import traceback  # noqa: PLC0415 - only here

        traceback.print_exception(error)
    narrate(f"flowtui: {sentence}")
