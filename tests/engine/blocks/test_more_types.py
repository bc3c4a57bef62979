"""The built-in types for values, folders and chats; and blocks that are saved and loaded in async code."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flowtui import flow, task
from flowtui.blocks import (
    JSON,
    Block,
    DateTime,
    DiscordWebhook,
    LocalFileSystem,
    MattermostWebhook,
    MicrosoftTeamsWebhook,
    RemoteFileSystem,
    Secret,
    SlackWebhook,
    String,
)
from flowtui.engine.blocks.registry import find_class
from flowtui.engine.client.local import LocalClient
from flowtui.engine.errors import BlockError, BlockNotFound, NotFound

pytestmark = pytest.mark.usefixtures("client")


def test_plain_values_are_kept_as_what_they_are() -> None:
    JSON(value={"tables": ["a"], "n": None}).save("settings")
    String(value="eu").save("region")
    DateTime(value=datetime(2024, 2, 3, tzinfo=UTC)).save("since")
    assert JSON.load("settings").value == {"tables": ["a"], "n": None}
    assert String.load("region").value == "eu"
    assert Block.load("date-time/since").value == datetime(2024, 2, 3, tzinfo=UTC)  # type: ignore[attr-defined]


def test_a_folder_keeps_files_by_relative_paths_and_nothing_outside(tmp_path: Path) -> None:
    LocalFileSystem(basepath=tmp_path / "kept").save("kept")  # type: ignore[arg-type] # a Path is taken too
    folder = LocalFileSystem.load("kept")
    assert folder.write_path("a/b.txt", b"hello") == str(tmp_path / "kept" / "a" / "b.txt")
    assert folder.read_path("a/b.txt") == b"hello"
    for path in ("../escaped.txt", "/etc/passwd", "a/../../escaped.txt"):
        with pytest.raises(ValueError, match="lies outside"):
            folder.write_path(path, b"")
        with pytest.raises(ValueError, match="lies outside"):
            folder.read_path(path)
    with pytest.raises(FileNotFoundError):
        folder.read_path("none")


def test_a_folder_at_a_url(tmp_path: Path) -> None:
    folder = RemoteFileSystem(basepath=f"file://{tmp_path}/far/")
    assert folder.write_path("x/y", b"data").endswith("far/x/y")
    assert folder.read_path("x/y") == b"data"
    with pytest.raises(ValueError, match="lies outside"):
        folder.read_path("../z")
    with pytest.raises(BlockError, match="give a URL"):
        RemoteFileSystem.from_data({"basepath": "no-url"})


def test_results_are_kept_in_a_folder_that_is_a_block(tmp_path: Path, client: LocalClient) -> None:
    LocalFileSystem(basepath=str(tmp_path / "results")).save("results")

    @task(persist_result=True, result_storage="local-file-system/results", result_storage_key="answer")
    async def answers() -> int:
        return 42

    @flow
    async def asks() -> int:
        return await answers()

    assert asyncio.run(asks()) == 42
    assert (tmp_path / "results" / "answer").read_bytes()


# -- chats ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def chat() -> Iterator[tuple[str, list[Any]]]:
    """An address that takes messages, and what it was sent; `…/refuses` takes none."""
    heard: list[Any] = []

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(410 if self.path.endswith("refuses") else 200)
            self.end_headers()
            if self.path.endswith("refuses"):
                self.wfile.write(b"channel_is_archived")

        def log_message(self, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Chat) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("kind", "plain", "with_subject"),
    [
        (SlackWebhook, {"text": "it failed"}, {"text": "*etl*\nit failed"}),
        (MattermostWebhook, {"text": "it failed"}, {"text": "*etl*\nit failed"}),
        (DiscordWebhook, {"content": "it failed"}, {"content": "**etl**\nit failed"}),
    ],
)
def test_a_message_reaches_the_chat(
    chat: tuple[str, list[Any]], kind: type[Any], plain: dict[str, str], with_subject: dict[str, str]
) -> None:
    address, heard = chat
    kind(url=f"{address}/hook").save("alerts")
    kind.load("alerts").notify("it failed")
    kind.load("alerts").notify("it failed", subject="etl")
    assert heard == [plain, with_subject]


def test_a_message_to_teams_is_a_card(chat: tuple[str, list[Any]]) -> None:
    address, heard = chat
    MicrosoftTeamsWebhook(url=address).notify("it failed", "etl")  # type: ignore[arg-type] # a text is taken too
    (card,) = [attachment["content"] for attachment in heard[0]["attachments"]]
    assert [block["text"] for block in card["body"]] == ["etl", "it failed"]


def test_a_message_that_is_refused_is_an_error_without_the_address(chat: tuple[str, list[Any]]) -> None:
    address, _ = chat
    with pytest.raises(BlockError, match=r"refused with status 410: channel_is_archived\.") as caught:
        SlackWebhook(url=f"{address}/tok3n/refuses").notify("x")  # type: ignore[arg-type]
    assert "tok3n" not in str(caught.value)
    with pytest.raises(BlockError, match="give a whole address"):
        SlackWebhook.from_data({"url": "hooks.example"})
    assert "tok3n" not in repr(SlackWebhook.from_data({"url": f"{address}/tok3n"}))


def test_a_hook_of_a_flow_can_notify(chat: tuple[str, list[Any]]) -> None:
    address, heard = chat
    SlackWebhook(url=address).save("alerts")  # type: ignore[arg-type]

    def tell(flow: Any, flow_run: Any, state: Any) -> None:
        SlackWebhook.load("alerts").notify(f"{flow.name} ended {state.name}")

    @flow(on_failure=[tell])
    def fails() -> None:
        raise ValueError("no")

    fails(return_state=True)
    assert heard == [{"text": "fails ended Failed"}]


# -- in async code ----------------------------------------------------------------------------------------------------


def test_async_code_awaits_what_sync_code_calls() -> None:
    @flow
    async def asks() -> Any:
        await Secret(value="x").save("one")
        await Secret(value="y").asave("two")
        secrets = [await Secret.load("one"), await Secret.aload("secret/two")]
        await Secret.delete("one")
        await Secret.adelete("two")
        return [secret.get() for secret in secrets]

    assert asyncio.run(asks()) == ["x", "y"]
    with pytest.raises(NotFound):
        Secret.load("one")


def test_files_and_messages_are_awaited_in_async_code(tmp_path: Path, chat: tuple[str, list[Any]]) -> None:
    address, heard = chat

    @flow
    async def asks() -> Any:
        folder: Any = LocalFileSystem(basepath=str(tmp_path))
        await folder.write_path("a", b"1")
        slack: Any = SlackWebhook(url=address)  # type: ignore[arg-type]
        await slack.notify("hello")
        return await folder.read_path("a")

    assert asyncio.run(asks()) == b"1"
    assert heard == [{"text": "hello"}]


def test_code_of_a_sync_task_in_an_async_flow_calls_them() -> None:
    Secret(value="x").save("one")

    @task
    def reads() -> Any:
        return Secret.load("one").get()

    @flow
    async def asks() -> Any:
        return reads()

    assert asyncio.run(asks()) == "x"


def test_a_block_that_is_not_there_is_an_error_of_several_kinds() -> None:
    for kind in (BlockNotFound, NotFound, LookupError, ValueError):
        with pytest.raises(kind, match="There is no secret block 'none'"):
            Secret.load("none")


@pytest.mark.parametrize(
    "slug", ["json", "string", "date-time", "local-file-system", "remote-file-system", "slack-webhook"]
)
def test_they_are_known_without_being_imported(slug: str) -> None:
    assert find_class(slug).__module__.startswith("flowtui.engine.blocks.")
