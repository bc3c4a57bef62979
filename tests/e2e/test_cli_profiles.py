"""`flowtui profile` and `flowtui -p`: settings under names."""

import pytest

from tests.support import clean_environment, run_flowtui

DEAD = "postgresql://me:secret@127.0.0.1:1/flows"


def test_profiles_are_made_listed_used_and_forgotten(flowtui, home, tmp_path, monkeypatch):
    monkeypatch.delenv("FLOWTUI_PROFILE", raising=False)
    assert [one["name"] for one in flowtui("profile", "ls", "-o", "json").json] == ["default"]
    assert flowtui("profile", "create", "prod", f"database_url={DEAD}", "read_only=true", "accent=red").code == 0
    assert flowtui("profiles", "create", "lap", f"database_url=sqlite:///{tmp_path}/lap.db").code == 0

    listed = flowtui("profile", "ls")
    assert "postgresql://me:***@127.0.0.1:1/flows" in listed.out and "secret" not in listed.out + listed.err
    used = flowtui("profile", "use", "prod")
    assert used.code == 1 and "in use from now on" in used.out and "cannot be reached" in used.err
    assert "secret" not in used.out + used.err
    used = flowtui("profile", "use", "lap")
    assert used.code == 0 and "answers, within" in used.err
    (active,) = [one for one in flowtui("profile", "ls", "-o", "json").json if one["active"]]
    assert active["name"] == "lap"

    shown = flowtui("profile", "inspect", "prod", "-o", "json")
    assert shown.json["settings"]["database_url"] == "postgresql://me:***@127.0.0.1:1/flows"
    assert "secret" not in flowtui("profile", "inspect", "prod").out
    monkeypatch.setenv("FLOWTUI_DATABASE_URL", "sqlite:////x.db")
    assert "FLOWTUI_DATABASE_URL is set and counts instead" in flowtui("profile", "ls").err
    assert "is set and counts instead" in flowtui("profile", "inspect").out
    monkeypatch.delenv("FLOWTUI_DATABASE_URL")

    assert flowtui("profile", "rename", "lap", "laptop").code == 0
    assert flowtui("profile", "delete", "laptop").code == 0
    assert [one["active"] for one in flowtui("profile", "ls", "-o", "json").json] == [True, False]
    wrong = flowtui("profile", "inspect", "pord")
    assert wrong.code == 2 and "Did you mean 'prod'?" in wrong.err


def test_a_command_is_carried_out_on_the_profile_that_stands_before_it(home, tmp_path):
    env = clean_environment()
    run_flowtui("profile", "create", "other", f"database_url=sqlite:///{tmp_path}/other.db", env=env)

    assert run_flowtui("-p", "other", "variable", "set", "colour", "blue", env=env).returncode == 0
    assert run_flowtui("variable", "get", "colour", env=env).returncode != 0
    assert "blue" in run_flowtui("--profile=other", "variable", "get", "colour", env=env).stdout
    unknown = run_flowtui("-p", "othr", "variable", "ls", env=env)
    assert unknown.returncode == 2 and "Did you mean 'other'?" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-p",), "-p needs the name of a profile"),
        (("--all", "flow-run", "ls"), "--all opens the workstation and stands alone"),
        (("--all",), "needs a terminal"),
    ],
)
def test_flags_before_a_command_that_make_no_sense_are_refused(flowtui, arguments, said):
    wrong = flowtui(*arguments)
    assert wrong.code == 2 and said in wrong.err
