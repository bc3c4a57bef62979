"""Tasks with limited tags: each holds a slot of every such tag while its function runs, and waits for it visibly.

The steps of a run are the same as without limits. This generator stands around them: it puts a wait before each step
that makes the run Running, and gives the slots back when the function has ended.
"""

import logging
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from flowtui.engine.errors import SlotTimeout
from flowtui.engine.evolve import evolve
from flowtui.engine.ids import new_id
from flowtui.engine.model import TaskRun
from flowtui.engine.runs.holding import process_owner
from flowtui.engine.runs.leases import HeldSlots, keep_slots, let_go_of_slots
from flowtui.engine.runs.steps import Ask, Call, Log, Save, Step
from flowtui.engine.settings import current_settings
from flowtui.engine.shared import SlotRequest
from flowtui.engine.slots import Patience, acquire, release
from flowtui.engine.states import AwaitingConcurrencySlot, State
from flowtui.engine.waiting import acarry_out, carry_out

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client

__all__ = ["with_tag_slots"]


class Limited(Protocol):
    """What is asked of the surroundings of a task run."""

    @property
    def run(self) -> TaskRun: ...
    @property
    def client(self) -> "Client": ...
    @property
    def task(self) -> Any: ...


Steps = Generator[Step, Any, TaskRun]


def with_tag_slots(steps: Steps, tools: Limited) -> Steps:
    """The steps of a run that has tags."""
    held: _Slots | None = None
    try:
        step = next(steps)
        while True:
            try:
                if held is None and isinstance(step, Save) and step.run.state.is_running():
                    held = _Slots.of(tools)
                    if held is not None:
                        step = yield from held.take(step)
                reply = yield step
            except BaseException as error:  # the steps decide what it means
                step = steps.throw(error)
            else:
                if held is not None and isinstance(step, Call):
                    yield Ask(held.give_back)
                    held = None
                step = steps.send(reply)
    except StopIteration as stop:
        ended: TaskRun = stop.value
        return ended
    finally:
        if held is not None:  # interrupted before its function had ended, or could begin
            held.drop()


class _Slots:
    """The slots of one call of a task's function."""

    def __init__(self, tools: Limited, tags: frozenset[str]) -> None:
        self._tools, self._client = tools, tools.client
        run, seconds = tools.run, current_settings().lease_seconds
        self._request = SlotRequest(
            lease_id=new_id(),
            kind="tag",
            names=tuple(sorted(tags)),
            slots=1,
            owner=process_owner(),
            holder=f"task run {run.name!r}",
            lease_seconds=seconds,
            flow_run_id=run.flow_run_id,
            task_run_id=run.id,
        )
        self._kept = HeldSlots(
            client=self._client, lease_id=self._request.lease_id, seconds=seconds, lost=self._was_lost
        )

    @classmethod
    def of(cls, tools: Limited) -> "_Slots | None":
        """None when no tag of the run is limited."""
        limited = tools.client.limited_tags().intersection(tools.run.tags)
        return cls(tools, limited) if limited else None

    def take(self, step: Save) -> Generator[Step, Any, Save]:
        """Wait until all are taken; answers with the step that says that the run is Running, from now on.

        Raises `LimitError` when a tag has no slots at all.
        """
        waits: list[str] = []
        try:
            yield Ask(partial(self._acquire, Patience(looks=0, waiting=waits.append)))
            waited = False
        except SlotTimeout:
            waited = True
        if waited:
            run, reason = self._tools.run, waits[0] if waits else None
            yield Save(evolve(run, state=AwaitingConcurrencySlot(message=reason), end_time=None))
            yield Log(logging.INFO, f"Waiting for a slot of its tags: {reason}")
            yield Ask(partial(self._acquire, Patience()))
        keep_slots(self._kept)
        return _from_now_on(step) if waited else step

    def _acquire(self, patience: Patience) -> Any:
        steps = acquire(self._client, self._request, patience)
        return acarry_out(steps) if self._tools.task.is_async else carry_out(steps)

    def give_back(self) -> Any:
        let_go_of_slots(self._request.lease_id)
        steps = release(self._client, self._request.lease_id)
        return acarry_out(steps) if self._tools.task.is_async else carry_out(steps)

    def drop(self) -> None:
        """`give_back` where nothing can be awaited any more."""
        let_go_of_slots(self._request.lease_id)
        carry_out(release(self._client, self._request.lease_id))

    def _was_lost(self) -> None:
        from flowtui.engine.logs import task_run_logger  # noqa: PLC0415 - only for this line

        run = self._tools.run
        task_run_logger(run.id, run.name, run.flow_run_id, run.run_count).error(
            "Its slots of the tags %s were taken back: their lease was not renewed in time, or the limit was reset.",
            ", ".join(self._request.names),
        )


def _from_now_on(step: Save) -> Save:
    """The same step with a state that begins now, not when the wait began."""
    run, began = step.run, step.run.state.timestamp
    state = State(type=run.state.type, name=run.state.name, message=run.state.message, details=run.state.details)
    return Save(evolve(run, state=state, start_time=state.timestamp if run.start_time == began else run.start_time))
