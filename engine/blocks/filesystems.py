"""Built-in block types for folders: `LocalFileSystem` and `RemoteFileSystem`, which keep files by relative paths.

Their `read_path`, `write_path` and `get_directory` are awaited in async code.
"""

import shutil
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from flowtui.engine.blocks.base import Block
from flowtui.engine.blocks.secretfields import SecretDict
from flowtui.engine.both_ways import both_ways

__all__ = ["LocalFileSystem", "RemoteFileSystem"]


class LocalFileSystem(Block):
    """A folder on the machine that a flow runs on."""

    _block_type_name: ClassVar[str | None] = "Local File System"
    _block_type_slug: ClassVar[str | None] = "local-file-system"

    basepath: str | None = Field(default=None, description="The folder; the current one when it is left out.")

    @field_validator("basepath", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, Path) else value

    @both_ways
    def read_path(self, path: str) -> bytes:
        """What the file holds. Raises `ValueError` outside the folder, and `FileNotFoundError`."""
        return self._within(path).read_bytes()

    @both_ways
    def write_path(self, path: str, content: bytes) -> str:
        """Write a file and the folders around it; answers its whole path. Raises `ValueError` outside the folder."""
        file = self._within(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return str(file)

    @both_ways
    def get_directory(self, from_path: str | None = None, local_path: str | None = None) -> str:
        """Copy the folder, or one below it, to `local_path` (default: the current folder); answers where it is."""
        source, target = self._within(from_path or "."), Path(local_path or ".").absolute()
        if source.resolve() != target.resolve():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git", "__pycache__"))
        return str(target)

    def _within(self, path: str) -> Path:
        folder = Path(self.basepath or ".").expanduser().resolve()
        file = (folder / path).resolve()
        if not file.is_relative_to(folder):
            raise ValueError(f"{path} lies outside {folder}.")
        return file


class RemoteFileSystem(Block):
    """A folder at a URL, by any protocol that fsspec and its plugins know: s3, gs, az, sftp, memory."""

    _block_type_name: ClassVar[str | None] = "Remote File System"
    _block_type_slug: ClassVar[str | None] = "remote-file-system"

    basepath: str = Field(description="The folder, such as s3://bucket/results.", examples=["s3://bucket/results"])
    settings: SecretDict = Field(
        default_factory=lambda: SecretDict({}),
        description="What the protocol's library is opened with: keys, endpoints.",
    )

    @field_validator("basepath")
    @classmethod
    def _is_url(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        if not separator or not scheme or not rest:
            raise ValueError("give a URL, such as s3://bucket/folder")
        return value

    @both_ways
    def read_path(self, path: str) -> bytes:
        """What the file holds. Raises `FileNotFoundError`, and what the protocol's library raises."""
        with self._system().open(self._whole(path), "rb") as file:
            data: bytes = file.read()
        return data

    @both_ways
    def write_path(self, path: str, content: bytes) -> str:
        """Write a file; answers its whole path."""
        system, whole = self._system(), self._whole(path)
        system.makedirs(whole.rpartition("/")[0], exist_ok=True)
        with system.open(whole, "wb") as file:
            file.write(content)
        return whole

    @both_ways
    def get_directory(self, from_path: str | None = None, local_path: str | None = None) -> str:
        """Copy the folder, or one below it, to `local_path` (default: the current folder); answers where it is."""
        target = Path(local_path or ".").absolute()
        target.mkdir(parents=True, exist_ok=True)
        whole = self._whole(from_path) if from_path else self.basepath
        self._system().get(whole.rstrip("/") + "/", f"{target}/", recursive=True)
        return str(target)

    def _system(self) -> Any:
        import fsspec  # noqa: PLC0415 - 30 ms that only this block pays

        return fsspec.filesystem(self.basepath.partition("://")[0], **self.settings.get_secret_value())

    def _whole(self, path: str) -> str:
        if ".." in path.split("/"):
            raise ValueError(f"{path} lies outside {self.basepath}.")
        return path if path.startswith(self.basepath) else f"{self.basepath.rstrip('/')}/{path.lstrip('/')}"
