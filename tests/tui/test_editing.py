"""A form is edited in somebody's own editor, and nothing that was written there is lost."""

import sys
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from flowtui.engine.model import DeploymentSpec
from flowtui.engine.settings import current_settings
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.deployment_actions import open_form
from flowtui.tui.forms.view import FormView
from flowtui.tui.screens.confirm import ConfirmScreen
from tests.fakes.world import World
from tests.tui.conftest import play
from tests.tui.looks import shows, until

EDITOR = """#!{python}
import pathlib, sys

file = pathlib.Path(sys.argv[-1].rpartition(":")[0])
assert "--wait" in sys.argv, sys.argv
times = pathlib.Path(__file__).with_suffix(".times")
count = len(times.read_text()) if times.exists() else 0
times.write_text("x" * (count + 1))
text = file.read_text()
file.write_text([text.replace("5", "7,"), text.replace("7,", "7"), text][count])
"""


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One with a window of its own: its first text is no JSON, its second is, and then it changes nothing."""
    script = tmp_path / "code"
    script.write_text(EDITOR.format(python=sys.executable))
    script.chmod(0o700)
    monkeypatch.setenv("FLOWTUI_EDITOR", str(script))
    return script


def test_f4_edits_the_values_and_opens_them_again_when_something_is_wrong(
    app: FlowtuiApp, world: World, editor: Path
) -> None:
    schema = {"type": "object", "properties": {"rows": {"type": "integer", "default": 5}}}
    spec = DeploymentSpec(
        name="prod", flow_name="etl", entrypoint="e.py:etl", path="/srv", parameter_openapi_schema=schema
    )
    deployment = world.client.save_deployment(spec)
    edits = current_settings().home / "edits"

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: app.is_open)
        open_form(app, deployment)
        await shows(pilot, "rows")
        form = app.screen.query_one("#parameters", FormView)
        await pilot.press("f4")
        await shows(pilot, "Open it again?", "What was written is kept in")
        (file,) = edits.iterdir()
        assert "7," in file.read_text() and file.stat().st_mode & 0o777 == 0o600
        assert isinstance(app.screen, ConfirmScreen)
        await pilot.press("y")
        await until(pilot, lambda: form.form.data() == {"rows": 7})
        await shows(pilot, "1 field changed from the defaults")
        assert not list(edits.iterdir())
        await pilot.press("f4")
        await until(pilot, lambda: len(editor.with_suffix(".times").read_text()) == 3)
        await until(pilot, lambda: not list(edits.iterdir()))
        assert form.form.data() == {"rows": 7}

    play(app, script)


def test_a_form_with_secrets_is_not_written_to_a_file(app: FlowtuiApp, world: World, editor: Path) -> None:
    world.client.save_block("secret", "api-key", {"value": "hidden"})

    async def script(pilot: Pilot[Any]) -> None:
        await pilot.press("6")
        await shows(pilot, "api-key")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query(FormView))
        app.screen.query_one("#fields", FormView).focus_field()
        await pilot.press("f4")
        await shows(pilot, "which are not written to a file")
        assert not editor.with_suffix(".times").exists()

    play(app, script)
