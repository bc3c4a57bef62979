"""Running flows here, and looking at runs from the command line."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flowtui import flow, get_run_logger, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import DeploymentSpec, FlowRun, TaskRunFilter
from tests.e2e.conftest import Done
from tests.support import run_flowtui, wait_until

Flowtui = Callable[..., Done]
LINE = re.compile(r"\d\d:\d\d:\d\d\.\d{3} \| INFO    \| (Flow|Task) run '[\w-]+' - ")

FLOWS = """
import asyncio
from datetime import date
from pathlib import Path
from flowtui import flow, task

@task
def note(name):
    with Path(name).open("a") as out:
        out.write("x")
    return 7

@flow(log_prints=True)
def add(a: int, b: int = 2, label: str = "sum", day: date | None = None):
    import beside
    print(label, a + b, day)
    return a + b

@flow
async def slowly(n: int = 1):
    await asyncio.sleep(0)
    return n

@flow
def breaks():
    raise ValueError("the tank is empty")

@flow
def breaks_once():
    note("noted")
    if not Path("mended").exists():
        raise ValueError("not yet")
    return "mended"
"""


@pytest.fixture
def flows(project: Path) -> Path:
    (project / "flows.py").write_text(FLOWS)
    (project / "beside.py").write_text("")
    return project


# -- flowtui run ------------------------------------------------------------------------------------------------------


def test_a_flow_runs_here_like_a_script(flows: Path) -> None:
    """Its log on stderr in the promised shape, what it imports while it runs found beside it, and exit code 0."""
    done = run_flowtui("run", "flows.py:add", "-p", "a=1", "-p", "label=5", "-p", "day=2026-11-20", cwd=flows)
    assert done.returncode == 0, done.stderr
    assert all(LINE.match(line) for line in done.stderr.splitlines())
    assert "5 3 2026-11-20" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("- Finished in state Completed()")
    assert done.stdout == ""


def test_the_run_is_data_when_asked_for(flows: Path) -> None:
    done = run_flowtui("run", "flows.py:add", "--params", '{"a": 1, "b": 5}', "-p", "b=9", "-o", "json", cwd=flows)
    run = Done(done.returncode, done.stdout, done.stderr).json
    assert (run["flow_name"], run["state_type"], run["result"]) == ("add", "COMPLETED", "10")
    assert run["parameters"]["b"] == 9


def test_an_async_flow_runs_too(flows: Path, flowtui: Flowtui) -> None:
    assert flowtui("run", "flows.py:slowly", "-p", "n=3", "-o", "json").json["result"] == "3"


def test_a_flow_that_fails_ends_with_1_and_its_traceback_in_the_log(flows: Path) -> None:
    done = run_flowtui("run", "flows.py:breaks", cwd=flows)
    assert done.returncode == 1
    assert re.search(r'flows\.py", line \d+, in breaks\n', done.stderr)
    assert "ValueError: the tank is empty" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("flows.py:add",), "Parameter a is missing."),
        (("flows.py:add", "-p", "a=one"), "Parameter a must be a whole number, not 'one'."),
        (("flows.py:add", "-p", "a=1", "-p", "lable=x"), "did you mean label?"),
        (("flows.py:add", "-p", "a"), "write name=value"),
        (("flows.py:add", "--params", "[1]"), "must be a JSON object"),
        (("flows.py:add", "--params", "{"), "is no JSON"),
        (("flows.py",), "holds several flows"),
        (("flows.py:ad",), "There is no 'ad' in flows.py"),
        (("flow.py:add",), "Did you mean flows.py?"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_recorded(
    flows: Path, flowtui: Flowtui, client: LocalClient, arguments: tuple[str, ...], words: str
) -> None:
    done = flowtui("run", *arguments)
    assert done.code == 2
    assert words in done.err
    assert client.list_flow_runs().items == ()


WIRE = (
    "id", "name", "created", "updated", "flow_id", "deployment_id", "state_id", "state_type", "state_name", "state",
    "parameters", "tags", "run_count", "parent_task_run_id", "expected_start_time", "start_time", "end_time",
    "total_run_time", "auto_scheduled", "idempotency_key",
)  # fmt: skip

# -- flowtui flow-run -------------------------------------------------------------------------------------------------


@flow(name="etl", log_prints=True)
def etl(rows: int = 3) -> int:
    for number in range(rows):
        print(f"line {number}")
    return rows


@flow(name="broken")
def broken() -> None:
    raise ValueError("no")


def scheduled(client: LocalClient, minutes: float, **fields: str) -> FlowRun:
    spec = DeploymentSpec(name="later", flow_name="etl", entrypoint="x.py:etl", path="/")
    due = utc_now() + timedelta(minutes=minutes)
    return client.run_deployment(client.save_deployment(spec).id, scheduled_time=due, **fields)


def test_runs_are_listed_with_the_wires_field_names(client: LocalClient, flowtui: Flowtui) -> None:
    etl()
    client.flush()
    (run,) = flowtui("flow-run", "ls", "-o", "json").json
    for name in WIRE:
        assert name in run, name
    assert (run["state_type"], run["state_name"], run["state"]["type"]) == ("COMPLETED", "Completed", "COMPLETED")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", run["start_time"])
    assert run["parameters"] == {"rows": 3}


def test_the_newest_come_first_and_the_planned_last_soonest_first(client: LocalClient, flowtui: Flowtui) -> None:
    """A schedule that has planned sixty runs ahead must not push what happened off the list."""
    etl()
    later, soon = scheduled(client, 60), scheduled(client, 5)
    broken(return_state=True)
    client.flush()
    listed = [(run["flow_name"], run["state_name"]) for run in flowtui("flow-run", "ls", "-o", "json").json]
    assert listed == [("broken", "Failed"), ("etl", "Completed"), ("etl", "Scheduled"), ("etl", "Scheduled")]
    ids = [run["id"] for run in flowtui("flow-run", "ls", "-o", "json").json]
    assert ids[2:] == [soon.id, later.id]
    assert len(flowtui("flow-run", "ls", "--limit", "3", "-o", "json").json) == 3


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--state-type", "FAILED"), ["broken"]),
        (("--state", "Completed"), ["etl"]),
        (("--flow-name", "e*"), ["etl", "etl"]),
        (("state:scheduled",), ["etl"]),
        (("state:failed,completed",), ["broken", "etl"]),
        (("flow:broken", "state:completed"), []),
    ],
)
def test_lists_are_filtered(
    client: LocalClient, flowtui: Flowtui, arguments: tuple[str, ...], names: list[str]
) -> None:
    etl()
    broken(return_state=True)
    scheduled(client, 60)
    client.flush()
    assert [run["flow_name"] for run in flowtui("flow-run", "ls", *arguments, "-o", "json").json] == names


def test_a_list_is_longer_than_a_page_when_asked_for(client: LocalClient, flowtui: Flowtui) -> None:
    for _ in range(230):
        scheduled(client, -1)
    found = flowtui("flow-run", "ls", "--limit", "220", "-o", "json").json
    assert len({run["id"] for run in found}) == 220


def test_the_table_is_for_people(client: LocalClient, flowtui: Flowtui) -> None:
    state = etl(return_state=True)
    client.flush()
    run = client.list_flow_runs().items[0]
    out = flowtui("flow-run", "ls").out
    assert state.is_completed()
    assert out.splitlines()[0].split() == ["STATE", "FLOW", "RUN", "STARTED", "DURATION", "TASKS", "ID"]
    assert out.splitlines()[1].startswith("✔ Completed  etl   ")
    assert run.id in out
    assert "\x1b" not in out


def test_nothing_to_list_is_said_on_stderr(flowtui: Flowtui) -> None:
    done = flowtui("flow-run", "ls")
    assert (done.code, done.out, done.err) == (0, "", "No flow runs.\n")


def test_a_run_is_found_by_id_prefix_and_name(client: LocalClient, flowtui: Flowtui) -> None:
    etl()
    run = client.list_flow_runs().items[0]
    for text in (run.id, run.id[:20], run.name):
        assert flowtui("flow-run", "inspect", text, "-o", "json").json["id"] == run.id
    facts = flowtui("flow-run", "inspect", run.name).out
    assert "✔ Completed" in facts
    assert "rows=3" in facts


def test_a_name_that_two_runs_share_asks_for_the_id(client: LocalClient, flowtui: Flowtui) -> None:
    first, second = scheduled(client, 1, name="twin"), scheduled(client, 2, name="twin")
    done = flowtui("flow-run", "inspect", "twin")
    assert done.code == 2
    assert first.id in done.err
    assert second.id in done.err


def test_a_mistyped_name_gets_the_nearest(client: LocalClient, flowtui: Flowtui) -> None:
    scheduled(client, 1, name="plucky-heron")
    assert "Did you mean 'plucky-heron'?" in flowtui("flow-run", "cancel", "plucky-herron").err


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ((), list(range(30))),
        (("--head",), list(range(19))),
        (("--head", "-n", "3"), [0, 1]),
        (("--tail", "-n", "4"), [27, 28, 29]),
        (("-n", "2"), [29]),
        (("--reverse", "-n", "3"), [29, 28]),
        (("-n", "500"), list(range(30))),
    ],
)
def test_logs_are_printed_in_part(
    client: LocalClient, flowtui: Flowtui, arguments: tuple[str, ...], lines: list[int]
) -> None:
    """The run writes thirty lines between its own first and last."""
    etl(30)
    client.flush()
    run = client.list_flow_runs().items[0]
    done = flowtui("flow-run", "logs", run.name, *arguments)
    assert [int(number) for number in re.findall(r" - line (\d+)$", done.out, re.MULTILINE)] == lines
    assert all(LINE.match(line) for line in done.out.splitlines())


def test_log_lines_are_data_when_asked_for(client: LocalClient, flowtui: Flowtui) -> None:
    etl(1)
    client.flush()
    lines = flowtui("flow-run", "logs", client.list_flow_runs().items[0].name, "-o", "json").json
    assert [line["level"] for line in lines] == [20, 20, 20]
    assert lines[1]["message"] == "line 0"


def test_the_lines_of_one_attempt_are_printed(client: LocalClient, flowtui: Flowtui) -> None:
    tries: list[int] = []

    @task(retries=2)
    def flaky() -> None:
        tries.append(1)
        get_run_logger().info("line %d", len(tries))
        if len(tries) < 5:
            raise ValueError("not yet")

    @flow(retries=1)
    def outer() -> None:
        flaky()

    outer()
    client.flush()
    (made,) = client.list_task_runs(TaskRunFilter(), limit=1).items

    def printed(*arguments: str) -> list[str]:
        return re.findall(r" - line (\d+)$", flowtui(*arguments).out, re.MULTILINE)

    run = client.list_flow_runs().items[0].name
    assert printed("flow-run", "logs", run, "--task-attempt", "4") == ["4"]
    assert printed("flow-run", "logs", run, "--attempt", "1") == ["1", "2", "3"]
    assert printed("flow-run", "logs", run, "--attempt", "2", "--task-attempt", "5") == ["5"]
    assert printed("task-run", "logs", made.id, "--attempt", "2") == ["2"]
    assert "there is 1 to 2" in flowtui("flow-run", "logs", run, "--attempt", "3").err
    assert "attempts count from 1" in flowtui("flow-run", "logs", run, "--task-attempt", "0").err


@task
def shout(message: str) -> None:
    get_run_logger().error("%s", message)


def test_a_task_is_named_in_its_lines(client: LocalClient, flowtui: Flowtui) -> None:
    @flow
    def loud() -> None:
        shout("ouch")

    loud()
    assert (
        "| ERROR   | Task run 'shout-0' - ouch"
        in flowtui("flow-run", "logs", client.list_flow_runs().items[0].name).out
    )


@pytest.mark.parametrize("output", ["table", "json"])
def test_following_ends_with_the_run_and_misses_nothing(client: LocalClient, flowtui: Flowtui, output: str) -> None:
    goes_on = threading.Event()

    @flow(name="long", log_prints=True)
    def long() -> None:
        print("before")
        assert goes_on.wait(20)
        for number in range(2_500):
            print(f"after {number}")

    thread = threading.Thread(target=long)
    thread.start()
    try:
        wait_until(lambda: client.list_flow_runs().items, what="the run to be there")
        run = client.list_flow_runs().items[0]
        threading.Timer(0.2, goes_on.set).start()
        done = flowtui("flow-run", "logs", run.id, "--follow", "-o", output)
    finally:
        goes_on.set()
        thread.join()
    assert done.code == 0
    assert re.findall(r"after (\d+)", done.out) == [str(number) for number in range(2_500)]
    assert done.out.index("before") < done.out.index("after 0")
    assert "Finished in state Completed()" in done.out.splitlines()[-1]


def test_a_run_that_has_not_begun_is_cancelled_at_once(client: LocalClient, flowtui: Flowtui) -> None:
    run = scheduled(client, 60)
    done = flowtui("flow-run", "cancel", run.name, "-o", "json")
    assert (done.code, done.json["state_type"]) == (0, "CANCELLED")
    assert client.read_flow_run(run.id).state.is_cancelled()


def test_a_run_that_has_ended_is_not_cancelled(client: LocalClient, flowtui: Flowtui) -> None:
    etl()
    done = flowtui("flow-run", "cancel", client.list_flow_runs().items[0].name)
    assert done.code == 2
    assert "has ended already: it is Completed" in done.err


def test_a_failed_run_is_tried_again_here_without_repeating_what_completed(
    flows: Path, flowtui: Flowtui, client: LocalClient
) -> None:
    assert flowtui("run", "flows.py:breaks_once").code == 1
    run = client.list_flow_runs().items[0]
    without = flowtui("flow-run", "retry", run.name)
    assert without.code == 1
    assert "--entrypoint" in without.err
    plan = flowtui("flow-run", "retry", run.name, "--plan", "-o", "json")
    assert plan.code == 0
    assert [task["fate"] for task in plan.json][:1] == ["reuses it"]
    assert "the same inputs" in flowtui("flow-run", "retry", run.name, "--plan").out
    (flows / "mended").write_text("")
    again = flowtui("flow-run", "retry", run.name, "--entrypoint", "flows.py:breaks_once", "-o", "json")
    assert (again.code, again.json["id"], again.json["state_type"]) == (0, run.id, "COMPLETED")
    assert (flows / "noted").read_text() == "x"
    assert flowtui("flow-run", "retry", run.name, "--entrypoint", "flows.py:add").code == 2


def test_a_completed_run_and_a_running_one_are_not_retried(client: LocalClient, flowtui: Flowtui) -> None:
    etl()
    completed = flowtui("flow-run", "retry", client.list_flow_runs().items[0].name)
    assert (completed.code, "start a new run" in completed.err) == (1, True)
    waiting = flowtui("flow-run", "retry", scheduled(client, 5).name)
    assert (waiting.code, "has not ended" in waiting.err) == (2, True)


def test_a_deleted_run_is_gone(client: LocalClient, flowtui: Flowtui) -> None:
    etl()
    run = client.list_flow_runs().items[0]
    assert flowtui("flow-run", "delete", run.id, "--yes").code == 0
    assert flowtui("flow-run", "inspect", run.id).code == 2


# -- flowtui task-run, flow -------------------------------------------------------------------------------------------


@task
def double(number: int) -> int:
    return 2 * number


@flow(name="doubles")
def doubles() -> list[int]:
    return [double(number) for number in range(4)]


def test_task_runs_are_listed_in_their_order_and_inspected(client: LocalClient, flowtui: Flowtui) -> None:
    doubles()
    client.flush()
    run = client.list_flow_runs().items[0]
    tasks = flowtui("task-run", "ls", run.name, "--limit", "3", "-o", "json").json
    assert [one["name"] for one in tasks] == ["double-0", "double-1", "double-2"]
    assert tasks[0]["state_type"] == "COMPLETED"
    assert tasks[0]["flow_run_id"] == run.id
    one = flowtui("task-run", "inspect", tasks[2]["id"], "-o", "json").json
    assert (one["dynamic_key"], one["result"], one["run_count"]) == ("2", "4", 1)
    assert "double-2" in flowtui("task-run", "inspect", tasks[2]["id"]).out
    assert len(flowtui("task-run", "ls", "--limit", "2", "-o", "json").json) == 2
    assert flowtui("task-run", "ls", run.name, "--state-type", "failed", "-o", "json").json == []
    assert flowtui("task-run", "ls", run.name).out.splitlines()[1].startswith("✔ Completed  double-0")


def test_flows_are_listed(client: LocalClient, flowtui: Flowtui) -> None:
    doubles()
    etl()
    assert sorted(one["name"] for one in flowtui("flow", "ls", "-o", "json").json) == ["doubles", "etl"]
    assert "doubles" in flowtui("flow", "ls").out


# -- hostile text -----------------------------------------------------------------------------------------------------

EVIL = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202egnp\x1b]52;c;aGk=\x07[/red]\r\n\x00"


@flow(name="evil")
def evil(text: str) -> None:
    get_run_logger().info("said %s", text)


@pytest.mark.parametrize("command", [("ls",), ("inspect",), ("logs",)])
def test_no_escape_from_data_reaches_the_terminal(
    client: LocalClient, on_terminal: Callable[..., tuple[int, bytes]], command: tuple[str, ...]
) -> None:
    evil(EVIL)
    run = client.list_flow_runs().items[0]
    renamed = scheduled(client, -1, name=f"run {EVIL}")
    client.flush()
    what = () if command == ("ls",) else (run.id,)
    code, seen = on_terminal("flow-run", *command, *what)
    if command == ("inspect",):
        more, also = on_terminal("flow-run", "inspect", renamed.id)
        code, seen = code or more, seen + also
    assert code == 0
    assert b"owned" in seen
    text = seen.decode()
    for escape in ("\x1b]", "\x9b", "\x07", "\u202e", "\x00", "\x1b[2J", "aGk=\x07"):
        assert escape not in text, escape


def test_errors_that_quote_data_are_safe_too(
    client: LocalClient, on_terminal: Callable[..., tuple[int, bytes]]
) -> None:
    code, seen = on_terminal("flow-run", "inspect", f"x{EVIL[:-1]}")
    assert code == 2
    assert b"owned" in seen
    assert b"\x1b" not in seen
    assert b"\x07" not in seen


def test_json_is_pure_ascii(client: LocalClient, flowtui: Flowtui) -> None:
    evil(EVIL)
    done = flowtui("flow-run", "ls", "-o", "json")
    assert done.out.isascii()
    assert "\x1b" not in done.out
    assert done.json[0]["parameters"] == {"text": EVIL}


def test_colour_is_used_on_a_terminal_unless_it_is_unwanted(
    client: LocalClient, on_terminal: Callable[..., tuple[int, bytes]]
) -> None:
    etl()
    client.flush()
    assert b"\x1b[32m\xe2\x9c\x94 Completed" in on_terminal("flow-run", "ls")[1]
    plain = on_terminal("flow-run", "ls", env={"NO_COLOR": "1"})[1]
    assert b"\x1b[32m" not in plain
    assert "✔ Completed".encode() in plain
