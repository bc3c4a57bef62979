"""Assets: things outside that tasks make and read, such as a table or a file, known by a key like `s3://lake/orders`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from flowtui.engine.context import current_task_run
from flowtui.engine.errors import MissingContext, UsageError
from flowtui.engine.shared_checks import json_value

__all__ = ["Asset", "AssetPart", "AssetProperties", "Lineage", "add_asset_metadata", "assets_of", "id_of_key"]

_KEY: Final = re.compile(r"[a-z][a-z0-9+.\-]*://[^\s\x00-\x1f\x7f]+")
_LONGEST: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetProperties:
    """What people should know about an asset."""

    name: str | None = None
    url: str | None = None
    description: str | None = None
    owners: tuple[str, ...] | list[str] | None = None

    def __post_init__(self) -> None:
        for what in ("name", "url", "description"):
            if not isinstance(value := getattr(self, what), str | None):
                raise UsageError(f"{what} of AssetProperties is {value!r}; give a text.")
        owners = self.owners
        if owners is not None:
            if not isinstance(owners, list | tuple) or not all(isinstance(one, str) for one in owners):
                raise UsageError(f"owners of AssetProperties is {owners!r}; give a list of texts.")
            object.__setattr__(self, "owners", tuple(owners))

    def as_json(self) -> dict[str, Any]:
        """What was given, as JSON values."""
        given = {"name": self.name, "url": self.url, "description": self.description}
        owners = None if self.owners is None else list(self.owners)
        return {name: value for name, value in (*given.items(), ("owners", owners)) if value is not None}


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset: a key such as `postgres://shop/orders`, and what is known of it. Raises `UsageError` for a bad key."""

    key: str
    properties: AssetProperties | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.key, str) or len(self.key) > _LONGEST or not _KEY.fullmatch(self.key):
            raise UsageError(
                f"{self.key!r} cannot be the key of an asset: write where it is, such as s3://lake/orders.parquet, "
                f"without blanks and with at most {_LONGEST} characters."
            )
        if not isinstance(self.properties, AssetProperties | None):
            raise UsageError(f"properties of asset {self.key} is {self.properties!r}; give AssetProperties(…).")

    def add_metadata(self, metadata: Mapping[str, Any]) -> None:
        """`add_asset_metadata` for this asset."""
        add_asset_metadata(self, metadata)

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What the runs of a task make, and what they are made from beyond what its arguments tell."""

    assets: tuple[Asset, ...] = ()
    deps: tuple[Asset, ...] = ()
    by: str | None = None
    """The tool that makes them, such as `dbt`."""


@dataclass(slots=True, kw_only=True)
class AssetPart:
    """The part that one task run has in the lineage of assets."""

    makes: tuple[Asset, ...]
    upstream: tuple[Asset, ...]
    by: str | None
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What its code has said of the assets, by key."""

    @property
    def hands_on(self) -> tuple[Asset, ...]:
        """What a task that takes its result is made from: its assets, or those that it has only passed through."""
        return self.makes or self.upstream

    def note(self, key: str, metadata: Mapping[str, Any]) -> None:
        """Keep what the code says of an asset, in the place of what it said before under the same names."""
        self.metadata.setdefault(key, {}).update(metadata)


def add_asset_metadata(asset: str | Asset, metadata: Mapping[str, Any]) -> None:
    """Within a task run: say something about an asset that it makes, such as how many rows it has.

    It is kept with this materialisation. JSON values; raises `MissingContext` outside a task run, and `UsageError` for
    an asset that the task does not make.
    """
    context = current_task_run()
    if context is None:
        raise MissingContext("add_asset_metadata() was called outside any task run. Call it inside the task.")
    key = assets_of([asset], "the asset")[0].key
    lineage = context.task.lineage
    makes = [one.key for one in lineage.assets] if lineage is not None else []
    if key not in makes or context.note_asset is None:
        told = f"it makes {', '.join(makes)}" if makes else "decorate it with @materialize"
        raise UsageError(f"Task {context.task.name!r} does not make the asset {key}; {told}.")
    if not isinstance(metadata, Mapping):
        raise UsageError(f"The metadata of asset {key} is {metadata!r}; give a dict.")
    context.note_asset(key, json_value(metadata))


def assets_of(given: Iterable[str | Asset] | None, what: str) -> tuple[Asset, ...]:
    """Assets, of which some are given by their keys. Raises `UsageError`."""
    if isinstance(given, str | Asset):
        raise UsageError(f"{what} is {given!r}; give a list of assets.")
    assets = tuple(one if isinstance(one, Asset) else Asset(one) for one in given or ())
    return tuple(dict.fromkeys(assets))


def id_of_key(key: str) -> str:
    """The id under which the change feed tells of an asset: the same for the same key, everywhere."""
    return str(uuid5(NAMESPACE_URL, key))
