"""Whether a run that is in hand fits a query: what live lists ask, where the store is asked in SQL. Pure.

Each kind of test has its twin in `store/conditions.py`; a property test holds that they agree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flowtui.engine.clock import to_micros
from flowtui.engine.model import FlowRun
from flowtui.engine.query import Query
from flowtui.engine.query_facts import holds
from flowtui.engine.query_meaning import ATTENTION_KINDS, ON_THE_WAY, AttentionTest, FlagTest, Test
from flowtui.engine.states import State, StateType

__all__ = ["matches"]


def matches(query: Query, run: FlowRun, now: datetime) -> bool:
    """Whether the run fits the query at `now`. Raises `UsageError` for a term that was not checked by `parse`."""
    facts = _RunFacts(run, now)
    return all(all(_holds(test, facts) for test in clause.tests) != clause.negated for clause in query.clauses(now))


@dataclass(frozen=True, slots=True)
class _RunFacts:
    """What a run says."""

    run: FlowRun
    now: datetime

    def texts(self, field: str) -> Iterable[str]:
        return _texts(field, self.run)

    def number(self, field: str) -> int | None:
        return _number(field, self.run, self.now)

    def moment(self, field: str) -> datetime | None:
        return _moment(field, self.run)

    @property
    def state(self) -> State:
        return self.run.state

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.run.parameters


def _holds(test: Test, facts: _RunFacts) -> bool:
    match test:
        case FlagTest():
            top = facts.run.parent_task_run_id is None
            return {"top": top, "subflow": not top, "auto": facts.run.auto_scheduled}[test.flag]
        case AttentionTest():
            return _needs_attention(test, facts.run)
        case _:
            return holds(test, facts)


def _needs_attention(test: AttentionTest, run: FlowRun) -> bool:
    if run.state.type in ATTENTION_KINDS or (run.state.type is StateType.SCHEDULED and run.state.name == "Late"):
        return True
    if run.lease_until is not None and to_micros(run.lease_until) < test.leased:
        return True
    return run.state.type in ON_THE_WAY and to_micros(run.state.timestamp) < test.since


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
        "id": run.id,
        "parent": run.parent_task_run_id,
        "deployment": f"{run.flow_name}/{run.deployment_name}" if run.deployment_name is not None else None,
        "deployment-id": run.deployment_id,
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
