"""What all schedules have in common: how their runs are made, and that one can ask them for their instants."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Any, Final, TypedDict

from flowtui.engine.clock import utc_now
from flowtui.engine.errors import ScheduleError
from flowtui.engine.schedules.catch_up import CatchUp, CatchUpGiven, catch_up_from
from flowtui.engine.schedules.walls import zone

__all__ = ["MOST_SCHEDULED", "Options", "Schedule", "keep"]

MOST_SCHEDULED = 100
"""So many runs of one schedule wait ahead of their time, at the most."""
_LONGEST_SLUG = 200


class Options(TypedDict, total=False):
    """What may be given by name to every schedule; see `Schedule` for what each means."""

    active: bool
    parameters: Mapping[str, Any] | None
    slug: str | None
    replaces: str | None
    catch_up: CatchUpGiven | None
    max_scheduled_runs: int | None


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Schedule(ABC):
    """When runs of a deployment start, and how these runs are made. `Cron`, `Interval` and `RRule` are the kinds.

    All are frozen values, equal when all their fields are; `dataclasses.replace` makes changed ones.
    """

    active: bool = field(kw_only=True)
    """Whether it makes runs."""
    parameters: Mapping[str, Any] = field(kw_only=True, hash=False)
    """JSON values, laid over those of the deployment."""
    slug: str | None = field(kw_only=True)
    """By this name it stays the same schedule in the next deploy, whatever its definition."""
    replaces: str | None = field(kw_only=True, compare=False)
    """The slug that it had in the deploy before."""
    catch_up: CatchUp = field(kw_only=True)
    """What becomes of instants that were missed."""
    max_scheduled_runs: int | None = field(kw_only=True)
    """How many of its runs wait ahead of their time, at the most; None leaves that to the server."""

    timezone: str
    """The IANA name of the zone whose wall clock it follows."""

    def __repr__(self) -> str:
        """The definition, and those options that are not the usual ones."""
        named = {name: value for name, value in _fields(self).items() if name not in _USUAL or value != _USUAL[name]}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in named.items())})"

    @property
    @abstractmethod
    def text(self) -> str:
        """The definition in the words of whoever wrote it, for messages."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """The definition as the wire has it, without what every schedule has."""

    @abstractmethod
    def _instants(self, after: datetime, hash_id: str | None) -> Iterator[datetime]:
        """Every instant after `after` (UTC), ascending and without repeats."""

    def next_fires(self, after: datetime, n: int, *, hash_id: str | None = None) -> list[datetime]:
        """The next `n` instants strictly after `after`, in UTC, ascending; fewer when the schedule comes to an end.

        `hash_id` is what `H` in a cron line is drawn from (the deployment's id). Raises `ScheduleError`.
        """
        return list(islice(self._instants(_aware(after), hash_id), n))

    def fires_between(self, after: datetime, until: datetime, n: int, *, hash_id: str | None = None) -> list[datetime]:
        """The first `n` instants after `after` that are not after `until`."""
        until = _aware(until)
        return list(islice(takewhile(lambda fire: fire <= until, self._instants(_aware(after), hash_id)), n))

    def check(self, now: datetime | None = None) -> None:
        """Raise `ScheduleError` for a schedule that is malformed or has no instant after `now` left."""
        zone(self.timezone)
        if not self.next_fires(now or utc_now(), 1, hash_id="any"):
            raise ScheduleError(f"{self.text} can never fire: no date from now on fits it.")


_USUAL: Final[Mapping[str, Any]] = {
    "active": True, "parameters": {}, "slug": None, "replaces": None, "catch_up": CatchUp(), "max_scheduled_runs": None,
    "dst_overlap": "once",
}  # fmt: skip


def _fields(schedule: Schedule) -> dict[str, Any]:
    """Its own fields first."""
    names = sorted((one.name for one in fields(schedule)), key=lambda name: name in _USUAL)
    return {name: getattr(schedule, name) for name in names}


def keep(schedule: Schedule, options: Options, **definition: Any) -> None:
    """Write the fields of a schedule that is being made. Raises `ScheduleError` and `TypeError`."""
    unknown = sorted(options.keys() - Options.__annotations__.keys())
    if unknown:
        raise TypeError(f"{type(schedule).__name__} has no {', '.join(unknown)}.")
    timezone = definition["timezone"] or "UTC"
    if not isinstance(timezone, str):
        raise ScheduleError(f"timezone must be the name of a time zone, not {timezone!r}.")
    active = options.get("active", True)
    if not isinstance(active, bool):
        raise ScheduleError(f"active must be true or false, not {active!r}.")
    values = {
        **definition,
        "timezone": timezone,
        "active": active,
        "parameters": _parameters(options.get("parameters")),
        "slug": _slug("slug", options.get("slug")),
        "replaces": _slug("replaces", options.get("replaces")),
        "catch_up": catch_up_from(options.get("catch_up")),
        "max_scheduled_runs": _most(options.get("max_scheduled_runs")),
    }
    for name, value in values.items():
        object.__setattr__(schedule, name, value)


def _parameters(given: object) -> dict[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        raise ScheduleError(f"The parameters of a schedule are a mapping of names to values, not {given!r}.")
    return dict(given or {})


def _slug(name: str, given: object) -> str | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str) or len(given) > _LONGEST_SLUG:
        raise ScheduleError(f"The {name} of a schedule is a name of at most {_LONGEST_SLUG} characters, not {given!r}.")
    return given


def _most(given: object) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= MOST_SCHEDULED:
        raise ScheduleError(f"max_scheduled_runs is a number from 1 to {MOST_SCHEDULED}, not {given!r}.")
    return given


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ScheduleError(f"{instant.isoformat()} has no time zone; give one, or datetime.now(UTC).")
    return instant.astimezone(UTC)
