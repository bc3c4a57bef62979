"""Cache policies: what a task's cache key is made of, said in a sum such as `INPUTS - "session" + TASK_SOURCE`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from flowtui.engine.caching.isolation import IsolationLevel
from flowtui.engine.caching.keys import bound_inputs, inputs_hash, joined_hash, source_hash

if TYPE_CHECKING:
    from flowtui.engine.caching.locks import LockManager
    from flowtui.engine.context import TaskRunContext

__all__ = [
    "DEFAULT",
    "FLOW_PARAMETERS",
    "INPUTS",
    "NONE",
    "NO_CACHE",
    "RUN_ID",
    "TASK_SOURCE",
    "CacheKeyFnPolicy",
    "CachePolicy",
    "CompoundCachePolicy",
    "FlowParameters",
    "Inputs",
    "IsolationLevel",
    "RunId",
    "TaskSource",
]


_SETUP: Final = ("key_storage", "lock_manager", "isolation_level")


@dataclass
class CachePolicy:
    """What a key is made of. Subclass it and override `compute_key` for a policy of your own.

    `A + B` makes a key of both; `A - "argument"` leaves an argument out. Policies are not changed: each of these, and
    `configure`, gives a new one.
    """

    key_storage: Any = field(default=None, kw_only=True)
    """Where keys are kept apart from results: what `result_storage` of `@task` takes."""
    lock_manager: "LockManager | None" = field(default=None, kw_only=True)
    isolation_level: IsolationLevel | None = field(default=None, kw_only=True)

    @classmethod
    def from_cache_key_fn(cls, cache_key_fn: Callable[..., str | None]) -> "CacheKeyFnPolicy":
        """The policy whose keys this function makes, from a `TaskRunContext` and the arguments."""
        return CacheKeyFnPolicy(cache_key_fn=cache_key_fn)

    def configure(
        self,
        key_storage: Any = None,
        lock_manager: "LockManager | None" = None,
        isolation_level: IsolationLevel | str | None = None,
    ) -> Self:
        """The same policy, with what is given here set up otherwise."""
        new = copy(self)
        if key_storage is not None:
            new.key_storage = key_storage
        if lock_manager is not None:
            new.lock_manager = lock_manager
        if isolation_level is not None:
            new.isolation_level = IsolationLevel(isolation_level)
        return new

    def compute_key(
        self, task_ctx: "TaskRunContext", inputs: Mapping[str, Any], flow_parameters: Mapping[str, Any], **kwargs: Any
    ) -> str | None:
        """The key of one run of a task; None means: do not cache.

        `inputs` are the run's arguments by name, `flow_parameters` those of the flow run around it (none outside any).
        """
        raise NotImplementedError(f"{type(self).__name__} has no compute_key; it says what a key is made of.")

    def without(self, names: frozenset[str]) -> "CachePolicy | None":
        """The policy with these arguments left out; None when it does not look at arguments by itself."""
        return None

    def __add__(self, other: "CachePolicy") -> "CachePolicy":
        """Both. Raises `ValueError` when they are set up to contradict each other."""
        if not isinstance(other, CachePolicy):
            return NotImplemented
        setup = _agreed(self, other)
        return _sum([*_parts(self), *_parts(other)]).configure(**setup)

    def __sub__(self, name: str) -> "CachePolicy":
        """Leave an argument out. Of a policy that looks at no arguments this makes one that looks at all the others."""
        if not isinstance(name, str):
            raise TypeError(f"Only names of arguments can be subtracted from a cache policy, not {name!r}.")
        left = self.without(frozenset((name,)))
        return left if left is not None else self + Inputs(exclude=(name,))


@dataclass
class Inputs(CachePolicy):
    """The task and its arguments."""

    exclude: Sequence[str] = ()

    def compute_key(
        self, task_ctx: "TaskRunContext", inputs: Mapping[str, Any], flow_parameters: Mapping[str, Any], **kwargs: Any
    ) -> str | None:
        whole = {**bound_inputs(task_ctx.task.fn), **inputs}
        left = {name: value for name, value in whole.items() if name not in self.exclude}
        return joined_hash("inputs", task_ctx.task.task_key, inputs_hash(left))

    def without(self, names: frozenset[str]) -> "Inputs":
        new = copy(self)
        new.exclude = tuple(sorted({*self.exclude, *names}))
        return new


@dataclass
class TaskSource(CachePolicy):
    """The task and its source text; its bytecode where there is no text."""

    def compute_key(
        self, task_ctx: "TaskRunContext", inputs: Mapping[str, Any], flow_parameters: Mapping[str, Any], **kwargs: Any
    ) -> str | None:
        return joined_hash("source", task_ctx.task.task_key, source_hash(task_ctx.task.fn))


@dataclass
class FlowParameters(CachePolicy):
    """The task and the parameters of the flow run around it; nothing outside any."""

    def compute_key(
        self, task_ctx: "TaskRunContext", inputs: Mapping[str, Any], flow_parameters: Mapping[str, Any], **kwargs: Any
    ) -> str | None:
        if task_ctx.task_run.flow_run_id is None:
            return None
        return joined_hash("flow", task_ctx.task.task_key, inputs_hash(flow_parameters))


@dataclass
class RunId(CachePolicy):
    """The task and the flow run around it; outside any flow, this task run."""

    def compute_key(
        self, task_ctx: "TaskRunContext", inputs: Mapping[str, Any], flow_parameters: Mapping[str, Any], **kwargs: Any
    ) -> str | None:
        run = task_ctx.task_run
        return joined_hash("run", task_ctx.task.task_key, run.flow_run_id or run.id)


@dataclass
class CacheKeyFnPolicy(CachePolicy):
    """The key that a function makes. It is taken as it is: two tasks that make the same key share a result."""

    cache_key_fn: Callable[..., str | None] | None = None

    def compute_key(
        self, task_ctx: "TaskRunContext", inputs: Mapping[str, Any], flow_parameters: Mapping[str, Any], **kwargs: Any
    ) -> str | None:
        return None if self.cache_key_fn is None else self.cache_key_fn(task_ctx, inputs)


@dataclass
class _None(CachePolicy):
    """No key: nothing is cached."""

    def compute_key(
        self, task_ctx: "TaskRunContext", inputs: Mapping[str, Any], flow_parameters: Mapping[str, Any], **kwargs: Any
    ) -> str | None:
        return None

    def without(self, names: frozenset[str]) -> "_None":
        return self


@dataclass
class CompoundCachePolicy(CachePolicy):
    """The sum of several policies: a hash of their keys. A part without a key is left out of the sum."""

    policies: Sequence[CachePolicy] = ()

    def compute_key(
        self, task_ctx: "TaskRunContext", inputs: Mapping[str, Any], flow_parameters: Mapping[str, Any], **kwargs: Any
    ) -> str | None:
        keys: list[str] = []
        for number, policy in enumerate(self.policies):
            key = policy.compute_key(task_ctx, inputs, flow_parameters, **kwargs)
            if key is not None:
                keys += (str(number), key)
        return joined_hash(*keys) if keys else None

    def without(self, names: frozenset[str]) -> CachePolicy | None:
        found = [policy.without(names) for policy in self.policies]
        if all(part is None for part in found):
            return None
        left = _sum(other or part for other, part in zip(found, self.policies, strict=True))
        return left.configure(**{name: getattr(self, name) for name in _SETUP})


_ORDER: Final = (Inputs, TaskSource, RunId, FlowParameters)


def _parts(policy: CachePolicy) -> Iterable[CachePolicy]:
    """The policy's parts, each without what the sum as a whole is set up with."""
    if isinstance(policy, _None):
        return
    for part in policy.policies if isinstance(policy, CompoundCachePolicy) else (policy,):
        new = copy(part)
        new.key_storage = new.lock_manager = new.isolation_level = None
        yield new


def _sum(parts: Iterable[CachePolicy]) -> CachePolicy:
    """Each part once; those whose order cannot matter in one order, so that `A + B` is `B + A`."""
    found: list[CachePolicy] = []
    for part in parts:
        if not any(type(part) is type(other) and vars(part) == vars(other) for other in found):
            found.append(part)
    if len(found) > 1:
        return CompoundCachePolicy(policies=tuple(sorted(found, key=_rank)))
    return found[0] if found else _None()


def _rank(policy: CachePolicy) -> tuple[int, Sequence[str]]:
    rank = next((n for n, kind in enumerate(_ORDER) if type(policy) is kind), len(_ORDER))
    return rank, policy.exclude if isinstance(policy, Inputs) else ()


def _agreed(one: CachePolicy, other: CachePolicy) -> dict[str, Any]:
    """How the sum of two is set up. Raises `ValueError` when they contradict each other."""
    setup: dict[str, Any] = {}
    for name in _SETUP:
        first, second = getattr(one, name), getattr(other, name)
        if first is not None and second is not None and first != second:
            raise ValueError(f"The two cache policies are set up differently: {name} is {first!r} and {second!r}.")
        setup[name] = first if first is not None else second
    return setup


INPUTS: Final = Inputs()
TASK_SOURCE: Final = TaskSource()
FLOW_PARAMETERS: Final = FlowParameters()
RUN_ID: Final = RunId()
NO_CACHE: Final = _None()
NONE: Final = NO_CACHE
DEFAULT: Final = INPUTS + TASK_SOURCE + RUN_ID
