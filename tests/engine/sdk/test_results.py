"""Kept results: small exact JSON beside the row, anything else in a file when that was asked for."""

import math
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui import flow, task
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.results import ResultFiles, exact_json, input_key
from flowtui.engine.settings import Settings
from tests.engine.sdk.asking import tasks_of

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)

whole = st.integers(-(2**63), 2**63 - 1)
leaves = st.none() | st.booleans() | whole | st.floats(allow_nan=False, allow_infinity=False) | st.text()
exact = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same kinds all the way down; also -0.0 is not 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return bool(one == other) and (not isinstance(one, float) or math.copysign(1, one) == math.copysign(1, other))


@given(exact)
def test_what_is_exact_is_read_back_exactly(value: Any) -> None:
    import orjson

    text = exact_json(value)
    assert text is not None
    assert same(orjson.loads(text), value)


class Text(str):
    """A text of the user's own kind."""


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        {1: 2},
        {1, 2},
        b"x",
        math.nan,
        math.inf,
        2**63,
        -(2**63) - 1,
        object(),
        Text("x"),
        [Text("x")],
        {"a": (1,)},
        {Text("a"): 1},
        "\udcff",
        datetime(2026, 1, 1, tzinfo=UTC),
        True.__class__,
    ],
)
def test_what_would_come_back_as_something_else_is_not_exact(value: Any) -> None:
    assert exact_json(value) is None
    assert exact_json([value]) is None


def test_what_is_large_or_endless_is_not_kept_beside_a_row() -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (endless, deep, "x" * 40_000, list(range(5_000)), {"a": ["x" * 33_000]}):
        assert exact_json(value) is None
        assert input_key({"value": value}) is None or not isinstance(value, list)


parameters = st.dictionaries(st.text(), exact, min_size=1, max_size=3)


@given(parameters, parameters)
def test_input_keys_are_the_same_for_the_same_inputs_only(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert input_key(one) == input_key(dict(reversed(one.items())))
    if input_key(one) == input_key(other):
        assert one == other


# -- files ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> ResultFiles:
    return ResultFiles(tmp_path / "storage")


@pytest.mark.parametrize("value", [None, {"a": [1]}, (1, {2}), b"x", range(3), datetime(2026, 1, 1, tzinfo=UTC)])
def test_any_value_comes_back_from_a_file(files: ResultFiles, value: Any) -> None:
    files.write("k", value, created=NOW, expires=None, source="load-0")
    kept = files.read("k", NOW)
    assert kept is not None
    assert same(kept.value, value)
    assert (kept.created, kept.source) == (NOW, "load-0")


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a/b", "\udcff", "k" * 5000, "\0"])
def test_any_key_is_a_file_within_the_folder(files: ResultFiles, tmp_path: Path, key: str) -> None:
    files.write(key, 1, created=NOW, expires=None, source="s")
    assert files.read(key, NOW) is not None
    assert all(path.is_relative_to(tmp_path / "storage") for path in tmp_path.rglob("*") if path.is_file())


def test_what_was_never_kept_or_has_expired_is_not_there(files: ResultFiles) -> None:
    assert files.read("k", NOW) is None
    files.write("k", 1, created=NOW, expires=NOW + timedelta(seconds=5), source="s")
    assert files.read("k", NOW + timedelta(seconds=4)) is not None
    assert files.read("k", NOW + timedelta(seconds=5)) is None


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FlowtuiError, match=r"The result of load-0 could not be kept in .*: Not a directory\."):
        ResultFiles(tmp_path / "file").write("k", 1, created=NOW, expires=None, source="load-0")


def test_a_write_that_fails_leaves_no_file_behind(files: ResultFiles, tmp_path: Path) -> None:
    with pytest.raises(FlowtuiError, match="cannot be pickled"):
        files.write("k", threading.Lock(), created=NOW, expires=None, source="s")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# -- persist_result -------------------------------------------------------------------------------------------------


def test_small_json_is_kept_without_being_asked_for_and_other_values_when_asked(
    client: LocalClient, settings: Settings
) -> None:
    @task
    def give(value: Any) -> Any:
        return value

    @flow
    def outer() -> None:
        give({"rows": 3})
        give((1, 2))
        give.with_options(persist_result=True)((1, 2))
        give.with_options(persist_result=False)(7)

    outer()
    tasks = tasks_of(client)
    assert [tasks[f"give-{n}"].result for n in range(4)] == ['{"rows":3}', None, None, None]
    kept = ResultFiles(settings.storage).read(f"task run {tasks['give-2'].id}", NOW)
    assert kept is not None
    assert kept.value == (1, 2)
    assert ResultFiles(settings.storage).read(f"task run {tasks['give-1'].id}", NOW) is None
