"""`flowtui view`: list, share and forget the views of lists."""

import sys
from collections.abc import Sequence
from pathlib import Path

from cyclopts import App

from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.settings import current_settings
from flowtui.tui.cli.output import Column, Output, narrate, print_json, print_table
from flowtui.tui.views.files import ViewFiles, views_from_yaml, views_yaml
from flowtui.tui.views.kinds import KINDS
from flowtui.tui.views.model import ALL, View, find_view, view_json

__all__ = ["app"]

app = App(name="view", help="List, share and forget the saved views of the workstation's lists.")
_COLUMNS = (Column("LIST"), Column("NAME"), Column("FILTER"), Column("SORT"), Column("COLUMNS"))


def _files() -> ViewFiles:
    return ViewFiles(current_settings().home)


@app.command
def ls(*, output: Output = "table") -> int:
    """List the views that V and :view offer."""
    views = _files().of_all_lists()
    if output == "json":
        print_json([view_json(view) for view in views])
        return 0
    rows = (_cells(view) for view in views)
    print_table(_COLUMNS, rows, empty="No views.")
    return 0


def _cells(view: View) -> tuple[str, ...]:
    return view.of, view.name, view.query, str(view.sort), str(len(view.columns) or "usual")


@app.command
def export(*names: str, file: Path | None = None) -> int:
    """Write views as YAML.

    Parameters
    ----------
    names
        Which, `late` or `deployments/paused`; all when none is named.
    file
        Where to; the standard output when it is not given.
    """
    views = _files().of_all_lists()
    chosen = tuple(_found(views, name) for name in names) or views
    text = views_yaml(chosen)
    if file is None:
        sys.stdout.write(text)
        return 0
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error
    narrate(f"Wrote {len(chosen)} view{'' if len(chosen) == 1 else 's'} to {file}.")
    return 0


def _placed(name: str) -> tuple[str | None, str]:
    """`deployments/paused` as the name of a list and of a view of it."""
    of, slash, short = name.partition("/")
    return (of, short) if slash and of in KINDS else (None, name)


def _found(views: Sequence[View], name: str) -> View:
    of, short = _placed(name)
    return find_view([view for view in views if of in (None, view.of)], short)


@app.command(name="import")
def import_(file: Path, /) -> int:
    """Keep the views of a YAML file; those of the same names are replaced. When one makes no sense, none is kept.

    Parameters
    ----------
    file
        The file, or - for the standard input.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from error
    views = views_from_yaml(text)
    _files().save(*views)
    narrate(f"Kept {', '.join(view.name for view in views) or 'no views'}.")
    return 0


@app.command
def delete(name: str, /) -> int:
    """Forget a view that was saved; a default one is then as it was.

    Parameters
    ----------
    name
        Its name, `late` or `deployments/paused`.
    """
    of, short = _placed(name)
    if not _files().delete(short, of or ALL.of):
        raise NotFound("saved view", name, "List them with: flowtui view ls")
    narrate(f"Forgot {name}.")
    return 0
