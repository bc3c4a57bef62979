"""`flowtui profile`: settings under names, and which of them are in use."""

import os
import time
from math import ceil
from typing import Any

from cyclopts import App

from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.profiles import CHOICE, DEFAULT, KEYS, Profile, Profiles, settings_for, shown_value, variable
from flowtui.engine.profiles_file import create_profile, delete_profile, read_profiles, rename_profile, use_profile
from flowtui.engine.settings import home_of
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_facts, print_json, print_table

__all__ = ["app"]

app = App(name="profile", help="Settings under names, as many servers need them: list, make, choose and delete them.")
_COLUMNS = (Column(""), Column("NAME"), Column("STORE"), Column("READ ONLY"), Column("ACCENT", wide_only=70))


def _profiles() -> Profiles:
    return read_profiles(home_of(os.environ))


def _in_use(profiles: Profiles) -> str | None:
    """The profile that commands and the workstation use just now."""
    chosen = profiles.chosen(os.environ)
    return chosen.name if chosen is not None else None


@app.command
def ls(*, output: Output = "table") -> int:
    """List the profiles, and mark the one in use."""
    profiles = _profiles()
    used = _in_use(profiles)
    listed = [*profiles.named.values()]
    if DEFAULT not in profiles.named:
        listed.insert(0, profiles.get(DEFAULT))
    if output == "json":
        print_json([_json(profile, used) for profile in listed])
        return 0
    rows = (
        (
            Cell("●" if profile.name == used else "", "green"),
            profile.name,
            _store_words(profiles, profile),
            "yes" if profile.values.get("read_only") in ("true", "1") else "",
            profile.accent,
        )
        for profile in listed
    )
    print_table(_COLUMNS, rows, empty="No profiles.")
    _warn_of_overruling(profiles)
    return 0


def _json(profile: Profile, used: str | None) -> dict[str, Any]:
    return {
        "name": profile.name,
        "active": profile.name == used,
        "accent": profile.accent or None,
        "settings": {key: shown_value(key, value) for key, value in profile.values.items()},
    }


def _store_words(profiles: Profiles, profile: Profile) -> str:
    """Where its runs are, or why that cannot be used."""
    try:
        settings = settings_for(profiles, profile, {**os.environ, **dict.fromkeys(_own_addresses(profile), "")})
    except UsageError as error:
        return f"✖ {error}"
    if settings.api_url is not None:
        return f"{profile.address}   (not reachable yet: this version uses stores directly)"
    return shown_value("database_url", settings.database_url)


def _own_addresses(profile: Profile) -> tuple[str, ...]:
    return (variable("database_url"), variable("api_url")) if profile.has_address else ()


def _warn_of_overruling(profiles: Profiles) -> None:
    """Say which variables win over the profile in use."""
    chosen = profiles.chosen(os.environ)
    overruled = chosen.overruled(os.environ) if chosen is not None else ()
    if chosen is not None and overruled:
        are = "is set and counts" if len(overruled) == 1 else "are set and count"
        narrate(f"{' and '.join(overruled)} {are} instead of what profile {chosen.name!r} says.")


@app.command
def create(name: str, *settings: str) -> int:
    """Make a profile.

    Parameters
    ----------
    name
        Its name.
    settings
        What it sets, for instance database_url=postgresql://… read_only=true accent=red.
    """
    home = home_of(os.environ)
    create_profile(home, name, settings)
    narrate(f"Made profile {name!r} in {_profiles().file}. Use it now and then with: flowtui -p {name}")
    return 0


@app.command
def use(name: str, /) -> int:
    """Make a profile the one that is used where none is asked for, and look whether its store answers.

    Parameters
    ----------
    name
        Its name; default is what there is without any.
    """
    profile = use_profile(home_of(os.environ), name)
    profiles = _profiles()
    print(f"Profile {name!r} is in use from now on.")
    if os.environ.get(CHOICE) not in (None, name):
        narrate(f"In this terminal {CHOICE} is {os.environ[CHOICE]!r}, which counts more.")
    overruled = profile.overruled(os.environ)
    if overruled:
        narrate(f"In this terminal {' and '.join(overruled)} count more than what it says.")
    return _look(profiles, profile)


def _look(profiles: Profiles, profile: Profile) -> int:
    """Say whether the store of a profile answers; the exit code is 1 when it does not."""
    from flowtui.engine.client.opening import open_client  # noqa: PLC0415 - opens the store, 300 ms

    try:
        client = open_client(
            settings_for(profiles, profile, {**os.environ, **dict.fromkeys(_own_addresses(profile), "")})
        )
    except FlowtuiError as error:
        narrate(f"It does not answer: {error}")
        return 1
    try:
        began = time.monotonic()
        client.changes(None)
        narrate(f"{client.address} answers, within {ceil((time.monotonic() - began) * 1000)} ms.")
    finally:
        client.close()
    return 0


@app.command
def inspect(name: str | None = None, /, *, output: Output = "table") -> int:
    """Show what a profile sets, and what the environment says instead. Passwords and keys are not shown.

    Parameters
    ----------
    name
        Its name; the one in use when it is not given.
    """
    profiles = _profiles()
    used = _in_use(profiles)
    profile = profiles.get(name or used or DEFAULT)
    if output == "json":
        print_json({**_json(profile, used), "overruled": list(profile.overruled(os.environ))})
        return 0
    overruled = profile.overruled(os.environ)
    facts: list[tuple[str, Cell | str]] = [
        ("profile", profile.name),
        ("in use", "yes" if profile.name == used else "no"),
    ]
    for key in KEYS:
        value = profile.accent if key == "accent" else profile.values.get(key)
        if value:
            note = f"   ({variable(key)} is set and counts instead)" if variable(key) in overruled else ""
            facts.append((key, shown_value(key, value) + note))
    print_facts(facts)
    return 0


@app.command
def rename(old: str, new: str, /) -> int:
    """Give a profile another name.

    Parameters
    ----------
    old
        Its name.
    new
        Its name from now on.
    """
    rename_profile(home_of(os.environ), old, new)
    narrate(f"Profile {old!r} is called {new!r} now.")
    return 0


@app.command
def delete(name: str, /) -> int:
    """Forget a profile. Its store and its runs stay as they are.

    Parameters
    ----------
    name
        Its name.
    """
    delete_profile(home_of(os.environ), name)
    narrate(f"Forgot profile {name!r}; its store is as it was.")
    return 0
