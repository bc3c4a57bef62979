"""What can be done to runs, as values: their keys and words, when each applies, and how dangerous it is."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from flowtui.engine.model import FlowRun
from flowtui.engine.run_changes import Cancel, Delete, Pause, Resume, Retry, RunChange
from flowtui.tui.acting.target import Target
from flowtui.tui.acting.verb_keys import VERB_KEYS
from flowtui.tui.retrying.here import code_here

__all__ = ["MANY", "RUN_VERBS", "VERBS", "Danger", "RunVerb"]

MANY: Final = 100
"""To do something dangerous to more runs than this, their number has to be typed."""
_HERE: Final = "from the workstation."
_HOUR: Final = 3600.0


class Danger(IntEnum):
    """What is asked before something is done."""

    NONE = 0
    """Nothing: it can be taken back."""
    ASK = 1
    """Yes or no, where enter is not yes."""
    TYPE = 2
    """A name, or the number of runs, has to be typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerb:
    """Something that can be done to a run."""

    id: str
    about: str
    """What the menu says of it."""
    doing: str = ""
    """What is said when it was done: `Cancelling`."""
    danger: Danger = Danger.NONE
    danger_of_many: Danger = Danger.NONE
    """For several runs."""
    change: RunChange | None = None
    """What is asked of the store; None where a person says more first, or where it is no change of the run."""
    why_not: Callable[[FlowRun], str | None] = lambda run: None
    """Why it cannot be done to a run now; None when it can."""
    only_at_home: Callable[[FlowRun], str | None] = lambda run: None
    """Why it cannot be done to a run of a server that the workstation is not on; None when it can."""
    consequence: Callable[[Target], str] = lambda target: ""

    @property
    def key(self) -> str:
        """The key of the menu."""
        return VERB_KEYS[self.id].key

    @property
    def word(self) -> str:
        """What the bar of keys calls it."""
        return VERB_KEYS[self.id].word

    def why_not_in(self, target: Target, run: FlowRun) -> str | None:
        """Why it cannot be done to a run of a target; None when it can."""
        return self.why_not(run) or (self.only_at_home(run) if target.place is not None else None)

    def danger_for(self, target: Target) -> Danger:
        """What is asked before it is done to these runs."""
        if len(target.ids) <= 1:
            return self.danger
        return Danger.TYPE if self.danger_of_many and len(target.ids) > MANY else self.danger_of_many


# -- when each applies ------------------------------------------------------------------------------------------------


def _no_cancel(run: FlowRun) -> str | None:
    if run.state.is_final():
        return f"it has ended already: it is {run.state.name}"
    return "it is being cancelled already" if run.state.is_cancelling() else None


def _no_retry(run: FlowRun) -> str | None:
    if not run.state.is_final():
        return f"it has not ended: it is {run.state.name}"
    if run.state.is_completed():
        return "it completed, and what completed is not run again; r makes a new run"
    if run.deployment_id is None and code_here(run) is None:
        return (
            "it has no deployment, so no worker can start it; "
            f"run it here: flowtui flow-run retry {run.id} --entrypoint file.py:flow"
        )
    return None


def _no_pause(run: FlowRun) -> str | None:
    return None if run.state.is_running() else f"only what is running can be paused: it is {run.state.name}"


def _no_suspend(run: FlowRun) -> str | None:
    if run.parent_task_run_id is not None and run.deployment_id is None:
        return "it is a subflow, which has no process of its own; pause it, or suspend its parent"
    return None if run.state.is_running() else f"only what is running can be suspended: it is {run.state.name}"


def _no_resume(run: FlowRun) -> str | None:
    return None if run.state.is_paused() else f"it is not paused: it is {run.state.name}"


def _no_delete(run: FlowRun) -> str | None:
    return f"a process has it: it is {run.state.name}; cancel it first" if run.owner is not None else None


# -- what needs its server --------------------------------------------------------------------------------------------

_AT_HOME: Final = "that is done on its server; enter goes there"


def _retry_at_home(run: FlowRun) -> str | None:
    return None if run.deployment_id is not None else f"it has no deployment: {_AT_HOME}"


def _resume_at_home(run: FlowRun) -> str | None:
    return f"it asks for input: {_AT_HOME}" if run.state.details.get("run_input_keyset") else None


# -- what each means --------------------------------------------------------------------------------------------------


def _cancel_means(target: Target) -> str:
    running = [run for run in target.runs if run.state.is_running() or run.state.is_cancelling()]
    if not target.is_known:
        return "The processes of those that run are ended. Those that have not started can be put back with u."
    if not running:
        return f"{'It has' if target.one else 'They have'} not started yet; u puts {_them(target)} back."
    if target.one:
        return "Its processes are ended, whatever they are doing. This cannot be undone."
    return f"{len(running)} of them {'is' if len(running) == 1 else 'are'} running; their processes are ended."


def _delete_means(target: Target) -> str:
    whose, them = "Its" if target.one else "Their", _them(target)
    return f"{whose} tasks, logs and results go with {them}. For 10 s u keeps {them}; after that nothing does."


def _them(target: Target) -> str:
    return "it" if len(target.ids) == 1 else "them"


VERBS: Final = (
    RunVerb(
        id="cancel",
        about="Cancel: end its processes",
        doing="Cancelling",
        danger=Danger.ASK,
        danger_of_many=Danger.ASK,
        change=Cancel(message=f"Cancelled {_HERE}"),
        why_not=_no_cancel,
        consequence=_cancel_means,
    ),
    RunVerb(
        id="retry",
        about="Retry: run it again under the same id, from what failed",
        doing="Retrying",
        danger_of_many=Danger.ASK,
        change=Retry(),
        why_not=_no_retry,
        only_at_home=_retry_at_home,
        consequence=lambda target: "Completed tasks with a kept result are reused.",
    ),
    RunVerb(id="again-with", about="Run again with changes: a new run, prefilled", only_at_home=lambda run: _AT_HOME),
    RunVerb(
        id="again",
        about="Run again as it was: a new run with the same parameters",
        only_at_home=lambda run: _AT_HOME,
        danger_of_many=Danger.ASK,
        consequence=lambda target: "A new run for each, with the parameters and tags that it had.",
    ),
    RunVerb(
        id="pause",
        about="Pause: no further task starts until it is resumed",
        doing="Pausing",
        danger_of_many=Danger.ASK,
        change=Pause(timeout_seconds=_HOUR, message=f"Paused {_HERE}"),
        why_not=_no_pause,
        consequence=lambda target: "What runs comes to its end. Who is not resumed within an hour fails.",
    ),
    RunVerb(
        id="resume",
        about="Resume: let it go on, with the input that it asks for",
        doing="Resuming",
        danger_of_many=Danger.ASK,
        change=Resume(),
        why_not=_no_resume,
        only_at_home=_resume_at_home,
        consequence=lambda target: "Those that ask for input are left as they are.",
    ),
    RunVerb(
        id="suspend",
        about="Suspend: end its process until it is resumed",
        doing="Suspending",
        danger=Danger.ASK,
        danger_of_many=Danger.ASK,
        change=Pause(suspend=True, timeout_seconds=None, message=f"Suspended {_HERE}"),
        why_not=_no_suspend,
        consequence=lambda target: "Processes are ended. When resumed, completed tasks with a kept result are reused.",
    ),
    RunVerb(
        id="set-state",
        about="Set state: say what it is, with a message",
        doing="Setting the state of",
        danger_of_many=Danger.ASK,
    ),
    RunVerb(id="tag", about="Tags: give some, take some away", doing="Tagging"),
    RunVerb(
        id="delete",
        about="Delete: forget it with its tasks and logs",
        doing="Deleting",
        danger=Danger.ASK,
        danger_of_many=Danger.TYPE,
        change=Delete(),
        why_not=_no_delete,
        only_at_home=lambda run: _AT_HOME,
        consequence=_delete_means,
    ),
)
RUN_VERBS: Final = {verb.id: verb for verb in VERBS}
