"""How the hooks of a run are called, as a generator that decides: in their order, and none of them can hurt the run."""

import logging
import traceback
from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from flowtui.engine.hooks import Hooks, hooks_for
from flowtui.engine.names import function_name
from flowtui.engine.runs.steps import Ask, Log, Step
from flowtui.engine.states import State

__all__ = ["Beside", "asked_to_retry", "hook_steps"]


Beside = Callable[[Callable[[], Any]], Any]
"""Calls a function of the user's in the surroundings of its run."""


def _plainly(function: Callable[[], Any]) -> Any:
    return function()


def hook_steps(
    hooks: Hooks, whose: tuple[Any, Any], state: State, beside: Beside = _plainly
) -> Generator[Step, Any, None]:
    """Call the hooks that wait for the state; `whose` are their first two arguments, `beside` calls them.

    Whatever a hook raises becomes one line of the log; only what interrupts the process passes through.
    """
    event, functions = hooks_for(hooks, state)
    for hook in functions:
        name = function_name(hook)
        try:
            yield Ask(partial(beside, partial(hook, *whose, state)))
        except (Exception, SystemExit) as error:
            yield Log(logging.ERROR, f"Hook {name!r} ({event}) raised {_told(error)}; the run stays {state.name}.")
        else:
            yield Log(logging.INFO, f"Hook {name!r} ({event}) has run")


def asked_to_retry(
    condition: Callable[..., Any], whose: tuple[Any, Any], state: State, beside: Beside = _plainly
) -> Generator[Step, Any, bool]:
    """Whether the user's condition wants another try; one that raises wants none."""
    name = function_name(condition)
    try:
        wanted = bool((yield Ask(partial(beside, partial(condition, *whose, state)))))
    except Exception as error:
        yield Log(logging.ERROR, f"Retry condition {name!r} raised {_told(error)}; it is not tried again.")
        return False
    if not wanted:
        yield Log(logging.INFO, f"Retry condition {name!r} says that it is not to be tried again")
    return wanted


def _told(error: BaseException) -> str:
    """The exception and where it was raised, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{place}" if text else f"{type(error).__name__}{place}"
