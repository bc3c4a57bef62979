"""The values that runs keep and share: variables, artifacts, limits with their holders, inputs. All are frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

__all__ = [
    "ArtifactFilter",
    "ArtifactRecord",
    "AssetRecord",
    "ConcurrencyLimit",
    "Grant",
    "LimitKind",
    "Materialization",
    "NewArtifact",
    "RunInputRecord",
    "SlotHolder",
    "SlotRequest",
    "VariableRecord",
]

LimitKind = Literal["global", "tag"]
"""`global`: asked for by name. `tag`: every task with that tag holds a slot while it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableRecord:
    """A named value that flows read when they run."""

    id: str
    name: str
    value: Any
    """A JSON value."""
    created: datetime
    updated: datetime
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArtifact:
    """What is needed to create an artifact."""

    type: str
    """`markdown`, `table`, `link`, `progress`, `image`, or a kind of the user's own."""
    data: Any
    """A JSON value: text for markdown, link and image, a list or an object for a table, 0 to 100 for progress."""
    key: str | None = None
    """Artifacts of one key are versions of one thing."""
    description: str | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactRecord:
    """Something that a run made for people to look at."""

    id: str
    type: str
    data: Any
    created: datetime
    updated: datetime
    key: str | None = None
    description: str | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None
    versions: int | None = None
    """How many artifacts have its key; only known in a list of the newest of each key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFilter:
    """Which artifacts a list shows. Empty fields restrict nothing; the others must all hold."""

    key: str | None = None
    type: str | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None
    latest: bool = False
    """Only the newest of each key, by key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Materialization:
    """That a task run has made assets, or has tried to, and from what. Assets are keys with their properties."""

    succeeded: bool
    assets: Mapping[str, Mapping[str, Any] | None]
    upstream: Mapping[str, Mapping[str, Any] | None]
    metadata: Mapping[str, Mapping[str, Any]]
    """What its code has said of the assets, by key: JSON values."""
    task_run_id: str
    flow_run_id: str | None = None
    by: str | None = None

    @property
    def outcome(self) -> Literal["succeeded", "failed"]:
        return "succeeded" if self.succeeded else "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRecord:
    """An asset as the store knows it."""

    id: str
    """Follows from the key: the same in every store."""
    key: str
    created: datetime
    updated: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)
    """What was last given of name, url, description and owners."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """What the code that made it last has said of it."""
    upstream: tuple[str, ...] = ()
    """The keys of the assets that it was last made from."""
    outcome: Literal["succeeded", "failed"] | None = None
    """How the last attempt to make it ended; None when it was only read."""
    materialized: datetime | None = None
    """When it was last made, by the task run below."""
    materialized_by: str | None = None
    flow_run_id: str | None = None
    task_run_id: str | None = None
    attempted: datetime | None = None
    """When the last attempt ended, well or not, in the task run below."""
    attempt_flow_run_id: str | None = None
    attempt_task_run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyLimit:
    """How many may do something at once."""

    id: str
    kind: LimitKind
    name: str
    """The name of a global limit, or the tag."""
    limit: int
    created: datetime
    updated: datetime
    active: bool = True
    """False: nobody is held back by it."""
    slot_decay_per_second: float = 0.0
    """How many of the slots that `rate_limit` took come back each second."""
    active_slots: float = 0
    """Slots that are taken: held under leases, or taken by `rate_limit` and not yet back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotHolder:
    """Who holds slots of a limit."""

    lease_id: str
    holder: str
    """In words: `task run 'load-3'`."""
    slots: int
    owner: str
    """The process: `host:pid:token`."""
    acquired: datetime
    expires: datetime
    flow_run_id: str | None = None
    task_run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRequest:
    """Somebody asks for `slots` of each of some limits at once: all of them, or none."""

    lease_id: str
    """Chosen by whoever asks, so that asking twice is asking once and giving back is always possible."""
    kind: LimitKind
    names: tuple[str, ...]
    slots: int
    owner: str
    holder: str
    lease_seconds: float | None
    """None: the slots are not held but used up, and come back by the limit's decay (`rate_limit`)."""
    flow_run_id: str | None = None
    task_run_id: str | None = None
    waiting: bool = False
    """It was asked in vain before: look first, and take the write lock only when there is room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The answer to a `SlotRequest`."""

    status: Literal["granted", "full", "impossible"]
    """`impossible`: a limit has no slots at all, or fewer than were asked for, so that waiting is in vain."""
    held: tuple[str, ...] = ()
    """The limits, of those that were asked for, that exist and are active. Empty when nothing restricts."""
    unknown: tuple[str, ...] = ()
    """The names that no limit has."""
    blocker: str | None = None
    """The limit that is full or too small."""
    reason: str | None = None
    """Why not, in words: who holds the slots, or how many there are."""
    retry_after: float = 0.0
    """Seconds after which a slot comes back by itself, at the latest: a lease ends, or decay has made room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInputRecord:
    """Something that was said to a flow run: an answer to its question, or a message."""

    id: str
    flow_run_id: str
    key: str
    value: Any
    created: datetime
    sender: str | None = None
    """The id of the flow run that sent it."""
