"""Carry out a task run that this process has claimed."""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flowtui.engine.background.parameters import forget, read
from flowtui.engine.containers import find_futures
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.keeping import NOTHING
from flowtui.engine.logs import RunLogger, say, task_run_logger
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.outcomes import state_of_error
from flowtui.engine.runs.keeping import RunKeeping
from flowtui.engine.runs.task_run import TaskSession
from flowtui.engine.runs.task_steps import after
from flowtui.engine.states import Crashed

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.tasks import Task

__all__ = ["carry_out"]


def carry_out(task: "Task[Any, Any]", run: TaskRun, client: "Client") -> None:
    """Run it to its end in this thread; whatever happens is recorded. Returns when that is durable."""
    try:
        session = _session(task, run, client)
    except Exception as error:  # reading the arguments runs their own code, which may raise anything
        state = Crashed(message=f"What it is called with cannot be read: {error}")
        say(_logger(run), logging.ERROR, f"Finished in state {state}")
        client.save_task_run(after(run, state))
    else:
        try:
            session.run_anywhere()
        except BaseException as error:  # an interrupt of this very thread; the run must end all the same
            client.save_task_run(after(session.run, state_of_error(error, "Task")))
    client.flush()
    state = client.read_task_run(run.id).state
    if state.is_final() or state.is_not_ready():  # by whomever: nobody will ask for its arguments again
        _forget(task, run)


def _session(task: "Task[Any, Any]", run: TaskRun, client: "Client") -> TaskSession:
    call = read(task, run.id)
    session = TaskSession(
        task=task,
        parameters=call.parameters,
        wait_for=call.wait_for,
        flow=None,
        client=client,
        run=run,
        futures=find_futures([*call.parameters.values(), call.wait_for]),
        earlier=None,
        tries_used=run.run_count,
    )
    if task.lineage is not None:
        session.join_assets()
    asked = task.keeping or NOTHING
    # Whoever waits for the value is in another process.
    session.keeping = RunKeeping(session, replace(asked, persist=True) if asked.persist is None else asked, None)
    return session


def _forget(task: "Task[Any, Any]", run: TaskRun) -> None:
    try:
        forget(task, run.id)
    except FlowtuiError as error:
        say(_logger(run), logging.WARNING, f"Its arguments stay: {error}")


def _logger(run: TaskRun) -> RunLogger:
    return task_run_logger(run.id, run.name, run.flow_run_id, run.run_count)
