"""Views: a filter, an order and columns under a name; kept by store, shared as YAML, and never lost on the way."""

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from flowtui.engine.errors import UsageError
from flowtui.engine.listing import SORTS, RunSort
from flowtui.engine.model import FlowRun
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.lists.columns import Shown, read_shown
from flowtui.tui.run_columns import COLUMNS, DEFAULT, Seen
from flowtui.tui.screens.home import HomeScreen
from flowtui.tui.screens.runs import RunsScreen
from flowtui.tui.views.files import ViewFiles, views_from_yaml, views_yaml
from flowtui.tui.views.model import DEFAULT_VIEWS, View, find_view, view_from, view_json
from tests.fakes.world import NOW, World
from tests.tui.conftest import play
from tests.tui.looks import screen_text, shows, until

KEYS = st.sampled_from([*(column.key for column in COLUMNS.all), "param.region", "param.limits.rows"])
VIEWS = st.builds(
    View,
    name=st.text("abc é-7", min_size=1, max_size=20).map(lambda text: " ".join(text.split())).filter(bool),
    query=st.sampled_from(["", "needs:attention", 'flow:"my flow" !tag:x', "param.a=5 dur>5m", "état"]),
    sort=st.builds(RunSort, st.sampled_from(list(SORTS)), st.booleans()),
    columns=st.lists(
        st.builds(Shown, KEYS, st.none() | st.integers(3, 80)), min_size=1, unique_by=lambda shown: shown.key
    ).map(tuple),
)


@given(views=st.lists(VIEWS, unique_by=lambda view: view.name.lower(), max_size=4))
def test_views_are_the_same_after_they_were_shared(views: list[View]) -> None:
    assert views_from_yaml(views_yaml(views)) == tuple(views)
    assert all(view_from(view_json(view)) == view for view in views)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("views: [{name: x, filter: 'stat:failed'}]", "The view 'x': There is no filter stat:"),
        ("views: [{name: x, columns: [flwo]}]", "The view 'x': There is no column 'flwo' – did you mean flow?"),
        ("views: [{name: x, sort: -nam}]", "did you mean name"),
        ("views: [{name: x, colour: red}]", "there is no 'colour' in it"),
        ("views: [{filter: x}]", "A view is a mapping with a name"),
        ("views: {a: b}", "Views stand in a list"),
        ("- x: [", "This is no YAML"),
        ("views: [{name: '  '}]", "needs a name"),
    ],
)
def test_what_is_wrong_with_shared_views_is_said(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words.replace("?", r"\?")):
        views_from_yaml(text)


def test_two_terminals_and_two_stores_keep_out_of_each_others_way(tmp_path: Path) -> None:
    one, other = ViewFiles(tmp_path), ViewFiles(tmp_path)
    one.save(View("Mine", "tag:x"))
    other.save(View("late", "is:late flow:etl"))
    assert [view.name for view in one.views()] == [*(view.name for view in DEFAULT_VIEWS), "Mine"]
    assert find_view(one.views(), "LATE").query == "is:late flow:etl" and find_view(one.views(), "mi").name == "Mine"
    one.leave("sqlite a", View("Mine", "tag:y", columns=(Shown("flow", 30),)))
    other.leave("sqlite b", View("all", "flow:z"))
    assert ViewFiles(tmp_path).last("sqlite a") == View("Mine", "tag:y", columns=(Shown("flow", 30),))
    assert ViewFiles(tmp_path).last("sqlite b").query == "flow:z" and one.last("sqlite c") == DEFAULT_VIEWS[0]
    assert one.delete("LATE") and not one.delete("late") and find_view(other.views(), "late").query == "is:late"
    (tmp_path / "lists.json").write_text("{not json")
    (tmp_path / "views.yaml").write_text("views: 7")
    assert ViewFiles(tmp_path).last("sqlite a") == DEFAULT_VIEWS[0] and ViewFiles(tmp_path).views() == DEFAULT_VIEWS


def test_every_column_shows_something_of_a_run(world: World, day: dict[str, FlowRun]) -> None:
    run = world.client.read_flow_run(day["failed"].id)
    chosen = (*(Shown(column.key) for column in COLUMNS.all), Shown("param.repos"), Shown("param.nothing"))
    painted = COLUMNS.painter(chosen)(run, Seen(NOW, UTC, {run.flow_name: 2.0}))
    cells = dict(zip((shown.key for shown in chosen), painted, strict=True))
    words = {key: "".join(text for text, _ in cell) for key, cell in cells.items() if not callable(cell)}
    assert words["usual"] == "2.0×" and words["errors"] == "2" and words["warnings"] == "1"
    assert "ReadTimeout" in words["error"] and words["id"] == run.id and words["param.nothing"] == ""
    assert len(COLUMNS.placed(chosen)) == len(chosen)
    assert read_shown("flow:30") == Shown("flow", 30) and str(COLUMNS.wider(Shown("flow"), 2)) == "flow:16"
    assert COLUMNS.placed((Shown("flow", 30),))[0].width == 30
    with pytest.raises(UsageError, match="There is no column"):
        COLUMNS.of("param.")


def restarted(world: World, home: Path) -> FlowtuiApp:
    return FlowtuiApp(world.client, now=world.clock, zone=UTC, home=lambda: home)


async def runs(pilot: Pilot[Any]) -> RunsScreen:
    await pilot.press("2")
    await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
    await shows(pilot, "77")
    return pilot.app.screen  # type: ignore[return-value]


def test_filter_order_and_columns_outlive_the_workstation(
    world: World, day: dict[str, FlowRun], tmp_path: Path
) -> None:
    async def leave(pilot: Pilot[Any]) -> None:
        screen = await runs(pilot)
        await pilot.press("f", *"state:completed", "enter", "O")
        await pilot.press("C", "j", "space", "K", "plus", "escape")
        await pilot.press("1", "2")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen))
        assert screen.query_text == "state:completed"

    async def back(pilot: Pilot[Any]) -> None:
        screen = await runs(pilot)
        text = await shows(pilot, "state:completed ×", "STARTED▲")
        assert "FLOW" not in text.split("\n")[4] and screen.view.columns == DEFAULT[:1] + DEFAULT[2:]
        await pilot.press("C", "0", "escape")
        await shows(pilot, "FLOW")

    play(restarted(world, tmp_path), leave)
    play(restarted(world, tmp_path), back)


def test_views_are_chosen_by_digit_number_and_name(world: World, day: dict[str, FlowRun], tmp_path: Path) -> None:
    app = restarted(world, tmp_path)

    async def script(pilot: Pilot[Any]) -> None:
        screen = await runs(pilot)
        await pilot.press("V")
        await shows(pilot, "Views", "needs attention", "failed today")
        await pilot.press("2")
        await shows(pilot, "needs:attention ×", "wild-lynx")
        await pilot.press("alt+3")
        await shows(pilot, "is:live ×", "3 of 77")
        await pilot.press("f", *"flow:daily-etl", "enter")
        await shows(pilot, "1 of 77")
        await pilot.press("V")
        await shows(pilot, "save this as")
        await pilot.press("s")
        await shows(pilot, "Save this view as")
        await pilot.press(*["backspace"] * 7, *"etl now", "enter")
        await until(pilot, lambda: screen.view.name == "etl now")
        await pilot.press("1", "colon", *"view late", "enter")
        await until(pilot, lambda: not isinstance(app.screen, HomeScreen) and screen.query_text == "is:late")
        await pilot.press("colon", *"view etl", "enter")
        await until(pilot, lambda: screen.query_text == "is:live flow:daily-etl")
        await pilot.press("colon", *"view nothing", "enter")
        await shows(pilot, "There is no view 'nothing'")

    play(app, script)
    assert [view.name for view in ViewFiles(tmp_path).views()][-1] == "etl now"


def under_the_cursor(app: FlowtuiApp) -> str:
    """The line of the uppermost screen that the cursor stands on."""
    return next((line for line in screen_text(app).split("\n") if "▌" in line[20:]), "")


def test_columns_are_chosen_while_the_list_is_in_sight(world: World, day: dict[str, FlowRun], tmp_path: Path) -> None:
    app = restarted(world, tmp_path)

    async def script(pilot: Pilot[Any]) -> None:
        screen = await runs(pilot)
        await pilot.press("C")
        await shows(pilot, "Columns", "the work pool")
        await pilot.press("p")
        await shows(pilot, "Which parameter?")
        await pilot.press(*"repos", "enter")
        await until(pilot, lambda: screen.view.columns[-1] == Shown("param.repos"))
        await until(pilot, lambda: "repos" in under_the_cursor(app))  # in the list of columns, which is above again
        await pilot.press(*["K"] * 9, "escape")
        await until(pilot, lambda: "REPOS" in screen_text(app))
        assert screen.view.columns[1] == Shown("param.repos")

    play(app, script)


def test_a_sort_is_chosen_by_key_by_title_and_turned(app: FlowtuiApp, day: dict[str, FlowRun]) -> None:
    async def script(pilot: Pilot[Any]) -> None:
        screen = await runs(pilot)
        await pilot.press("o")
        await shows(pilot, "Sort by", "how long it ran")
        await pilot.press("6")
        await shows(pilot, "DURATION▼")
        await until(pilot, lambda: "big-load" in screen_text(app).split("\n")[5])
        head = screen_text(app).split("\n")[4]
        await pilot.click(offset=(head.index("FLOW"), 4))
        await until(pilot, lambda: str(screen.view.sort) == "flow")
        await pilot.press("O")
        await until(pilot, lambda: "wild-lynx" in screen_text(app).split("\n")[5])

    play(app, script)
