"""What a person has changed in a run that is retried: inputs of its tasks, its parameters, what has to run again.

Values, and the pure function that folds one retry's changes into what earlier ones have changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["NO_EDITS", "Amendments", "RetryEdits", "amended", "amendments_json", "amendments_of_json", "edit_words"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryEdits:
    """What one retry changes. Nothing in it: the run is tried again as it is."""

    inputs: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    """`{task run id: {parameter: JSON value}}`: called with these in place of what the flow passes. None takes back
    what an earlier retry had changed."""
    again: tuple[str, ...] = ()
    """The ids of task runs that run again although their results are kept."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the flow that have another value from now on."""

    @property
    def is_empty(self) -> bool:
        return not (self.inputs or self.again or self.parameters)


NO_EDITS: Final = RetryEdits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendments:
    """What retries have changed in a run so far; each attempt obeys all of it.

    So it survives a process that dies, and a task that completed with changed inputs is not run with the old ones by
    the next retry.
    """

    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """`{task run id: {parameter: JSON value}}`."""
    again: Mapping[str, int] = field(default_factory=dict)
    """`{task run id: attempt}`: a result that is of this attempt or an earlier one is not reused. It is obeyed once,
    because the task run is of a later attempt afterwards."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The flow's parameters that were changed, as they were before."""


def amended(
    before: Amendments | None, edits: RetryEdits, parameters: Mapping[str, Any], attempt: int
) -> tuple[Amendments | None, dict[str, Any]]:
    """All that is changed with these edits, and the flow's parameters; `attempt` is how often the run was started."""
    known = before or Amendments()
    inputs = {task: dict(values) for task, values in known.inputs.items()}
    for task, values in edits.inputs.items():
        if values:
            inputs[task] = {**inputs.get(task, {}), **values}
        else:
            inputs.pop(task, None)
    again = {**known.again, **dict.fromkeys(edits.again, attempt)}
    originals = dict(known.parameters)
    for name, value in edits.parameters.items():
        if name in originals and originals[name] == value:
            del originals[name]
        elif name not in originals and parameters.get(name) != value:
            originals[name] = parameters.get(name)
    found = Amendments(inputs=inputs, again=again, parameters=originals)
    return (None if found == Amendments() else found), {**parameters, **edits.parameters}


def edit_words(edits: RetryEdits, names: Mapping[str, str]) -> str | None:
    """What a retry changes in one sentence, for the history of the run; `names` are those of task runs by id."""
    changed = [
        *edits.parameters,
        *(
            f"{names.get(task, task)}.{parameter}"
            for task, values in edits.inputs.items()
            for parameter in (values or ("inputs taken back",))
        ),
    ]
    parts = []
    if changed:
        parts.append(f"edited: {_list(changed)}")
    if edits.again:
        parts.append(f"again: {_list(names.get(task, task) for task in edits.again)}")
    return "; ".join(parts).capitalize() + "." if parts else None


def _list(words: Iterable[str]) -> str:
    every = list(words)
    return ", ".join(every[:5]) + (f" and {len(every) - 5} more" if len(every) > 5 else "")


def amendments_json(amendments: Amendments) -> dict[str, Any]:
    return {
        "inputs": {task: dict(values) for task, values in amendments.inputs.items()},
        "again": dict(amendments.again),
        "parameters": dict(amendments.parameters),
    }


def amendments_of_json(values: Mapping[str, Any]) -> Amendments | None:
    """None when nothing is changed any more."""
    found = Amendments(
        inputs=values.get("inputs", {}), again=values.get("again", {}), parameters=values.get("parameters", {})
    )
    return None if found == Amendments() else found
