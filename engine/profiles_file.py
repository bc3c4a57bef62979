"""`profiles.toml`: read with the line of each mistake, and changed without losing its comments."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flowtui.engine.errors import UsageError
from flowtui.engine.profiles import ACCENTS, DEFAULT, KEYS, Profile, Profiles, checked_name, settings_for
from flowtui.engine.query_terms import nearest
from flowtui.engine.settings import PROFILES_FILE, Settings

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

__all__ = ["create_profile", "delete_profile", "read_profiles", "rename_profile", "use_profile"]

_HEADER: Final = re.compile(r"\s*\[\s*profiles\s*\.\s*[\"']?([^\"'\]]+?)[\"']?\s*\]")
_KEY: Final = re.compile(r"\s*[\"']?([\w-]+)[\"']?\s*=")
_TOP: Final = ("active", "profiles")


# -- reading ----------------------------------------------------------------------------------------------------------


def read_profiles(home: Path) -> Profiles:
    """The profiles of a home; none when there is no file. Raises `UsageError` for a file that makes no sense."""
    file = home / PROFILES_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Profiles(file=file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from error
    return _profiles_of(file, text)


def _profiles_of(file: Path, text: str) -> Profiles:
    import tomllib  # noqa: PLC0415 - 8 ms that only those pay who have profiles

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, _, place = str(error).rpartition(" (at ")
        line = re.search(r"line (\d+)", place)
        raise UsageError(f"{file}{f', line {line[1]}' if line else ''}: {said or error}.") from None
    lines = _lines(text)
    for key in data:
        if key not in _TOP:
            near = nearest(key, _TOP)
            hint = f" Did you mean {near!r}?" if near else " Write a profile as [profiles.NAME]."
            raise UsageError(f"{_place(file, lines.get(('', key)))}: there is no {key!r} here.{hint}")
    tables = data.get("profiles", {})
    if not isinstance(tables, dict):
        raise UsageError(f"{_place(file, lines.get(('', 'profiles')))}: write a profile as [profiles.NAME].")
    named = {name: _profile_of(file, name, table, lines) for name, table in tables.items()}
    profiles = Profiles(file=file, named=named, active=_active(file, data.get("active"), lines))
    if profiles.active is not None and profiles.active not in (*named, DEFAULT):
        near = nearest(profiles.active, named)
        hint = f" Did you mean {near!r}?" if near else f" It has {', '.join(named) or 'none'}."
        raise UsageError(f"{_place(file, lines.get(('', 'active')))}: there is no profile {profiles.active!r}.{hint}")
    return profiles


def _active(file: Path, value: Any, lines: Mapping[tuple[str, str], int]) -> str | None:
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{_place(file, lines.get(('', 'active')))}: active is the name of a profile, in quotes.")
    return value or None


def _profile_of(file: Path, name: str, table: Any, lines: Mapping[tuple[str, str], int]) -> Profile:
    where = _place(file, lines.get((name, "")))
    try:
        checked_name(name)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    if not isinstance(table, dict):
        raise UsageError(f"{where}: write the profile as [profiles.{name}], with a setting on each line.")
    values = {}
    for key, value in table.items():
        at = _place(file, lines.get((name, key), lines.get((name, ""))))
        values[key] = _value(at, name, key, value)
    own = {key: line for (of, key), line in lines.items() if of == name and key}
    accent = values.pop("accent", "")
    return Profile(name=name, values=values, accent=accent, lines=own)


def _value(at: str, profile: str, key: str, value: Any) -> str:
    """A value as its variable would be written."""
    _check_key(at, profile, key)
    if key == "accent" and value not in ACCENTS:
        near = nearest(str(value), ACCENTS)
        hint = f"did you mean {near}?" if near else f"use one of {', '.join(ACCENTS)}."
        raise UsageError(f"{at}: the accent of {profile!r} is {value!r} – {hint}")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    raise UsageError(f"{at}: {key} of profile {profile!r} is {value!r}; write a text, a number, true or false.")


def _check_key(at: str, profile: str, key: str) -> None:
    if key in KEYS:
        return
    if key == "home":
        raise UsageError(f"{at}: a profile cannot set home, where this file is kept; set database_url.")
    near = nearest(key, KEYS)
    hint = f" Did you mean {near}?" if near else " The README lists the settings."
    raise UsageError(f"{at}: profile {profile!r} sets {key!r}, and there is no such setting.{hint}")


def _lines(text: str) -> dict[tuple[str, str], int]:
    """Where profiles and their settings stand. What is written in another shape than usual is not found."""
    found: dict[tuple[str, str], int] = {}
    profile = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            profile = header[1]
            found.setdefault((profile, ""), number)
        elif key := _KEY.match(line):
            found.setdefault((profile, key[1]), number)
    return found


def _place(file: Path, line: int | None) -> str:
    return f"{file}, line {line}" if line else str(file)


# -- changing ---------------------------------------------------------------------------------------------------------


def create_profile(home: Path, name: str, pairs: Iterable[str]) -> Profile:
    """Add a profile of settings given as `key=value`. Raises `UsageError`; then nothing was written."""
    profiles = read_profiles(home)
    checked_name(name)
    if name in profiles.named:
        raise UsageError(f"There is a profile {name!r} already; edit it in {profiles.file}.")
    table = dict(_typed(name, pair) for pair in pairs)
    values = {key: _value(f"profile {name!r}", name, key, value) for key, value in table.items()}
    made = Profile(name=name, accent=values.pop("accent", ""), values=values)
    settings_for(profiles, made, {})

    def add(document: "TOMLDocument") -> "TOMLDocument":
        import tomlkit  # noqa: PLC0415 - 25 ms that only commands pay that change the file

        if "profiles" not in document:
            document["profiles"] = tomlkit.table(is_super_table=True)
        fresh = tomlkit.table()
        fresh.update(table)
        document["profiles"][name] = fresh
        return document

    _change(profiles.file, add)
    return made


def use_profile(home: Path, name: str) -> Profile:
    """Make a profile the active one. Raises `NotFound`."""
    profiles = read_profiles(home)
    found = profiles.get(name)

    def choose(document: "TOMLDocument") -> "TOMLDocument":
        if name != DEFAULT or name in profiles.named:
            return _with_active(document, name)
        document.pop("active", None)
        return document

    _change(profiles.file, choose)
    return found


def rename_profile(home: Path, old: str, new: str) -> None:
    """Give a profile another name; it stays active if it was. Raises `UsageError`."""
    profiles = read_profiles(home)
    _need_written(profiles, old)
    checked_name(new)
    if new in profiles.named:
        raise UsageError(f"There is a profile {new!r} already.")

    def rename(document: "TOMLDocument") -> "TOMLDocument":
        tables: Any = document["profiles"]
        tables[new] = tables.pop(old)
        return _with_active(document, new) if profiles.active == old else document

    _change(profiles.file, rename)


def delete_profile(home: Path, name: str) -> None:
    """Forget a profile; its store stays as it is. If it was active, none is. Raises `UsageError`."""
    profiles = read_profiles(home)
    _need_written(profiles, name)

    def delete(document: "TOMLDocument") -> "TOMLDocument":
        tables: Any = document["profiles"]
        del tables[name]
        if profiles.active == name:
            document.pop("active", None)
        return document

    _change(profiles.file, delete)


def _need_written(profiles: Profiles, name: str) -> None:
    if name == DEFAULT and name not in profiles.named:
        raise UsageError(f"{DEFAULT!r} is what the environment says; it is in no file.")
    profiles.get(name)


def _with_active(document: "TOMLDocument", name: str) -> "TOMLDocument":
    """At the top: below a table it would belong to that."""
    import tomlkit  # noqa: PLC0415 - loaded by the caller

    if "active" in document:
        document["active"] = name
        return document
    rest = tomlkit.dumps(document)
    return tomlkit.parse(f'active = "{name}"\n' + ("\n" + rest.lstrip("\n") if rest else ""))


def _typed(profile: str, pair: str) -> tuple[str, bool | int | float | str | list[str]]:
    """A setting and its value, as TOML has it."""
    key, equals, text = pair.partition("=")
    key = key.strip().lower().removeprefix("flowtui_")
    if not equals:
        raise UsageError(f"{pair!r} is no setting; write it as name=value, for instance read_only=true.")
    _check_key(f"{pair!r}", profile, key)
    field = Settings.__dataclass_fields__.get(key)
    kind = str(field.type) if field is not None else "str"
    if "bool" in kind and text.lower() in ("true", "false", "1", "0"):
        return key, text.lower() in ("true", "1")
    if "int" in kind and text.isdecimal():
        return key, int(text)
    if "tuple" in kind:
        return key, [item.strip() for item in text.split(",") if item.strip()]
    return key, text


def _change(file: Path, edit: "Callable[[TOMLDocument], TOMLDocument]") -> None:
    """Write another file in the place of the old one, readable by its owner only: addresses hold passwords."""
    import tomlkit  # noqa: PLC0415 - 25 ms that only commands pay that change the file

    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
        document = edit(document)
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{os.getpid()}.tmp")
        fresh.touch(mode=0o600)
        fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.") from error
