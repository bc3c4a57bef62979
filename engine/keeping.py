"""What a task or a flow asks to be kept: caching, results, its part in transactions. Checked when it is decorated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.errors import UsageError
from flowtui.engine.logs import get_logger

if TYPE_CHECKING:
    from flowtui.engine.caching.policies import CachePolicy
    from flowtui.engine.results.serializers import Serializer

__all__ = ["KEPT", "NOTHING", "Keeping", "keeping_of", "with_hook", "within_flow"]

Hook = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is asked for. A task that asks for nothing has none of these, and costs nothing."""

    policy: "CachePolicy | None" = None
    expiration: timedelta | None = None
    refresh: bool | None = None
    storage: Any = None
    storage_key: str | None = None
    serializer: "Serializer | None" = None
    persist: bool | None = None
    """True: keep any value; False: nothing; None: what the rest of this asks for."""
    in_memory: bool = True
    """Whether the state holds the value after it has been kept elsewhere."""
    on_commit: Sequence[Hook] = field(default_factory=tuple)
    on_rollback: Sequence[Hook] = field(default_factory=tuple)

    @property
    def elsewhere(self) -> bool:
        """Whether values are kept in the storage also when they fit beside their row."""
        return self.storage is not None or self.storage_key is not None or self.serializer is not None


NOTHING: Final = Keeping()
KEPT: Final = (
    "cache_policy",
    "cache_key_fn",
    "cache_expiration",
    "refresh_cache",
    "persist_result",
    "result_storage",
    "result_storage_key",
    "result_serializer",
    "cache_result_in_memory",
)
"""The arguments of `@task` that say what is kept."""


def keeping_of(
    what: str,
    *,
    cache_policy: Any = None,
    cache_key_fn: Hook | None = None,
    cache_expiration: timedelta | None = None,
    refresh_cache: bool | None = None,
    persist_result: bool | None = None,
    result_storage: Any = None,
    result_storage_key: str | None = None,
    result_serializer: Any = None,
    cache_result_in_memory: bool = True,
    on_commit: Sequence[Hook] = (),
    on_rollback: Sequence[Hook] = (),
) -> Keeping | None:
    """What these arguments of `@task` or `@flow` ask for, None for nothing. `what` names it in messages: `task 'load'`.

    Raises `UsageError` for an argument that makes no sense.
    """
    serializer = _serializer(result_serializer, what)
    _check_storage(result_storage, what)
    if result_storage_key is not None and (not isinstance(result_storage_key, str) or not result_storage_key.strip()):
        raise UsageError(f"result_storage_key of {what} is {result_storage_key!r}; give a text or a template.")
    if cache_expiration is not None and not isinstance(cache_expiration, timedelta):
        raise UsageError(f"cache_expiration of {what} is {cache_expiration!r}; give a timedelta.")
    keeping = Keeping(
        policy=_policy(cache_policy, cache_key_fn, persist_result, what),
        expiration=cache_expiration,
        refresh=refresh_cache,
        storage=result_storage,
        storage_key=result_storage_key,
        serializer=serializer,
        persist=persist_result,
        in_memory=cache_result_in_memory,
        on_commit=tuple(on_commit),
        on_rollback=tuple(on_rollback),
    )
    if keeping.persist is False and keeping.elsewhere:
        raise UsageError(f"{what} says how results are kept, and persist_result=False; leave out one.")
    hooks = keeping.on_commit or keeping.on_rollback
    asks = keeping.policy or keeping.elsewhere or keeping.persist is not None or hooks or not keeping.in_memory
    return keeping if asks else None


def within_flow(asked: Keeping, flow: Keeping | None) -> Keeping:
    """What a task asks for in a flow that asks for this: in a flow that keeps any value, it does too unless it says."""
    inherits = flow is not None and flow.persist is True and asked.persist is None
    return replace(asked, persist=True) if inherits else asked


def with_hook(keeping: Keeping | None, event: str, hook: Hook) -> Keeping:
    """The same with one more hook; `event` is `on_commit` or `on_rollback`."""
    before = keeping or NOTHING
    if event == "on_commit":
        return replace(before, on_commit=(*before.on_commit, hook))
    return replace(before, on_rollback=(*before.on_rollback, hook))


def _policy(policy: Any, key_fn: Hook | None, persist: bool | None, what: str) -> "CachePolicy | None":
    """The policy that decides; None for no caching."""
    if policy is None and key_fn is None:
        return None
    from flowtui.engine.caching.policies import (  # noqa: PLC0415 - 2 ms that a task without caching need not pay
        NO_CACHE,
        CachePolicy,
        IsolationLevel,
    )

    if policy is not None and not isinstance(policy, CachePolicy):
        raise UsageError(f"cache_policy of {what} is {policy!r}; give a policy, such as INPUTS + TASK_SOURCE.")
    if key_fn is not None:
        if not callable(key_fn):
            raise UsageError(f"cache_key_fn of {what} is {key_fn!r}, which is no function.")
        if policy is not None and policy != NO_CACHE:
            get_logger("tasks").warning("%s has a cache_key_fn and a cache_policy; the cache_key_fn decides.", what)
        policy = CachePolicy.from_cache_key_fn(key_fn)
    if not isinstance(policy, CachePolicy) or policy == NO_CACHE:
        return None
    if persist is False:
        get_logger("tasks").warning("%s has persist_result=False, so nothing is cached.", what)
        return None
    if policy.isolation_level == IsolationLevel.SERIALIZABLE and policy.lock_manager is None:
        raise UsageError(
            f"cache_policy of {what} asks for SERIALIZABLE isolation, which needs locks; configure it with a "
            "lock_manager, such as MemoryLockManager() or FileSystemLockManager(folder)."
        )
    _check_storage(policy.key_storage, what)
    return policy


def _serializer(given: Any, what: str) -> "Serializer | None":
    if given is None:
        return None
    from flowtui.engine.results.serializers import serializer_of  # noqa: PLC0415 - 2 ms, only where one is given

    try:
        return serializer_of(given)
    except UsageError as error:
        raise UsageError(f"result_serializer of {what}: {error}") from None


def _check_storage(given: Any, what: str) -> None:
    if given is None:
        return
    from flowtui.engine.results.places import check_storage  # noqa: PLC0415 - 2 ms, only where one is given

    try:
        check_storage(given)
    except UsageError as error:
        raise UsageError(f"{what}: {error}") from None
