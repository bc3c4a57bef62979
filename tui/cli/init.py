"""`flowtui init`: write a deployment file to begin with."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flowtui.engine.errors import UsageError
from flowtui.tui.cli.output import narrate

__all__ = ["init"]


def init(
    *,
    name: Annotated[str | None, Parameter(name=["--name", "-n"])] = None,
    recipe: Annotated[str | None, Parameter(name=["--recipe", "-r"])] = None,
    field: Annotated[list[str] | None, Parameter(name=["--field", "-f"], metavar="NAME=VALUE", negative="")] = None,
) -> int:
    """Write a flowtui.yaml for the flows of this folder. What is there already is never written over.

    Parameters
    ----------
    name
        What the project is called. Default: as the folder.
    recipe
        local: runs take the code from this folder. git: they clone its repository. Default: git in a checkout.
    field
        name=value for the recipe, as often as needed: repository, branch, directory.
    """
    from flowtui.engine.deployments.editing import write_whole  # noqa: PLC0415 - YAML, which help need not pay
    from flowtui.engine.deployments.file import FILE_NAMES  # noqa: PLC0415 - as above
    from flowtui.engine.deployments.recipes import starter_file  # noqa: PLC0415 - as above

    folder = Path.cwd()
    fields = {}
    for pair in field or ():
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{pair!r} is no field; write name=value.")
        fields[key.strip()] = value
    text = starter_file(folder, recipe, name, fields)
    try:
        write_whole(folder / FILE_NAMES[0], text)
    except OSError as error:
        raise UsageError(f"{FILE_NAMES[0]} cannot be written in {folder}: {error.strerror}.") from error
    narrate(f"Wrote {FILE_NAMES[0]}. Look it over, then: flowtui deploy --all")
    return 0
