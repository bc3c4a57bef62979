"""Whether a run that is in hand fits a query: what live lists ask, where the store is asked in SQL. Pure.

Each kind of test has its twin in `store/conditions.py`; a property test holds that they agree.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from flowtui.engine.clock import to_micros
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query
from flowtui.engine.query_meaning import (
    ATTENTION_KINDS,
    ON_THE_WAY,
    AttentionTest,
    DeploymentTest,
    FlagTest,
    IdTest,
    MomentTest,
    NumberTest,
    Param,
    ParamTest,
    StateTest,
    Test,
    TextTest,
)
from flowtui.engine.query_terms import Path, Value, ascii_lower, fits
from flowtui.engine.states import StateType

__all__ = ["matches"]

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NOTHING: Final = object()


def matches(query: Query, run: FlowRun, now: datetime) -> bool:
    """Whether the run fits the query at `now`. Raises `UsageError` for a term that was not checked by `parse`."""
    return all(all(_holds(test, run, now) for test in clause.tests) != clause.negated for clause in query.clauses(now))


def _holds(test: Test, run: FlowRun, now: datetime) -> bool:
    match test:
        case TextTest():
            texts = [text for field in test.fields for text in _texts(field, run)]
            return any(_reads(text, pattern, part=test.part) for text in texts for pattern in test.patterns)
        case StateTest():
            return any(
                (kind is None or run.state.type is kind) and (name is None or _reads(run.state.name, name))
                for kind, name in test.states
            )
        case NumberTest():
            number = _number(test.field, run, now)
            compare = _COMPARE[test.comparison]
            return number is not None and any(compare(number, wanted) for wanted in test.numbers)
        case MomentTest():
            moment = _moment(test.field, run)
            return moment is not None and _COMPARE[test.comparison](to_micros(moment), test.micros)
        case IdTest():
            own = run.id if test.field == "id" else run.parent_task_run_id
            return own is not None and any(first <= own <= last for first, last in test.spans)
        case DeploymentTest():
            name = f"{run.flow_name}/{run.deployment_name}" if run.deployment_name is not None else None
            named = name is not None and any(_reads(name, pattern) for pattern in test.patterns)
            return named or run.deployment_id in test.ids
        case FlagTest():
            top = run.parent_task_run_id is None
            return {"top": top, "subflow": not top, "auto": run.auto_scheduled}[test.flag]
        case AttentionTest():
            return _needs_attention(test, run)
        case ParamTest():
            found = _within(run.parameters, test.path)
            return any(_compares(found, test.comparison, wanted) for wanted in test.values)


def _needs_attention(test: AttentionTest, run: FlowRun) -> bool:
    if run.state.type in ATTENTION_KINDS or (run.state.type is StateType.SCHEDULED and run.state.name == "Late"):
        return True
    if run.lease_until is not None and to_micros(run.lease_until) < test.leased:
        return True
    return run.state.type in ON_THE_WAY and to_micros(run.state.timestamp) < test.since


def _reads(text: str, pattern: Value, *, part: bool = False) -> bool:
    low = ascii_lower(text)
    if part and not pattern.is_glob:
        return ascii_lower(pattern.text) in low
    return fits(low, ascii_lower(pattern.pattern))


def _texts(field: str, run: FlowRun) -> Iterable[str]:
    if field == "tag":
        return run.tags
    text = {
        "name": run.name,
        "flow": run.flow_name,
        "pool": run.work_pool_name,
        "queue": run.work_queue_name,
        "worker": run.worker_name,
        "message": run.state.message,
    }[field]
    return () if text is None else (text,)


def _number(field: str, run: FlowRun, now: datetime) -> int | None:
    """A count, or a duration in microseconds; None when the run has none."""
    match field:
        case "dur":
            elapsed = run.elapsed(now)
            return None if elapsed is None else elapsed // timedelta(microseconds=1)
        case "late":
            return _lateness(run, now)
        case "attempt":
            return run.run_count
        case _:
            return int(getattr(run.stats, field))


def _lateness(run: FlowRun, now: datetime) -> int | None:
    """How long past its time it waits, or began; of later attempts nobody knows when they were due."""
    if run.expected_start_time is None:
        return None
    if run.state.is_scheduled():
        begun = now
    elif run.start_time is not None and run.run_count <= 1:
        begun = run.start_time
    else:
        return None
    late = to_micros(begun) - to_micros(run.expected_start_time)
    return late if late > 0 else None


def _moment(field: str, run: FlowRun) -> datetime | None:
    match field:
        case "start":
            return run.start_time
        case "end":
            return run.end_time
        case "created":
            return run.created
        case "due":
            return run.expected_start_time if run.state.is_scheduled() else None
        case _:
            return run.started_or_due


def _within(value: Any, path: Path) -> Any:
    """What stands at a path of names and positions; `_NOTHING` when it leads nowhere."""
    for part in path:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list | tuple) and part < len(value) else _NOTHING
        else:
            value = value.get(part, _NOTHING) if isinstance(value, Mapping) else _NOTHING
    return value


def _compares(found: Any, comparison: str, wanted: Param) -> bool:
    if isinstance(found, bool) or found is None:
        word = {True: "true", False: "false", None: "null"}[found]
        return comparison == "=" and wanted.word == word
    if isinstance(found, int | float):
        return wanted.number is not None and _COMPARE[comparison](found, wanted.number)
    if not isinstance(found, str):
        return False
    if comparison == "=":
        return _reads(found, wanted.text)
    return wanted.number is None and _COMPARE[comparison](found, wanted.text.text)
