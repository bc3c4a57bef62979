"""`flowtui cache`: what tasks have cached is listed and cleared, and nothing of it is unpickled."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flowtui import INPUTS, task
from flowtui.engine.client.local import LocalClient
from tests.e2e.conftest import Flowtui


class Untouchable:
    """Raises when it is unpickled."""

    def __reduce__(self) -> Any:
        return (int, ("not a number",))

    def __repr__(self) -> str:
        return "<untouchable \x1b[31m>"


@pytest.fixture
def cached(client: LocalClient, tmp_path: Path) -> None:
    """Three results: one is of the day, one has expired, one must not be unpickled."""

    def key(context: Any, parameters: Any) -> str:
        return f"{parameters['what']} {parameters['day']}"

    @task(cache_key_fn=key)
    def load(what: str, day: str, value: Any) -> Any:
        return value

    load("orders", "monday", {"rows": 3})
    load.with_options(cache_expiration=timedelta(0))("orders", "tuesday", (1, 2))
    load("prices", "monday", Untouchable())
    load.with_options(result_storage=tmp_path / "elsewhere")("far", "away", 1)


def keys(flowtui: Flowtui, *arguments: str) -> list[str]:
    return [entry["key"] for entry in flowtui("cache", "ls", *arguments, "-o", "json").json]


@pytest.mark.usefixtures("cached")
def test_what_is_cached_is_listed_newest_first(flowtui: Flowtui) -> None:
    done = flowtui("cache", "ls")
    assert done.code == 0
    head, *rows = done.out.splitlines()
    assert head.split() == ["KEY", "MADE", "BY", "CREATED", "EXPIRES", "SIZE", "VALUE"]
    assert [" ".join(row.split()[:2]) for row in rows] == ["prices monday", "orders tuesday", "orders monday"]
    assert "<untouchable" in rows[0]
    assert "\x1b[31m" not in done.out
    assert [word in rows[1] for word in ("load-0", "expired", "(1, 2)")] == [True, True, True]
    assert "never" in rows[2]


@pytest.mark.usefixtures("cached")
def test_programs_get_everything_that_is_known(flowtui: Flowtui) -> None:
    (entry,) = flowtui("cache", "ls", "orders m*", "-o", "json").json
    assert entry | {"created": "", "name": ""} == {
        "key": "orders monday",
        "name": "",
        "created": "",
        "expiration": None,
        "expired": False,
        "source": "load-0",
        "serializer": "json",
        "size": 10,
        "preview": "{'rows': 3}",
    }


@pytest.mark.usefixtures("cached")
def test_a_list_is_narrowed_by_pattern_expiry_number_and_place(flowtui: Flowtui, tmp_path: Path) -> None:
    assert keys(flowtui, "orders*") == ["orders tuesday", "orders monday"]
    assert keys(flowtui, "--expired") == ["orders tuesday"]
    assert keys(flowtui, "--limit", "1") == ["prices monday"]
    assert keys(flowtui, "--storage", str(tmp_path / "elsewhere")) == ["far away"]
    assert flowtui("cache", "ls", "--limit", "1").err == "2 more; show them with --limit 3.\n"


def test_an_empty_cache_says_so(flowtui: Flowtui) -> None:
    assert flowtui("cache", "ls").err == "Nothing is cached.\n"
    assert flowtui("cache", "ls", "-o", "json").json == []
    done = flowtui("cache", "clear", "--all")
    assert (done.code, done.err) == (0, "Nothing of that is cached.\n")


@pytest.mark.usefixtures("cached")
@pytest.mark.parametrize(
    ("arguments", "left", "told"),
    [
        (("orders monday",), ["prices monday", "orders tuesday"], "1 cached result (10 B) is cleared.\n"),
        (("orders*", "prices tuesday"), ["prices monday"], "2 cached results ("),
        (("--expired",), ["prices monday", "orders monday"], "1 cached result ("),
        (("orders*", "--expired"), ["prices monday", "orders monday"], "1 cached result ("),
        (("--all",), [], "3 cached results ("),
        (("nothing",), ["prices monday", "orders tuesday", "orders monday"], "Nothing of that is cached.\n"),
    ],
)
def test_what_is_named_is_cleared_and_nothing_else(
    flowtui: Flowtui, arguments: tuple[str, ...], left: list[str], told: str
) -> None:
    done = flowtui("cache", "clear", *arguments, "--yes")
    assert done.code == 0
    assert done.err.startswith(told)
    assert keys(flowtui) == left


@pytest.mark.usefixtures("cached")
def test_what_a_task_run_made_is_found_by_its_name_since_most_keys_are_hashes(flowtui: Flowtui) -> None:
    makers = {entry["source"] for entry in flowtui("cache", "ls", "load*", "-o", "json").json}
    assert makers == {"load-0"}
    assert len(keys(flowtui, "load*")) == 3
    assert flowtui("cache", "clear", "load-0", "--yes").err.startswith("3 cached results")
    assert keys(flowtui) == []


@pytest.mark.usefixtures("cached")
def test_programs_get_what_was_cleared(flowtui: Flowtui) -> None:
    assert [entry["key"] for entry in flowtui("cache", "clear", "prices*", "-o", "json").json] == ["prices monday"]
    assert flowtui("cache", "clear", "prices*", "-o", "json").json == []


def test_clearing_has_to_be_told_what(flowtui: Flowtui) -> None:
    done = flowtui("cache", "clear")
    assert done.code == 2
    assert "Say what to clear" in done.err
    assert flowtui("cache", "clear", "--all", "--expired").code == 2


def test_a_cleared_task_runs_again(client: LocalClient, flowtui: Flowtui) -> None:
    calls: list[int] = []

    @task(cache_policy=INPUTS)
    def load(n: int) -> int:
        calls.append(n)
        return n

    load(1)
    load(1)
    flowtui("cache", "clear", "--all", "--yes")
    load(1)
    assert calls == [1, 1]


def test_keys_kept_apart_are_cleared_with_their_results(client: LocalClient, flowtui: Flowtui, tmp_path: Path) -> None:
    policy = INPUTS.configure(key_storage=tmp_path / "keys")
    task(cache_policy=policy, result_storage=tmp_path / "results")(lambda n: (n,))(1)
    assert len([path for path in tmp_path.rglob("cache/*/*") if path.is_file()]) == 2
    flowtui("cache", "clear", "--all", "--yes", "--storage", str(tmp_path / "keys"))
    assert [path for path in tmp_path.rglob("cache/*/*") if path.is_file()] == []
