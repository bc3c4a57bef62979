"""Begin a flow run, and carry it through: where the generator of `flow_steps` meets store, signals and user code."""

import logging
import os
import socket
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flowtui.engine import faults
from flowtui.engine.client.read_only import require_writing
from flowtui.engine.clock import utc_now
from flowtui.engine.context import FlowRunContext, current_flow_run, current_tags, in_flow_run
from flowtui.engine.errors import StaleEpoch, TerminationSignal, UsageError
from flowtui.engine.evolve import evolve
from flowtui.engine.ids import new_id
from flowtui.engine.log_output import flush_console, set_up_logging
from flowtui.engine.logs import say
from flowtui.engine.model import Answer, Claim, FlowRun, Lease, NewFlowRun, TaskRun, TaskRunFilter
from flowtui.engine.prints import prints_logged
from flowtui.engine.results.inline import exact_json, input_key
from flowtui.engine.runs import capture
from flowtui.engine.runs.drivers import adrive, drive
from flowtui.engine.runs.flow_steps import FlowPolicy, FlowTools, flow_steps
from flowtui.engine.runs.handle import FlowRunHandle
from flowtui.engine.runs.holding import process_owner
from flowtui.engine.runs.kept import KeptSubflow, kept_subflow
from flowtui.engine.runs.leases import leased
from flowtui.engine.runs.signals import cause_of, termination_raises
from flowtui.engine.runs.task_run import settle
from flowtui.engine.settings import current_settings
from flowtui.engine.signatures import json_parameters
from flowtui.engine.states import NO_DATA, Pending, Running, State
from flowtui.engine.transactions import transaction_around

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.flows import Flow
    from flowtui.engine.runners.protocol import TaskRunner
    from flowtui.engine.transactions import Transaction

__all__ = ["FlowSession", "begin", "begin_claimed"]

_PAGE = 1000
_START = ("run.before_start", "run.started")
_FINISH = ("run.before_finish", "run.finished")


def begin(
    flow: "Flow[Any, Any]", parameters: dict[str, Any], edges: dict[str, Any] | None = None
) -> "FlowSession | KeptSubflow":
    """Create a run of the flow, owned by this process from its first instant; a subflow when called inside a flow,
    unless that has completed in an earlier attempt."""
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store opens with the first run

    set_up_logging()
    parent = current_flow_run()
    client = parent.handle.client if parent else current_client()
    require_writing(client, f"running flow {flow.name!r}")
    stand_in = _stand_in(flow, parameters, parent, edges or {}) if parent else None
    is_stream = flow.kind in ("generator", "async generator")  # what that had given is not kept
    kept = kept_subflow(stand_in, parent) if parent and stand_in and not is_stream else None
    if kept is not None:
        return kept
    run, epoch = _continued(client, stand_in, parent) or _created(client, flow, parameters, stand_in, parent)
    if stand_in is not None:
        stand_in = replace(stand_in, child_flow_run_id=run.id)
    handle = FlowRunHandle(
        client,
        run,
        epoch=epoch,
        owner=process_owner(),
        lease_seconds=current_settings().lease_seconds,
        supervised=parent.handle.supervised if parent else False,
        keep_values=flow.retries > 0,
        parent=parent.handle if parent else None,
    )
    begun = run.state if run.state.is_running() else None
    if begun is None:
        _remember(handle)
        _note_provenance(flow, handle)
    capture.follow(handle)
    session = FlowSession(
        flow=flow, parameters=parameters, handle=handle, parent=parent, stand_in=stand_in, begun=begun
    )
    session.announce()
    return session


def _created(
    client: "Client",
    flow: "Flow[Any, Any]",
    parameters: dict[str, Any],
    stand_in: TaskRun | None,
    parent: FlowRunContext | None,
) -> tuple[FlowRun, int]:
    """A new run that this process owns and that has started, and its epoch."""
    run_id = new_id()
    if stand_in is not None:  # written before the run and with it: a later attempt finds the run by this
        client.save_task_run(replace(stand_in, child_flow_run_id=run_id))
    run = client.create_flow_run(
        NewFlowRun(
            id=run_id,
            flow_name=flow.name,
            name=flow.name_run(parameters),
            state=Pending(),
            start=Running(),
            parameters=json_parameters(parameters),
            tags=tuple(current_tags()),
            parent_task_run_id=stand_in.id if stand_in else None,
            created_by="flow" if parent else "script",
            flow_version=flow.version,
            provenance=capture.provenance_of(flow, client),
            infrastructure_pid=f"{socket.gethostname()}:{os.getpid()}",
            lease=Lease(owner=process_owner(), seconds=current_settings().lease_seconds),
        )
    )
    return run, run.epoch


def _continued(client: "Client", stand_in: TaskRun | None, parent: FlowRunContext | None) -> tuple[FlowRun, int] | None:
    """The subflow run of an earlier attempt, taken over, so that it goes on from its last completed task; None when the
    call is another one, or that run has completed or is still owned by somebody."""
    before = parent.handle.earlier(stand_in.task_key, stand_in.dynamic_key) if parent and stand_in else None
    if before is None or stand_in is None or before.child_flow_run_id is None:
        return None
    if stand_in.input_key is None or before.input_key != stand_in.input_key:
        return None
    try:
        claim = client.claim_flow_run(
            before.child_flow_run_id, process_owner(), lease_seconds=current_settings().lease_seconds
        )
    except UsageError:
        return None
    client.save_task_run(replace(stand_in, child_flow_run_id=claim.run.id))
    return claim.run, claim.epoch


def begin_claimed(
    flow: "Flow[Any, Any]", parameters: dict[str, Any], claim: Claim, owner: str, *, supervised: bool
) -> "FlowSession":
    """Go on with a run that exists and that `owner` has claimed; results of its earlier attempts are at hand."""
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - the store opens with the first run

    set_up_logging()
    handle = FlowRunHandle(
        current_client(),
        claim.run,
        epoch=claim.epoch,
        owner=owner,
        lease_seconds=current_settings().lease_seconds,
        supervised=supervised,
        keep_values=flow.retries > 0,
    )
    _remember(handle)
    _note_provenance(flow, handle)
    capture.follow(handle)
    return FlowSession(flow=flow, parameters=parameters, handle=handle, parent=None, stand_in=None)


def _note_provenance(flow: "Flow[Any, Any]", handle: FlowRunHandle) -> None:
    """A run that was there before is now carried out by this process."""
    handle.provenance = capture.provenance_of(flow, handle.client)
    handle.client.note_provenance(handle.run_id, handle.provenance, epoch=handle.epoch)


def _remember(handle: FlowRunHandle) -> None:
    """Read the task runs of the attempts before."""
    if not handle.run.run_count:
        return
    after: str | None = None
    while True:
        where = TaskRunFilter(flow_run_id=handle.run_id)
        page = handle.client.list_task_runs(where, limit=_PAGE, after=after)
        handle.remember(list(page.items))
        after = page.next
        if after is None:
            return


def _stand_in(
    flow: "Flow[Any, Any]", parameters: dict[str, Any], parent: FlowRunContext, edges: dict[str, Any]
) -> TaskRun:
    """The task run that stands for a subflow in its parent's graph."""
    key = f"flow {flow.name}"
    number = parent.handle.next_call(key)
    earlier = parent.handle.earlier(key, str(number))
    edited = parent.handle.edited_inputs(earlier)
    if edited:  # in place: from here on the subflow is called with these
        parameters.update(flow.validate_parameters({**parameters, **edited}))
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
        tags=tuple(sorted(current_tags())),
        task_inputs=edges,
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
    begun: State | None = None
    """Running, when the run was created and started at once."""
    is_suspended: bool = False

    @property
    def timeout(self) -> float | None:
        return self.flow.timeout_seconds

    def announce(self) -> None:
        if self.parent is None or self.stand_in is None:
            return
        words = f"Created subflow run {self.handle.name!r} for flow {self.flow.name!r}"
        say(self.parent.handle.logger, logging.INFO, words)

    # -- carrying it through ------------------------------------------------------------------------------------

    def drive(self) -> State:
        """Run it in this thread; its final state."""
        with self.surroundings():
            return self.finish(drive(self.steps(), self, self._call))

    async def adrive(self) -> State:
        """Run it on the event loop."""
        with self.surroundings():
            return self.finish(await adrive(self.steps(), self, self._acall))

    def steps(self) -> Any:
        flow = self.flow
        policy = FlowPolicy(
            retries=flow.retries,
            delays=flow.delays,
            jitter=flow.retry_jitter_factor,
            condition=flow.retry_condition_fn,
            hooks=flow.hooks,
        )
        tools = FlowTools(
            now=utc_now,
            open_futures=self.handle.open_futures,
            settle=settle,
            keep=self._keep,
            next_attempt=self.handle.next_attempt,
            being_cancelled=self._being_cancelled,
            cause=cause_of,
            suspended=self._suspended,
            leave_open=self._leaves_open,
            unasked=self._unasked,
            whose=self._whose,
        )
        return flow_steps(policy, tools)

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        """All that is around a running flow: its context, lease, task runner, signals and prints."""
        prints = self.flow.log_prints
        if prints is None:
            prints = self.parent.log_prints if self.parent else current_settings().logging_log_prints
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
                self._tear_down(runner)
                raise
            else:
                if self.handle.stop == "suspended":  # by somebody else, in the midst of its tasks
                    self._tear_down(runner)
                runner.close()
            finally:
                flush_console()
        if self.is_suspended:  # only now: whoever resumes it must not meet this process
            self.handle.client.release_flow_run(self.handle.run_id, epoch=self.handle.epoch)

    def _tear_down(self, runner: "TaskRunner") -> None:
        self.handle.torn_down = True
        self.handle.open_gate()
        runner.interrupt(TerminationSignal)

    def finish(self, state: State) -> State:
        """Record the stand-in; pass interrupts on to whoever called."""
        if self.stand_in is not None and self.parent is not None:
            ended = replace(
                self.stand_in,
                state=replace(state, id=new_id()),
                run_count=1,
                start_time=self.handle.run.created,
                end_time=state.timestamp if state.is_final() else None,
                result=self._inline(state),
            )
            self.parent.handle.client.save_task_run(ended)
            self.parent.handle.ended(ended)
            block = transaction_around()
            if block is not None:
                self._take_part(block, ended, self.parent.handle)
        error = state.data
        if not isinstance(error, BaseException) or isinstance(error, Exception):
            return state
        if state.is_cancelled() and not self._leaves_open() and not self._cancelled_above():
            return evolve(state, data=NO_DATA)  # its result raises CancelledRun, and whoever called it may go on
        raise error

    def _take_part(self, block: "Transaction", stand_in: TaskRun, parent: FlowRunHandle) -> None:
        from flowtui.engine.runs.flow_keeping import subflow_takes_part  # noqa: PLC0415 - only within transactions

        subflow_takes_part(block, stand_in, parent)

    def _begun(self) -> None:
        self.log(logging.INFO, f"Beginning flow run {self.handle.name!r} for flow {self.flow.name!r}", None)

    def _call(self) -> Any:
        return self.flow.signature.call(self.flow.whole, self.parameters)

    async def _acall(self) -> Any:
        coroutine: Awaitable[Any] = self.flow.signature.call(self.flow.whole, self.parameters)
        return await coroutine

    def _whose(self, state: State) -> tuple[Any, Any]:
        return self.flow, evolve(self.handle.run, state=state, run_count=self.handle.attempt)

    def _unasked(self) -> str | None:
        names = list(self.handle.unasked.values())
        self.handle.unasked.clear()
        if not names:
            return None
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        return (
            f"Nobody asked how these submitted tasks ended: {shown}. A failure among them does not fail the flow. "
            "Ask with .result() or .wait(), or return the futures."
        )

    # -- what the steps are done with ---------------------------------------------------------------------------

    def propose(self, state: State, result: str | None) -> Answer:
        before, behind = _FINISH if state.is_final() else _START
        self.handle.finishing = state.is_final()
        faults.hit(before)
        answer = self._begun_as(state) or self.handle.client.set_flow_run_state(
            self.handle.run_id, state, epoch=self.handle.epoch, result=result
        )
        faults.hit(behind)
        if self.stand_in is not None and isinstance(state, State) and state.is_running():
            self.stand_in = replace(self.stand_in, state=Running(), start_time=state.timestamp)
            self.handle.client.save_task_run(self.stand_in)
        return answer

    def _begun_as(self, state: State) -> Answer | None:
        """The store's answer to the first Running, when it was created and started in one transaction."""
        begun, self.begun = self.begun, None
        return Answer(status="ACCEPT", state=begun) if begun is not None and state.is_running() else None

    def save(self, run: TaskRun) -> None:
        raise AssertionError("a flow run's states are proposed, not saved")

    def log(self, level: int, message: str, error: BaseException | None) -> None:
        say(self.handle.logger, level, message, error)

    def _keep(self, state: State) -> Any:
        asked = self.flow.keeping
        if asked is None:
            return state, self._inline(state)
        from flowtui.engine.runs.flow_keeping import keep_flow_result  # noqa: PLC0415 - only results kept elsewhere

        return keep_flow_result(asked, self.handle.run, state, self.log, is_async=self.flow.is_async)

    def _inline(self, state: State) -> str | None:
        if not state.is_completed() or state.data is NO_DATA or self.flow.persist_result is False:
            return None
        return exact_json(state.data)

    def _being_cancelled(self) -> bool:
        """Asked of the store: whoever interrupts us has first said why."""
        now = self.handle.client.read_flow_run(self.handle.run_id)
        if self.handle.stop == "lost":
            raise StaleEpoch(self.handle.run_id, self.handle.epoch, now.epoch)
        return now.state.is_cancelling() or self._cancelled_above()

    def _suspended(self) -> State | None:
        """The state that this run was given by itself or by somebody else, when that is why it ends."""
        state = self.handle.client.read_flow_run(self.handle.run_id).state
        self.is_suspended = state.is_suspended() and self.handle.stop != "lost"
        return state if self.is_suspended else None

    def _cancelled_above(self) -> bool:
        """True when a run that this one is a part of is being cancelled or suspended: then this one is cancelled."""
        above = self.handle.parent
        while above is not None:
            if above.stop in ("cancelling", "suspended"):
                return True
            if above.client.read_flow_run(above.run_id).state.is_cancelling():
                return True
            above = above.parent
        return False

    def _leaves_open(self) -> bool:
        """True when a worker says how this run ended, once its whole process tree is gone."""
        return self.handle.supervised and self.parent is None
