"""Flows are found by reading, never by running."""

from collections.abc import Callable
from pathlib import Path

from flowtui.engine.deployments.finder import find_flows

Write = Callable[..., Path]


def test_flows_are_found_without_importing_anything(write: Write) -> None:
    write("a.py", "raise RuntimeError('imported')\nfrom flowtui import flow\n@flow\ndef first(): ...\n")
    write("b/c.py", "import flowtui as ft\n@ft.flow(name='the second', retries=2)\nasync def second(): ...\n")
    write(
        "d.py",
        "from prefect import flow as f, task\n@task\n@f(log_prints=True)\ndef third_one(): ...\n@task\ndef x(): ...\n",
    )
    write("e.py", "from elsewhere import flow\n@flow\ndef not_ours(): ...\n")
    write("broken.py", "from flowtui import flow\n@flow\ndef (:\n")
    write("null.py", b"\0from flowtui import flow\n@flow\ndef odd(): ...\n")
    write(".hidden/x.py", "from flowtui import flow\n@flow\ndef hidden(): ...\n")
    write("env/pyvenv.cfg", "")
    write("env/lib/x.py", "from flowtui import flow\n@flow\ndef installed(): ...\n")
    root = write("README", "").parent
    assert [(flow.name, flow.entrypoint, flow.line) for flow in find_flows(root)] == [
        ("first", "a.py:first", 4),
        ("the second", "b/c.py:second", 3),
        ("third-one", "d.py:third_one", 4),
    ]


def test_a_deeply_nested_file_is_passed_over(write: Write) -> None:
    root = write("deep.py", "x = " + "(" * 5_000 + ")" * 5_000).parent
    assert find_flows(root) == ()
