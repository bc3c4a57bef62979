"""The table of keys keeps its promises on every screen."""

import inspect
import pkgutil
from importlib import import_module

import pytest
from textual.binding import Binding, BindingsMap

import flowtui.tui
from flowtui.tui.acting.run_verbs import VERBS
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.keys import APP_BINDINGS, RESOURCES, key_name
from flowtui.tui.screens.home import HomeScreen
from flowtui.tui.screens.run import RunScreen
from flowtui.tui.screens.runs import RunsScreen
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.log_view import LogView
from flowtui.tui.widgets.value_view import ValueView
from flowtui.tui.widgets.virtual_table import VirtualTable

SCREENS = (HomeScreen, RunsScreen, RunScreen)
PANES = (VirtualTable, LogView, ValueView)
DESTRUCTIVE = {"cancel", "retry", "delete"} | {f"act('{verb.id}')" for verb in VERBS}


def bindings(*owners: type) -> list[Binding]:
    return [binding for owner in owners for _, binding in BindingsMap(owner.BINDINGS)]


@pytest.mark.parametrize("owner", [*SCREENS, *PANES, FlowtuiApp], ids=lambda owner: owner.__name__)
def test_nothing_destructive_hides_behind_ctrl_or_enter(owner: type) -> None:
    for binding in bindings(owner):
        if binding.action in DESTRUCTIVE or binding.action.split("(")[0] in DESTRUCTIVE:
            assert "+" not in binding.key and binding.key not in ("enter", "space", "escape", "tab")


def every_binding() -> dict[str, list[Binding]]:
    """Those of every class of the workstation that has some, by its name."""
    found: dict[str, list[Binding]] = {}
    for module in pkgutil.walk_packages(flowtui.tui.__path__, "flowtui.tui."):
        if ".cli" in module.name or ".demo" in module.name or module.name.endswith("child"):
            continue
        for name, owner in inspect.getmembers(import_module(module.name), inspect.isclass):
            if owner.__module__ == module.name and "BINDINGS" in vars(owner):
                found[name] = bindings(owner)
    return found


def test_nothing_that_destroys_sits_on_a_chord_or_on_a_key_of_the_terminal() -> None:
    """ctrl with a letter belongs to tmux, screen and readline; enter, space and tab are pressed without looking."""
    known = every_binding()
    assert len(known) > 20
    destroying = [b for found in known.values() for b in found if destroys(b)]
    assert {"c", "R", "d", "delete"} <= {binding.key for binding in destroying}
    for binding in destroying:
        assert "+" not in binding.key, f"{binding.key} {binding.action}"
        assert binding.key not in ("enter", "space", "escape", "tab", "backspace", "up", "down", "left", "right")


def destroys(binding: Binding) -> bool:
    words = f"{binding.action} {binding.description}".lower()
    ends = ("cancel", "retry", "delete", "suspend", "clear all", "kill", "reset all", "set-state")
    harmless = binding.action in ("leave", "app.up") or binding.key == "ctrl+s"  # that sends a form, whatever is in it
    return not harmless and any(word in words for word in ends)


@pytest.mark.parametrize("owner", [*SCREENS, *PANES, FlowtuiApp], ids=lambda owner: owner.__name__)
def test_no_key_collides_in_old_terminals(owner: type) -> None:
    """There ctrl+i is tab, ctrl+m enter, ctrl+h backspace and ctrl+[ escape."""
    for binding in bindings(owner):
        assert binding.key not in ("ctrl+i", "ctrl+m", "ctrl+h", "ctrl+left_square_bracket", "ctrl+j")


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_a_screen_s_own_keys_are_not_taken_by_what_works_everywhere(screen: type) -> None:
    everywhere = {binding.key for _, binding in BindingsMap(APP_BINDINGS)} - {"escape"}
    own = {binding.key for binding in bindings(screen)}
    assert not own & everywhere


def test_every_key_that_is_named_has_an_id_and_no_two_share_one() -> None:
    named = [b for b in bindings(*SCREENS, VirtualTable, LogView, ShellScreen, FlowtuiApp) if b.description]
    ids: dict[str, set[str]] = {}
    for binding in named:
        if binding.id:
            ids.setdefault(binding.id, set()).add(binding.action)
    assert all(len(actions) == 1 for actions in ids.values())
    without = [b.action for b in named if not b.id and not b.action.startswith("app.focus")]
    assert not without


def test_the_tabs_show_only_what_exists() -> None:
    assert [(r.key, r.label) for r in RESOURCES] == [
        ("1", "Home"),
        ("2", "Runs"),
        ("3", "Flows"),
        ("4", "Deployments"),
        ("5", "Pools"),
        ("6", "Blocks"),
    ]
    assert {r.mode for r in RESOURCES} == set(FlowtuiApp.MODES)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("question_mark", "?"),
        ("colon", ":"),
        ("ctrl+p", "^p"),
        ("shift+g", "G"),
        ("G", "G"),
        ("pagedown", "pgdn"),
        ("shift+tab", "shift+tab"),
        ("right_square_bracket", "]"),
    ],
)
def test_keys_are_written_as_people_press_them(key: str, name: str) -> None:
    assert key_name(Binding(key, "x", "x")) == name
