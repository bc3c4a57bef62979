"""The Blocks screen, the catalogue and the form of a block, driven by keys on a real store and a real HTTP server."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.blocks import registry
from flowtui.engine.model import BlockDocument, FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.block_actions import try_webhook
from flowtui.tui.block_cells import snippet
from flowtui.tui.forms.controls import KeptSecret, Line
from flowtui.tui.forms.row import FieldRow
from flowtui.tui.forms.view import FormView
from flowtui.tui.screens.block import BlockScreen
from flowtui.tui.screens.block_types import BlockTypesScreen
from flowtui.tui.screens.blocks import BlocksScreen
from flowtui.tui.screens.confirm import TypeScreen
from flowtui.tui.widgets.virtual_table import VirtualTable
from tests.fakes.world import World
from tests.support import run_python
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until
from tests.tui.pictures import Pictures

URL = "https://hooks.example.com/T0/sesame"


@pytest.fixture
def api_key(world: World) -> BlockDocument:
    return world.client.save_block("secret", "api-key", {"value": "hunter2"})


@pytest.fixture
def alerts(world: World) -> BlockDocument:
    return world.client.save_block(
        "webhook", "team-alerts", {"url": URL, "headers": {"Authorization": "Bearer sesame", "X-Team": "ada"}}
    )


def value_of(world: World, slug: str, name: str) -> Any:
    return world.client.read_block(slug, name, include_secrets=True).data


async def open_list(pilot: Pilot[Any], *words: str) -> None:
    await pilot.press("6")
    await until(pilot, lambda: isinstance(pilot.app.screen, BlocksScreen))
    await shows(pilot, "BLOCK", *words)


async def open_block(pilot: Pilot[Any], block: BlockDocument) -> BlockScreen:
    """The form of a saved block, with the keyboard in it."""
    await open_list(pilot, block.name)
    pilot.app.screen.query_one("#blocks", VirtualTable).move_to_id(block.id)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, BlockScreen) and pilot.app.screen.focused is not None)
    screen = pilot.app.screen
    assert isinstance(screen, BlockScreen)
    return screen


async def new_block(pilot: Pilot[Any], type_name: str) -> None:
    """The form of a new block, with the keyboard in its name."""
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, BlockTypesScreen))
    await shows(pilot, type_name)
    table = pilot.app.screen.query_one("#types", VirtualTable)
    table.move_to_id(type_name.lower())
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, BlockScreen) and isinstance(pilot.app.focused, Line))


async def go_to(pilot: Pilot[Any], *path: str) -> None:
    """Give the keyboard to a field of the block."""
    rows = pilot.app.screen.query_one("#fields", FormView).rows
    await until(pilot, lambda: rows.row(path) is not None)

    def there() -> bool:
        row = rows.row(path)
        part = None if row is None else row.focusable_part
        if part is not None and pilot.app.focused is not part:
            part.focus()
        return part is not None and pilot.app.focused is part and not isinstance(part, FieldRow)

    await until(pilot, there)


# -- the list ------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_blocks_hold_but_no_secret(
    app: FlowtuiApp, api_key: BlockDocument, alerts: BlockDocument
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "api-key", "team-alerts")
        text = screen_text(app)
        assert "Secret" in text and "Webhook" in text
        assert "value ••••" in text
        assert "url ••••" in text and "Authorization X-Team" in text
        assert "hunter2" not in text and "sesame" not in text

    play(app, script)


def test_an_empty_list_says_which_key_makes_a_block(app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No block yet.   n makes one")

    play(app, script)


def test_the_list_follows_the_store(app: FlowtuiApp, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No block yet.")
        assert "d delete" not in screen_text(app) and "copy python" not in screen_text(app)
        made = world.client.save_block("secret", "from-elsewhere", {"value": 1})
        await shows(pilot, "from-elsewhere", "d delete", "y copy python")
        world.client.delete_block(made.id)
        await shows(pilot, "No block yet.")

    play(app, script)


def test_deleting_asks_and_is_about_the_block_that_was_asked_about(
    app: FlowtuiApp, world: World, api_key: BlockDocument
) -> None:
    """While the question is open the list may change; the block that was meant stays the one that is meant."""

    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "api-key")
        await pilot.press("d")
        await shows(pilot, "Delete the secret block api-key?")
        await pilot.press("enter", "enter", "n", "escape")
        await until(pilot, lambda: isinstance(app.screen, BlocksScreen))
        assert len(world.client.list_blocks()) == 1
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, TypeScreen))
        world.client.save_block("secret", "aaa", {"value": 1})
        await pilot.press(*"api-key", "enter")
        await shows(pilot, "aaa")
        await until(pilot, lambda: [block.name for block in world.client.list_blocks()] == ["aaa"])

    play(app, script)


def test_y_copies_python_that_works(app: FlowtuiApp, world: World, api_key: BlockDocument) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "api-key")
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard)

    play(app, script)
    assert app.clipboard == 'from flowtui.blocks import Secret\n\nsecret = Secret.load("api-key")\n'
    home = str(world.client.settings.home)
    done = run_python("-c", app.clipboard + "print(secret.get())", env={"FLOWTUI_HOME": home})
    assert done.stdout.strip() == "hunter2", done.stderr


def test_the_snippet_of_a_type_of_one_s_own_loads_through_the_base_class() -> None:
    assert 'Block.load("my-database/main")' in snippet("my-database", "main")


# -- making and changing -------------------------------------------------------------------------------------------


def test_a_secret_is_made_from_the_catalogue(app: FlowtuiApp, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No block yet.")
        await new_block(pilot, "Secret")
        await pilot.press(*"api-key", "tab", *"hunter2")
        text = screen_text(app)
        assert "hunter2" not in text and "•••••••" in text
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, BlocksScreen))
        await shows(pilot, "api-key", "value ••••")
        assert value_of(world, "secret", "api-key") == {"value": "hunter2"}

    play(app, script)


def test_a_webhook_is_made_with_its_headers(app: FlowtuiApp, world: World) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No block yet.")
        await new_block(pilot, "Webhook")
        await pilot.press(*"hook")
        await go_to(pilot, "url")
        await pilot.press(*"http://127.0.0.1:1/x")
        await go_to(pilot, "headers")
        await pilot.press(*"A: 1", "enter", *"B: two: 3")
        await go_to(pilot, "verify")
        await pilot.press("right", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, BlocksScreen))
        assert value_of(world, "webhook", "hook") == {
            "method": "POST",
            "url": "http://127.0.0.1:1/x",
            "headers": {"A": "1", "B": "two: 3"},
            "allow_private_urls": True,
            "verify": False,
        }

    play(app, script)


@pytest.mark.parametrize(
    ("name", "words"), [("API Key", "'api-key' would do."), ("", "This is required."), ("api-key", "already a secret")]
)
def test_a_name_that_cannot_be_is_refused(
    app: FlowtuiApp, world: World, api_key: BlockDocument, name: str, words: str
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "api-key")
        await new_block(pilot, "Secret")
        await pilot.press(*name, "tab", *"other", "ctrl+s")
        await shows(pilot, words)
        assert isinstance(app.screen, BlockScreen)
        assert value_of(world, "secret", "api-key") == {"value": "hunter2"}

    play(app, script)


def test_what_only_the_type_itself_can_check_is_said_below_its_field(app: FlowtuiApp, alerts: BlockDocument) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_block(pilot, alerts)
        await go_to(pilot, "url")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Line))
        await pilot.press(*"ftp://x", "ctrl+s")
        await shows(pilot, "Give a whole address, beginning with http://")
        await until(pilot, lambda: isinstance(app.focused, Line))
        assert isinstance(app.screen, BlockScreen)

    play(app, script)


def test_saving_a_block_keeps_the_secrets_that_were_not_touched(
    app: FlowtuiApp, world: World, alerts: BlockDocument
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_block(pilot, alerts)
        await shows(pilot, "Blocks › Webhook › team-alerts", "Authorization: ********")
        await pilot.press("right")
        await shows(pilot, "1 changed and not saved")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, BlocksScreen))
        assert value_of(world, "webhook", "team-alerts") == {
            "method": "PUT",
            "url": URL,
            "headers": {"Authorization": "Bearer sesame", "X-Team": "ada"},
            "allow_private_urls": True,
            "verify": True,
        }

    play(app, script)


def test_a_secret_is_replaced(app: FlowtuiApp, world: World, api_key: BlockDocument) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_block(pilot, api_key)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Line))
        await pilot.press(*"hunter3", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, BlocksScreen))
        assert value_of(world, "secret", "api-key") == {"value": "hunter3"}

    play(app, script)


def test_v_reveals_a_secret_for_a_moment(app: FlowtuiApp, api_key: BlockDocument, alerts: BlockDocument) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_block(pilot, api_key)
        assert isinstance(app.focused, KeptSecret)
        assert "hunter2" not in screen_text(app)
        await pilot.press("v")
        await shows(pilot, "hunter2")
        await pilot.press("v")
        await until(pilot, lambda: "hunter2" not in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, BlocksScreen))
        await open_block(pilot, alerts)
        await pilot.press("v")  # the keyboard is in another field: all that is stored is shown
        await shows(pilot, URL)

    play(app, script)


def test_a_hostile_secret_is_shown_and_not_obeyed(app: FlowtuiApp, world: World) -> None:
    block = world.client.save_block("secret", "evil", {"value": "\x1b]0;owned\x07\u202e[bold]x"})

    async def script(pilot: Pilot[Any]) -> None:
        await open_block(pilot, block)
        await pilot.press("v")
        text = await shows(pilot, "[bold]x")
        assert not {"\x1b", "\x07", "\u202e"} & set(text)

    play(app, script)


def test_leaving_with_changes_is_asked_about(app: FlowtuiApp, world: World, alerts: BlockDocument) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_block(pilot, alerts)
        await pilot.press("right", "escape")
        await shows(pilot, "Leave without saving?")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, BlocksScreen))
        assert value_of(world, "webhook", "team-alerts")["method"] == "POST"

    play(app, script)


def test_a_type_that_is_not_known_here_is_listed_and_left_alone(app: FlowtuiApp, world: World) -> None:

    from flowtui.engine.blocks.base import Block

    registry.block_types()
    known = dict(registry._classes)

    class Elsewhere(Block):
        """Known only while this test saves one."""

        place: str

    world.client.save_block("elsewhere", "one", {"place": "x"})
    registry._classes.clear()
    registry._classes.update(known)

    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "one", "elsewhere", "place x")
        await pilot.press("enter")
        await shows(pilot, "Only the code that defines elsewhere can change one.")

    play(app, script)


# -- calling a webhook ---------------------------------------------------------------------------------------------


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers 202 when the token is right, else 403; and the headers that it was sent."""
    heard: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.append(dict(self.headers))
            self.send_response(202 if self.headers.get("Authorization") == "Bearer sesame" else 403)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", heard
    server.shutdown()
    server.server_close()
    thread.join()


def test_test_calls_the_webhook_with_its_stored_secrets(
    app: FlowtuiApp, world: World, endpoint: tuple[str, list[dict[str, str]]]
) -> None:
    url, heard = endpoint
    block = world.client.save_block("webhook", "hook", {"url": url, "headers": {"Authorization": "Bearer sesame"}})

    async def script(pilot: Pilot[Any]) -> None:
        await open_block(pilot, block)
        await pilot.press("t")
        await shows(pilot, "✔ answered 202 in ")
        assert heard[0]["Authorization"] == "Bearer sesame"
        await go_to(pilot, "headers")
        await pilot.press("end", *["backspace"] * 8, *"wrong")
        await pilot.click("#test")
        await shows(pilot, "✖ answered 403 in ")
        assert heard[1]["Authorization"] == "wrong"

    play(app, script)


def test_a_call_that_fails_says_why_without_the_address(app: FlowtuiApp, world: World) -> None:
    block = world.client.save_block("webhook", "hook", {"url": "http://127.0.0.1:9/sesame"})

    async def script(pilot: Pilot[Any]) -> None:
        await open_block(pilot, block)
        await pilot.press("t")
        text = await shows(pilot, "✖ The call failed:")
        assert "sesame" not in text

    play(app, script)


def test_a_new_webhook_can_be_tried_before_it_is_saved(
    world: World, endpoint: tuple[str, list[dict[str, str]]]
) -> None:
    answered = try_webhook(world.client, None, {"url": endpoint[0]})
    assert (answered.status, answered.well) == (403, False)
    assert answered.words.startswith("answered 403 in ")
    assert world.client.list_blocks() == ()


# -- how they look -------------------------------------------------------------------------------------------------


def test_picture_of_the_list(
    pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun], api_key: BlockDocument, alerts: BlockDocument
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "api-key", "team-alerts")

    pictures(app, script)


def test_picture_of_a_block_with_its_secret_masked(
    pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun], alerts: BlockDocument
) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_block(pilot, alerts)
        await go_to(pilot, "url")
        await shows(pilot, "Where it is called")

    pictures(app, script)


def test_picture_of_a_new_block_with_a_problem(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No block yet.")
        await new_block(pilot, "Secret")
        await pilot.press(*"API", "tab", *"hunter2", "ctrl+s")
        await shows(pilot, "'API' cannot name a block")

    pictures(app, script)


def test_picture_of_no_block(pictures: Pictures, app: FlowtuiApp) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No block yet.")

    pictures(app, script)


@pytest.fixture
def own_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """The types of flowtui alone, whatever tests before have defined in this process."""
    registry.block_types()  # which loads them
    own = {
        slug: kind for slug, kind in registry._classes.items() if kind.__module__.startswith("flowtui.engine.blocks.")
    }
    monkeypatch.setattr(registry, "_classes", own)


@pytest.mark.usefixtures("own_types")
def test_picture_of_the_types(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No block yet.")
        await pilot.press("n")
        await shows(pilot, "Secret", "Webhook")

    pictures(app, script)


def test_picture_of_a_new_block(pictures: Pictures, app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        await open_list(pilot, "No block yet.")
        await new_block(pilot, "Webhook")

    pictures(app, script)
