"""What the workstation wears on a profile: its name, in its colour."""

from collections.abc import Mapping
from typing import Final

from flowtui.engine.profiles import ADDRESSES, variable
from flowtui.engine.profiles_file import read_profiles
from flowtui.engine.settings import Settings

__all__ = ["ACCENT_ROLES", "face_of"]

ACCENT_ROLES: Final = {
    "red": "failed",
    "orange": "late",
    "yellow": "paused",
    "green": "completed",
    "blue": "running",
    "pink": "crashed",
    "violet": "accent",
    "grey": "muted",
}
"""The role that paints each accent, so that it fits the theme that is on."""


def face_of(settings: Settings, env: Mapping[str, str]) -> tuple[str, str]:
    """The name and the role of the profile that these settings are of; empty where the environment leads elsewhere."""
    profile = read_profiles(settings.home).get(settings.profile)
    if {variable(key) for key in ADDRESSES} & set(profile.overruled(env)):
        return "", ""
    return profile.name, ACCENT_ROLES.get(profile.accent, "")
