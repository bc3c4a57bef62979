"""The `:` line understands nouns in all their forms and helps with the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.errors import UsageError
from flowtui.tui.command_offers import going_on
from flowtui.tui.commands import COMMANDS, Command, Known, parse_command, word_of, wrong_in
from flowtui.tui.completing import Wanted
from flowtui.tui.keys import RESOURCES
from flowtui.tui.views.model import default_views


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.mode)
def test_every_noun_of_a_screen_goes_there(resource) -> None:
    for noun in resource.nouns:
        command = parse_command(noun)
        assert command == Command("show", resource.mode)
        assert parse_command(f":{noun.upper()} ") == command


def test_what_follows_runs_is_a_filter() -> None:
    assert parse_command("runs state:failed since:24h") == Command("show", "runs", "state:failed since:24h")


def test_a_filter_that_makes_no_sense_is_refused_in_the_line() -> None:
    with pytest.raises(UsageError, match="broken"):
        parse_command("runs state:broken")


def test_run_with_a_name_opens_it() -> None:
    assert parse_command("run plucky-heron") == Command("open-run", argument="plucky-heron")


@pytest.mark.parametrize("line", ["q", "quit", ":q", "exit"])
def test_quit_in_all_its_forms(line: str) -> None:
    assert parse_command(line) == Command("act", argument="app.quit")


def test_an_empty_line_is_nothing() -> None:
    assert parse_command(" : ") is None


def test_each_list_takes_a_filter_in_its_own_words() -> None:
    assert parse_command("pools waiting>0") == Command("show", "pools", "waiting>0")
    assert parse_command("dep is:paused") == Command("show", "deployments", "is:paused")
    with pytest.raises(UsageError, match="There is no filter waiting>"):
        parse_command("flows waiting>0")


def test_a_word_that_means_nothing_gets_the_nearest() -> None:
    for typed, meant in (("depploy", "deployments"), ("rnus", "runs"), ("teme", "theme"), ("jornal", "journal")):
        with pytest.raises(UsageError, match=f"There is no command '{typed}'. Did you mean .{meant}."):
            parse_command(typed)
    with pytest.raises(UsageError, match="Try one of home, runs, flows, deployments, pools, blocks, view"):
        parse_command("xyzzy")


def test_what_has_to_follow_is_asked_for_and_has_to_be_there() -> None:
    with pytest.raises(UsageError, match="Say which view"):
        parse_command("view")
    with pytest.raises(UsageError, match="Say whose logs"):
        parse_command("logs ")
    known = Known(themes=("flowtui", "flowtui-light"), views=(*default_views("runs"), *default_views("deployments")))
    assert parse_command("theme flowtui-light", known) == Command("theme", argument="flowtui-light")
    with pytest.raises(UsageError, match="There is no theme 'flowtui-lite' – did you mean flowtui-light"):
        parse_command("theme flowtui-lite", known)
    assert parse_command("view unser", known) == Command("view", argument="unser")
    with pytest.raises(UsageError, match="There is no view 'pausd' – did you mean paused"):
        parse_command("view pausd", known)


KNOWN = Known(themes=("nord", "flowtui"), views=(*default_views("deployments"), *default_views("runs")))


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("", [word.names[0] for word in COMMANDS]),
        ("ru", ["runs"]),
        ("de", ["deployments"]),
        ("wp", ["wp"]),
        ("q", ["quit"]),
        ("quit", []),
        ("runs", ["runs"]),
        ("runs st", ["state:", "start<"]),
        ("runs state:fa", ["failed"]),
        ("runs tag:x state:failed,run", ["running"]),
        ("deployments is:p", ["paused"]),
        ("wp st", ["is:"]),
        ("blocks sa", ["saved<"]),
        ("home st", []),
        ("xyz st", []),
        ("theme no", ["nord"]),
        ("theme nord", []),
        ("view un", ["unserved", "running"]),
        ("view all", []),
        ("runs dur>5m ", [offer.label for offer in going_on("runs ", KNOWN).offers]),
    ],
)
def test_what_may_come_next_is_offered(typed: str, labels: list[str]) -> None:
    assert [offer.label for offer in going_on(typed, KNOWN).offers] == labels


def test_of_two_views_of_one_name_the_one_that_is_shown_is_offered() -> None:
    (offer,) = going_on("view needs", KNOWN).offers
    assert offer.hint == "deployments   needs:attention"


def test_runs_are_asked_for_by_name_one_after_the_other() -> None:
    assert going_on("open plu", KNOWN).wanted == going_on("run plu", KNOWN).wanted == Wanted("name", "plu", "")
    more = going_on("logs calm-auk bri", KNOWN)
    assert (more.wanted, more.replaced, more.of) == (Wanted("name", "bri", ""), 3, "runs")
    values = going_on("deployments tag:a,b", KNOWN)
    assert (values.wanted, values.replaced, values.of) == (Wanted("tag", "b", "tag:a,"), 7, "deployments")


@given(st.text(" :runstheme viewdqx>!", max_size=14))
def test_what_is_wrong_lies_within_the_line(line: str) -> None:
    try:
        parse_command(line, KNOWN)
    except UsageError as error:
        start, end = wrong_in(line, error)
        assert 0 <= start < end <= len(line) and line[start:end].strip()


@given(st.text('runs theme view dqx:>!"', max_size=14))
def test_whatever_is_typed_what_is_offered_replaces_the_end_of_it(line: str) -> None:
    found = going_on(line, KNOWN)
    assert 0 <= found.replaced <= len(line)
    for offer in found.offers:
        whole = line[: len(line) - found.replaced] + offer.text
        if not offer.is_open and word_of(whole.split()[0]) is not None:
            try:
                assert parse_command(whole, KNOWN) is not None
            except UsageError:
                assert " " in line.strip()  # what stands before it made no sense already
