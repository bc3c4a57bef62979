"""Entrypoints: every way of naming a flow, and a sentence for every way of failing."""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.deployments.entrypoint import load_flow
from flowtui.engine.errors import EntrypointError

Write = Callable[..., Path]

ONE = "from flowtui import flow\n@flow\ndef hello(name: str = 'you'):\n    return f'hello {name}'\n"


def test_a_flow_is_loaded_from_a_file(write: Write) -> None:
    root = write("flows/a.py", ONE).parent.parent
    assert load_flow("flows/a.py:hello", str(root)).fn() == "hello you"


def test_a_file_with_one_flow_needs_no_name(write: Write) -> None:
    root = write("a.py", ONE + "from other import theirs\n").parent
    write("other.py", ONE.replace("hello", "theirs"))
    assert load_flow("a.py", str(root)).name == "hello"


def test_a_flow_may_be_an_attribute_of_something(write: Write) -> None:
    root = write("a.py", ONE + "class Jobs:\n    nightly = hello\n").parent
    assert load_flow("a.py:Jobs.nightly", str(root)).name == "hello"


@pytest.mark.parametrize("entrypoint", ["pkg.mod.hello", "pkg.mod:hello", "pkg.mod"])
def test_a_flow_is_loaded_from_a_module(write: Write, entrypoint: str) -> None:
    root = write("pkg/__init__.py", "").parent.parent
    write("pkg/mod.py", ONE)
    assert load_flow(entrypoint, str(root)).name == "hello"


def test_a_file_finds_its_neighbours_and_the_folder_it_was_loaded_from(write: Write) -> None:
    root = write("flows/a.py", "import beside\nimport above\n" + ONE).parent.parent
    write("flows/beside.py", "")
    write("above.py", "")
    assert load_flow("flows/a.py:hello", str(root)).name == "hello"


def test_a_file_called_like_our_own_parts_is_imported_as_itself(write: Write) -> None:
    root = write("server.py", ONE).parent
    write("a.py", "import server\nhello = server.hello\n")
    assert load_flow("server.py", str(root)).name == "hello"
    assert load_flow("a.py:hello", str(root)).name == "hello"


def test_values_of_the_files_classes_can_be_pickled(write: Write) -> None:
    root = write("a.py", ONE + "class Point:\n    x = 3\n").parent
    flow = load_flow("a.py:hello", str(root))
    point = sys.modules[flow.fn.__module__].Point()
    assert pickle.loads(pickle.dumps(point)).x == 3


def test_two_files_of_one_name_do_not_meet(write: Write) -> None:
    root = write("x/jobs.py", ONE).parent.parent
    write("y/jobs.py", ONE.replace("hello", "bye"))
    assert load_flow("x/jobs.py", str(root)).name == "hello"
    assert load_flow("y/jobs.py", str(root)).name == "bye"
    assert "jobs" not in sys.modules


def test_a_changed_file_is_read_again(write: Write) -> None:
    root = write("a.py", ONE).parent
    load_flow("a.py", str(root))
    write("a.py", ONE.replace("hello", "changed"))
    assert load_flow("a.py", str(root)).name == "changed"


def test_running_as_a_script_is_not_importing(write: Write) -> None:
    root = write("a.py", ONE + "if __name__ == '__main__':\n    raise SystemExit('it ran')\n").parent
    assert load_flow("a.py", str(root)).name == "hello"


FAILURES = [
    ("a.py:hello", "x = 1\nimport nothing_there\n", "a.py:2: ModuleNotFoundError: No module named 'nothing_there'"),
    ("a.py:hello", "def f(:\n", "a.py:1: SyntaxError"),
    ("a.py:hello", "def f():\n    return 1 / 0\nf()\n", "a.py:2: ZeroDivisionError: division by zero"),
    ("a.py:hello", "raise SystemExit(3)\n", "a.py:1: it ends the program (SystemExit: 3)"),
    ("a.py:helo", ONE, "There is no 'helo' in a.py; it holds a.py:hello."),
    ("a.py:helper", ONE + "def helper(): ...\n", "'helper' in a.py is a function, not a flow. Decorate it with @flow."),
    ("a.py:number", ONE + "number = 3\n", "'number' in a.py is an int, not a flow."),
    ("a.py", "x = 1\n", "a.py holds no flow; decorate a function with @flow."),
    ("a.py", ONE + ONE.replace("hello", "bye"), "a.py holds several flows; say which: a.py:hello, a.py:bye."),
    ("b.py:hello", ONE, "There is no file b.py"),
    ("flows/a.py:hello", ONE, "Did you mean a.py?"),
    ("a.py:", ONE, "is no entrypoint"),
    (":hello", ONE, "is no entrypoint"),
    ("", ONE, "is no entrypoint"),
    ("nowhere.hello", ONE, "There is no module 'nowhere'"),
    ("a b.hello", ONE, "is no entrypoint"),
    ("a.nothing.hello", ONE, "There is no 'nothing.hello' in a; it holds a.hello."),
]  # fmt: skip


@pytest.mark.parametrize(("entrypoint", "text", "words"), FAILURES)
def test_every_failure_is_a_sentence_that_names_the_place(
    write: Write, monkeypatch: pytest.MonkeyPatch, entrypoint: str, text: str, words: str
) -> None:
    root = write("a.py", text).parent
    monkeypatch.chdir(root)
    with pytest.raises(EntrypointError) as caught:
        load_flow(entrypoint, str(root))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_import_that_fails_in_a_neighbour_names_the_neighbours_line(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write("a.py", "import price_list\n").parent  # a name that no other test imports
    write("price_list.py", "\n\nprice = {}['eur']\n")
    monkeypatch.chdir(root)
    with pytest.raises(EntrypointError, match=r"a\.py cannot be imported: price_list\.py:3: KeyError: 'eur'"):
        load_flow("a.py:f", str(root))


def test_a_file_that_fails_leaves_no_half_module_behind(write: Write) -> None:
    root = write("a.py", "raise ValueError('no')\n").parent
    before = set(sys.modules)
    with pytest.raises(EntrypointError):
        load_flow("a.py", str(root))
    assert not [name for name in set(sys.modules) - before if name.startswith("flowtui_loaded")]
