"""Profiles: the environment counts more than they do, and a mistake in their file is told by its line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.profiles import Profile
from flowtui.engine.profiles_file import (
    create_profile,
    delete_profile,
    read_profiles,
    rename_profile,
    use_profile,
)
from flowtui.engine.settings import Settings, current_settings, forget_settings
from flowtui.server.environment import environment_of
from tests.package.test_imports import loaded_by

FILE = """\
# ours
active = "prod"  # mind that

[profiles.prod]
database_url = "postgresql://u:secret@db/flows"  # the big one
read_only = true
accent = "red"
logging_extra_loggers = ["boto3", "urllib3"]

[profiles.lap]
lease_seconds = 20
"""


def written(home: Path, text: str) -> Path:
    home.mkdir(exist_ok=True)
    file = home / "profiles.toml"
    file.write_text(text)
    forget_settings()
    return file


def test_the_environment_counts_more_than_the_profile_which_counts_more_than_defaults(home, monkeypatch):
    written(home, FILE)
    now = current_settings()
    assert now.profile == "prod" and now.read_only and now.lease_seconds == 30.0
    assert now.database_url == "postgresql://u:secret@db/flows"
    assert now.logging_extra_loggers == ("boto3", "urllib3")

    monkeypatch.setenv("FLOWTUI_DATABASE_URL", "sqlite:////elsewhere.db")
    monkeypatch.setenv("FLOWTUI_READ_ONLY", "")  # set to nothing is not set
    forget_settings()
    assert current_settings().database_url == "sqlite:////elsewhere.db" and current_settings().read_only
    assert read_profiles(home).named["prod"].overruled({"FLOWTUI_DATABASE_URL": "x"}) == ("FLOWTUI_DATABASE_URL",)

    monkeypatch.setenv("FLOWTUI_PROFILE", "lap")
    forget_settings()
    assert (current_settings().lease_seconds, current_settings().read_only) == (20.0, False)
    monkeypatch.setenv("FLOWTUI_PROFILE", "default")
    forget_settings()
    assert (current_settings().lease_seconds, current_settings().profile) == (30.0, "default")
    monkeypatch.setenv("FLOWTUI_PROFILE", "lp")
    forget_settings()
    with pytest.raises(NotFound, match=r"There is no profile 'lp'\. Did you mean 'lap'"):
        current_settings()


def test_a_child_has_its_parents_settings_whatever_becomes_of_the_profile(home):
    file = written(home, FILE)
    env = environment_of(current_settings(), {})
    file.write_text("no TOML at all")

    child = Settings.from_env(env)
    assert env["FLOWTUI_PROFILE"] == "" and child.read_only and child.database_url == current_settings().database_url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profiles.a]\nread_only = true\nlog_level = 'INFO'", "line 3: profile 'a' sets 'log_level', and there is no"),
        ("[profiles.a]\nreed_only = true", "line 2: profile 'a' sets 'reed_only', and .* Did you mean read_only?"),
        ("[profiles.a]\nhome = '/x'", "line 2: a profile cannot set home"),
        ("\n[profiles.a\n", "line 2: "),
        ("activ = 'a'", "line 1: there is no 'activ' here. Did you mean 'active'?"),
        ("active = 'pord'\n[profiles.prod]", "line 1: there is no profile 'pord'. Did you mean 'prod'?"),
        ("active = 3", "line 1: active is the name of a profile"),
        ("profiles = 3", "line 1: write a profile as"),
        ("[profiles]\na = 3", "write the profile as"),
        ("[profiles.all]\n", "line 1: A profile cannot be called 'all'"),
        ("[profiles.a]\naccent = 'redd'", "line 2: the accent of 'a' is 'redd' – did you mean red?"),
        ("[profiles.a]\npath_map = {a = 1}", "line 2: path_map of profile 'a' is "),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_line(home, text, said):
    file = written(home, text)

    with pytest.raises(UsageError, match=said) as refused:
        read_profiles(home)
    assert str(refused.value).startswith(str(file))


def test_a_value_that_makes_no_sense_is_refused_where_it_is_used_with_its_line(home):
    file = written(home, FILE + "logging_level = 'LOUD'\n")
    assert current_settings().profile == "prod"
    use_profile(home, "lap")
    forget_settings()

    with pytest.raises(UsageError) as refused:
        current_settings()
    assert str(refused.value).startswith(f"{file}, line 12: logging_level is 'LOUD'; use one of")


def test_changes_keep_comments_and_what_is_refused_changes_nothing(home):
    file = written(home, FILE)
    create_profile(home, "web", ["api_url=http://h/api", "accent=blue", "tasks_refresh_cache=true"])
    assert file.read_text().startswith(FILE.rstrip()) and file.stat().st_mode & 0o077 == 0
    rename_profile(home, "prod", "production")
    assert read_profiles(home).active == "production"
    assert "# ours" in file.read_text() and "# the big one" in file.read_text()
    delete_profile(home, "production")
    assert read_profiles(home).active is None and set(read_profiles(home).named) == {"lap", "web"}
    use_profile(home, "lap")
    assert read_profiles(home).active == "lap" and "# ours" in file.read_text()
    use_profile(home, "default")
    before = file.read_text()
    assert read_profiles(home).active is None

    for wrong in (["nonsense"], ["read_only=perhaps"], ["reed_only=true"], ["accent=mauve"]):
        with pytest.raises(UsageError):
            create_profile(home, "new", wrong)
    for refused in (
        lambda: create_profile(home, "lap", []),
        lambda: create_profile(home, "a b", []),
        lambda: rename_profile(home, "lap", "web"),
        lambda: rename_profile(home, "nobody", "somebody"),
        lambda: delete_profile(home, "default"),
        lambda: use_profile(home, "nobody"),
    ):
        with pytest.raises(UsageError):
            refused()
    assert file.read_text() == before


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True).filter(lambda name: name != "all"),
        st.fixed_dictionaries(
            {},
            optional={"database_url": st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1)},
        ),
        max_size=4,
    )
)
def test_what_is_created_is_what_is_read(tmp_path_factory, made):
    home = tmp_path_factory.mktemp("home")
    for name, values in made.items():
        create_profile(home, name, [f"{key}={value}" for key, value in values.items()])
    for name in made:
        use_profile(home, name)
        assert read_profiles(home).chosen({}) == read_profiles(home).get(name)

    assert {name: dict(profile.values) for name, profile in read_profiles(home).named.items()} == made


def test_without_a_file_no_toml_is_loaded(home):
    assert "tomllib" not in loaded_by("from flowtui.engine.settings import current_settings\ncurrent_settings()")
    written(home, FILE)
    assert "tomllib" in loaded_by("from flowtui.engine.settings import current_settings\ncurrent_settings()")


def test_an_address_is_shown_without_its_password():
    profile = Profile(name="a", values={"database_url": "postgresql://u:s@cret@h/db"})
    assert profile.address == "postgresql://u:***@h/db"
