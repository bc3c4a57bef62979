"""Which schedule is which in the next deploy, so that it keeps its id and what a person switched. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flowtui.engine.schedules.base import Schedule

__all__ = ["Kept", "Matched", "match", "switched"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A schedule that is there."""

    id: str
    schedule: Schedule
    active_as_deployed: bool | None
    """What its file said when it was deployed last; None when nobody deployed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A schedule of the next deploy, and the one that it is; None when it is new."""

    wanted: Schedule
    kept: Kept | None


def match(kept: Sequence[Kept], wanted: Sequence[Schedule]) -> tuple[tuple[Matched, ...], tuple[Kept, ...]]:
    """By slug, else by equal definition, first with equal parameters; and those that are no more."""
    left = list(kept)
    found: dict[int, Kept] = {}
    for key_of_wanted, key_of_kept in _WAYS:
        for number, schedule in enumerate(wanted):
            key = key_of_wanted(schedule)
            if number in found or key is None:
                continue
            same = next((one for one in left if key_of_kept(one.schedule) == key), None)
            if same is not None:
                found[number] = same
                left.remove(same)
    matched = tuple(Matched(wanted=schedule, kept=found.get(number)) for number, schedule in enumerate(wanted))
    return matched, tuple(left)


def switched(matched: Matched) -> bool:
    """Whether it is on after the deploy: as a person has left it, unless the file says another thing than last time."""
    if matched.kept is None or matched.kept.active_as_deployed is not matched.wanted.active:
        return matched.wanted.active
    return matched.kept.schedule.active


def _slug(schedule: Schedule) -> Any:
    return schedule.slug


def _replaced(schedule: Schedule) -> Any:
    return schedule.replaces


def _definition_and_parameters(schedule: Schedule) -> Any:
    return schedule.to_json(), dict(schedule.parameters)


def _definition(schedule: Schedule) -> Any:
    return schedule.to_json()


_Key = Callable[[Schedule], Any]
_WAYS: tuple[tuple[_Key, _Key], ...] = (
    (_slug, _slug),
    (_replaced, _slug),
    (_definition_and_parameters, _definition_and_parameters),
    (_definition, _definition),
)
