"""Begin a flow run, and carry it through: where the generator of `flow_steps` meets store, signals and user code."""

import logging
import os
import socket
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flowtui.engine.clock import utc_now
from flowtui.engine.context import FlowRunContext, current_flow_run, current_tags, in_flow_run
from flowtui.engine.errors import StaleEpoch, TerminationSignal
from flowtui.engine.evolve import evolve
from flowtui.engine.ids import new_id
from flowtui.engine.logs import error_info, flow_run_logger, prints_logged, set_up_logging
from flowtui.engine.model import Answer, Claim, Lease, NewFlowRun, TaskRun, TaskRunFilter
from flowtui.engine.results import exact_json, input_key
from flowtui.engine.runs.drivers import adrive, drive
from flowtui.engine.runs.flow_steps import FlowPolicy, FlowTools, flow_steps
from flowtui.engine.runs.handle import FlowRunHandle, process_owner
from flowtui.engine.runs.kept import KeptSubflow, kept_subflow
from flowtui.engine.runs.leases import leased
from flowtui.engine.runs.signals import cause_of, termination_raises
from flowtui.engine.runs.task_run import settle
from flowtui.engine.settings import current_settings
from flowtui.engine.signatures import json_parameters
from flowtui.engine.states import NO_DATA, Pending, Running, State

if TYPE_CHECKING:
    from flowtui.engine.flows import Flow

__all__ = ["FlowSession", "begin", "begin_claimed"]

_PAGE = 1000


def begin(flow: "Flow[Any, Any]", parameters: dict[str, Any]) -> "FlowSession | KeptSubflow":
    """Create a run of the flow, owned by this process from its first instant; a subflow when called inside a flow,
    unless that has completed in an earlier attempt."""
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store opens with the first run

    set_up_logging()
    parent = current_flow_run()
    client = parent.handle.client if parent else current_client()
    stand_in = _stand_in(flow, parameters, parent) if parent else None
    kept = kept_subflow(stand_in, parent) if parent and stand_in else None
    if kept is not None:
        return kept
    settings = current_settings()
    owner = process_owner()
    shown = json_parameters(parameters)
    run = client.create_flow_run(
        NewFlowRun(
            flow_name=flow.name,
            name=flow.name_run(parameters),
            state=Pending(),
            parameters=shown,
            tags=tuple(current_tags()),
            parent_task_run_id=stand_in.id if stand_in else None,
            created_by="flow" if parent else "script",
            infrastructure_pid=f"{socket.gethostname()}:{os.getpid()}",
            lease=Lease(owner=owner, seconds=settings.lease_seconds),
        )
    )
    handle = FlowRunHandle(
        client,
        run,
        epoch=run.epoch,
        owner=owner,
        lease_seconds=settings.lease_seconds,
        supervised=parent.handle.supervised if parent else False,
        keep_values=flow.retries > 0,
        parent=parent.handle if parent else None,
    )
    session = FlowSession(flow=flow, parameters=parameters, handle=handle, parent=parent, stand_in=stand_in)
    session.announce()
    return session


def begin_claimed(
    flow: "Flow[Any, Any]", parameters: dict[str, Any], claim: Claim, owner: str, *, supervised: bool
) -> "FlowSession":
    """Go on with a run that exists and that `owner` has claimed; results of its earlier attempts are at hand."""
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store opens with the first run

    set_up_logging()
    client = current_client()
    handle = FlowRunHandle(
        client,
        claim.run,
        epoch=claim.epoch,
        owner=owner,
        lease_seconds=current_settings().lease_seconds,
        supervised=supervised,
        keep_values=flow.retries > 0,
    )
    if claim.run.run_count:
        after: str | None = None
        while True:
            page = client.list_task_runs(TaskRunFilter(flow_run_id=claim.run.id), limit=_PAGE, after=after)
            handle.remember(list(page.items))
            after = page.next
            if after is None:
                break
    return FlowSession(flow=flow, parameters=parameters, handle=handle, parent=None, stand_in=None)


def _stand_in(flow: "Flow[Any, Any]", parameters: dict[str, Any], parent: FlowRunContext) -> TaskRun:
    """The task run that stands for a subflow in its parent's graph."""
    key = f"flow {flow.name}"
    number = parent.handle.next_call(key)
    earlier = parent.handle.earlier(key, str(number))
    return TaskRun(
        id=earlier.id if earlier else new_id(),
        name=f"{flow.name}-{number}",
        task_key=key,
        dynamic_key=str(number),
        state=Pending(),
        created=earlier.created if earlier else utc_now(),
        flow_run_id=parent.handle.run_id,
        flow_run_run_count=parent.handle.attempt,
        input_key=input_key(parameters),
        epoch=parent.handle.epoch,
    )


@dataclass(slots=True, kw_only=True)
class FlowSession:
    """One flow run from its creation to its end, in this process."""

    flow: "Flow[Any, Any]"
    parameters: dict[str, Any]
    handle: FlowRunHandle
    parent: FlowRunContext | None
    stand_in: TaskRun | None

    @property
    def timeout(self) -> float | None:
        return self.flow.timeout_seconds

    def announce(self) -> None:
        if self.parent is None or self.stand_in is None:
            return
        self.stand_in = replace(self.stand_in, child_flow_run_id=self.handle.run_id)
        self.handle.client.save_task_run(self.stand_in)
        logger = flow_run_logger(self.parent.handle.run_id, self.parent.handle.name)
        logger.info("Created subflow run %r for flow %r", self.handle.name, self.flow.name)

    # -- carrying it through ------------------------------------------------------------------------------------

    def drive(self) -> State:
        """Run it in this thread; its final state."""
        with self._surroundings():
            return self._finish(drive(self._steps(), self, self._call))

    async def adrive(self) -> State:
        """Run it on the event loop."""
        with self._surroundings():
            return self._finish(await adrive(self._steps(), self, self._acall))

    def _steps(self) -> Any:
        policy = FlowPolicy(retries=self.flow.retries, retry_delay=self.flow.retry_delay_seconds)
        tools = FlowTools(
            now=utc_now,
            open_futures=self.handle.open_futures,
            settle=settle,
            keep=self._keep,
            next_attempt=self.handle.next_attempt,
            being_cancelled=self._being_cancelled,
            cause=cause_of,
            leave_open=self._leaves_open,
        )
        return flow_steps(policy, tools)

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        """All that is around a running flow: its context, lease, task runner, signals and prints."""
        prints = self.flow.log_prints
        if prints is None:
            prints = self.parent.log_prints if self.parent else False
        runner = self.flow.task_runner.duplicate()
        context = FlowRunContext(
            flow=self.flow,
            handle=self.handle,
            task_runner=runner,
            parameters=self.parameters,
            log_prints=prints,
        )
        signals = termination_raises(self.handle.client.flush, die=not self.handle.supervised)
        with signals, leased(self.handle), in_flow_run(context), prints_logged(prints):
            self._begun()
            try:
                yield
            except BaseException:
                self.handle.torn_down = True
                runner.interrupt(TerminationSignal)
                raise
            else:
                runner.close()

    def _finish(self, state: State) -> State:
        """Record the stand-in; pass interrupts on to whoever called."""
        if self.stand_in is not None and self.parent is not None:
            ended = replace(
                self.stand_in,
                state=replace(state, id=new_id()),
                run_count=1,
                start_time=self.handle.run.created,
                end_time=state.timestamp if state.is_final() else None,
                result=self._keep(state),
            )
            self.parent.handle.client.save_task_run(ended)
            self.parent.handle.ended(ended)
        error = state.data
        if not isinstance(error, BaseException) or isinstance(error, Exception):
            return state
        if state.is_cancelled() and not self._leaves_open() and not self._cancelled_above():
            return evolve(state, data=NO_DATA)  # its result raises CancelledRun, and whoever called it may go on
        raise error

    def _begun(self) -> None:
        self.log(logging.INFO, f"Beginning flow run {self.handle.name!r} for flow {self.flow.name!r}", None)

    def _call(self) -> Any:
        return self.flow.signature.call(self.flow.fn, self.parameters)

    async def _acall(self) -> Any:
        coroutine: Awaitable[Any] = self.flow.signature.call(self.flow.fn, self.parameters)
        return await coroutine

    # -- what the steps are done with ---------------------------------------------------------------------------

    def propose(self, state: State, result: str | None) -> Answer:
        answer = self.handle.client.set_flow_run_state(
            self.handle.run_id, state, epoch=self.handle.epoch, result=result
        )
        if self.stand_in is not None and isinstance(state, State) and state.is_running():
            self.stand_in = replace(self.stand_in, state=Running(), start_time=state.timestamp)
            self.handle.client.save_task_run(self.stand_in)
        return answer

    def save(self, run: TaskRun) -> None:
        raise AssertionError("a flow run's states are proposed, not saved")

    def log(self, level: int, message: str, error: BaseException | None) -> None:
        flow_run_logger(self.handle.run_id, self.handle.name).log(level, "%s", message, exc_info=error_info(error))

    def _keep(self, state: State) -> str | None:
        if not state.is_completed() or state.data is NO_DATA or self.flow.persist_result is False:
            return None
        return exact_json(state.data)

    def _being_cancelled(self) -> bool:
        """Asked of the store: whoever interrupts us has first said why."""
        now = self.handle.client.read_flow_run(self.handle.run_id)
        if self.handle.stop == "lost":
            raise StaleEpoch(self.handle.run_id, self.handle.epoch, now.epoch)
        return now.state.is_cancelling() or self._cancelled_above()

    def _cancelled_above(self) -> bool:
        """True when a run that this one is a part of is being cancelled: then so is this one."""
        above = self.handle.parent
        while above is not None:
            if above.stop == "cancelling" or above.client.read_flow_run(above.run_id).state.is_cancelling():
                return True
            above = above.parent
        return False

    def _leaves_open(self) -> bool:
        """True when a worker says how this run ended, once its whole process tree is gone."""
        return self.handle.supervised and self.parent is None
