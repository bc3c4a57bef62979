"""Pause, suspend and resume: in the process that waits or without one, with typed answers, in sync and async flows."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from flowtui import RunInput, flow, pause_flow_run, resume_flow_run, suspend_flow_run, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import MissingContext, ParameterError, PausedRun, PauseTimeout, UsageError
from flowtui.engine.model import FlowRun
from flowtui.engine.runs.execute import run_again_here
from flowtui.engine.states import AwaitingRetry, Cancelling
from tests.engine.sdk.asking import lines_of, names_of, only_run, tasks_of
from tests.engine.sdk.scripts import started
from tests.support import clean_environment, run_flowtui, until, wait_until

NEVER = "The flow was paused and never resumed."


class Approval(RunInput):
    """What a release needs."""

    approved: bool
    level: int = Field(3, ge=1, le=9, description="How sure")


def the_paused(client: LocalClient, name: str = "Paused") -> FlowRun:
    """The run, once it is paused."""

    def paused() -> FlowRun | None:
        return next((run for run in client.list_flow_runs().items if run.state.name == name), None)

    run = wait_until(paused, what="the run to be paused")
    assert run is not None
    return run


def beside(work: Callable[[], Any]) -> threading.Thread:
    """Do something in another thread."""
    thread = threading.Thread(target=work)
    thread.start()
    return thread


# -- paused ---------------------------------------------------------------------------------------------------------


def test_a_paused_flow_goes_on_when_it_is_resumed(client: LocalClient) -> None:
    @flow
    def main() -> str:
        assert pause_flow_run() is None
        return "went on"

    resuming = beside(lambda: resume_flow_run(the_paused(client).id))
    assert main() == "went on"
    resuming.join()
    run = only_run(client)
    assert names_of(client, run.id)[-4:] == ["Running", "Paused", "Running", "Completed"]
    assert run.run_count == 1
    assert f"Paused. It goes on when it is resumed: flowtui flow-run resume {run.name}" in lines_of(client, run)


def test_an_async_flow_awaits_its_pause_and_the_loop_goes_on(client: LocalClient) -> None:
    ticks = 0

    @flow
    async def main() -> Any:
        return await pause_flow_run(wait_for_input=Approval)

    async def resuming() -> None:
        nonlocal ticks
        while not any(run.state.is_paused() for run in client.list_flow_runs().items):
            await asyncio.sleep(0.005)
        for _ in range(20):
            await asyncio.sleep(0.001)
            ticks += 1
        await resume_flow_run(only_run(client).id, {"approved": True})

    async def both() -> Any:
        return (await asyncio.gather(main(), resuming()))[0]

    answer = asyncio.run(both())
    assert (answer.approved, answer.level, ticks) == (True, 3, 20)


def test_a_resume_is_noticed_at_once_whatever_the_poll_interval(client: LocalClient) -> None:
    resumed: list[float] = []

    @flow
    def main() -> float:
        pause_flow_run(poll_interval=3600)
        return time.monotonic()

    def resuming() -> None:
        run = the_paused(client)
        resumed.append(time.monotonic())
        resume_flow_run(run.id)

    thread = beside(resuming)
    went_on = main()
    thread.join()
    assert went_on - resumed[0] < 1


def test_whoever_resumes_answers_what_was_asked(client: LocalClient) -> None:
    @flow
    def main() -> tuple[Any, Any, Any]:
        wanted = Approval.with_initial_data(description="Ship **it**?", level=7)
        approval = pause_flow_run(wait_for_input=wanted)
        number = pause_flow_run(wait_for_input=int)
        many = pause_flow_run(wait_for_input=dict[str, list[int]])
        return (approval.approved, approval.level), number, many

    def resuming() -> None:
        run = the_paused(client)
        keys = run.state.details["run_input_keyset"]
        schema = client.find_run_input(run.id, keys["schema"])
        description = client.find_run_input(run.id, keys["description"])
        assert schema is not None
        assert description is not None
        assert schema.value["properties"]["level"] | {"title": ""} == {
            "default": 7,
            "minimum": 1,
            "maximum": 9,
            "description": "How sure",
            "type": "integer",
            "title": "",
        }
        assert description.value == "Ship **it**?"
        for wrong in ({}, {"approved": "perhaps"}, {"approved": True, "level": 10}, {"approved": True, "more": 1}):
            with pytest.raises(ParameterError, match="does not fit what the run asked for"):
                resume_flow_run(run.id, wrong)
        resume_flow_run(run.id, Approval(approved=True, level=8))
        for answer in ({"value": 5}, {"value": {"a": [1]}}):
            resume_flow_run(the_paused(client).id, answer)

    failures: list[BaseException] = []

    def safely() -> None:
        try:
            resuming()
        except BaseException as error:
            failures.append(error)
            client.set_flow_run_state(only_run(client).id, Cancelling())

    thread = beside(safely)
    try:
        assert main() == ((True, 8), 5, {"a": [1]})
    finally:
        thread.join()
        assert failures == []


def test_a_pause_that_nobody_ends_in_time_fails_the_run(client: LocalClient) -> None:
    @flow
    def main() -> None:
        pause_flow_run(timeout=0.1)

    with pytest.raises(PauseTimeout, match=NEVER):
        main()
    run = only_run(client)
    assert (run.state.name, run.state.message) == ("Failed", NEVER)


def test_whoever_catches_the_end_of_a_pause_has_failed_all_the_same(client: LocalClient) -> None:
    @flow
    def main() -> str:
        try:
            pause_flow_run(timeout=0.1)
        except TimeoutError:
            return "caught"
        return "never"

    state = main(return_state=True)
    assert (state.name, state.message) == ("Failed", NEVER)


def test_the_expiry_by_a_service_is_noticed_by_the_flow_that_waits(client: LocalClient) -> None:
    @flow
    def main() -> None:
        pause_flow_run(timeout=0.3)

    def expiring() -> None:
        the_paused(client)
        wait_until(lambda: client.expire_pauses() or only_run(client).state.is_final(), what="the pause to be over")

    thread = beside(expiring)
    with pytest.raises(PauseTimeout):
        main()
    thread.join()


def test_a_paused_run_can_be_cancelled(client: LocalClient, tmp_path: Path) -> None:
    script = "from flowtui import flow, pause_flow_run\n@flow\ndef main():\n    pause_flow_run()\nmain()\n"
    with started(tmp_path, script) as process:
        run = the_paused(client)
        client.set_flow_run_state(run.id, Cancelling())
        assert process.wait(20) != 0
    assert client.read_flow_run(run.id).state.is_cancelled()


def test_a_pause_belongs_into_a_flow(client: LocalClient) -> None:
    with pytest.raises(MissingContext, match="outside any flow run"):
        pause_flow_run()

    @task
    def inner() -> None:
        pause_flow_run()

    @flow
    def main() -> None:
        inner()

    with pytest.raises(UsageError, match=r"a task cannot be paused\. Call it in the flow"):
        main()


def test_a_subflow_may_be_paused_but_not_suspended(client: LocalClient) -> None:
    @flow
    def child(how: str) -> str:
        (pause_flow_run if how == "pause" else suspend_flow_run)()
        return how

    @flow
    def parent() -> str:
        with pytest.raises(UsageError, match="cannot be suspended: it is a subflow"):
            child("suspend")
        return child("pause")

    thread = beside(lambda: resume_flow_run(the_paused(client).id))
    assert parent() == "pause"
    thread.join()


def test_a_flow_that_is_tried_again_is_asked_again(client: LocalClient) -> None:
    answers: list[int] = []

    @flow(retries=1)
    def main() -> list[int]:
        answers.append(pause_flow_run(wait_for_input=int))
        if len(answers) == 1:
            raise ValueError("not that one")
        return answers

    def resuming() -> None:
        for value in (1, 2):
            resume_flow_run(the_paused(client).id, {"value": value})

    thread = beside(resuming)
    assert main() == [1, 2]
    thread.join()


# -- paused from outside ----------------------------------------------------------------------------------------------


def test_a_run_that_is_paused_from_outside_starts_no_further_task(client: LocalClient) -> None:
    asked, ran = threading.Event(), []

    @task
    def step(n: int) -> int:
        ran.append(n)
        return n

    @flow
    def main() -> int:
        step(1)
        asked.wait(20)
        wait_until(lambda: current_gate() is not None, what="the pause to be noticed")
        return step(2)

    def current_gate() -> Any:
        from flowtui.engine.context import current_flow_run

        context = current_flow_run()
        return context and context.handle.gate

    def pausing() -> None:
        wait_until(lambda: ran == [1], what="the first task")
        run = only_run(client)
        pause_flow_run(flow_run_id=run.id)
        with pytest.raises(UsageError, match="cannot be paused: it is already Paused"):
            pause_flow_run(flow_run_id=run.id)
        asked.set()
        wait_until(lambda: "step-1" in tasks_of(client, run), what="the second task to be made")
        assert (ran, tasks_of(client, run)["step-1"].state.name) == ([1], "Pending")
        resume_flow_run(run.id)

    thread = beside(pausing)
    assert main() == 2
    thread.join()
    assert ran == [1, 2]


PAUSED = """
import time
from flowtui import flow, task
@task
def step(n):
    print("step", n, flush=True)
@flow
def main():
    step(1)
    while True:
        time.sleep(0.01)
main()
"""


def test_a_run_whose_pause_from_outside_was_never_ended_fails_and_its_process_stops(
    client: LocalClient, tmp_path: Path
) -> None:
    with started(tmp_path, PAUSED) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "step 1\n"
        run = only_run(client)
        pause_flow_run(flow_run_id=run.id, timeout=2)
        wait_until(client.expire_pauses, what="the pause to be over")
        assert process.wait(20) != 0
    assert client.read_flow_run(run.id).state.message == NEVER


# -- suspended --------------------------------------------------------------------------------------------------------


def test_a_suspended_script_says_how_to_go_on_and_goes_on(client: LocalClient) -> None:
    ran: list[int] = []

    @task
    def step(n: int) -> int:
        ran.append(n)
        return n

    @flow
    def main() -> Any:
        step(1)
        answer = suspend_flow_run(wait_for_input=Approval)
        return answer.level + step(10)

    with pytest.raises(
        PausedRun, match=r"Go on with it: flowtui flow-run resume .* --entrypoint .*test_pausing\.py:mai"
    ):
        main()
    run = only_run(client)
    assert (run.state.name, run.owner) == ("Suspended", None)
    with pytest.raises(UsageError, match="no deployment, so no worker can start it"):
        resume_flow_run(run.id, {"approved": True})
    with pytest.raises(ParameterError):
        client.resume_flow_run(run.id, {"approved": 7}, here=True)
    assert client.resume_flow_run(run.id, {"approved": True, "level": 5}, here=True).status == "ACCEPT"
    assert run_again_here(client.read_flow_run(run.id), main).result() == 15
    assert ran == [1, 10]
    assert client.read_flow_run(run.id).run_count == 2


def test_what_was_submitted_ends_before_the_process_does(client: LocalClient) -> None:
    @task
    def slow() -> int:
        time.sleep(0.1)
        return 1

    @flow
    def main() -> int:
        future = slow.submit()
        suspend_flow_run()
        return future.result()

    assert main(return_state=True).is_suspended()
    run = only_run(client)
    assert tasks_of(client, run)["slow-0"].state.is_completed()
    client.resume_flow_run(run.id, here=True)
    assert run_again_here(run, main).result() == 1


def test_an_async_flow_is_suspended_and_goes_on(client: LocalClient) -> None:
    @flow
    async def main() -> Any:
        return await suspend_flow_run(wait_for_input=str, key="ok")

    assert asyncio.run(main(return_state=True)).name == "Suspended"
    run = only_run(client)
    client.resume_flow_run(run.id, {"value": "yes"}, here=True)
    assert run_again_here(run, main).result() == "yes"


def test_user_code_that_catches_every_exception_is_suspended_all_the_same(client: LocalClient) -> None:
    @flow
    def main() -> None:
        try:
            suspend_flow_run()
        except Exception:
            raise AssertionError("it must not be caught") from None

    assert main(return_state=True).is_suspended()


def test_a_suspended_run_that_is_not_resumed_in_time_fails(client: LocalClient) -> None:
    @flow
    def main() -> None:
        suspend_flow_run(timeout=0.05)

    main(return_state=True)
    wait_until(client.expire_pauses, what="the pause to be over")
    assert only_run(client).state.message == NEVER


SUSPENDED = """
import sys, time
from flowtui import flow, task
@task
def step(n):
    print("step", n, flush=True)
    return n
@flow
def main():
    step(1)
    print("inside", flush=True)
    if "wait" in sys.argv:
        time.sleep(600)
    return step(2)
if __name__ == "__main__":
    main()
"""


def test_a_script_that_is_suspended_from_outside_ends_and_is_continued_from_the_command_line(
    client: LocalClient, tmp_path: Path
) -> None:
    with started(tmp_path, SUSPENDED, "wait") as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["step 1\n", "inside\n"]
        run = only_run(client)
        done = run_flowtui("flow-run", "suspend", run.id)
        assert done.returncode == 0, done.stderr
        assert process.wait(20) == 1
        assert process.stderr is not None
        assert "PausedRun: Suspended from the command line." in process.stderr.read()
    wait_until(lambda: client.read_flow_run(run.id).owner is None, what="the process to let go")
    done = run_flowtui("flow-run", "resume", run.id)
    assert (done.returncode, f"flowtui flow-run resume {run.id} --entrypoint file.py:flow" in done.stderr) == (1, True)
    done = run_flowtui("flow-run", "resume", run.id, "--entrypoint", "script.py:main", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "inside\nstep 2\n"), done.stderr
    run = client.read_flow_run(run.id)
    assert (run.state.name, run.result, run.run_count) == ("Completed", "2", 2)


ASYNC = """
import asyncio, os
from flowtui import flow, task
@task
async def step(n):
    print("step", n, flush=True)
    return n
@task
async def long():
    print("inside", flush=True)
    await asyncio.sleep(600)
@flow
async def main():
    await step(1)
    if "AGAIN" not in os.environ:
        await long()
    return await step(2)
if __name__ == "__main__":
    asyncio.run(main())
"""


def test_an_async_script_is_suspended_from_outside_in_the_midst_of_a_task(client: LocalClient, tmp_path: Path) -> None:
    with started(tmp_path, ASYNC) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["step 1\n", "inside\n"]
        run = only_run(client)
        suspend_flow_run(flow_run_id=run.id)
        assert process.wait(20) == 1
    assert (only_run(client).owner, only_run(client).state.name) == (None, "Suspended")
    env = clean_environment(AGAIN="1")
    done = run_flowtui("flow-run", "resume", run.id, "--entrypoint", "script.py:main", cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (0, "step 2\n"), done.stderr
    assert client.read_flow_run(run.id).result == "2"


def test_a_crashed_run_that_is_retried_is_asked_anew(client: LocalClient) -> None:
    @flow
    def main() -> Any:
        return suspend_flow_run(wait_for_input=int)

    main(return_state=True)
    run = only_run(client)
    client.resume_flow_run(run.id, {"value": 1}, here=True)
    client.set_flow_run_state(run.id, AwaitingRetry(), force=True)
    assert run_again_here(client.read_flow_run(run.id), main).is_suspended()


def test_an_async_program_pauses_another_run(client: LocalClient) -> None:
    go_on = threading.Event()

    @flow
    def main() -> str:
        go_on.wait(20)
        return "done"

    async def pausing() -> None:
        await until(lambda: bool(client.list_flow_runs().items), what="the run")
        run = only_run(client)
        await pause_flow_run(flow_run_id=run.id)
        assert client.read_flow_run(run.id).state.name == "Paused"
        await resume_flow_run(run.id)
        go_on.set()

    thread = beside(lambda: asyncio.run(pausing()))
    assert main() == "done"
    thread.join()
