"""What work pools and queues may be called, and what may be said of them."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flowtui.engine.errors import WorkPoolError

__all__ = ["check_changes", "check_limit", "check_pool_name", "check_priority", "check_template"]

_LONGEST: Final = 255
_MOST: Final = 2_147_483_647
_FORBIDDEN: Final = "/%&<>"


def check_pool_name(what: str, name: str) -> None:
    """Raise `WorkPoolError` unless it can be a name; `what` is `work pool` or `queue`."""
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        raise WorkPoolError(f"A {what} needs a name without spaces around it, not {name!r}.")
    bad = next((mark for mark in name if mark in _FORBIDDEN or not mark.isprintable()), None)
    if bad is not None:
        raise WorkPoolError(f"{name!r} cannot be the name of a {what}: {bad!r} is not allowed.")
    if len(name) > _LONGEST:
        raise WorkPoolError(f"The name of a {what} has at most {_LONGEST} characters, not {len(name)}.")


def check_limit(limit: int | None) -> None:
    """Raise `WorkPoolError` unless it is None or a number of runs."""
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= _MOST):
        raise WorkPoolError(f"A concurrency limit is a number of runs, 0 or more, not {limit!r}.")


def check_priority(priority: int) -> None:
    """Raise `WorkPoolError` unless it is 1 (first) or more."""
    if isinstance(priority, bool) or not isinstance(priority, int) or not 1 <= priority <= _MOST:
        raise WorkPoolError(f"A priority is a number, 1 for the first queue and more for later ones, not {priority!r}.")


def check_template(template: Mapping[str, Any] | None) -> None:
    """Raise `WorkPoolError` unless it is None or a base job template."""
    if template is not None:
        from flowtui.engine import job_templates  # noqa: PLC0415 - 40 ms of YAML that only templates need

        job_templates.check_template(template)


def check_changes(what: str, changes: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raise `WorkPoolError` for a field that cannot be changed or a value that does not fit."""
    for field in changes:
        if field not in known:
            near = difflib.get_close_matches(field, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"What can be changed: {', '.join(known)}."
            raise WorkPoolError(f"A {what} has no {field!r} to change. {hint}")
    check_limit(changes.get("concurrency_limit"))
    check_template(changes.get("base_job_template"))
    if "priority" in changes:
        check_priority(changes["priority"])
