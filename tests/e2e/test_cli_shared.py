"""The commands for what runs keep and share: variables, artifacts, limits, pauses."""

import threading

import pytest

from flowtui import (
    RunInput,
    create_markdown_artifact,
    create_table_artifact,
    flow,
    pause_flow_run,
)
from flowtui.engine.ids import new_id
from flowtui.engine.shared import SlotRequest
from tests.support import wait_until


def test_a_variable_from_setting_to_forgetting(client, flowtui):
    assert flowtui("variable", "set", "team", '{"size": 4}', "--tag", "ops").code == 0
    assert flowtui("variable", "get", "team").out == '{"size": 4}\n'
    assert flowtui("variable", "get", "team", "-o", "json").json == {"size": 4}
    taken = flowtui("variable", "set", "team", "plain text")
    assert (taken.code, "There is already a variable 'team'" in taken.err) == (2, True)
    kept = flowtui("variable", "set", "team", "plain text", "--overwrite", "-o", "json").json
    assert (kept["name"], kept["value"], kept["tags"]) == ("team", "plain text", ["ops"])
    assert flowtui("variables", "get", "team").out == "plain text\n"
    assert "plain text" in flowtui("variable", "ls").out
    assert flowtui("variable", "ls", "-o", "json").json == [kept]
    assert flowtui("variable", "inspect", "team", "-o", "json").json == kept
    assert "ops" in flowtui("variable", "inspect", "team").out
    assert flowtui("variable", "unset", "team").code == 0
    missing = flowtui("variable", "delete", "team")
    assert (missing.code, missing.err) == (
        2,
        "flowtui: There is no variable 'team'. List them with: flowtui variable ls\n",
    )
    assert flowtui("variable", "ls").err.startswith("No variables.")


def test_a_hostile_variable_does_not_reach_the_terminal(client, flowtui):
    client.set_variable("bad", "\x1b]0;owned\x07")
    for command in (("variable", "get", "bad"), ("variable", "ls"), ("variable", "inspect", "bad")):
        assert "\x1b" not in flowtui(*command).out


def test_artifacts_are_listed_shown_and_deleted(client, flowtui):
    create_markdown_artifact("# one", key="report")
    newest = create_markdown_artifact("# two", key="report", description="weekly")
    alone = create_table_artifact([{"a": 1}])
    rows = flowtui("artifact", "ls", "-o", "json").json
    assert [(row["id"], row["key"], row["data"]) for row in rows] == [(newest, "report", "# two")]
    assert [row["id"] for row in flowtui("artifact", "ls", "--all", "-o", "json").json][:2] == [alone, newest]
    assert [row["id"] for row in flowtui("artifact", "ls", "--all", "--type", "table", "-o", "json").json] == [alone]
    shown = flowtui("artifact", "inspect", "report").out
    assert all(word in shown for word in (newest, "# two", "weekly", "BEFORE"))
    assert len(flowtui("artifact", "inspect", "report", "-o", "json").json) == 2
    assert flowtui("artifact", "inspect", alone, "-o", "json").json[0]["data"] == [{"a": 1}]
    assert flowtui("artifact", "delete", "report").err == "Deleted all 2 versions of artifact report.\n"
    assert flowtui("artifact", "delete", alone).code == 0
    assert flowtui("artifact", "ls", "--all", "-o", "json").json == []
    assert flowtui("artifact", "inspect", "report").code == 2


def test_a_global_limit_and_its_holders(client, flowtui):
    made = flowtui("gcl", "create", "db", "--limit", "2", "--slot-decay-per-second", "0.5", "-o", "json").json
    assert (made["name"], made["limit"], made["slot_decay_per_second"], made["active"]) == ("db", 2, 0.5, True)
    assert flowtui("gcl", "create", "db", "--limit", "2").code == 2
    request = SlotRequest(
        lease_id=new_id(), kind="global", names=("db",), slots=1, owner="h:1", holder="flow run 'x'", lease_seconds=60
    )
    client.acquire_slots(request)
    assert "flow run 'x'" in flowtui("global-concurrency-limit", "inspect", "db").out
    shown = flowtui("gcl", "inspect", "db", "-o", "json").json
    assert (shown["active_slots"], shown["holders"][0]["holder"]) == (1, "flow run 'x'")
    assert flowtui("gcl", "disable", "db", "-o", "json").json["active"] is False
    assert flowtui("gcl", "enable", "db", "-o", "json").json["active"] is True
    assert flowtui("gcl", "update", "db", "--limit", "5", "-o", "json").json["limit"] == 5
    assert flowtui("gcl", "update", "db").code == 2
    assert flowtui("gcl", "update", "db", "--enable", "--disable").code == 2
    assert flowtui("gcl", "reset", "db").err == "Limit db is reset; 1 held slots of it.\n"
    assert "db" in flowtui("gcl", "ls").out
    assert flowtui("gcl", "delete", "db").code == 0
    assert flowtui("gcl", "ls", "-o", "json").json == []
    assert flowtui("gcl", "update", "db", "--limit", "5").code == 2


def test_a_tag_limit(client, flowtui):
    made = flowtui("concurrency-limit", "create", "etl", "3", "-o", "json").json
    assert (made["tag"], made["concurrency_limit"], made["active_slots"]) == ("etl", 3, [])
    task_run_id = new_id()
    request = SlotRequest(
        lease_id=new_id(),
        kind="tag",
        names=("etl",),
        slots=1,
        owner="h:1",
        holder="task run 'load-0'",
        lease_seconds=60,
        task_run_id=task_run_id,
    )
    client.acquire_slots(request)
    assert "load-0" in flowtui("concurrency-limit", "inspect", "etl").out
    assert flowtui("concurrency-limits", "ls", "-o", "json").json[0]["active_slots"] == [task_run_id]
    assert "1 task(s) held a slot" in flowtui("concurrency-limit", "reset", "etl").err
    assert flowtui("concurrency-limit", "create", "etl", "1", "-o", "json").json["id"] == made["id"]
    assert flowtui("concurrency-limit", "delete", "etl").code == 0
    assert flowtui("concurrency-limit", "inspect", "etl").code == 2


class Approval(RunInput):
    approved: bool
    version: str


def test_a_run_is_paused_and_resumed_with_what_it_asked_for(client, flowtui):
    answers = []

    @flow
    def main():
        answers.append(pause_flow_run(wait_for_input=Approval))

    thread = threading.Thread(target=main)
    thread.start()
    run = wait_until(
        lambda: next((run for run in client.list_flow_runs().items if run.state.is_paused()), None), what="the pause"
    )
    assert flowtui("flow-run", "pause", run.id).err.endswith("cannot be paused: it is already Paused.\n")
    wrong = flowtui("flow-run", "resume", run.name, "--input", "approved=perhaps")
    assert (wrong.code, "does not fit what the run asked for" in wrong.err) == (2, True)
    assert "It asks for: approved=…, version=…. Give each with --input name=value." in wrong.err
    assert flowtui("flow-run", "resume", run.name, "--inputs", "[1]").code == 2
    done = flowtui("flow-run", "resume", run.name, "-i", "approved=true", "-i", "version=1", "-o", "json")
    assert (done.code, done.json["id"]) == (0, run.id)
    assert done.err.endswith(f"Flow run {run.name!r} goes on.\n")
    thread.join()
    assert (answers[0].approved, answers[0].version) == (True, "1")
    again = flowtui("flow-run", "resume", run.name)
    assert (again.code, "is Completed, not paused" in again.err) == (2, True)


@pytest.mark.parametrize("verb", ["pause", "suspend"])
def test_a_run_that_does_not_run_cannot_be_stopped(client, flowtui, verb):
    @flow
    def main():
        return 1

    main()
    (run,) = client.list_flow_runs().items
    done = flowtui("flow-run", verb, run.id)
    assert (done.code, "it completed" in done.err) == (1, True)
