"""Names of flows, tasks and runs: which are allowed, and templates filled with parameters."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from string import Formatter
from typing import Any, Final

from flowtui.engine.errors import UsageError

__all__ = ["check_name", "check_template", "filled", "function_name"]

_REFUSED: Final = frozenset("/%&><")


def check_name(name: str, kind: str) -> str:
    """The name. Raises `UsageError` when it is empty or has one of `/ % & > <`, which stand for other things."""
    if not isinstance(name, str) or not name.strip():
        raise UsageError(f"The name of a {kind} is {name!r}; give it at least one character.")
    refused = sorted(_REFUSED & set(name))
    if refused:
        raise UsageError(f"The {kind} name {name!r} has {' '.join(refused)}, which names cannot have.")
    return name


def check_template(given: Any, what: str, name: str, parameters: Collection[str]) -> Any:
    """A run name's template: a text, a function, or None. Raises `UsageError` for anything else, and for a text that
    asks for something that is no parameter."""
    if isinstance(given, str):
        try:
            fields = [field for _, field, _, _ in Formatter().parse(given) if field is not None]
        except ValueError as error:
            raise UsageError(f"{what} of {name!r} is {given!r}, which is no template: {error}.") from None
        if any(field.partition(".")[0].partition("[")[0] not in parameters for field in fields):
            known = ", ".join(parameters) or "none"
            raise UsageError(f"{what} of {name!r} is {given!r}, but its parameters are: {known}.")
        return given
    if given is None or callable(given):
        return given
    raise UsageError(f"{what} of {name!r} is {given!r}; give a text such as 'load-{{table}}', or a function.")


def function_name(fn: Callable[..., Any]) -> str:
    """What a flow or a task is called after."""
    while isinstance(fn, partial):
        fn = fn.func
    name = getattr(fn, "__name__", type(fn).__name__)
    return "unknown-lambda" if name == "<lambda>" else str(name)


def filled(
    template: str | Callable[..., str] | None, parameters: Mapping[str, Any], what: str, whole: Any = None
) -> str | None:
    """A run's name from its template; a function is called, with `parameters` when it takes that.

    `whole` is the flow or the task, whose name and parameters that function finds in `flowtui.runtime` too.
    """
    if template is None:
        return None
    if callable(template):
        import inspect  # noqa: PLC0415 - only for names that are computed

        from flowtui.engine.context import being_named  # noqa: PLC0415 - as above

        takes_parameters = "parameters" in inspect.signature(template).parameters
        token = being_named.set((whole, parameters))
        try:
            name = template(parameters=dict(parameters)) if takes_parameters else template()
        finally:
            being_named.reset(token)
    else:
        try:
            name = template.format(**parameters)
        except (KeyError, IndexError, AttributeError, ValueError) as error:
            known = ", ".join(parameters) or "none"
            raise UsageError(
                f"The run name template {template!r} of {what} cannot be filled: {error}. Its parameters are: {known}."
            ) from None
    if not isinstance(name, str):
        raise UsageError(f"The run name of {what} is {name!r}; it has to be a text.")
    return name
