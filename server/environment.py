"""Settings as an environment: how a process that flowtui starts comes to have the same ones."""

import os
from collections.abc import Mapping
from dataclasses import fields

from flowtui.engine.settings import Settings

__all__ = ["environment_of"]


def environment_of(settings: Settings, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """`base` (this process's environment, unless one is given) with every setting written into it."""
    environment = dict(os.environ if base is None else base)
    for field in fields(settings):
        name, value = f"FLOWTUI_{field.name.upper()}", getattr(settings, field.name)
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = ",".join(value) if isinstance(value, tuple) else str(value)
    environment["FLOWTUI_PROFILE"] = ""  # all is said: a profile that is changed or gone meanwhile matters to no child
    return environment
