"""What becomes of the instants of a schedule that were missed, because nobody planned or nobody started their runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from flowtui.engine.durations import DURATION_FORMS, parse_duration
from flowtui.engine.errors import ScheduleError, UsageError

__all__ = ["GRACE", "MOST_CAUGHT_UP", "CatchUp", "CatchUpGiven", "catch_up_from", "left_out"]

GRACE: Final = timedelta(minutes=1)
"""An instant is missed when no run of it was started for as long as this. A restart of server or worker misses none."""
MOST_CAUGHT_UP: Final = 100
"""So many missed instants of one schedule are run at the most, whatever its policy: the newest of them."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """Which missed instants are run when service returns.

    `latest` (the default) runs the newest and leaves out those before it; `all` runs all of them, up to the newest 100;
    `skip` runs none; `within` runs those that are no older than its span. As text: `latest`, `within 10m`.
    """

    policy: Literal["all", "latest", "skip", "within"] = "latest"
    span: timedelta | None = None
    """With `within`: how old a missed instant may be."""

    def __post_init__(self) -> None:
        if self.policy not in ("all", "latest", "skip", "within"):
            raise ScheduleError(f"catch_up is all, latest, skip or within 10m, not {self.policy!r}.")
        if (self.policy == "within") is not (self.span is not None):
            raise ScheduleError("catch_up within needs a span, such as within 10m; the others have none.")
        if self.span is not None and self.span <= timedelta(0):
            raise ScheduleError(f"catch_up within needs a positive span, not {self.span}.")

    def __str__(self) -> str:
        return self.policy if self.span is None else f"within {_short(self.span)}"

    @property
    def tolerance(self) -> timedelta:
        """How late a run may start before this policy looks at it."""
        return GRACE if self.span is None else self.span


CatchUpGiven = CatchUp | str | timedelta | Mapping[str, Any]
"""`"latest"`, `"within 10m"`, `{"within": "10m"}`, a timedelta (within it), or the value itself."""


def catch_up_from(given: CatchUpGiven | None) -> CatchUp:
    """The policy that somebody wrote; None is the default. Raises `ScheduleError`."""
    match given:
        case None:
            return CatchUp()
        case CatchUp():
            return given
        case timedelta():
            return CatchUp("within", given)
        case Mapping() if set(given) == {"within"}:
            return CatchUp("within", _span(given["within"]))
        case str() if given.strip().lower().startswith("within"):
            return CatchUp("within", _span(given.strip()[len("within") :].lstrip(" :")))
        case str() if given.strip().lower() in ("all", "latest", "skip"):
            return CatchUp(given.strip().lower())  # type: ignore[arg-type]
    raise ScheduleError(f"catch_up is all, latest, skip or within 10m, not {given!r}.")


def _span(given: Any) -> timedelta:
    if isinstance(given, timedelta):
        return given
    try:
        return parse_duration(str(given))
    except UsageError as error:
        raise ScheduleError(f"catch_up within {given!r}: that is no duration; write {DURATION_FORMS}.") from error


def _short(span: timedelta) -> str:
    """`10m`, `1h30m`, `90.5s`: what `parse_duration` reads back exactly."""
    days, seconds = span.days, span.seconds
    parts = ((days, "d"), (seconds // 3600, "h"), (seconds // 60 % 60, "m"))
    text = "".join(f"{count}{unit}" for count, unit in parts if count)
    rest = f"{seconds % 60}.{span.microseconds:06}".rstrip("0").rstrip(".")
    return text + (f"{rest}s" if rest != "0" or not text else "")


def left_out(policy: CatchUp, due: Sequence[datetime], now: datetime) -> dict[datetime, str]:
    """Which of the instants in `due` (ascending, not after `now`, none of them started) are not to be run, and why."""
    missed = [instant for instant in due if now - instant > policy.tolerance]
    if policy.policy == "latest":
        newest = max(due, default=now)
        reason = (
            "a later instant was due as well; of those missed, its schedule runs only the latest (catch_up: latest)."
        )
        return {instant: reason for instant in missed if instant != newest}
    if policy.policy == "all":
        reason = f"of the instants missed, its schedule runs the newest {MOST_CAUGHT_UP} at the most (catch_up: all)."
        return dict.fromkeys(missed[:-MOST_CAUGHT_UP], reason)
    reason = f"nobody started it within {_short(policy.tolerance)} of its time (catch_up: {policy})."
    if policy.policy == "skip":
        return dict.fromkeys(missed, reason)
    crowd = [instant for instant in due if instant not in set(missed)][:-MOST_CAUGHT_UP]
    most = f"more than {MOST_CAUGHT_UP} instants of its schedule were waiting; the newest are run (catch_up: {policy})."
    return dict.fromkeys(missed, reason) | dict.fromkeys(crowd, most)
