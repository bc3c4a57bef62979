"""The widgets of a form, used as a person would: typing, tabbing, choosing, looking at it as JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from flowtui.tui.forms.controls import Choices, KeptSecret, Line, Lines
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.row import FieldRow
from flowtui.tui.forms.view import FormView
from flowtui.tui.themes import THEMES
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until

NOW = datetime(2026, 11, 20, 14, 2, 31, tzinfo=UTC)


class Limits(BaseModel):
    rows: int = Field(10_000, ge=1)
    dry_run: bool = True


class Load(BaseModel):
    source: str = Field(description="The host that the data comes from.", examples=["api.example.com"])
    destination: Literal["snowflake", "duckdb", "postgres"] = "duckdb"
    since: str = Field("2026-11-19", json_schema_extra={"format": "date"})
    rows: int = Field(10, ge=1, description="How many rows.")
    limits: Limits = Limits()
    note: str | None = "hello"
    either: int | str = 3
    tags: list[str] = ["a", "b"]


class FormApp(App[None]):
    """One form, and nothing else."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "flowtui"
        self.first = form
        self.revealed: list[tuple[str | int, ...]] = []

    def compose(self) -> ComposeResult:
        yield FormView(self.first, now=lambda: NOW, zone=UTC)

    @property
    def view(self) -> FormView:
        return self.query_one(FormView)

    @property
    def data(self) -> dict[str, Any]:
        return self.view.form.data()

    def on_form_view_reveal_wanted(self, event: FormView.RevealWanted) -> None:
        self.revealed.append(event.path)
        event.view.reveal(event.path, "hunter2")

    def control(self, *path: str | int) -> Any:
        """The control of a field."""
        row = self.view.rows.row(path)
        return None if row is None else row.focusable_part


def load_app(**defaults: Any) -> FormApp:
    return FormApp(Form.of(Load.model_json_schema(), defaults=defaults))


def schema_app(properties: Mapping[str, Any], **defaults: Any) -> FormApp:
    return FormApp(Form.of({"properties": properties}, defaults=defaults))


async def write(pilot: Pilot[Any], text: str) -> None:
    await pilot.press(*text)


async def ready(pilot: Pilot[Any]) -> None:
    """Wait until the first field has the keyboard."""
    await until(pilot, lambda: pilot.app.focused is not None)


async def focus(pilot: Pilot[Any], *path: str | int) -> None:
    """Go to a field; its control is made when somebody comes."""

    def there() -> bool:
        part = pilot.app.control(*path)
        if part is not None and pilot.app.focused is not part:
            part.focus()
        return part is not None and pilot.app.focused is part

    await ready(pilot)
    await until(pilot, there)


def test_typing_tab_and_enter_fill_in_a_form() -> None:
    app = load_app()

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: isinstance(app.focused, Line))
        await write(pilot, "api.x")
        await pilot.press("enter")
        assert isinstance(app.focused, Choices)
        await pilot.press("right", "tab")
        await write(pilot, "yesterday")
        await pilot.press("down")
        await write(pilot, "20")
        await pilot.press("tab")
        assert app.data == {"source": "api.x", "destination": "postgres", "since": "2026-11-19", "rows": 20}
        text = await shows(pilot, "[ api.x", "(●) postgres")
        assert "[ 2026-11-19" in text
        marked = [line.strip() for line in text.splitlines() if line.strip().startswith("•")]
        assert [line.split()[1] for line in marked] == ["source", "destination", "rows"]

    play(app, script)


def test_the_field_at_hand_says_what_it_is_for() -> None:
    app = load_app()

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "The host that the data comes from.")
        await focus(pilot, "rows")
        await shows(pilot, "How many rows.")
        await write(pilot, "5")
        await shows(pilot, "default 10")

    play(app, script)


def test_an_empty_field_shows_an_example_and_no_mistake_until_it_was_asked_for() -> None:
    app = load_app()

    async def script(pilot: Pilot[Any]) -> None:
        text = await shows(pilot, "[ api.example.com")
        assert "required" not in text
        assert not app.view.validate()
        await shows(pilot, "This is required.")
        await until(pilot, lambda: app.focused is app.control("source"))
        await write(pilot, "x")
        await until(pilot, lambda: "required" not in screen_text(app))

    play(app, script)


def test_what_does_not_fit_is_said_below_its_field_when_one_leaves_it() -> None:
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "rows")
        await write(pilot, "0")
        assert "at least" not in screen_text(app)
        await pilot.press("tab")
        text = await shows(pilot, "Must be at least 1, not 0.")
        lines = text.splitlines()
        number = next(index for index, line in enumerate(lines) if line.strip().startswith("• rows"))
        assert "Must be at least 1" in lines[number + 1]
        await focus(pilot, "rows")
        await write(pilot, "12x")
        await pilot.press("tab")
        await shows(pilot, "This must be a whole number.")
        assert app.data == {"rows": 12}
        assert not app.view.validate()

    play(app, script)


def test_a_hidden_field_that_does_not_fit_is_brought_to_light() -> None:
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "limits")
        await pilot.press("enter")
        await focus(pilot, "limits", "rows")
        await write(pilot, "0")
        await focus(pilot, "limits")
        await pilot.press("left")
        await until(pilot, lambda: "Must be" not in screen_text(app))
        assert not app.view.validate()
        await shows(pilot, "Must be at least 1")
        await until(pilot, lambda: app.focused is app.control("limits", "rows"))

    play(app, script)


def test_a_group_shows_what_it_holds_and_opens() -> None:
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "▸ rows 10,000 · dry_run yes")
        await focus(pilot, "limits")
        await pilot.press("enter")
        await until(pilot, lambda: any(row.path == ("limits", "rows") for row in app.query(FieldRow)))
        await pilot.press("tab")
        await until(pilot, lambda: app.focused is app.control("limits", "rows"))
        await write(pilot, "5")
        await shows(pilot, "▾ rows 5 · dry_run yes")
        assert app.data == {"limits": {"rows": 5, "dry_run": True}}

    play(app, script)


def test_reset_and_nothing_are_keys() -> None:
    """Not given, null, empty and a value are four things, and each can be reached."""
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "note")
        await pilot.press("ctrl+n")
        assert app.data == {"note": None}
        await shows(pilot, "[ null")
        await write(pilot, "w")
        assert app.data == {"note": "w"}
        await pilot.press("backspace")
        assert app.data == {"note": ""}
        await pilot.press("ctrl+r")
        assert app.data == {}
        await shows(pilot, "[ hello")
        await focus(pilot, "source")
        await pilot.press("ctrl+n")
        assert app.data == {"source": ""}

    play(app, script)


def test_a_union_changes_its_control_with_its_variant() -> None:
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "(●) integer  ( ) string")
        await focus(pilot, "either")
        await pilot.press("right", "tab")
        await write(pilot, "three")
        assert app.data == {"either": "three"}
        await focus(pilot, "either")
        await pilot.press("left")
        assert app.data == {"either": 3}

    play(app, script)


def test_a_list_has_one_item_on_each_line() -> None:
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "tags")
        await pilot.press("down", "end", "enter", "c")
        assert app.data == {"tags": ["a", "b", "c"]}

    play(app, script)


def test_pasting_several_lines_into_a_line_keeps_them_all() -> None:
    app = load_app()

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: isinstance(app.focused, Line))
        app.focused.post_message(events.Paste("one\r\ntwo\nthree\n"))
        await until(pilot, lambda: app.data == {"source": "one\ntwo\nthree"})
        await until(pilot, lambda: isinstance(app.focused, Lines))
        await write(pilot, "!")  # at once
        assert app.data == {"source": "one\ntwo\nthree!"}

    play(app, script)


def test_ctrl_j_goes_on_on_another_line() -> None:
    app = load_app()

    async def script(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: isinstance(app.focused, Line))
        await write(pilot, "a")
        await pilot.press("ctrl+j")
        await until(pilot, lambda: isinstance(app.focused, Lines))
        await write(pilot, "b")
        assert app.data == {"source": "a\nb"}

    play(app, script)


def test_many_choices_are_a_list_that_opens() -> None:
    regions = [f"region-{number}" for number in range(12)]
    app = schema_app({"region": {"enum": regions, "default": "region-3"}})

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "region-3", "▼")
        await ready(pilot)
        await pilot.press("enter")
        await shows(pilot, "region-7")
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.data == {"region": "region-4"})

    play(app, script)


def test_choices_that_have_no_room_go_on_on_the_next_line() -> None:
    words = ["a-rather-long-choice", "another-long-choice", "and-one-more-of-them"]
    app = schema_app({"x": {"enum": words, "default": words[0]}})

    async def script(pilot: Pilot[Any]) -> None:
        text = await shows(pilot, *words)
        assert len([line for line in text.splitlines() if "( ) " in line]) >= 2
        await ready(pilot)
        await pilot.press("left")
        assert app.data == {"x": words[2]}

    play(app, script, size=(60, 20))


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_the_json_view_shows_and_keeps_every_value() -> None:
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "rows")
        await write(pilot, "20")
        before = app.view.form.effective()
        await pilot.press("ctrl+t")
        await shows(pilot, '"rows": 20', '"source": "x"')
        assert json.loads(app.query_one("JsonPane Lines", Lines).text) == before
        await pilot.press("ctrl+t")
        await shows(pilot, "[ 20")
        assert app.data == {"rows": 20}
        assert app.view.form.changes == 1

    play(app, script)


def test_an_edit_in_the_json_view_is_in_the_form_afterwards() -> None:
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        await pilot.press("ctrl+t")
        text = app.view.form.text().replace('"rows": 10,', '"rows": 11, "more": [1.0, null],')
        app.query_one("JsonPane Lines", Lines).text = text
        await until(pilot, lambda: app.data == {"rows": 11, "more": [1.0, None]})
        await pilot.press("ctrl+t")
        await shows(pilot, "[ 11", "more", "[1.0, null]")

    play(app, script)


def test_text_that_is_no_json_is_named_and_not_left() -> None:
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        await pilot.press("ctrl+t", "delete")
        await shows(pilot, "This is no JSON: line 2, column 11: extra data.")
        await pilot.press("ctrl+t")
        assert app.view.is_json
        assert not app.view.validate()
        await pilot.press("{")
        await until(pilot, lambda: "no JSON" not in screen_text(app))
        app.query_one("JsonPane Lines", Lines).text = "[1]"
        await shows(pilot, "The fields of a form are a JSON object")

    play(app, script)


def test_what_cannot_be_read_is_asked_for_before_the_json_view() -> None:
    """It would have no place there, and be lost."""
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "rows")
        await write(pilot, "1x")
        await pilot.press("ctrl+t")
        await shows(pilot, "This must be a whole number.")
        assert not app.view.is_json

    play(app, script)


# -- secrets -----------------------------------------------------------------------------------------------------------


class Login(BaseModel):
    user: str = "ada"
    password: SecretStr
    pin: SecretStr = SecretStr("")


def login_app(**defaults: Any) -> FormApp:
    return FormApp(Form.of(Login.model_json_schema(), defaults=defaults))


def test_a_secret_is_typed_as_dots_and_shown_on_demand() -> None:
    app = login_app()

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "password")
        await write(pilot, "sesame")
        text = await shows(pilot, "••••••")
        assert "sesame" not in text
        assert app.data == {"password": "sesame"}
        await pilot.press("ctrl+o")
        await shows(pilot, "sesame")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "sesame" not in screen_text(app))

    play(app, script)


def test_a_secret_of_many_lines_is_pasted_whole() -> None:
    key = "-----BEGIN KEY-----\nabc\n-----END KEY-----"
    app = login_app()

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "password")
        app.focused.post_message(events.Paste(key + "\n"))
        await until(pilot, lambda: app.data == {"password": key})
        assert "BEGIN" not in screen_text(app)

    play(app, script)


def test_a_word_is_pasted_once() -> None:
    app = login_app()

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "user")
        await until(pilot, lambda: isinstance(app.focused, Line))
        app.focused.post_message(events.Paste("grace"))
        await until(pilot, lambda: "user" in app.data)
        assert app.data == {"user": "grace"}

    play(app, script)


def test_a_paste_that_comes_before_the_control_is_kept() -> None:
    app = login_app()

    async def script(pilot: Pilot[Any]) -> None:
        await ready(pilot)
        row = app.view.rows.row(("password",))
        assert row is not None and row.control is None
        app.screen.set_focus(row)
        row.post_message(events.Paste("sesame"))
        await until(pilot, lambda: app.data == {"password": "sesame"})

    play(app, script)


def test_a_stored_secret_stays_unless_another_is_typed() -> None:
    app = login_app(password="********")

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "••••••••••••••••  kept")
        await focus(pilot, "password")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Line) and app.focused.password)
        await pilot.press("tab")
        await until(pilot, lambda: len(app.query(KeptSecret)) == 1)
        assert app.data == {}
        await focus(pilot, "password")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Line) and app.focused.password)
        await write(pilot, "new")
        assert app.data == {"password": "new"}
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(app.focused, KeptSecret))
        assert app.data == {}

    play(app, script)


def test_a_stored_secret_is_revealed_for_a_moment() -> None:
    app = login_app(password="********")

    async def script(pilot: Pilot[Any]) -> None:
        await focus(pilot, "password")
        await pilot.press("v")
        await shows(pilot, "hunter2")
        assert app.revealed == [("password",)]
        await pilot.press("v")
        await until(pilot, lambda: "hunter2" not in screen_text(app))

    play(app, script)


# -- hostile, large, small --------------------------------------------------------------------------------------------


def test_text_from_a_schema_is_never_obeyed() -> None:
    hostile = "\x1b]0;owned\x07[bold]x[/bold]\u202e"
    app = schema_app(
        {
            hostile: {"type": "string", "default": hostile, "description": hostile, "examples": [hostile]},
            "pick": {"enum": [hostile, "b"], "default": hostile},
            "group": {"type": "object", "properties": {hostile: {"type": "string"}}, "default": {hostile: hostile}},
        }
    )

    async def script(pilot: Pilot[Any]) -> None:
        text = await shows(pilot, "[bold]x[/bold]")
        assert not {"\x1b", "\x07", "\u202e"} & set(text)
        assert app.view.form.effective()[hostile] == hostile

    play(app, script)


def test_a_form_of_three_hundred_fields_is_there_at_once_and_whole_soon() -> None:
    properties = {f"field_{number}": {"type": "integer", "default": number} for number in range(300)}
    app = schema_app(properties)

    async def script(pilot: Pilot[Any]) -> None:
        await shows(pilot, "field_12")
        await ready(pilot)
        await pilot.press("5")
        assert app.data == {"field_0": 5}
        await until(pilot, lambda: len(app.query(FieldRow)) == 300)
        assert app.data == {"field_0": 5}
        await focus(pilot, "field_299")
        await shows(pilot, "field_299")

    play(app, script)


@pytest.mark.parametrize("size", [(40, 10), (60, 16), (200, 50)])
def test_a_form_fits_any_terminal(size: tuple[int, int]) -> None:
    app = load_app(source="x")

    async def script(pilot: Pilot[Any]) -> None:
        text = await shows(pilot, "source", "[ x")
        assert max(map(len, text.splitlines())) <= size[0]
        await pilot.resize_terminal(120, 36)
        await shows(pilot, "string *")

    play(app, script, size=size)
