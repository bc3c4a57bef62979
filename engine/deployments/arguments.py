"""What `to_deployment`, `deploy` and `serve` take, as names for editors and as values."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast

from flowtui.engine.errors import UsageError
from flowtui.engine.model import CollisionStrategy

if TYPE_CHECKING:
    from flowtui.engine.schedules import Schedule

__all__ = ["ConcurrencyLimitConfig", "DeploymentOptions", "EntrypointType", "PlacedOptions", "limit_of", "schedules_of"]


class EntrypointType(enum.Enum):
    """How a deployment names its flow: by file, or by importable module."""

    FILE_PATH = "file_path"
    MODULE_PATH = "module_path"


@dataclass(frozen=True, slots=True)
class ConcurrencyLimitConfig:
    """How many runs of a deployment are carried out at once, and what becomes of those beyond."""

    limit: int
    collision_strategy: CollisionStrategy = "ENQUEUE"
    grace_period_seconds: float | None = None


class DeploymentOptions(TypedDict, total=False):
    """What a deployment may be given by name; `to_deployment` tells what each means."""

    interval: "Iterable[float | timedelta] | float | timedelta | None"
    cron: Iterable[str] | str | None
    rrule: Iterable[str] | str | None
    schedule: Any
    schedules: Iterable[Any] | None
    paused: bool | None
    concurrency_limit: int | ConcurrencyLimitConfig | None
    parameters: Mapping[str, Any] | None
    triggers: Any
    description: str | None
    tags: Iterable[str] | None
    version: str | None
    version_type: str | None
    enforce_parameter_schema: bool
    work_queue_name: str | None
    job_variables: Mapping[str, Any] | None
    entrypoint_type: EntrypointType


class PlacedOptions(DeploymentOptions, total=False):
    """The same, with the pool."""

    work_pool_name: str | None


_KINDS: Final = ("interval", "cron", "rrule", "schedule", "schedules")


def limit_of(given: int | ConcurrencyLimitConfig | None) -> ConcurrencyLimitConfig | None:
    """Raises `UsageError` for a limit that lets nothing run."""
    limit = ConcurrencyLimitConfig(given) if isinstance(given, int) else given
    if limit is not None and (not isinstance(limit.limit, int) or limit.limit < 1):
        raise UsageError(f"A concurrency limit is a number of runs that are carried out at once, not {limit.limit!r}.")
    if limit is not None and str(limit.collision_strategy) not in ("ENQUEUE", "CANCEL_NEW"):
        raise UsageError(f"A collision strategy is ENQUEUE or CANCEL_NEW, not {limit.collision_strategy!r}.")
    return limit


def schedules_of(options: Mapping[str, Any]) -> "tuple[Schedule, ...] | None":
    """The schedules that were given in one of the five ways; None when none was, which leaves those that are there.

    Raises `UsageError` when several ways were used, and `ScheduleError`.
    """
    from flowtui.engine.schedules import Cron, Interval, RRule  # noqa: PLC0415 - only who deploys

    given = {kind: options.get(kind) for kind in _KINDS if options.get(kind) is not None}
    if len(given) > 1:
        raise UsageError(f"Give one of {', '.join(_KINDS)}, not {' and '.join(given)}.")
    if not given:
        return None
    kind, value = next(iter(given.items()))
    is_one = kind == "schedule" or isinstance(value, str | int | float | timedelta)
    several: list[Any] = [value] if is_one else list(cast(Iterable[Any], value))
    makers: dict[str, Any] = {"interval": Interval, "cron": Cron, "rrule": RRule}
    made = tuple(makers[kind](one) if kind in makers else _schedule(one) for one in several)
    for schedule in made:
        schedule.check()
    return made


def _schedule(given: Any) -> "Schedule":
    """A schedule value, or a mapping as a deployment file has it."""
    from flowtui.engine.schedules import Schedule  # noqa: PLC0415 - only who deploys
    from flowtui.engine.schedules.wire import schedule_from_json  # noqa: PLC0415 - as above

    if isinstance(given, Schedule):
        return given
    if isinstance(given, Mapping):
        inner = given.get("schedule")
        options = {key: given[key] for key in ("active", "parameters", "slug") if key in given}
        if isinstance(inner, Schedule):
            return schedule_from_json(inner.to_json(), **options)
        definition = inner if isinstance(inner, Mapping) else {k: v for k, v in given.items() if k not in options}
        return schedule_from_json(dict(definition), **options)
    raise UsageError(f"{given!r} is no schedule; give Cron(…), Interval(…), RRule(…) or a mapping.")
