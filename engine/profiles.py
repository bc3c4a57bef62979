"""Profiles: settings under names, of which one is in use. Pure; `profiles_file` reads and writes them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flowtui.engine.addresses import without_password
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.query_terms import nearest
from flowtui.engine.settings import Settings

__all__ = [
    "ACCENTS",
    "ADDRESSES",
    "CHOICE",
    "DEFAULT",
    "KEYS",
    "Profile",
    "Profiles",
    "checked_name",
    "settings_for",
    "shown_value",
    "variable",
]

DEFAULT: Final = "default"
"""The profile that is always there: without one of that name in the file, what the environment says and no more."""
CHOICE: Final = "FLOWTUI_PROFILE"
"""The variable that chooses one. Set to nothing, none is: whoever sets all the others needs none."""
ADDRESSES: Final = frozenset({"database_url", "api_url"})
"""The settings that say where the runs are kept."""
ACCENTS: Final = ("red", "orange", "yellow", "green", "blue", "pink", "violet", "grey")
"""Colours that the workstation can wear on a profile."""
KEYS: Final = (*(name for name in Settings.__dataclass_fields__ if name not in ("home", "profile")), "accent")
"""What a profile may say: every setting but the home, where the file of profiles is kept itself."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_HIDDEN: Final = "********"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Some settings under a name, each written as its variable would be. `lines` is where each stands in the file."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    accent: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_address(self) -> bool:
        """Whether it says where the runs are kept."""
        return not ADDRESSES.isdisjoint(self.values)

    @property
    def address(self) -> str:
        """Where it keeps its runs, for a person's eyes; empty when it does not say."""
        return without_password(self.values.get("api_url") or self.values.get("database_url") or "")

    def under(self, env: Mapping[str, str]) -> dict[str, str]:
        """The environment, with what this profile says wherever the environment says nothing."""
        own = {variable(key): value for key, value in self.values.items()}
        return {**own, **{name: value for name, value in env.items() if value or name not in own}, CHOICE: self.name}

    def overruled(self, env: Mapping[str, str]) -> tuple[str, ...]:
        """The variables that are set and say something else than this profile."""
        return tuple(
            variable(key) for key, value in self.values.items() if env.get(variable(key)) not in (None, "", value)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """All of a home, in the order of its file. `active` is the one that is used where none is asked for."""

    file: Path
    named: Mapping[str, Profile] = field(default_factory=dict)
    active: str | None = None

    def get(self, name: str) -> Profile:
        """The profile of that name. Raises `NotFound`."""
        if name in self.named:
            return self.named[name]
        if name == DEFAULT:
            return Profile(name=DEFAULT)
        near = nearest(name, (*self.named, DEFAULT))
        hint = f"Did you mean {near!r}?" if near else "List them with: flowtui profile ls"
        raise NotFound("profile", name, hint)

    def chosen(self, env: Mapping[str, str]) -> Profile | None:
        """The one that is used in an environment; None where it asks for none. Raises `NotFound`."""
        asked = env.get(CHOICE)
        if asked is None:
            asked = self.active or DEFAULT
        return self.get(asked) if asked else None


def variable(key: str) -> str:
    """The environment's name of a setting."""
    return f"FLOWTUI_{key.upper()}"


def checked_name(name: str) -> str:
    """The name, if a profile may have it. Raises `UsageError`."""
    if not _NAME.fullmatch(name) or name == "all":
        raise UsageError(f"A profile cannot be called {name!r}: use letters, digits, - _ and . but not all.")
    return name


def settings_for(profiles: Profiles, profile: Profile | None, env: Mapping[str, str]) -> Settings:
    """The settings of a process that uses a profile, under its environment.

    Raises `UsageError`, with file and line where it is the profile that makes no sense.
    """
    if profile is None:
        return Settings.from_env(env)
    try:
        Settings.from_env({variable("home"): str(profiles.file.parent), **profile.under({})})
    except UsageError as error:
        said = str(error)
        key = next((key for key in profile.values if variable(key) in said), None)
        if key is not None:
            said = said.replace(variable(key), key)
        raise UsageError(f"{place_of(profiles.file, profile, key)}: {said}") from None
    return Settings.from_env(profile.under(env))


def place_of(file: Path, profile: Profile, key: str | None) -> str:
    """`…/profiles.toml, line 4`, as far as that is known."""
    line = profile.lines.get(key or "")
    return f"{file}, {f'line {line}' if line else f'profile {profile.name!r}'}"


def shown_value(key: str, value: str) -> str:
    """A setting's value for a person's eyes: without passwords and keys."""
    return _HIDDEN if key == "encryption_key" and value else without_password(value)
