"""A flow that is drawn: its function is called, its tasks are not, and nothing is recorded."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from flowtui import allow_failure, flow, task, unmapped
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import UsageError
from tests.engine.sdk.asking import runs_of


def never(*_: Any) -> Any:
    raise AssertionError("a drawn task was run")


load, clean, save = (task(name=name)(lambda a=None, b=None: never()) for name in ("load", "clean", "save"))


@task
async def aload(n: int) -> int:
    return int(never())


def graph(body: Any, *args: Any) -> list[str]:
    """The lines of the graph of a flow."""
    return flow(name="etl")(body).generate_mermaid_graph(*args).splitlines()


def test_boxes_are_tasks_and_arrows_are_values(client: LocalClient) -> None:
    def body(day: int) -> None:
        rows = load(day)
        kept = clean.submit(rows)
        save(kept.result(), wait_for=[rows])
        save.submit([{"x": kept}, rows]).wait()

    assert graph(body, 1) == [
        "flowchart TD",
        '    n0["load-0"]',
        '    n1["clean-0"]',
        '    n2["save-0"]',
        '    n3["save-1"]',
        "    n0 --> n1",
        "    n1 --> n2",
        "    n0 --> n2",
        "    n1 --> n3",
        "    n0 --> n3",
    ]
    assert client.list_task_runs().items == ()
    assert runs_of(client, "etl") == []


def test_marks_and_mappings_are_drawn_too(client: LocalClient) -> None:
    listed = task(name="listed", viz_return_value=[1, 2])(never)

    def body() -> None:
        values = listed()
        clean.map(values, unmapped(load()))
        save(allow_failure(values))

    lines = graph(body)
    assert [line for line in lines if "clean" in line] == ['    n2["clean-0"]', '    n3["clean-1"]']
    assert "    n1 --> n2" in lines
    assert "    n0 --> n4" in lines


def test_subflows_have_double_walls(client: LocalClient) -> None:
    inner = flow(name="inner")(lambda x: never())
    lines = graph(lambda: inner(load()))
    assert lines[1:] == ['    n0["load-0"]', '    n1[["inner-0"]]', "    n0 --> n1"]


def test_async_flows_and_tasks_are_drawn(client: LocalClient) -> None:
    @flow
    async def outer() -> None:
        values = await asyncio.gather(aload(1), aload(2))
        save(values)

    expected = ["    n0 --> n2", "    n1 --> n2"]
    assert outer.generate_mermaid_graph().splitlines()[4:] == expected


def test_a_generator_is_drawn(client: LocalClient) -> None:
    @task(viz_return_value=[1])
    def numbers() -> Iterator[int]:
        yield never()

    @flow
    def outer() -> Iterator[Any]:
        for number in numbers():
            yield save(number)

    assert len(outer.generate_mermaid_graph().splitlines()) == 3


def test_a_value_that_there_is_not_is_asked_for_in_a_sentence(client: LocalClient) -> None:
    for look in (lambda v: v["x"], lambda v: v + 1, list, bool, lambda v: v.shape, lambda v: v < 3):
        with pytest.raises(UsageError, match=r"'etl' cannot be drawn: task 'load-0' is only drawn.*viz_return_value"):
            graph(lambda look=look: look(load()))
    with pytest.raises(UsageError, match=r"its function raised ZeroDivisionError: .*@task\(viz_return_value=…\)"):
        graph(lambda: 1 / 0)


def test_with_a_value_for_drawings_the_flow_can_look_at_it(client: LocalClient) -> None:
    rows = task(name="rows", viz_return_value={"n": 3})(never)
    lines = graph(lambda: [save(rows()["n"]), save(rows.submit().result())])
    assert "    n2 --> n3" in lines


def test_what_runs_meanwhile_in_another_thread_really_runs(client: LocalClient) -> None:
    real = task(name="real")(lambda: 7)
    values: list[int] = []

    def body() -> None:
        thread = threading.Thread(target=lambda: values.append(real()))
        thread.start()
        thread.join()

    assert graph(body) == ["flowchart TD"]
    assert values == [7]
    assert real() == 7


def test_names_are_escaped(client: LocalClient) -> None:
    odd = task(name='say "hi"')(never)
    assert graph(odd)[1] == '    n0["say #quot;hi#quot;-0"]'


def test_a_picture_needs_graphviz(client: LocalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = flow(name="etl")(lambda: save(load()))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match=r"needs Graphviz.*or use generate_mermaid_graph\(\)"):
        made.visualize()


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_with_graphviz_there_is_a_picture(client: LocalClient) -> None:
    from pathlib import Path

    path = Path(flow(name="etl")(lambda: save(load())).visualize())
    assert path.read_bytes().startswith(b"\x89PNG")


def test_graphviz_reads_the_same_graph() -> None:
    from flowtui.engine.drawing import drawn
    from flowtui.engine.pictures import dot

    text = dot(drawn(flow(name="etl")(lambda: save(load())), (), {}))
    assert text.splitlines() == [
        "digraph {",
        '    n0 [label="load-0", shape=box];',
        '    n1 [label="save-0", shape=box];',
        "    n0 -> n1;",
        "}",
    ]
