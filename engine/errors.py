"""Errors: everything that flowtui raises on purpose.

FlowtuiError
├── UsageError              something given was wrong: an argument, a file, a name      (exit code 2)
│   ├── ParameterError      parameters do not fit a flow's or a task's signature
│   ├── ReservedArgument    a parameter has a name that flowtui uses itself
│   ├── EntrypointError     `path/file.py:flow` cannot be found, imported, or is no flow
│   ├── ScheduleError       a schedule is malformed or can never fire
│   ├── DeploymentFileError flowtui.yaml or prefect.yaml is wrong; names file, line and key
│   ├── BlockError          a block's type, name or fields are wrong
│   ├── MappingError        `.map` was given arguments that it cannot walk
│   │   └── MappingMissingIterable (nothing to map over) · MappingLengthMismatch (lists of different lengths)
│   ├── VariableError       a variable's name, value or tags are wrong, or its name is taken
│   ├── ArtifactError       an artifact's key or data are wrong
│   ├── LimitError          a concurrency limit is wrong, unknown, or can never be met
│   ├── ReadOnly            something was to be changed through a client that only reads
│   ├── WorkPoolError       a work pool's, a queue's or a worker's name or settings are wrong
│   └── NotFound            nothing of that name or id exists · BlockNotFound (no such block)
├── StoreError              the store cannot be opened, read or written
│   └── StoreUnavailable    for the moment: it restarts, or is busy; the same may work soon
├── ResultError             a result cannot be kept, or what was kept cannot be read
├── Deadlock                task runs of a full task runner would wait for one another for ever
├── WorkerDied              the process that ran a task ended before the task did
├── MissingContext          asked for the current run outside any run
├── StaleEpoch              another process has taken over this run; this one must stop
├── IllegalTransition       a run cannot go from its present state to the wanted one
├── RunError                the outcome of a run, raised where its result was asked for
│   ├── FailedRun · CrashedRun · CancelledRun · PausedRun · UnfinishedRun · MissingResult
│   └── UpstreamFailed      a run that this one depends on did not complete
├── SlotTimeout             a slot of a concurrency limit did not become free in time
├── LeaseLost               slots were taken back while they were held
├── PauseTimeout            a paused run was not resumed in time
├── WaitTimeout             a flow run that was waited for did not end in time
└── RunTimeout              a run took longer than its timeout_seconds
"""

__all__ = [
    "ArtifactError",
    "BlockError",
    "BlockNotFound",
    "CancelledRun",
    "CrashedRun",
    "Deadlock",
    "DeploymentFileError",
    "EntrypointError",
    "FailedRun",
    "FlowtuiError",
    "IllegalTransition",
    "LeaseLost",
    "LimitError",
    "LoopLost",
    "MappingError",
    "MappingLengthMismatch",
    "MappingMissingIterable",
    "MissingContext",
    "MissingResult",
    "NotFound",
    "ParameterError",
    "PauseTimeout",
    "PausedRun",
    "ReadOnly",
    "ReservedArgument",
    "ResultError",
    "RunError",
    "RunTimeout",
    "ScheduleError",
    "SlotTimeout",
    "StaleEpoch",
    "StoreError",
    "StoreUnavailable",
    "SuspensionSignal",
    "TerminationSignal",
    "UnfinishedRun",
    "UpstreamFailed",
    "UsageError",
    "VariableError",
    "WaitTimeout",
    "WorkPoolError",
    "WorkerDied",
]


class FlowtuiError(Exception):
    """The root of all errors that flowtui raises on purpose. The message is a sentence for a person."""


class UsageError(FlowtuiError):
    """Something that was given is wrong. The command line ends with exit code 2."""


class ParameterError(UsageError, TypeError):
    """Parameters do not fit the signature of a flow or a task."""


class ReservedArgument(UsageError):
    """A parameter of a flow or a task has a name that flowtui uses itself."""


class EntrypointError(UsageError):
    """An entrypoint cannot be found, cannot be imported, or does not name a flow."""


class ScheduleError(UsageError, ValueError):
    """A schedule is malformed, or can never fire."""


class DeploymentFileError(UsageError):
    """A deployment file is wrong.

    Keeps `path`, `line` (1 is the first) and `key` apart, so that a form can point at the place.
    """

    def __init__(self, path: str, line: int | None, key: str | None, problem: str) -> None:
        place = f"{path}:{line}" if line else path
        super().__init__(f"{place}: {problem}" if key is None else f"{place}: {key}: {problem}")
        self.path, self.line, self.key, self.problem = path, line, key, problem


class BlockError(UsageError, ValueError):
    """A block's type, name or fields are wrong."""


class MappingError(UsageError, ValueError):
    """`.map` was given arguments that it cannot walk."""


class MappingMissingIterable(MappingError):
    """`.map` was given nothing to map over."""

    def __init__(self, what: str, names: list[str]) -> None:
        shown = f"none of {', '.join(names)} is a list or another iterable" if names else "it takes no arguments"
        super().__init__(f"{what}.map(…) was given nothing to map over: {shown}. To call it once, use .submit(…).")


class MappingLengthMismatch(MappingError):
    """`.map` was given lists of different lengths; `lengths` is by parameter."""

    def __init__(self, what: str, lengths: dict[str, int]) -> None:
        shown = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        super().__init__(
            f"{what}.map(…) was given lists of different lengths: {shown}. Wrap what is not mapped in unmapped(…)."
        )
        self.lengths = lengths


class VariableError(UsageError, ValueError):
    """A variable's name, value or tags are wrong, or its name is taken."""


class ArtifactError(UsageError, ValueError):
    """An artifact's key or data are wrong."""


class LimitError(UsageError, ValueError):
    """A concurrency limit is wrong, unknown, or can never be met."""


class WorkPoolError(UsageError):
    """A work pool, a queue or a worker: a name or a setting is wrong, taken, or in use."""


class ReadOnly(UsageError):
    """Something was to be changed through a client that only reads. `profile` is the one that says so; without one it
    is the environment."""

    def __init__(self, what: str, profile: str = "") -> None:
        if profile:
            where, why = f"in profile {profile!r}", "it is read-only"
            instead = "Use another profile (flowtui profile ls), or take read_only out of this one in profiles.toml."
        else:
            where, why = "here", "flowtui was opened with --read-only, or FLOWTUI_READ_ONLY is set"
            instead = "Open it without to change anything."
        super().__init__(f"Nothing is changed {where} ({what} was asked for): {why}. {instead}")


class NotFound(UsageError, LookupError):
    """Nothing of that name or id exists."""

    def __init__(self, kind: str, name: str, hint: str = "") -> None:
        super().__init__(f"There is no {kind} {name!r}." + (f" {hint}" if hint else ""))
        self.kind, self.name = kind, name


class BlockNotFound(NotFound, ValueError):
    """No block of that type is saved under that name; a `ValueError` too, as programs of this field expect it."""


class StoreError(FlowtuiError):
    """The store cannot be opened, read or written."""


class StoreUnavailable(StoreError):
    """The store cannot be used for the moment: its server restarts, refuses connections, or is busy with others."""


class ResultError(FlowtuiError):
    """A result cannot be kept, or what was kept cannot be read."""


class Deadlock(FlowtuiError):
    """Task runs of a full task runner would wait for one another for ever; raised in the one that made it so."""


class WorkerDied(FlowtuiError):
    """The process that ran a task ended before the task did."""


class MissingContext(FlowtuiError, RuntimeError):
    """The current run was asked for outside any run."""


class StaleEpoch(FlowtuiError):
    """Another process has taken over this run, so what this process writes no longer counts."""

    def __init__(self, run_id: str, mine: int, current: int) -> None:
        super().__init__(
            f"Flow run {run_id} has been taken over: this process holds epoch {mine}, the store is at {current}. "
            "Its writes are refused and it must stop."
        )
        self.run_id, self.mine, self.current = run_id, mine, current


class IllegalTransition(FlowtuiError):
    """A run was asked to go to a state that cannot follow its present one."""

    def __init__(self, run: str, old: str, new: str, reason: str) -> None:
        super().__init__(f"{run} is {old} and cannot become {new}: {reason}")
        self.run, self.old, self.new, self.reason = run, old, new, reason


class RunError(FlowtuiError):
    """How a run ended, raised where its result was asked for."""


class FailedRun(RunError):
    """The run failed."""


class CrashedRun(RunError):
    """The run crashed: something outside its code ended it."""


class CancelledRun(RunError):
    """The run was cancelled."""


class PausedRun(RunError):
    """The run is paused and has no result yet."""


class UnfinishedRun(RunError):
    """The run has not ended, so it has no result yet."""

    def __init__(self, state: str) -> None:
        super().__init__(f"The run is {state}; it has no result yet. Wait for it first.")


class MissingResult(RunError):
    """The run completed, but its result was not kept, or is not there any more."""

    def __init__(self, state: str, reason: str | None = None) -> None:
        super().__init__(
            f"The run is {state}, but its result was not kept. Small JSON values are kept by themselves; "
            "persist_result=True keeps any value."
            if reason is None
            else f"The run is {state}. {reason}"
        )


class UpstreamFailed(RunError):
    """A run that this one depends on did not complete."""


class RunTimeout(FlowtuiError, TimeoutError):
    """A run took longer than its `timeout_seconds`."""


class SlotTimeout(FlowtuiError, TimeoutError):
    """A slot of a concurrency limit did not become free in time."""


class LeaseLost(FlowtuiError):
    """Slots were taken back while they were held: the process could not renew them in time, or the limit was reset."""

    def __init__(self, message: str = "Slots were taken back while they were held.") -> None:
        super().__init__(message)


class PauseTimeout(FlowtuiError, TimeoutError):
    """A paused run was not resumed in time."""

    def __init__(self) -> None:
        super().__init__("The flow was paused and never resumed.")


class WaitTimeout(FlowtuiError, TimeoutError):
    """A flow run that was waited for did not end in time."""


class SuspensionSignal(BaseException):
    """The run is suspended and its process ends; a BaseException, so that `except Exception` lets it through."""


class LoopLost(BaseException):
    """The event loop that ran a flow or a task forgot it: it was stopped or closed before they had ended."""


class TerminationSignal(BaseException):
    """SIGTERM reached the process; a BaseException, so that `except Exception` in user code lets it through."""
