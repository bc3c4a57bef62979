"""A limit of concurrency that is full: how many of its slots are taken, by whom, since when."""

from datetime import datetime

from flowtui.engine.explaining.naming import quoted
from flowtui.engine.explaining.situation import FullLimit
from flowtui.engine.explaining.words import count, listed, span
from flowtui.engine.explanations import Reason, Remedy

__all__ = ["limit_reason"]


def limit_reason(full: FullLimit, now: datetime, *, blocking: bool = True) -> Reason:
    """`Task load-3 waits for a slot of tag db: 2 of 2 are taken.`"""
    limit, tag = full.limit, full.limit.kind == "tag"
    what = f"tag {limit.name}" if tag else f"the limit {limit.name}"
    who = listed(full.waiting) or "It"
    verb = "waits" if len(full.waiting) < 2 else "wait"
    taken = f"{limit.active_slots:g} of {count(limit.limit, 'slot')} {'is' if limit.limit == 1 else 'are'} taken"
    holders = [f"{one.holder} ({span(now - one.acquired)})" for one in full.holders]
    since = f"It has been waiting for {span(now - full.since)}." if full.since else ""
    command = f"concurrency-limit inspect {quoted(limit.name)}" if tag else f"gcl inspect {quoted(limit.name)}"
    return Reason(
        code="tag-full" if tag else "limit-full",
        text=f"{who} {verb} for a slot of {what}: {taken}.",
        detail=" ".join(filter(None, (since, f"Held by {listed(holders)}." if holders else ""))),
        blocking=blocking,
        facts={
            "kind": limit.kind,
            "name": limit.name,
            "limit": limit.limit,
            "active_slots": limit.active_slots,
            "waiting": list(full.waiting),
            "waiting_since": full.since and full.since.isoformat(),
            "holders": [
                {
                    "holder": one.holder,
                    "slots": one.slots,
                    "since": one.acquired.isoformat(),
                    "flow_run_id": one.flow_run_id,
                    "task_run_id": one.task_run_id,
                }
                for one in full.holders
            ],
        },
        remedies=(Remedy(words="See who holds them", command=f"flowtui {command}"),),
    )
