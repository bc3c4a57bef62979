"""What is handed on: to commands, to SQL, to files, under names that are kept."""

import asyncio
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from flowtui.engine.errors import UsageError
from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.piping.clipboard import native_command
from flowtui.tui.piping.kept import Kept, NamedCommand, read_kept, write_kept
from flowtui.tui.piping.pipe_screen import PipeScreen
from flowtui.tui.piping.records import encoded, header, records_of_rows
from flowtui.tui.piping.running import PipedCommand
from flowtui.tui.piping.sql import SqlTable
from flowtui.tui.piping.sql_screen import SqlScreen
from flowtui.tui.widgets.log_view import LogView
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until

ROWS = [
    {"level": "ERROR", "message": 'it "broke",\nbadly', "extra": {"id": 7}},
    {"level": "INFO", "message": "☃ all well", "extra": None},
]
RECORDS = records_of_rows("2 lines", ROWS, lambda row: f"{row['level']} {row['message']}", table="lines")


def test_rows_keep_their_values_as_json_lines_and_as_csv() -> None:
    assert [json.loads(line) for line in encoded(RECORDS, ROWS, "jsonl").decode().splitlines()] == ROWS
    table = (header(RECORDS, "csv") + encoded(RECORDS, ROWS, "csv")).decode()
    read = list(csv.DictReader(table.splitlines(keepends=True)))
    assert [row["message"] for row in read] == [row["message"] for row in ROWS]
    assert read[0]["extra"] == '{"id": 7}' and read[1]["extra"] == ""
    assert encoded(RECORDS, ROWS, "text").decode() == 'ERROR it "broke",\nbadly\nINFO ☃ all well\n'


def run(command: str, env: dict[str, str] | None = None) -> tuple[int, bytes, bytes]:
    heard: dict[bool, bytes] = {False: b"", True: b""}

    def hear(data: bytes, is_error: bool) -> None:
        heard[is_error] += data

    code = asyncio.run(PipedCommand(command, env or {}, hear).run(RECORDS))
    return code, heard[False], heard[True]


def test_a_command_is_given_rows_and_ids_and_its_errors_are_kept_apart() -> None:
    code, out, errors = run("cat; echo $FLOWTUI_FLOW_RUN_ID; echo oops >&2; exit 3", {"FLOWTUI_FLOW_RUN_ID": "0199"})
    assert (code, errors) == (3, b"oops\n")
    assert out == encoded(RECORDS, ROWS, "jsonl") + b"0199\n"


def test_a_command_that_has_read_enough_ends_well() -> None:
    many = records_of_rows("many", ROWS * 100_000, lambda row: "x")
    heard: list[bytes] = []
    piped = PipedCommand("head -n 1", {}, lambda data, _: heard.append(data))
    assert asyncio.run(piped.run(many)) == 0
    assert json.loads(b"".join(heard)) == ROWS[0]


def test_a_command_is_ended_with_all_that_it_has_started(tmp_path: Path) -> None:
    async def script() -> int:
        mark = tmp_path / "started"
        piped = PipedCommand(f"trap '' TERM; (touch {mark}; sleep 600) & sleep 600; wait", {}, lambda *_: None)
        task = asyncio.create_task(piped.run(None))
        while not mark.exists():
            await asyncio.sleep(0.01)
        await piped.kill()
        return await task

    assert asyncio.run(script()) < 0


def table() -> SqlTable:
    made = SqlTable("lines", RECORDS.columns)
    made.add(ROWS)
    return made


def test_sql_answers_from_the_rows() -> None:
    answer = table().ask("select level, json_extract(extra, '$.id') as id from lines order by level")
    assert (answer.columns, answer.rows, answer.more) == (("level", "id"), (("ERROR", 7), ("INFO", None)), False)
    many = table().ask("with recursive n(i) as (select 1 union all select i + 1 from n limit 20000) select i from n")
    assert (len(many.rows), many.more) == (10_000, True)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("delete from lines", "The rows can only be read: a question begins with select."),
        ("drop table lines", "The rows can only be read: a question begins with select."),
        ("attach 'x.db' as x", "The rows can only be read: a question begins with select."),
        ("pragma writable_schema = on", "The rows can only be read: a question begins with select."),
        ("select load_extension('x')", "The rows can only be read: a question begins with select."),
        ("select levl from lines", "no such column: levl. lines has level, message, extra."),
        ("select * from runs", "no such table: runs. The rows are called lines."),
        ("select 1; select 2", "One question at a time"),
        ("selct", 'near "selct": syntax error.'),
        ("with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n", "was given up"),
        ("select length(zeroblob(2000000000))", "SQL says: string or blob too big."),
    ],
)
def test_sql_can_change_nothing_and_says_in_a_sentence_what_is_wrong(
    question: str, sentence: str, tmp_path: Path
) -> None:
    asked = table()
    with pytest.raises(UsageError) as refused:
        asked.ask(question, seconds=0.3)
    assert sentence in str(refused.value)
    assert asked.ask("select count(*) from lines").rows == ((2,),)


def test_commands_are_kept_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    file = tmp_path / "home" / "commands.yaml"
    assert read_kept(file) == Kept()
    kept = Kept().with_named(NamedCommand(name="why", kind="pipe", command="llm 'why?'", form="text"))
    kept = kept.with_run("pipe", "wc").with_run("pipe", "jq .").with_run("pipe", "wc")
    write_kept(file, kept)
    assert read_kept(file) == kept
    assert kept.last("pipe") == ("wc", "jq .")
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("named: [oops")
    with pytest.raises(UsageError, match="is no list of commands"):
        read_kept(file)


def test_the_machine_s_own_clipboard_is_used_where_it_is_the_person_s() -> None:
    assert native_command({"DISPLAY": ":0"}, lambda name: name if name == "xsel" else None) is not None
    assert native_command({"DISPLAY": ":0", "SSH_CONNECTION": "x"}, lambda name: name) is None
    assert native_command({}, lambda name: None) is None


# -- in the workstation -----------------------------------------------------------------------------------------------


def on_the_log(app: FlowtuiApp, run: FlowRun, script: Callable[[Pilot[Any]], Any]) -> None:
    async def whole(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        app.open_run(run.id, "logs")
        await shows(pilot, run.name, "8 lines")
        await until(pilot, lambda: isinstance(app.focused, LogView))
        await script(pilot)

    play(app, whole)


async def typed(pilot: Pilot[Any], text: str) -> None:
    line = pilot.app.screen.query_one(Input)
    line.value = text
    await pilot.press("enter")


def test_the_log_is_piped_and_the_command_kept_and_found_again(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("vertical_line")
        await until(pilot, lambda: isinstance(app.screen, PipeScreen))
        await typed(pilot, "grep -c Timeout; echo run $FLOWTUI_FLOW_RUN_NAME; echo bad >&2; exit 1")
        await shows(pilot, "run plucky-heron", "bad", "✖ exit code 1")
        await pilot.press("s")
        await shows(pilot, "Keep this command")
        await typed(pilot, "timeouts")
        await shows(pilot, "Kept as timeouts")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, PipeScreen))
        await pilot.press("ctrl+p", *"timeouts")
        await shows(pilot, "| grep -c")
        await pilot.press("enter")
        await shows(pilot, "✖ exit code 1", "run plucky-heron")
        await pilot.press("i", "up")
        await until(pilot, lambda: app.screen.query_one(Input).value.startswith("grep"))

    on_the_log(app, day["failed"], script)


def test_only_what_is_selected_is_piped_and_what_hangs_is_ended(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("v", "k")
        await shows(pilot, "2 selected")
        await pilot.press("vertical_line")
        await shows(pilot, "2 selected lines of plucky-heron as JSON lines")
        await pilot.press("tab", "tab")
        await shows(pilot, "as text")
        await typed(pilot, "wc -l; sleep 600")
        await shows(pilot, "▶ runs; 2 rows given")
        await pilot.press("x")
        await shows(pilot, "✖ ended by signal 15")

    on_the_log(app, day["failed"], script)


def test_the_log_is_asked_in_sql_and_the_answer_piped_on(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("semicolon")
        await shows(pilot, "table lines: timestamp, level", "rows. Ask with select")
        await typed(pilot, "select levl from lines")
        await shows(pilot, "no such column: levl")
        await typed(pilot, "select level, count(*) as n from lines group by 1 order by 2")
        await shows(pilot, "ERROR", "rows in")
        assert isinstance(app.screen, SqlScreen)
        await pilot.press("vertical_line")
        await until(pilot, lambda: isinstance(app.screen, PipeScreen))
        await typed(pilot, "wc -l")
        await shows(pilot, "✔ exit code 0")

    on_the_log(app, day["failed"], script)


def test_the_log_is_saved_whole_and_never_over_another_file_unasked(
    app: FlowtuiApp, day: dict[str, FlowRun], tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("mine")

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("S")
        await shows(pilot, "lines of plucky-heron", "as text")
        app.screen.query_one(Input).value = str(file)
        await shows(pilot, "as JSON lines")
        await pilot.press("enter")
        await shows(pilot, "is there already")
        assert file.read_text() == "mine"
        await pilot.press("enter")
        await shows(pilot, "Saved")
        records = [json.loads(line) for line in file.read_text().splitlines()]
        assert records[-1]["flow_run_id"] == day["failed"].id and {"level", "message", "file"} <= set(records[0])
        await pilot.press("S")
        await until(pilot, lambda: app.screen.query(Input))
        await typed(pilot, str(tmp_path / "nowhere" / "x"))
        await shows(pilot, "There is no folder")
        assert "Traceback" not in screen_text(app)

    on_the_log(app, day["failed"], script)


def test_lists_are_piped_whole_or_as_they_are_marked(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        await shows(pilot, "crimson-otter")
        app.open_runs("state:failed,crashed")
        await shows(pilot, "plucky-heron")
        await pilot.press("semicolon")
        await shows(pilot, "table runs: id, name")
        await typed(pilot, "select state_name, count(*) from runs group by 1")
        await shows(pilot, "Failed", "Crashed", "2 rows in")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SqlScreen))
        await pilot.press("space", "space", "vertical_line")
        await shows(pilot, "2 runs as JSON lines")
        await typed(pilot, "jq -r .state_name 2>/dev/null || cat; echo $FLOWTUI_FLOW_RUN_IDS | wc -w")
        await shows(pilot, "exit code 0")
        assert any(line.strip() == "2" for line in app.screen.query_one("#pipe-out").lines)  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, PipeScreen))
        await pilot.press("l")
        await shows(pilot, "Logs of")

    play(app, script)


def test_hostile_output_reaches_the_terminal_only_as_symbols(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("vertical_line")
        await until(pilot, lambda: isinstance(app.screen, PipeScreen))
        await typed(pilot, r"cat >/dev/null; printf '\033]0;owned\007\033[31mred\033[0m\302\233 \342\200\256 [b]\n'")
        text = await shows(pilot, "␛]0;owned␇red␛ ⇄ [b]", "exit code 0")
        assert not set("\x1b\x07\x9b\u202e") & set(text)

    on_the_log(app, day["failed"], script)
