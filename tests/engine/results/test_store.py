"""Results under keys: kept, looked at without being read, read back, expired, and damaged."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from flowtui import FileSystemLockManager, ResultRecord, ResultStore
from flowtui.engine.errors import NotFound, ResultError, UsageError
from flowtui.engine.results.previews import preview_of, result_text
from flowtui.engine.results.records import HEAD, pack, unpack
from flowtui.engine.results.store import name_of_key, read_back, reference
from tests.support import clean_environment, run_python

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "storage")


@pytest.mark.parametrize("value", [None, {"a": [1]}, (1, {2}), b"x", range(3), NOW, [float("nan")], lambda: 1])
def test_any_value_comes_back(store: ResultStore, value: Any) -> None:
    info = store.write(value, "k", source="load-0")
    record = store.read("k")
    assert isinstance(record, ResultRecord)
    assert repr(record.value).partition(" at 0x")[0] == repr(value).partition(" at 0x")[0]
    assert (record.key, record.info.source, record.info.id) == ("k", "load-0", info.id)
    assert (record.result, record.metadata, record.expiration) == (record.value, record.info, None)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a/b", "\udcff", "k" * 5000, "\0", "…"])
def test_any_text_is_a_key_and_its_file_stays_in_the_folder(store: ResultStore, tmp_path: Path, key: str) -> None:
    store.write(1, key)
    assert store.exists(key)
    assert store.read(key).value == 1
    assert not store.exists(f"{key} else")
    assert all(path.is_relative_to(tmp_path / "storage") for path in tmp_path.rglob("*") if path.is_file())


def test_plain_data_is_json_and_anything_else_is_pickled_unless_a_serializer_is_given(store: ResultStore) -> None:
    assert store.write({"a": 1}, "k").serializer == {"type": "json"}
    assert store.write((1,), "k").serializer == {"type": "pickle"}
    given = ResultStore(store.place, serializer="compressed/json")
    assert given.write((1,), "k").serializer == {"type": "compressed/json", "serializer": {"type": "json"}}
    assert store.read("k").value == (1,)  # the record says how it is read


def test_what_has_expired_is_not_there(store: ResultStore) -> None:
    store.write(1, "k", NOW)
    assert store.exists("k", now=NOW - timedelta(seconds=1))
    assert store.read("k", now=NOW - timedelta(seconds=1)).expiration == NOW
    assert not store.exists("k", now=NOW)
    with pytest.raises(NotFound, match="expired"):
        store.read("k", now=NOW)


def test_what_was_never_kept_is_not_there(store: ResultStore) -> None:
    assert not store.exists("k")
    assert not store.delete("k")
    with pytest.raises(NotFound, match="There is no kept result 'k'"):
        store.read("k")


def test_a_record_is_deleted_and_listed(store: ResultStore, tmp_path: Path) -> None:
    store.write(1, "a")
    store.write((2,), "b")
    (tmp_path / "storage" / "cache" / "no-record").write_text("something else")
    assert {info.key: info.preview for _, info in store.infos()} == {"a": "1", "b": "(2,)"}
    assert store.delete("a")
    assert [info.key for _, info in store.infos()] == ["b"]


class Untouchable:
    """Raises when it is unpickled."""

    def __reduce__(self) -> Any:
        return (int, ("not a number",))

    def __repr__(self) -> str:
        return "<untouchable>"


def test_looking_at_a_record_never_unpickles_it(store: ResultStore) -> None:
    store.write(Untouchable(), "k")
    assert store.exists("k")
    assert [info.preview for _, info in store.infos()] == ["<untouchable>"]
    with pytest.raises(ResultError, match="cannot be unpickled"):
        store.read("k")


def test_the_first_line_is_json_that_fits_in_a_head(store: ResultStore) -> None:
    info, data = pack("ä" * 100_000, "x" * 100_000, serializer=None, created=NOW, source="s" * 100_000)
    line = data.partition(b"\n")[0]
    assert len(line) < HEAD
    assert orjson.loads(line)["id"] == info.id
    assert unpack(data[:HEAD])[0].size == info.size


def test_a_file_of_another_name_can_be_asked_for(store: ResultStore, tmp_path: Path) -> None:
    store.write([1], "key one", name="rows/monday.json")
    assert (tmp_path / "storage" / "rows" / "monday.json").is_file()
    assert store.read("key one", name="rows/monday.json").value == [1]
    with pytest.raises(NotFound, match="stands for another key"):
        store.read("key two", name="rows/monday.json")
    with pytest.raises(ResultError, match="leads out of"):
        store.write(1, "k", name="../outside")


# -- keys apart from results ------------------------------------------------------------------------------------------


def test_keys_can_be_kept_apart_from_results(tmp_path: Path) -> None:
    both = ResultStore(tmp_path / "results", metadata_storage=tmp_path / "keys")
    info = both.write((1, 2), "k")
    assert info.pointer is not None
    assert both.read("k").value == (1, 2)
    assert ResultStore(tmp_path / "elsewhere", metadata_storage=tmp_path / "keys").read("k").value == (1, 2)
    key_file, value_file = (tmp_path / place / name_of_key("k") for place in ("keys", "results"))
    assert key_file.read_bytes().count(b"\n") == 1
    ResultStore(tmp_path / "results").write((3,), "k")
    with pytest.raises(NotFound, match="Another result stands in its place"):
        both.read("k")
    value_file.unlink()
    with pytest.raises(NotFound, match="the result itself is gone"):
        both.read("k")


# -- what cannot be kept or read --------------------------------------------------------------------------------------


def test_what_cannot_be_pickled_is_one_sentence_and_leaves_what_was_there(store: ResultStore) -> None:
    store.write((1,), "k")
    with pytest.raises(
        ResultError, match=r"^it is a lock and cannot be pickled \(cannot pickle '_thread.lock' object\)$"
    ):
        store.write(threading.Lock(), "k")
    with pytest.raises(ResultError, match=r"^it is a lock and cannot be written by the 'json' serializer \(a lock "):
        ResultStore(store.place, serializer="json").write(threading.Lock(), "k")
    assert store.read("k").value == (1,)


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda data: data[:-3], "it was cut: "),
        (lambda data: b"\x00\x01" + data, "no record of a result"),
        (lambda data: b"", "no record of a result"),
        (lambda data: b"{}\n", "no record of a result"),
        (lambda data: data.replace(b'"type":"pickle"', b'"type":"gone"'), "There is no serializer 'gone'"),
        (lambda data: data[: -len("I am here")] + b"\xff" * len("I am here"), "cannot be unpickled"),
    ],
)
def test_a_damaged_record_says_what_is_wrong(store: ResultStore, tmp_path: Path, harm: Any, problem: str) -> None:
    store.write(("I am here",), "k")
    file = tmp_path / "storage" / name_of_key("k")
    file.write_bytes(harm(file.read_bytes()))
    with pytest.raises(ResultError, match=problem):
        store.read("k")


def test_a_block_that_is_not_there_is_a_sentence(client: Any) -> None:
    store = ResultStore("shelf/nowhere")
    with pytest.raises(ResultError, match="results cannot be kept in 'shelf/nowhere': "):
        store.write(1, "k")


# -- references -------------------------------------------------------------------------------------------------------


def test_a_reference_leads_to_the_value_and_shows_it(store: ResultStore) -> None:
    info = store.write({1, 2}, "k", name="runs/one")
    told = orjson.loads(orjson.dumps(reference(store.place, "runs/one", info)))
    assert told["preview"] == "{1, 2}"
    assert read_back(told) == {1, 2}
    store.write({3}, "k", name="runs/one")
    with pytest.raises(
        ResultError, match=r"kept in file:.* cannot be read: another result stands in its place by now\."
    ):
        read_back(told)
    store.place.delete("runs/one")
    with pytest.raises(ResultError, match=r"kept in file:.* is not there any more\."):
        read_back(told)


def test_a_result_is_read_in_another_process(store: ResultStore) -> None:
    told = reference(store.place, "runs/one", store.write((1, {2}), "k", name="runs/one"))
    done = run_python(
        "-c",
        f"from flowtui.engine.results.store import read_back; print(read_back({told!r}))",
        env=clean_environment(),
    )
    assert done.stdout == "(1, {2})\n", done.stderr


# -- previews ---------------------------------------------------------------------------------------------------------


class Loud:
    def __repr__(self) -> str:
        return "first line\n\x1b[31msecond"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_a_preview_is_one_short_line_of_anything() -> None:
    assert preview_of({"a": (1, None)}) == "{'a': (1, None)}"
    assert preview_of(Loud()) == "first line \x1b[31msecond"  # who shows it makes it safe
    assert preview_of([Broken()]).startswith("[<Broken instance at 0x")
    assert preview_of(list(range(10**6))) == "[0, 1, 2, 3, 4, 5, 6, 7, ...]"
    assert len(preview_of([["x" * 1000] * 100] * 100)) <= 240
    endless: list[Any] = []
    endless.append(endless)
    assert "..." in preview_of(endless)


# -- locks ------------------------------------------------------------------------------------------------------------


def test_a_store_has_the_locks_that_it_was_given(tmp_path: Path, store: ResultStore) -> None:
    locked = ResultStore(store.place, lock_manager=FileSystemLockManager(tmp_path / "locks"))
    assert locked.acquire_lock("k", "me", timeout=0)
    assert (locked.is_locked("k"), locked.is_lock_holder("k", "me"), locked.wait_for_lock("k", timeout=0)) == (
        True,
        True,
        False,
    )
    locked.release_lock("k", "me")
    with pytest.raises(UsageError, match="This ResultStore has no locks"):
        store.acquire_lock("k", "me")


def test_what_can_be_shown_of_a_result_is_its_json_or_a_look_at_it(store: ResultStore) -> None:
    told = reference(store.place, "runs/one", store.write({1, 2}, "k", name="runs/one"))
    assert result_text("[1]", {"result": told}) == "[1]"
    assert result_text(None, {}) is None
    shown = result_text(None, {"result": told})
    assert shown is not None
    assert shown.startswith("{1, 2}  (pickle, ")
    assert shown.endswith(f"bytes, in {store.place.address})")
