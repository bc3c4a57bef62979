"""The options of `flowtui deploy` that change a deployment, as one value."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flowtui.engine.errors import UsageError

if TYPE_CHECKING:
    from flowtui.engine.deployments.entry import DeploymentEntry
    from flowtui.engine.schedules import Schedule

__all__ = ["Changes", "job_variables", "schedules_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is laid over an entry, whichever it is."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `DeploymentEntry`."""
    job_variables: Mapping[str, Any] = field(default_factory=dict)
    pairs: tuple[str, ...] = ()
    """Parameters, `name=value`."""
    params: str | None = None
    """Parameters as one JSON object."""

    def __bool__(self) -> bool:
        return bool(self.fields or self.job_variables or self.pairs or self.params is not None)

    def applied(self, entry: "DeploymentEntry", folder: str) -> "DeploymentEntry":
        """The entry with the changes; the flow is loaded where parameters are given, for their types."""
        entry = replace(entry, **self.fields)
        if self.job_variables:
            entry = replace(entry, job_variables={**entry.job_variables, **self.job_variables})
        if not self.pairs and self.params is None:
            return entry
        from flowtui.engine.deployments.entrypoint import load_flow  # noqa: PLC0415 - loads the user's code
        from flowtui.engine.deployments.parameters import parameter_schema  # noqa: PLC0415 - pydantic, 68 ms
        from flowtui.tui.cli.values import parse_pairs  # noqa: PLC0415 - as above

        schema = parameter_schema(load_flow(entry.entrypoint, folder, of_prefect=True))
        return replace(entry, parameters={**entry.parameters, **parse_pairs(self.pairs, schema, self.params)})


def schedules_of(
    cron: Sequence[str],
    interval: Sequence[str],
    rrule: Sequence[str],
    *,
    anchor_date: str | None = None,
    timezone: str | None = None,
) -> "tuple[Schedule, ...]":
    """The schedules that were given. Raises `UsageError` and `ScheduleError`."""
    from flowtui.engine.schedules import Cron, Interval, RRule  # noqa: PLC0415 - help need not pay

    if anchor_date and not interval:
        raise UsageError("--anchor-date belongs to --interval.")
    if timezone and not (cron or interval or rrule):
        raise UsageError("--timezone belongs to --cron, --interval or --rrule.")
    schedules: list[Schedule] = [Cron(one, timezone) for one in cron]
    schedules += [Interval(one, anchor_date, timezone) for one in interval]
    schedules += [RRule(one, timezone) for one in rrule]
    for schedule in schedules:
        schedule.check()
    return tuple(schedules)


def job_variables(given: Sequence[str]) -> dict[str, Any]:
    """`name=value`, or a JSON object, as often as given. A value is read as JSON when it is JSON, else as text."""
    found: dict[str, Any] = {}
    for text in given:
        if text.lstrip().startswith("{"):
            try:
                value = json.loads(text)
            except ValueError as error:
                raise UsageError(f"--job-variable {text} is no JSON: {error}.") from error
            found.update(value)
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{text!r} is no job variable; write name=value.")
        found[name.strip()] = _value(value)
    return found


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
