"""What `flowtui init` writes: a deployment file to begin with, by where the code will be taken from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from flowtui.engine.deployments.checkout import git_info
from flowtui.engine.deployments.file import FILE_NAMES, find_deployment_file
from flowtui.engine.deployments.finder import FoundFlow, find_flows
from flowtui.engine.errors import UsageError

__all__ = ["RECIPES", "fields_of", "starter_file"]

RECIPES: Final[Mapping[str, str]] = {
    "local": "the code is run from this folder",
    "git": "the code is cloned from its repository before each run",
}
_LATER: Final = ("docker", "docker-git", "docker-s3", "docker-gcs", "docker-azure", "s3", "gcs", "azure")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {"local": ("directory",), "git": ("repository", "branch")}

_TEXT: Final = """\
# How the flows of this folder are deployed. Make or update them with: flowtui deploy --all
name: {name}

# What brings the code to where a run happens, before it begins.
{pull}
deployments:
{deployments}"""
_DEPLOYMENT: Final = """\
  - name: default
    entrypoint: {entrypoint}
    work_pool:
      name: local
    # schedules:
    #   - cron: "0 3 * * *"
    #     timezone: Europe/Berlin
"""
_NOTHING: Final = """\
  # - name: nightly
  #   entrypoint: flows.py:etl
  #   work_pool:
  #     name: local
  #   schedules:
  #     - cron: "0 3 * * *"
  #       timezone: Europe/Berlin
"""


def starter_file(
    folder: Path, recipe: str | None = None, name: str | None = None, fields: Mapping[str, str] | None = None
) -> str:
    """The text of a `flowtui.yaml` for the folder; flows that it has become its deployments.

    Without a recipe: `git` in a checkout whose origin is known, else `local`. Raises `UsageError` for a recipe or a
    field that there is not, and where a deployment file is there already.
    """
    there = find_deployment_file(folder)
    if there is not None:
        raise UsageError(f"{there.name} is there already; {FILE_NAMES[0]} is not written beside it or over it.")
    recipe = recipe or ("git" if (git_info(str(folder)) or {}).get("url") else "local")
    filled = fields_of(folder, recipe, fields or {})
    flows = find_flows(folder)
    return _TEXT.format(
        name=json.dumps(name or folder.resolve().name),
        pull=_pull(recipe, filled),
        deployments="".join(_deployment(flow) for flow in flows) or _NOTHING,
    )


def fields_of(folder: Path, recipe: str, given: Mapping[str, str]) -> dict[str, str]:
    """The fields of a recipe: as given, else as the folder says. Raises `UsageError`."""
    if recipe in _LATER:
        raise UsageError(f"flowtui has no recipe {recipe} yet; there is {' and '.join(RECIPES)}.")
    if recipe not in RECIPES:
        raise UsageError(f"There is no recipe {recipe!r}; there is {' and '.join(RECIPES)}.")
    unknown = next((key for key in given if key not in _FIELDS[recipe]), None)
    if unknown is not None:
        raise UsageError(f"The recipe {recipe} has no field {unknown!r}; it has {', '.join(_FIELDS[recipe])}.")
    if recipe == "local":
        return {"directory": str(folder.resolve()), **given}
    info = git_info(str(folder)) or {}
    known = {"repository": info.get("url"), "branch": info.get("branch")}
    fields = {key: str(value) for key, value in {**known, **given}.items() if value}
    if "repository" not in fields:
        raise UsageError("This folder is no checkout with an origin; give --field repository=https://…")
    return fields


def _pull(recipe: str, fields: Mapping[str, str]) -> str:
    step = {"local": "set_working_directory", "git": "git_clone"}[recipe]
    lines = [f"      {key}: {json.dumps(value)}\n" for key, value in fields.items()]
    return f"pull:\n  - flowtui.deployments.steps.{step}:\n{''.join(lines)}"


def _deployment(flow: FoundFlow) -> str:
    return _DEPLOYMENT.format(entrypoint=json.dumps(flow.entrypoint))
