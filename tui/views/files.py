"""Where views are kept: those that were saved in `views.yaml`, how each was left in `lists.json`, store by store."""

import json
import logging
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flowtui.engine.errors import UsageError
from flowtui.tui.lists.known_columns import columns_of_list
from flowtui.tui.views.kinds import KINDS
from flowtui.tui.views.model import ALL, View, all_of, merged, view_from, view_json

__all__ = ["ViewFiles", "views_from_yaml", "views_yaml"]

log = logging.getLogger("flowtui.tui")


class ViewFiles:
    """Both files, in a folder; without one, nothing outlives the process. Other terminals write them, too: each change
    reads them again first. Call it in a thread."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._saved: tuple[View, ...] = ()
        self._left: dict[str, Any] = {}

    def views(self, of: str = ALL.of) -> tuple[View, ...]:
        """All views of a list, the default ones first."""
        return merged(self._read_saved(), of)

    def of_all_lists(self, first: str = ALL.of) -> tuple[View, ...]:
        """The views of all lists, those of one before the others."""
        saved = self._read_saved()
        return tuple(view for of in sorted(KINDS, key=lambda of: of != first) for view in merged(saved, of))

    def save(self, *views: View) -> None:
        """Keep views under their names; those of the same list that had the names are replaced."""
        names = {_key(view) for view in views}
        self._write_saved((*(view for view in self._read_saved() if _key(view) not in names), *views))

    def delete(self, name: str, of: str = ALL.of) -> bool:
        """Forget a view of a list that was saved; answers whether there was one."""
        saved = self._read_saved()
        kept = [view for view in saved if _key(view) != (of, name.lower())]
        if len(kept) < len(saved):
            self._write_saved(kept)
        return len(kept) < len(saved)

    def last(self, address: str, of: str = ALL.of) -> View:
        """The view of a list that was on last in a store, as it was left."""
        usual = all_of(of)
        return self.left(address, str(self._of(address, of).get("on", usual.name)), of) or usual

    def left(self, address: str, name: str, of: str = ALL.of) -> View | None:
        """How a view of a list was left in a store; None when it was never on."""
        value = self._of(address, of).get("views", {}).get(name.lower())
        try:
            view = None if value is None else view_from(value)
        except UsageError:  # a field of another version
            return None
        return view if view is not None and view.of == of else None

    def _of(self, address: str, of: str) -> dict[str, Any]:
        """How the views of a list were left in a store."""
        left: dict[str, Any] = self._read_left().get(_place(address, of), {})
        return left

    def leave(self, address: str, view: View) -> None:
        """Keep how the view that is on looks now."""
        left = self._read_left()
        mine = left.setdefault(_place(address, view.of), {})
        mine["on"] = view.name
        mine.setdefault("views", {})[view.name.lower()] = view_json(view)
        self._left = left
        if self._folder is not None:
            _write(self._folder / "lists.json", json.dumps(left, indent=1, ensure_ascii=False))

    def _read_saved(self) -> tuple[View, ...]:
        text = _read(self._folder, "views.yaml")
        if text is not None:
            try:
                self._saved = _views_in(text)
            except UsageError as error:
                log.warning("The saved views cannot be read: %s", error)
        return self._saved

    def _write_saved(self, views: Iterable[View]) -> None:
        self._saved = tuple(views)
        if self._folder is not None:
            _write(self._folder / "views.yaml", views_yaml(self._saved))

    def _read_left(self) -> dict[str, Any]:
        text = _read(self._folder, "lists.json")
        if text is not None:
            try:
                value = json.loads(text)
            except ValueError:
                value = None
            if isinstance(value, dict) and all(_is_left(each) for each in value.values()):
                self._left = value
        return self._left


def _key(view: View) -> tuple[str, str]:
    return view.of, view.name.lower()


def _place(address: str, of: str) -> str:
    """Under which name it is written down how the views of a list were left in a store."""
    return address if of == ALL.of else f"{address} {of}"


def _is_left(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("views", {}), dict)


def views_yaml(views: Iterable[View]) -> str:
    """Views as YAML, to be shared."""
    import yaml  # noqa: PLC0415 - 15 ms, when views are read or shared

    return yaml.safe_dump(
        {"views": [view_json(view) for view in views]}, allow_unicode=True, sort_keys=False, width=100
    )


def views_from_yaml(text: str) -> tuple[View, ...]:
    """Read views that were shared. Raises `UsageError` that names the one that is wrong."""
    views = _views_in(text)
    for view in views:
        for shown in view.columns:
            try:
                columns_of_list(view.of).of(shown.key)
            except UsageError as error:
                raise UsageError(f"The view {view.name!r}: {error}") from error
    return views


def _views_in(text: str) -> tuple[View, ...]:
    """Read views, whether or not there are their columns: what another version kept is no reason to show no view."""
    import yaml  # noqa: PLC0415 - 15 ms, when views are read or shared

    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"This is no YAML: {' '.join(str(error).split())}") from error
    if value is None:
        return ()
    views = value.get("views") if isinstance(value, dict) else None
    if not isinstance(views, list):
        raise UsageError("Views stand in a list under `views:`.")
    made = {_key(view): view for view in map(view_from, views)}
    return tuple(made.values())


def _read(folder: Path | None, name: str) -> str | None:
    if folder is None:
        return None
    try:
        return (folder / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(file: Path, text: str) -> None:
    """Whole or not at all. A disk that is full keeps the list from being remembered, not from being used."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(temporary).replace(file)
    except OSError as error:
        log.warning("%s could not be written: %s", file, error)
