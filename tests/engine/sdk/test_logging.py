"""Log lines: one shape on stderr, and kept in the store with their level, run, task run and source."""

import asyncio
import json
import logging
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from flowtui import flow, get_run_logger, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import MissingContext
from flowtui.engine.logs import disable_run_logger
from flowtui.engine.model import LogLine
from flowtui.engine.settings import Settings
from tests.engine.sdk.asking import only_run, tasks_of
from tests.support import clean_environment, run_python

SHAPE = re.compile(
    r"^\d\d:\d\d:\d\d\.\d{3} \| (DEBUG  |INFO   |WARNING|ERROR  |CRITICAL) \| (Flow|Task) run '[^']+' - "
)


def kept(client: LocalClient) -> dict[str, LogLine]:
    """The lines of the one run, by message."""
    client.flush()
    return {line.message: line for line in client.read_logs(only_run(client).id).lines}


def test_lines_of_a_run_are_printed_in_the_promised_shape(
    client: LocalClient, capsys: pytest.CaptureFixture[str]
) -> None:
    @task
    def work() -> None:
        get_run_logger().warning("careful: %d %s", 3, "rows")

    @flow(flow_run_name="grinning-crab")
    def outer() -> None:
        get_run_logger().info("hello")
        work()

    outer()
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert all(SHAPE.match(line) for line in lines), err
    assert [line[15:] for line in lines] == [
        "INFO    | Flow run 'grinning-crab' - Beginning flow run 'grinning-crab' for flow 'outer'",
        "INFO    | Flow run 'grinning-crab' - hello",
        "INFO    | Flow run 'grinning-crab' - Created task run 'work-0' for task 'work'",
        "WARNING | Task run 'work-0' - careful: 3 rows",
        "INFO    | Task run 'work-0' - Finished in state Completed()",
        "INFO    | Flow run 'grinning-crab' - Finished in state Completed()",
    ]


def test_lines_are_kept_with_their_level_run_and_source(client: LocalClient) -> None:
    @task
    def work() -> None:
        get_run_logger().error("in the task")

    @flow
    def outer() -> None:
        get_run_logger().warning("in the flow")
        work.submit().wait()

    outer()
    lines, run = kept(client), only_run(client)
    in_flow, in_task = lines["in the flow"], lines["in the task"]
    assert (in_flow.level, in_flow.flow_run_id, in_flow.task_run_id) == (30, run.id, None)
    assert (in_task.level, in_task.flow_run_id) == (40, run.id)
    assert in_task.task_run_id == tasks_of(client)["work-0"].id
    for line in (in_flow, in_task):
        assert re.fullmatch(re.escape(__file__) + r":\d+", str(line.source))
    assert (in_flow.function, in_task.function) == ("outer", "work")
    assert (run.stats.warnings, run.stats.errors, run.stats.lines) == (1, 1, 6)


def test_lines_of_a_task_say_which_attempt_wrote_them(client: LocalClient) -> None:
    """However they were written, and also after a retry of the run, which goes on counting."""
    calls: list[int] = []

    @task(retries=1, log_prints=True)
    def work() -> None:
        calls.append(1)
        get_run_logger().info("logged %d", len(calls))
        get_run_logger(extra="more").info("with more %d", len(calls))
        print("printed", len(calls))
        if len(calls) < 4:
            raise ValueError("no rows")

    @flow(retries=1)
    def outer() -> None:
        get_run_logger().info("in the flow")
        work()

    outer()
    lines = kept(client)
    for words in ("logged", "with more", "printed"):
        assert [lines[f"{words} {number}"].task_attempt for number in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert lines["in the flow"].task_attempt is None
    said = [line for line in lines.values() if line.message.startswith("Finished in state Failed")]
    assert [line.task_attempt for line in said if line.task_run_id is not None] == [2]


def test_lines_of_a_task_by_itself_are_kept_under_its_own_id(client: LocalClient) -> None:
    @task
    def alone() -> None:
        get_run_logger().info("by myself")

    alone()
    (made,) = tasks_of(client).values()
    assert "by myself" in [line.message for line in client.read_logs(made.id).lines]


def test_a_failure_is_one_line_with_its_traceback(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        raise ValueError("no rows")

    with pytest.raises(ValueError, match="no rows"):
        outer()
    (line,) = (line for message, line in kept(client).items() if "Traceback" in message)
    assert line.level == 40
    assert line.message.startswith("Encountered exception during execution:\nTraceback (most recent call last):\n")
    assert line.message.endswith("ValueError: no rows")
    assert "test_logging.py" in line.message
    assert "flowtui/engine" not in line.message, "the traceback is the user's own"


def test_an_exception_that_the_user_logs_keeps_its_traceback(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        try:
            raise ValueError("no rows")
        except ValueError:
            get_run_logger().exception("went on")

    outer()
    assert any(message.startswith("went on\nTraceback") for message in kept(client))


def test_outside_any_run_there_is_no_logger() -> None:
    with pytest.raises(MissingContext, match=r"outside any run.*logging\.getLogger"):
        get_run_logger()


@pytest.mark.parametrize(("level", "expected"), [("DEBUG", 3), ("INFO", 2), ("WARNING", 1)])
def test_lines_below_the_level_are_neither_printed_nor_kept(
    home: Path, tmp_path: Path, level: str, expected: int
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from flowtui import flow, get_run_logger\n"
        "@flow\ndef main():\n    log = get_run_logger()\n"
        "    log.debug('x-1'); log.info('x-2'); log.warning('x-3')\nmain()\n"
        "from flowtui.engine.client.current import current_client as c\n"
        "c().flush(); print(c().list_flow_runs().items[0].id)\n"
        "print(sum('x-' in l.message for l in c().read_logs(c().list_flow_runs().items[0].id).lines))\n"
    )
    done = run_python(str(script), env=clean_environment(home, FLOWTUI_LOGGING_LEVEL=level))
    assert done.stderr.count("x-") == expected, done.stderr
    assert done.stdout.splitlines()[-1] == str(expected)


# -- print ----------------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print("said", text)


def test_prints_become_lines_where_that_was_asked_for(client: LocalClient, capsys: pytest.CaptureFixture[str]) -> None:
    shout = task(name="shout")(lambda: say("in a task"))
    quiet = task(name="quiet", log_prints=False)(lambda: say("quietly"))

    @flow(log_prints=True)
    def outer() -> None:
        say("in a flow")
        print("a", 1, None, sep="-", end="!")
        print("to stderr", file=sys.stderr)
        shout()
        shout.submit().wait()
        quiet()

    outer()
    out, err = capsys.readouterr()
    assert out == "said quietly\n"
    assert "to stderr\n" in err
    lines = kept(client)
    assert (lines["said in a flow"].level, lines["said in a flow"].task_run_id) == (20, None)
    assert lines["said in a task"].task_run_id is not None
    assert "a-1-None" in lines
    assert "to stderr" not in lines
    assert str(lines["said in a flow"].source).startswith(f"{__file__}:")


def test_a_flow_that_did_not_ask_prints_as_ever(client: LocalClient, capsys: pytest.CaptureFixture[str]) -> None:
    loud = task(name="loud", log_prints=True)(lambda: say("loudly"))

    @flow
    def outer() -> None:
        say("plainly")
        loud()
        say("again")

    outer()
    assert capsys.readouterr().out == "said plainly\nsaid again\n"
    assert "said loudly" in kept(client)


def test_a_subflow_prints_as_its_parent_does(client: LocalClient, capsys: pytest.CaptureFixture[str]) -> None:
    inner = flow(name="inner")(lambda: say("within"))
    flow(name="outer", log_prints=True)(inner)()
    assert capsys.readouterr().out == ""


def test_prints_of_async_flows_side_by_side_do_not_mix(client: LocalClient) -> None:
    @flow(log_prints=True)
    async def outer(name: str) -> str:
        for number in range(5):
            print(name, number)
            await asyncio.sleep(0)
        return name

    async def main() -> None:
        await asyncio.gather(outer("a"), outer("b"))

    asyncio.run(main())
    for run in client.list_flow_runs().items:
        said = [line.message for line in client.read_logs(run.id).lines if line.message[1:2] == " "]
        assert said == [f"{run.parameters['name']} {number}" for number in range(5)]


def test_prints_outside_runs_stay_prints(client: LocalClient, capsys: pytest.CaptureFixture[str]) -> None:
    flow(name="outer", log_prints=True)(lambda: None)()
    print("outside")
    thread = threading.Thread(target=print, args=("in a thread",))
    thread.start()
    thread.join()
    assert capsys.readouterr().out == "outside\nin a thread\n"


# -- other people's logging -----------------------------------------------------------------------------------------


def test_a_users_own_root_handler_does_not_print_lines_twice(client: LocalClient) -> None:
    seen: list[logging.LogRecord] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    handler = Handler()
    logging.getLogger().addHandler(handler)
    try:
        flow(name="outer")(lambda: get_run_logger().info("once"))()
    finally:
        logging.getLogger().removeHandler(handler)
    assert seen == []


def test_a_message_that_cannot_be_formatted_does_not_end_the_run(
    client: LocalClient, capsys: pytest.CaptureFixture[str]
) -> None:
    @flow
    def outer() -> str:
        get_run_logger().info("%d rows", "many")
        return "done"

    assert outer() == "done"
    assert "Logging error" in capsys.readouterr().err


def test_extra_fields_may_be_given(client: LocalClient) -> None:
    fields: dict[str, Any] = {"table": "users"}
    flow(name="outer")(lambda: get_run_logger().info("with more", extra=fields))()
    assert "with more" in kept(client)


# -- what a record knows --------------------------------------------------------------------------------------------


def test_structured_fields_of_a_call_are_kept_beside_its_line(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        get_run_logger().info("loaded", extra={"rows": 3, "table": {"name": "users"}})
        get_run_logger(customer="acme").info("billed")

    outer()
    lines = kept(client)
    assert lines["loaded"].extra == {"rows": 3, "table": {"name": "users"}}
    assert lines["billed"].extra == {"customer": "acme"}
    assert (lines["loaded"].function, lines["billed"].function) == ("outer", "outer")


def test_a_field_that_no_json_can_hold_is_kept_as_text(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        get_run_logger().info("odd", extra={"where": Path("/tmp"), "many": {1, 2}, "half": "\ud800"})

    outer()
    extra = kept(client)["odd"].extra
    assert extra is not None
    assert (extra["where"], extra["half"]) == ("/tmp", "\\ud800")


def test_arguments_that_do_not_fit_their_message_do_not_end_the_run(
    client: LocalClient, capsys: pytest.CaptureFixture[str]
) -> None:
    @flow
    def outer() -> str:
        get_run_logger().info("%d rows", "three")
        get_run_logger().info("%(n)d rows", {"n": 4})
        return "done"

    assert outer() == "done"
    assert "4 rows" in kept(client)
    assert "Logging error" in capsys.readouterr().err


def test_whoever_listens_to_the_logger_hears_every_line(client: LocalClient) -> None:
    heard: list[logging.LogRecord] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    @flow
    def outer() -> None:
        logging.getLogger("flowtui.flow_runs").addHandler(Ear())
        get_run_logger().info("for %s", "everybody")

    outer()
    assert [record.getMessage() for record in heard] == ["for everybody", "Finished in state Completed()"]
    assert (heard[0].funcName, heard[0].filename) == ("outer", "test_logging.py")
    assert "for everybody" in kept(client)


def test_a_filter_of_the_users_own_is_obeyed(client: LocalClient) -> None:
    @flow
    def outer() -> None:
        logger = logging.getLogger("flowtui.flow_runs")
        logger.addFilter(hide := lambda record: "secret" not in record.getMessage())
        try:
            get_run_logger().info("a secret")
            get_run_logger().info("no riddle")
        finally:
            logger.removeFilter(hide)

    outer()
    assert "no riddle" in kept(client)
    assert "a secret" not in kept(client)


def test_lines_of_other_libraries_inside_runs_are_kept_when_asked_for(home: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import logging\nfrom flowtui import flow, task\n"
        "@task\ndef work():\n    logging.getLogger('library.part').warning('from the library')\n"
        "@flow\ndef main():\n    work()\n    logging.getLogger('other').warning('from another')\n"
        "logging.getLogger('library').warning('outside')\nmain()\n"
        "from flowtui.engine.client.current import current_client as c\n"
        "c().flush()\nfor line in c().read_logs(c().list_flow_runs().items[0].id).lines:\n"
        "    print(line.logger, line.task_run_id is not None, line.message)\n"
    )
    done = run_python(str(script), env=clean_environment(home, FLOWTUI_LOGGING_EXTRA_LOGGERS="library, botocore"))
    assert "library.part True from the library" in done.stdout
    assert "from another" not in done.stdout
    assert "outside" not in done.stdout


def test_the_console_can_speak_json(home: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from flowtui import flow, get_run_logger\n"
        "@flow(flow_run_name='grinning-crab')\ndef main():\n"
        "    get_run_logger().warning('three\\nrows', extra={'rows': 3})\n"
        "main()\n"
    )
    done = run_python(str(script), env=clean_environment(home, FLOWTUI_LOGGING_FORMAT="json"))
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    (said,) = [line for line in lines if line["message"] == "three\nrows"]
    assert (said["level"], said["level_name"], said["run"]) == (30, "WARNING", "Flow run 'grinning-crab'")
    assert (said["extra"], said["function"]) == ({"rows": 3}, "main")
    assert lines[-1]["message"] == "Finished in state Completed()"


def test_no_line_is_lost_when_the_process_ends_at_once(home: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from flowtui import flow, get_run_logger\n"
        "@flow\ndef main():\n    log = get_run_logger()\n"
        "    for n in range(20_000):\n        log.info('line %d', n)\nmain()\n"
    )
    run_python(str(script), env=clean_environment(home))
    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home)}))
    try:
        page = client.read_logs(client.list_flow_runs().items[0].id, start=1, limit=20_000)
        assert [line.message for line in page.lines] == [f"line {n}" for n in range(20_000)]
    finally:
        client.close()


def test_run_loggers_can_be_silenced_for_a_while(client: LocalClient, capsys: pytest.CaptureFixture[str]) -> None:
    @task
    def work() -> str:
        get_run_logger().warning("not heard")
        return "done"

    with disable_run_logger():
        assert work.fn() == "done"
    assert capsys.readouterr().err == ""
    with pytest.raises(MissingContext):
        work.fn()
