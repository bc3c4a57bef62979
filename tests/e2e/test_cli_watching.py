"""Runs and their logs from the command line: parts of a log, watching until the end, and running one here."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flowtui import flow, get_run_logger, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import DeploymentSpec, FlowRun
from flowtui.engine.states import Completed, Scheduled
from tests.e2e.conftest import Done
from tests.engine.store.made import a_line, new_run, owned_running
from tests.support import clean_environment, wait_until

Flowtui = Callable[..., Done]


@task
def load(number: int) -> None:
    get_run_logger().warning("loaded %d", number)


@flow(name="mixed")
def mixed() -> None:
    log = get_run_logger()
    log.debug("quiet word")
    for number in range(3):
        load(number)
    log.error("Disk full")


@pytest.fixture
def run(client: LocalClient) -> FlowRun:
    """A run with lines of several levels, of its own and of three tasks."""
    mixed()
    client.flush()
    return client.list_flow_runs().items[0]


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        (("--level", "warning"), ["loaded 0", "loaded 1", "loaded 2", "Disk full"]),
        (("--level", "40"), ["Disk full"]),
        (("--search", "DISK"), ["Disk full"]),
        (("--task", "load-1", "--level", "warning"), ["loaded 1"]),
        (("--task", "load-*", "--level", "warning", "-n", "2"), ["loaded 1", "loaded 2"]),
        (("--level", "warning", "--head", "-n", "2"), ["loaded 0", "loaded 1"]),
        (("--level", "warning", "--reverse", "-n", "2"), ["Disk full", "loaded 2"]),
        (("--level", "warning", "--head", "--reverse", "-n", "2"), ["loaded 1", "loaded 0"]),
        (("--level", "warning", "--since", "+1h"), []),
        (("--level", "error", "--since", "1h"), ["Disk full"]),
        (("--level", "warning", "--follow"), ["loaded 0", "loaded 1", "loaded 2", "Disk full"]),
        (("--level", "warning", "--follow", "-n", "1"), ["Disk full"]),
    ],
)
def test_a_part_of_a_log_is_printed(
    run: FlowRun, flowtui: Flowtui, options: tuple[str, ...], messages: list[str]
) -> None:
    done = flowtui("flow-run", "logs", run.id, *options)
    assert (done.code, done.err) == (0, "")
    assert [line.rpartition(" - ")[2] for line in done.out.splitlines()] == messages


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--level", "warnign"), "did you mean warning?"),
        (("--since", "soon"), "cannot read 'soon'"),
        (("--head", "--follow"), "do not fit"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    run: FlowRun, flowtui: Flowtui, options: tuple[str, ...], words: str
) -> None:
    done = flowtui("flow-run", "logs", run.id, *options)
    assert (done.code, words in done.err) == (2, True)


def test_a_long_log_is_read_from_its_end(client: LocalClient, flowtui: Flowtui) -> None:
    long = client.create_flow_run(new_run(state=Completed()))
    client.write_logs([a_line(long, f"line {number}") for number in range(2_500)])
    client.flush()
    backwards = flowtui("flow-run", "logs", long.id, "--reverse").out.splitlines()
    assert [line.rpartition(" ")[2] for line in backwards] == [str(number) for number in reversed(range(2_500))]
    assert flowtui("flow-run", "logs", long.id, "--search", "line 7", "-n", "1").out.endswith("line 799\n")


def test_a_task_run_has_a_log_of_its_own(client: LocalClient, run: FlowRun, flowtui: Flowtui) -> None:
    one = client.list_task_runs().items[0]
    lines = flowtui("task-run", "logs", one.id, "--level", "warning", "-o", "json").json
    assert [(line["message"], line["task_run_id"]) for line in lines] == [("loaded 2", one.id)]
    assert flowtui("task-run", "logs", "nothing").code == 2


# -- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_shows_the_columns_that_were_asked_for(run: FlowRun, flowtui: Flowtui) -> None:
    lines = flowtui("flow-run", "ls", "--columns", "run,errors,state").out.splitlines()
    assert [line.split() for line in lines] == [["RUN", "ERRORS", "STATE"], [run.name, "1", "✔", "Completed"]]
    assert "There is no column 'rum'; there are state," in flowtui("flow-run", "ls", "--columns", "rum").err


def test_a_list_goes_on_where_it_ended(client: LocalClient, flowtui: Flowtui) -> None:
    runs = [client.create_flow_run(new_run(state=Scheduled(utc_now()))) for _ in range(5)]
    seen, options = [], ()
    while True:
        page = flowtui("flow-run", "ls", "--limit", "2", "-o", "json", *options)
        seen += [one["id"] for one in page.json]
        if not page.err:
            break
        options = ("--after", page.err.split()[-1])
    assert seen == [run.id for run in reversed(runs)]


# -- watching ---------------------------------------------------------------------------------------------------------


def test_watching_ends_with_the_run_and_tells_how(client: LocalClient, flowtui: Flowtui) -> None:
    goes_on = threading.Event()

    @flow(name="long", log_prints=True)
    def long() -> None:
        print("before")
        assert goes_on.wait(20)
        print("after")
        raise ValueError("no")

    thread = threading.Thread(target=lambda: long(return_state=True))
    thread.start()
    try:
        wait_until(lambda: client.list_flow_runs().items, what="the run to be there")
        threading.Timer(0.2, goes_on.set).start()
        done = flowtui("flow-run", "watch", "flow:long state:running,pending")
    finally:
        goes_on.set()
        thread.join()
    assert done.code == 1
    assert done.out.index("before") < done.out.index("after") < done.out.index("Finished in state Failed")
    assert "| STATE   | Flow run " in done.out
    assert "ended in state Failed" in done.err


def test_several_runs_are_watched_at_once_as_data(client: LocalClient, flowtui: Flowtui) -> None:
    good, waiting = owned_running(client, name="good"), owned_running(client, name="waiting")
    threading.Timer(0.2, lambda: client.set_flow_run_state(good.id, Completed(), epoch=good.epoch)).start()
    threading.Timer(0.3, lambda: client.set_flow_run_state(waiting.id, Completed(), epoch=waiting.epoch)).start()
    done = flowtui("flow-run", "watch", "good", "waiting", "-o", "json")
    assert done.code == 0
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert {(line["flow_run_id"], line["name"]) for line in lines} == {
        (run.id, name) for run in (good, waiting) for name in ("Running", "Completed")
    }
    assert "Of 2 flow runs 2 completed." in done.err


def test_watching_stops_at_its_timeout_and_when_a_run_is_gone(client: LocalClient, flowtui: Flowtui) -> None:
    run = client.create_flow_run(new_run(name="later", state=Scheduled()))
    done = flowtui("flow-run", "watch", "later", "--timeout", "0.2")
    assert (done.code, "is still Scheduled; it goes on" in done.err) == (3, True)
    threading.Timer(0.2, lambda: client.delete_flow_run(run.id)).start()
    assert "was deleted" in flowtui("flow-run", "watch", "later", "--timeout", "20").err
    assert flowtui("flow-run", "watch", "later", "--timeout", "0").code == 2
    assert flowtui("flow-run", "watch", "state:running").err == "No flow run fits.\n"


@contextmanager
def started(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The command as a process of its own, ended in any case."""
    command = [sys.executable, "-m", "flowtui", *arguments]
    process = subprocess.Popen(
        command, env=clean_environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("verb", [("watch",), ("logs", "--follow")])
def test_ctrl_c_ends_watching_with_130_and_no_traceback(client: LocalClient, verb: tuple[str, ...]) -> None:
    run = owned_running(client)
    client.write_logs([a_line(run, "hello")])
    client.flush()
    with started("flow-run", verb[0], run.id, *verb[1:]) as process:
        assert process.stdout is not None
        assert "hello" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert (process.returncode, said) == (130, "")


def test_a_reader_that_has_gone_ends_following_quietly(client: LocalClient) -> None:
    run = owned_running(client)
    client.write_logs([a_line(run, "hello")])
    client.flush()
    with started("flow-run", "logs", run.id, "--follow") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "hello" in process.stdout.readline()
        process.stdout.close()
        client.write_logs([a_line(run, "more")])
        client.flush()
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
        process.stdout = None


# -- executing --------------------------------------------------------------------------------------------------------

CODE = """
from flowtui import flow

@flow
def adds(a: int = 1, b: int = 2):
    return a + b

@flow
def breaks():
    raise ValueError("the tank is empty")
"""


def deployed(client: LocalClient, folder: Path, name: str) -> FlowRun:
    (folder / "flows.py").write_text(CODE)
    spec = DeploymentSpec(name="here", flow_name=name, entrypoint=f"flows.py:{name}", path=str(folder))
    return client.run_deployment(client.save_deployment(spec).id, parameters={"a": 5} if name == "adds" else {})


def executed(*arguments: str, **env: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "flowtui", "flow-run", "execute", *arguments]
    done = subprocess.run(
        command, env=clean_environment(None, **env), capture_output=True, text=True, timeout=50, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_a_run_is_executed_here_like_in_a_container(client: LocalClient, tmp_path: Path) -> None:
    run = deployed(client, tmp_path, "adds")
    code, out, err = executed("-o", "json", FLOWTUI_FLOW_RUN_ID=run.id)
    assert code == 0, err
    assert (json.loads(out)["state_type"], json.loads(out)["result"]) == ("COMPLETED", "7")
    again, _, err = executed(run.id)
    assert (again, "has ended already" in err) == (2, True)


def test_how_an_executed_run_ended_is_the_exit_code(client: LocalClient, tmp_path: Path, flowtui: Flowtui) -> None:
    run = deployed(client, tmp_path, "breaks")
    code, _, err = executed(run.name)
    assert (code, client.read_flow_run(run.id).state.name) == (1, "Failed")
    assert "the tank is empty" in err
    assert flowtui("flow-run", "execute").code == 2
    alone = client.create_flow_run(new_run(state=Scheduled()))
    assert "has no deployment" in flowtui("flow-run", "execute", alone.id).err
    assert client.read_flow_run(alone.id).state.name == "Scheduled"


def test_a_run_that_a_worker_has_claimed_is_executed_under_its_claim(client: LocalClient, tmp_path: Path) -> None:
    run = deployed(client, tmp_path, "adds")
    claim = client.claim_flow_run(run.id, "worker-1", lease_seconds=60)
    refused, _, err = executed(run.id)
    assert (refused, "owned by worker-1" in err) == (2, True)
    ours = {"FLOWTUI_FLOW_RUN_ID": run.id, "FLOWTUI_FLOW_RUN_OWNER": "worker-1"}
    code, _, err = executed(FLOWTUI_FLOW_RUN_EPOCH=str(claim.epoch), **ours)
    assert code == 0, err
    assert client.read_flow_run(run.id).state.is_completed()
