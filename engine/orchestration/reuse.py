"""Decide whether a task of a run that is tried again may keep the result it had (DESIGN D7). Pure."""

from dataclasses import dataclass

from flowtui.engine.model import TaskRun

__all__ = ["Reuse", "decide_reuse"]


@dataclass(frozen=True, slots=True)
class Reuse:
    """The decision, and its reason in words."""

    reuse: bool
    reason: str


def decide_reuse(
    before: TaskRun | None, input_key: str | None, *, kept: bool, refresh: bool = False, asked: bool = False
) -> Reuse:
    """Whether the same call of an earlier attempt stands for this one.

    `kept` says that its result can be read; `refresh` that its code wants it computed again; `asked` that a person did.
    """
    if before is None:
        return Reuse(False, "it was not called before")
    if not before.state.is_completed():
        return Reuse(False, f"it ended {before.state.name}")
    if before.state.name == "RolledBack":
        return Reuse(False, "it was rolled back")
    if asked:
        return Reuse(False, "it was asked for")
    if refresh:
        return Reuse(False, "it refreshes its cache")
    if not kept:
        return Reuse(False, "its result was not kept")
    if before.input_key is None or input_key is None:
        return Reuse(False, "its inputs cannot be compared")
    if before.input_key != input_key:
        return Reuse(False, "its inputs have changed")
    return Reuse(True, "the same inputs, and its result was kept")
