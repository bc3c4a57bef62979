"""Call steps one after the other: find the function, fill its inputs, remember what it gave."""

import contextlib
import importlib
import inspect
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.deployments.commands import heard_by, pip, say
from flowtui.engine.deployments.entrypoint import importing
from flowtui.engine.deployments.references import lookup_with
from flowtui.engine.deployments.steps import Step, built_in_name, refuse_later_steps
from flowtui.engine.deployments.templates import fill
from flowtui.engine.errors import FlowtuiError, UsageError

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["StepFailed", "place_kept", "run_steps"]

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class StepFailed(UsageError):
    """A step could not be carried out; the message names it."""


def run_steps(
    client: "Client",
    steps: Sequence[Step],
    hearer: Callable[[str], None],
    *,
    what: str,
    outputs: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Carry the steps out in this process and answer their outputs.

    `what` is their kind, as messages say it: `build`, `pull`. Outputs are found under their own name, the last one
    first, and under the id of their step: `{"image": …, "build-image": {"image": …}}`. `outputs` are those of earlier
    steps. Lines go to `hearer`. Raises `StepFailed`, which names the step.
    """
    found = dict(outputs or {})
    with heard_by(hearer):
        for number, step in enumerate(steps, start=1):
            say(f"{what.capitalize()} step {number} of {len(steps)}: {step.short}")
            with _naming(step, f"{what} step {number} ({step.function})"):
                refuse_later_steps([step])
                given = fill(step.inputs, lookup_with(client, os.environ, found))
                own = _call(step, given)
            found.update(own)
            if step.id:
                found[step.id] = own
    return found


@contextlib.contextmanager
def place_kept() -> Iterator[None]:
    """Whatever folder steps go to within the block, it is left again."""
    before = Path.cwd()
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _naming(step: Step, shown: str) -> Iterator[None]:
    """Turn what a step raises into a sentence that begins with the step."""
    try:
        yield
    except FlowtuiError as error:
        raise StepFailed(f"The {shown} failed: {error}") from error
    except Exception as error:  # a function of the user's, or of a library
        raise StepFailed(f"The {shown} failed: {type(error).__name__}: {error}") from error


def _call(step: Step, inputs: Mapping[str, Any]) -> dict[str, Any]:
    function = _function(step)
    try:
        inspect.signature(function).bind(**inputs)
    except TypeError as error:
        raise UsageError(f"its inputs do not fit: {error}.") from error
    except ValueError:  # a function that cannot say what it takes
        pass
    given = function(**inputs)
    if inspect.isawaitable(given):
        from flowtui.engine.runs.awaiting import run_to_end  # noqa: PLC0415 - only steps that are async

        given = run_to_end(given)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        say(f"{step.short} answered with {type(given).__name__}, which is no mapping; it has no outputs.")
        return {}
    return dict(given)


def _function(step: Step) -> Callable[..., Any]:
    own = built_in_name(step.function)
    if own is not None:
        from flowtui.engine.deployments import built_in  # noqa: PLC0415 - only who runs steps needs them

        function: Callable[..., Any] = getattr(built_in, own)
        return function
    for requirement in step.requires:
        _see_to(requirement)
    module, _, name = step.function.rpartition(".")
    try:
        with importing(Path.cwd()):
            found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        hint = "" if step.requires else " Name its package in requires: to have it installed."
        raise UsageError(f"{module} cannot be imported: {error}.{hint}") from error
    if not callable(found):
        raise UsageError(f"{module} has no function {name!r}.")
    return found  # type: ignore[no-any-return]


def _see_to(requirement: str) -> None:
    """Have a package installed when it is not there. What names a version is left to pip, which knows."""
    from importlib import metadata  # noqa: PLC0415 - 20 ms that only steps with requirements pay

    if _PLAIN_NAME.fullmatch(requirement):
        try:
            metadata.distribution(requirement)
            return
        except metadata.PackageNotFoundError:
            pass
    if requirement.startswith("-"):
        raise UsageError(f"{requirement!r} is no package.")
    say(f"Installing {requirement}")
    done = pip("install", "--quiet", requirement, stream=False)
    if done.code:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        why = said[-1].removeprefix("ERROR: ") if said else "pip said nothing"
        raise UsageError(f"it requires the package {requirement}, which cannot be installed: {why.rstrip('.')}.")
    importlib.invalidate_caches()
