"""Text from outside is kept, or cut with a mark; it never stops the writer or makes a run unreadable."""

from collections.abc import Iterator

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import LogLine, TaskRunFilter
from flowtui.engine.query import Query
from flowtui.engine.query_terms import TEXT, Term, Value
from flowtui.engine.states import Failed, Running
from tests.engine.store.made import a_line, a_task, due_run, new_run, owned_run

TEXTS = {
    "a lone surrogate": "caf\udce9",
    "a NUL": "a\0b",
    "escapes": "\x1b[2J\x1b]0;title\x07\x9b31m",
    "quotes": "'; DROP TABLE flow_run; --\"\\%_",
    "strange letters": "\u202e\uffff\U0010ffff👩\u200d🚀é",
    "a megabyte": "m" * 1_100_000,
}


@pytest.fixture(params=list(TEXTS.values()), ids=list(TEXTS))
def hostile(request: pytest.FixtureRequest) -> str:
    return f"begin {request.param} end"


@pytest.fixture(autouse=True)
def still_writes(store_client: LocalClient) -> Iterator[None]:
    """Whatever the test did, the store goes on."""
    yield
    task = a_task()
    store_client.save_task_run(task)
    store_client.flush()
    assert store_client.read_task_run(task.id) == task


def assert_kept(read: str | None, given: str) -> None:
    """As it was; with its unwritable characters spelled out; or cut, with a mark."""
    assert read is not None
    assert read.startswith("begin ")
    assert read.encode()
    if len(given) > 1_000_000 and read != given:
        assert len(read) < len(given)
        assert "cut" in read
    elif "\udce9" in given:
        assert read == given.replace("\udce9", "\\udce9")
    elif "\0" in given:
        assert read.replace("\\x00", "\0").replace("␀", "\0") == given
    else:
        assert read == given


def test_in_a_run(store_client: LocalClient, hostile: str) -> None:
    made = store_client.create_flow_run(
        new_run(
            name=hostile, parameters={"text": hostile, hostile[-9:]: [hostile]}, tags=(hostile,), created_by=hostile
        )
    )
    run = store_client.read_flow_run(made.id)
    assert_kept(run.name, hostile)
    assert_kept(run.tags[0], hostile)
    assert_kept(run.created_by, hostile)
    assert_kept(run.parameters["text"], hostile)


def test_in_the_name_of_a_flow(store_client: LocalClient, hostile: str) -> None:
    if len(hostile) > 1000:
        hostile = hostile[:500]  # a name is part of an index
    run = due_run(store_client, flow_name=hostile)
    assert_kept(run.flow_name, hostile)
    assert due_run(store_client, flow_name=hostile).flow_id == run.flow_id


def test_in_a_state(store_client: LocalClient, hostile: str) -> None:
    run = owned_run(store_client)
    state = Running(name=hostile, message=hostile, details={"text": hostile})
    assert store_client.set_flow_run_state(run.id, state, epoch=run.epoch).status == "ACCEPT"
    for read in (store_client.read_flow_run(run.id).state, store_client.flow_run_states(run.id)[-1]):
        assert_kept(read.name, hostile)
        assert_kept(read.message, hostile)
        assert_kept(read.details["text"], hostile)
    assert len(store_client.changes(0)) == 2


def test_in_a_task_run(store_client: LocalClient, hostile: str) -> None:
    task = a_task(
        None,
        Failed(message=hostile, details={"text": hostile}),
        name=hostile,
        task_key=hostile,
        dynamic_key=hostile,
        cache_key=hostile,
        tags=(hostile,),
        task_inputs={"text": [{"input_type": hostile}]},
        result=None,
    )
    store_client.save_task_run(task)
    store_client.flush()
    read = store_client.read_task_run(task.id)
    for text in (read.name, read.task_key, read.dynamic_key, read.cache_key, read.tags[0], read.state.message):
        assert_kept(text, hostile)


def test_in_a_log_line(store_client: LocalClient, hostile: str) -> None:
    run = due_run(store_client)
    line = a_line(run, hostile, logger=hostile, source=f"{hostile[:100]}:14")
    store_client.write_logs([a_line(run, "before"), line, a_line(run, "after")])
    store_client.flush()
    page = store_client.read_logs(run.id)
    assert [one.message for one in page.lines[::2]] == ["before", "after"]
    assert_kept(page.lines[1].message, hostile)
    assert_kept(page.lines[1].logger, hostile)
    assert_kept(page.lines[1].source, f"{hostile[:100]}:14")


def test_in_what_is_looked_for(store_client: LocalClient, hostile: str) -> None:
    text = hostile[:2000]
    query = Query.of(flows=(f"{text}*",), tags=(text,), state_names=(text,))
    for terms in (query.terms, *((term,) for term in query.terms), (Term(field=TEXT, values=(Value.literal(text),)),)):
        assert store_client.list_flow_runs(Query(terms)).items == ()
    assert store_client.list_task_runs(TaskRunFilter(name=text)).items == ()
    assert store_client.find_flow_runs(text) == ()


def test_a_message_that_is_too_long_says_how_much_was_cut(store_client: LocalClient) -> None:
    run = due_run(store_client)
    store_client.write_logs([a_line(run, "x" * 1_000_300)])
    store_client.flush()
    assert store_client.read_logs(run.id).lines[0].message.endswith("x… (300 characters cut)")


@pytest.mark.parametrize("level", [-5, 0, 10**9])
def test_levels_that_nobody_knows(store_client: LocalClient, level: int) -> None:
    run = due_run(store_client)
    line: LogLine = a_line(run, level=level)
    store_client.write_logs([line])
    store_client.flush()
    assert store_client.read_logs(run.id).lines == (line,)
