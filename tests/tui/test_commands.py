"""The `:` line understands nouns in all their forms and helps with the rest."""

import pytest

from flowtui.engine.errors import UsageError
from flowtui.tui.commands import Command, complete, parse_command
from flowtui.tui.keys import RESOURCES


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
    assert parse_command(line) == Command("quit")


def test_an_empty_line_is_nothing() -> None:
    assert parse_command(" : ") is None


def test_a_word_that_means_nothing_gets_a_hint() -> None:
    with pytest.raises(UsageError, match="Did you mean 'deployments'"):
        parse_command("depploy")
    with pytest.raises(UsageError, match="Try one of home, runs, flows, deployments, pools, blocks"):
        parse_command("xyzzy")


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("dep", "deployments"),
        ("ru", "runs"),
        ("q", "quit"),
        ("runs st", "runs state:"),
        ("runs state:fa", "runs state:failed"),
        ("runs state:failed,run", "runs state:failed,running"),
        ("runs tag:x fl", "runs tag:x flow:"),
        ("home st", None),
        ("", None),
        ("runs ", None),
        ("runs flow:x", None),
    ],
)
def test_completion_follows_the_words(typed: str, whole: str | None) -> None:
    assert complete(typed) == whole
