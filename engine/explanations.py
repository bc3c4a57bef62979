"""Why a run waits, or does not move: the values, as they travel between store, commands and screens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from flowtui.engine.states import State

__all__ = ["Explanation", "Reason", "ReasonCode", "Remedy"]

ReasonCode = Literal[
    # a run that is to start
    "not-due",
    "no-pool",
    "no-queue",
    "pool-paused",
    "queue-paused",
    "no-backend",
    "no-worker",
    "no-worker-for-queue",
    "pool-full",
    "queue-full",
    "deployment-full",
    "workers-full",
    "behind-others",
    "no-starter",
    "deployment-paused",
    "about-to-start",
    # one that somebody has taken
    "starting",
    "owner-silent",
    "running",
    "tag-full",
    "limit-full",
    "upstream",
    "child",
    "parent",
    "paused",
    "input",
    "cancelling",
    "retrying",
    # one that has ended
    "ended",
]
"""What kind of reason it is; programs may rely on these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What a person can do about a reason."""

    words: str
    """`Resume the queue`."""
    command: str
    """To copy: `flowtui work-queue resume default --pool k8s`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that keeps a run waiting, or that one should know about it."""

    code: ReasonCode
    text: str
    """A sentence."""
    detail: str = ""
    """More sentences, or nothing."""
    blocking: bool = True
    """As long as it lasts, the run does not go on. False: it is only good to know."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The live values of the sentences as JSON: names, numbers, instants."""
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a run is waiting for."""

    kind: Literal["flow-run", "task-run"]
    run_id: str
    run_name: str
    flow_name: str | None
    state: State
    now: datetime
    """By the store's clock."""
    verdict: str
    """One sentence."""
    reasons: tuple[Reason, ...] = ()
    """The most important first."""

    @property
    def waits(self) -> bool:
        """Something keeps it from going on."""
        return any(reason.blocking for reason in self.reasons)
