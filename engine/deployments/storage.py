"""Where the code of a flow is kept: a folder, a git repository, a URL, or what a block knows."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from flowtui.engine.deployments import git
from flowtui.engine.errors import UsageError

__all__ = ["CodeStorage", "FlowSource", "GitRepository", "LocalStorage", "RemoteStorage", "storage_of"]

_GIT_HOSTS: Final = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org")
_STEPS: Final = "flowtui.deployments.steps"
_SECRETS: Final = ("access_token", "token", "password")


class CodeStorage(Protocol):
    """A place from which code can be brought here."""

    @property
    def pull_interval(self) -> int | None:
        """Seconds after which `serve` looks whether there is newer code; None when it is always the present one."""
        ...

    def fetch(self, base: Path) -> Path:
        """Bring the code, or the newest of it, into a folder below `base`; answer that folder. Raises `UsageError`."""
        ...

    def pull_step(self) -> dict[str, Any]:
        """The step that does so before a run, as a deployment keeps it. Raises `UsageError` for a secret in it."""
        ...


@dataclass(frozen=True, slots=True)
class FlowSource:
    """From where a flow was loaded."""

    storage: CodeStorage
    entrypoint: str
    folder: Path
    """Where the code is now, in this process."""


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """A folder of this machine."""

    path: str | os.PathLike[str]
    pull_interval: int | None = None

    def fetch(self, base: Path) -> Path:
        folder = Path(self.path).expanduser().absolute()
        if not folder.is_dir():
            raise UsageError(f"There is no folder {folder}.")
        return folder

    def pull_step(self) -> dict[str, Any]:
        folder = str(Path(self.path).expanduser().absolute())
        return {f"{_STEPS}.set_working_directory": {"directory": folder}}


@dataclass(frozen=True, slots=True)
class GitRepository:
    """A state of a git repository.

    `credentials`: a saved block, or a mapping with `access_token`, `token` or `password` and perhaps `username`; the
    secret may be a saved `Secret` block. `branch` or `commit_sha`, not both. `directories`: only these.
    """

    url: str
    credentials: Any = field(default=None, repr=False)
    name: str | None = None
    """The folder's name. Default: that of the repository and the branch."""
    branch: str | None = None
    commit_sha: str | None = None
    include_submodules: bool = False
    pull_interval: int | None = 60
    directories: Iterable[str] | None = None

    def fetch(self, base: Path) -> Path:
        source = self._source()
        target = base / (self.name or git.folder_name(source))
        git.update(source, target)
        return target

    def _source(self) -> git.GitSource:
        return git.git_source(
            self.url,
            branch=self.branch,
            commit_sha=self.commit_sha,
            include_submodules=self.include_submodules,
            credentials=self.credentials,
            directories=self.directories,
        )

    def pull_step(self) -> dict[str, Any]:
        if git.without_secrets(self.url) != self.url:
            raise UsageError(f"The address {git.without_secrets(self.url)} holds a secret; give credentials instead.")
        inputs = {
            "repository": self.url,
            "branch": self.branch,
            "commit_sha": self.commit_sha,
            "include_submodules": self.include_submodules or None,
            "directories": list(self.directories) if self.directories else None,
            "clone_directory_name": self.name,
            "credentials": _kept(self.credentials),
        }
        return {f"{_STEPS}.git_clone": {key: value for key, value in inputs.items() if value is not None}}


@dataclass(frozen=True, slots=True, init=False)
class RemoteStorage:
    """A folder at a URL that fsspec knows, such as `s3://bucket/flows`; `settings` open it."""

    url: str
    pull_interval: int | None
    settings: Mapping[str, Any] = field(repr=False)

    def __init__(self, url: str, pull_interval: int | None = 60, **settings: Any) -> None:
        object.__setattr__(self, "url", url)
        object.__setattr__(self, "pull_interval", pull_interval)
        object.__setattr__(self, "settings", settings)

    def fetch(self, base: Path) -> Path:
        from flowtui.engine.deployments.built_in import get_directory  # noqa: PLC0415 - fsspec, where it is used

        scheme, _, rest = self.url.partition("://")
        target = base / (rest.strip("/").rpartition("/")[2] or "code")
        plain = {key: _in_the_clear(value) for key, value in self.settings.items()}
        get_directory(scheme, self.url, target, plain)
        return target

    def pull_step(self) -> dict[str, Any]:
        kept = {key: _reference(value) or value for key, value in self.settings.items()}
        return {f"{_STEPS}.pull_from_remote_storage": {"url": self.url, **kept}}


@dataclass(frozen=True, slots=True)
class _BlockStorage:
    """A saved block with a `get_directory`."""

    block: Any
    pull_interval: int | None = 60

    def fetch(self, base: Path) -> Path:
        import inspect  # noqa: PLC0415 - only blocks

        from flowtui.engine.runs.awaiting import run_to_end  # noqa: PLC0415 - only blocks that are async

        target = base / "block"
        target.mkdir(parents=True, exist_ok=True)
        got = self.block.get_directory(local_path=str(target))
        if inspect.isawaitable(got):
            run_to_end(got)
        return target

    def pull_step(self) -> dict[str, Any]:
        name = getattr(self.block, "_block_document_name", None)
        if name is None:
            raise UsageError("The block is not saved, so a worker could not load it; save it first.")
        slug = type(self.block).get_block_type_slug()
        return {f"{_STEPS}.pull_with_block": {"block_document_name": name, "block_type_slug": slug}}


def storage_of(source: Any) -> CodeStorage:
    """What a person means by a source: a path, an address, a storage, or a block. Raises `UsageError`."""
    if isinstance(source, os.PathLike):
        return LocalStorage(source)
    if isinstance(source, str):
        return _storage_at(source)
    if all(callable(getattr(source, name, None)) for name in ("fetch", "pull_step")):
        return source  # type: ignore[no-any-return]
    if callable(getattr(source, "get_directory", None)):
        return _BlockStorage(source)
    raise UsageError(f"{source!r} is no source of code; give a path, an address, GitRepository, or a saved block.")


def _storage_at(address: str) -> CodeStorage:
    parts = urlsplit(address)
    if address.startswith("git@") or parts.scheme in ("git", "ssh") or parts.path.endswith(".git"):
        return GitRepository(address)
    if parts.scheme in ("http", "https") and (parts.hostname or "").removeprefix("www.") in _GIT_HOSTS:
        return GitRepository(address)
    if parts.scheme in ("file", "local"):
        return LocalStorage(parts.path)
    return RemoteStorage(address) if "://" in address else LocalStorage(address)


def _kept(credentials: Any) -> Any:
    """Credentials as a deployment may keep them: names of saved blocks, and what is no secret."""
    if credentials is None:
        return None
    reference = _reference(credentials)
    if reference is not None:
        return reference
    fields = credentials if isinstance(credentials, Mapping) else {}
    kept = {key: _reference(value) or (None if key in _SECRETS else value) for key, value in fields.items()}
    if not kept or any(value is None for key, value in kept.items() if key in _SECRETS):
        raise UsageError(
            "The credentials of a deployment would be kept for everybody to read. Save the token as a Secret block, "
            'and give that: credentials={"access_token": Secret.load("NAME")}'
        )
    return kept


def _reference(value: Any) -> str | None:
    """The placeholder of a saved block; None for anything else."""
    name = getattr(value, "_block_document_name", None)
    slug = getattr(type(value), "get_block_type_slug", None)
    return f"{{{{ flowtui.blocks.{slug()}.{name} }}}}" if name and callable(slug) else None


def _in_the_clear(value: Any) -> Any:
    getter = getattr(value, "get", None) if _reference(value) or hasattr(value, "get_block_type_slug") else None
    return getter() if callable(getter) else value
