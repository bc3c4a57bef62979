"""Places of results: folders, URLs and blocks keep bytes under names, and find them again by their address."""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import PrivateAttr

from flowtui.blocks import Block
from flowtui.engine.blocks.filesystems import LocalFileSystem, RemoteFileSystem
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import NotFound, ResultError, UsageError
from flowtui.engine.results.places import BlockPlace, Folder, Place, UrlPlace, place_of


class Shelf(Block):
    """Keeps files in a folder, as a filesystem block of the user's own would."""

    root: str
    _reads: int = PrivateAttr(0)

    def read_path(self, path: str) -> bytes:
        return (Path(self.root) / path).read_bytes()

    def write_path(self, path: str, content: bytes) -> None:
        target = Path(self.root) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


class SlowShelf(Shelf):
    """The same, async."""

    async def read_path(self, path: str) -> bytes:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().read_path(path)

    async def write_path(self, path: str, content: bytes) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().write_path(path, content)


KINDS = ["folder", "file URL", "memory URL", "local URL", "block", "async block", "local block", "remote block"]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, client: LocalClient) -> Iterator[Place]:
    folder = tmp_path / "results with spaces"
    made: dict[str, Callable[[], Any]] = {
        "folder": lambda: folder,
        "file URL": folder.as_uri,
        "memory URL": lambda: f"memory://{tmp_path.name}/results",
        "local URL": lambda: f"local://{tmp_path}/results",
        "block": lambda: saved(Shelf(root=str(folder))),
        "async block": lambda: saved(SlowShelf(root=str(folder))),
        "local block": lambda: saved(LocalFileSystem(basepath=str(folder))),
        "remote block": lambda: saved(RemoteFileSystem(basepath=f"memory://{tmp_path.name}/block")),
    }
    yield place_of(made[request.param]())


def saved(block: Block) -> Block:
    block.save("mine")
    return block


def test_what_is_written_is_read_again_and_by_whoever_knows_the_address(place: Place) -> None:
    assert place.read("runs/one") is None
    place.write("runs/one", b"\x00one\nmore")
    place.write("runs/one", b"\x00one again")
    place.write("two", b"")
    for same in (place, place_of(place.address)):
        assert same.read("runs/one") == b"\x00one again"
        assert same.read("two") == b""
        assert same.read("runs/none") is None
        head = same.read("runs/one", limit=4)
        assert head is not None
        assert head.startswith(b"\x00one")
    assert place_of(place.address).address == place.address


def test_names_are_listed_and_deleted(place: Place) -> None:
    if isinstance(place, BlockPlace):
        with pytest.raises(ResultError, match=r"Block .*/mine cannot tell what it keeps"):
            list(place.names(""))
        with pytest.raises(ResultError, match=r"Block .*/mine cannot delete"):
            place.delete("x")
        return
    assert list(place.names("cache/")) == []
    for name in ("cache/ab/one", "cache/ab/two", "cache/cd/three", "runs/four"):
        place.write(name, b"x")
    assert sorted(place.names("cache/")) == ["cache/ab/one", "cache/ab/two", "cache/cd/three"]
    assert place.delete("cache/ab/one")
    assert not place.delete("cache/ab/one")
    assert sorted(place.names("cache/")) == ["cache/ab/two", "cache/cd/three"]


def test_nothing_given_is_the_folder_of_the_home(home: Path) -> None:
    assert place_of(None).address == (home / "storage").as_uri()


def test_the_place_of_a_place_is_itself(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    assert place_of(place) is place


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "a\0b"])
def test_no_name_leads_out_of_a_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ResultError, match="leads out of"):
        Folder(tmp_path / "results").write(name, b"x")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_results_are_for_their_owner_only(tmp_path: Path) -> None:
    Folder(tmp_path / "results").write("a/b", b"x")
    assert [oct((tmp_path / "results" / name).stat().st_mode & 0o777) for name in ("a", "a/b")] == ["0o700", "0o600"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    place = Folder(tmp_path)
    contents = {bytes([n]) * 200_000 for n in range(4)}
    place.write("x", next(iter(contents)))

    def write(content: bytes) -> None:
        for _ in range(50):
            place.write("x", content)

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        seen.add(place.read("x"))
    for writer in writers:
        writer.join()
    assert seen <= contents
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultError, match=r"file cannot be written: .*[Dd]irectory|exists"):
        Folder(tmp_path / "file").write("k", b"x")
    assert Folder(tmp_path / "file").read("k") is None


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "in the way").write_text("")
    with pytest.raises(ResultError, match="cannot be written: Is a directory"):
        Folder(tmp_path).write("k", b"x")
    assert os.listdir(tmp_path) == ["k"]


def test_a_url_that_nobody_knows_is_a_sentence() -> None:
    with pytest.raises(ResultError, match=r"nope://x cannot be used: Protocol not known: nope"):
        UrlPlace("nope://x").read("a")
    with pytest.raises(ResultError, match=r"s3://bucket cannot be used: Install s3fs to access S3"):
        place_of("s3://bucket").read("a")


class Broken(Shelf):
    """A block that fails."""

    def write_path(self, path: str, content: bytes) -> None:
        raise RuntimeError("the disk is full")

    def read_path(self, path: str) -> bytes:
        raise RuntimeError("the line is dead")


def test_a_block_that_fails_is_a_sentence(client: LocalClient) -> None:
    place = place_of(saved(Broken(root="")))
    with pytest.raises(ResultError, match="Block broken/mine could not write: RuntimeError: the disk is full"):
        place.write("a", b"")
    with pytest.raises(ResultError, match="Block broken/mine could not read: RuntimeError: the line is dead"):
        place.read("a")


def test_what_is_no_place_is_a_sentence(client: LocalClient) -> None:
    with pytest.raises(UsageError, match="result_storage is 5; give a Path, a URL"):
        place_of(5)
    with pytest.raises(UsageError, match="result_storage is ''; give a Path"):
        place_of("")
    with pytest.raises(UsageError, match=r"is a Shelf that is not saved.*block\.save\('name'\)"):
        place_of(Shelf(root="x"))
    with pytest.raises(NotFound, match="nowhere"):
        place_of("shelf/nowhere")
    assert isinstance(place_of("./results"), Folder)
    assert isinstance(place_of("~/results"), Folder)
