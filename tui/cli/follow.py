"""What happens to runs while somebody watches: their states and lines as they come, woken by the store."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flowtui.engine.client.protocol import Client
from flowtui.engine.model import FlowRun, LogLine
from flowtui.engine.query import Query
from flowtui.engine.states import State

__all__ = ["News", "follow"]

_PAGE: Final = 1_000
_LOOK_EVERY: Final = 1.0
"""Seconds to wait at most for news that the store has not announced."""
_LAST_WORDS: Final = 0.2
"""Seconds to listen after a run has ended: four times what a line may wait to be written with others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is new of one run, which is as it is now. `ended`: nothing more comes. `gone`: it was deleted."""

    run: FlowRun
    states: tuple[State, ...] = ()
    lines: tuple[LogLine, ...] = ()
    ended: bool = False
    gone: bool = False


@dataclass(slots=True)
class _Watched:
    """How far one run has been read."""

    run: FlowRun
    line: int
    states: int | None = None
    ending: bool = False
    over: bool = False


def follow(client: Client, runs: Sequence[FlowRun], *, start: int = 0, deadline: float | None = None) -> Iterator[News]:
    """What is there of the runs, from line `start` on (negative: from the end), then what comes, until all have ended
    or the deadline (monotonic) has passed."""
    watched = [_Watched(run, start) for run in runs]
    seen = 0
    while True:
        ids = [each.run.id for each in watched]
        now = {run.id: run for run in client.list_flow_runs(Query.of(ids=ids), limit=len(ids)).items}
        for each in watched:
            yield from _look(client, each, now.get(each.run.id))
        watched = [each for each in watched if not each.over]
        left = _LOOK_EVERY if deadline is None else min(_LOOK_EVERY, deadline - time.monotonic())
        if not watched or left <= 0:
            return
        # The line that says how a run ended is written after its state: be there for it.
        ending = any(each.ending for each in watched)
        seen = client.wait(seen, min(left, _LAST_WORDS) if ending else left)


def _look(client: Client, each: _Watched, now: FlowRun | None) -> Iterator[News]:
    if now is None:
        each.over = True
        yield News(run=each.run, ended=True, gone=True)
        return
    moved = each.states is None or now.state.id != each.run.state.id
    was_ending, each.ending, each.run = each.ending, now.state.is_final(), now
    first = each.line
    while (page := client.read_logs(now.id, start=each.line, limit=_PAGE)).lines:
        yield News(run=now, lines=page.lines)
        each.line = page.start + len(page.lines)
    each.line = max(each.line, page.start)
    if moved:
        yield News(run=now, states=_new_states(client, each))
    if was_ending and each.ending and each.line == first:
        each.over = True
        yield News(run=now, ended=True)


def _new_states(client: Client, each: _Watched) -> tuple[State, ...]:
    """Those since the last look; at the first look the present one."""
    states = client.flow_run_states(each.run.id)
    new = states[-1:] if each.states is None else states[each.states :]
    each.states = len(states)
    return new
