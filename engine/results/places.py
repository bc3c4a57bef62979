"""Places where results are kept: bytes under names, in a folder, at a URL that fsspec knows, or by a saved block."""

import inspect
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

from flowtui.engine.errors import ResultError, UsageError
from flowtui.engine.settings import current_settings

__all__ = ["BlockPlace", "Folder", "Place", "UrlPlace", "check_storage", "place_of"]

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:(:|//)", re.IGNORECASE)
_NEW: Final = ".new-"
"""What the names of files begin with that are being written."""
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_BLOCK: Final = re.compile(r"[a-z0-9-]+/[^/]+")


class Place(Protocol):
    """Bytes under names such as `cache/ab/abcdef`, each written whole or not at all where the place can do that."""

    @property
    def address(self) -> str:
        """What `place_of` makes the same place of."""

    def read(self, name: str, limit: int | None = None) -> bytes | None:
        """The bytes, or at least the first `limit`; None when there is nothing of that name. Raises `ResultError`."""

    def write(self, name: str, data: bytes) -> None:
        """Keep bytes under a name, in the place of what is there. Raises `ResultError`."""

    def delete(self, name: str) -> bool:
        """True when there was something of that name. Raises `ResultError`."""

    def names(self, prefix: str) -> Iterator[str]:
        """All names that begin with `prefix`. Raises `ResultError` when the place cannot tell."""


def place_of(given: Any) -> Place:
    """The place that `result_storage` means: None is the folder `storage` of the home; else a `Path`, a URL such as
    `file:///data/results` or `s3://bucket/results`, a saved block, or its `type/name`.

    Raises `UsageError` for anything else, and `NotFound` when there is no such block.
    """
    if isinstance(given, Folder | UrlPlace | BlockPlace):
        return given
    check_storage(given)
    if given is None:
        return Folder(current_settings().storage)
    if isinstance(given, Path):
        return Folder(given)
    if not isinstance(given, str):
        return BlockPlace(given)
    parts = urlsplit(given)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)))
    if _SCHEME.match(given):
        return UrlPlace(given)
    if _BLOCK.fullmatch(given):
        from flowtui.engine.blocks.base import Block  # noqa: PLC0415 - 60 ms of pydantic, and the store

        return place_of(Block.load_here(given))
    return Folder(Path(given))


def check_storage(given: Any) -> None:
    """Raises `UsageError` for what can be no place, without opening anything."""
    if given is None or (isinstance(given, Path | str) and str(given)):
        return
    if not all(callable(getattr(given, verb, None)) for verb in ("read_path", "write_path")):
        raise UsageError(
            f"result_storage is {given!r}; give a Path, a URL such as 's3://bucket/results', 'type/name' of a block, "
            "or a saved block that has read_path and write_path."
        )
    if getattr(given, "_block_document_name", None) is None:
        raise UsageError(
            f"result_storage is a {type(given).__name__} that is not saved, so no other process would find the results "
            "again. Save it first: block.save('name')."
        )


class Folder:
    """Files in a folder of this machine. They appear whole or not at all, and only their owner can read them."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()

    @property
    def address(self) -> str:
        return self.path.as_uri()

    def read(self, name: str, limit: int | None = None) -> bytes | None:
        """See `Place`."""
        try:
            with open(self._file(name), "rb") as file:
                return file.read() if limit is None else file.read(limit)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise ResultError(f"{self.path} cannot be read: {error.strerror}.") from error

    def write(self, name: str, data: bytes) -> None:
        """See `Place`."""
        path = self._file(name)
        folder = os.path.dirname(path)
        new = os.path.join(folder, f"{_NEW}{os.urandom(8).hex()}")
        try:
            try:
                descriptor = os.open(new, _CREATE, 0o600)
            except FileNotFoundError:  # asked first for the folder, each write would take half as long again
                os.makedirs(folder, mode=0o700, exist_ok=True)
                descriptor = os.open(new, _CREATE, 0o600)
            try:
                with open(descriptor, "wb") as file:
                    file.write(data)
                os.replace(new, path)
            except BaseException:
                os.unlink(new)
                raise
        except OSError as error:
            raise ResultError(f"{folder} cannot be written: {error.strerror}.") from error

    def delete(self, name: str) -> bool:
        """See `Place`."""
        try:
            os.unlink(self._file(name))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise ResultError(f"{self._file(name)} cannot be deleted: {error.strerror}.") from error
        return True

    def names(self, prefix: str) -> Iterator[str]:
        """See `Place`."""
        for folder, _, files in os.walk(self.path / prefix):
            for file in files:
                if not file.startswith(_NEW):
                    yield (Path(folder) / file).relative_to(self.path).as_posix()

    def _file(self, name: str) -> str:
        root = str(self.path)
        path = os.path.normpath(os.path.join(root, name))
        if not path.startswith(os.path.join(root, "")) or "\0" in name:
            raise ResultError(f"The name {name!r} leads out of {self.path}; results are kept within it.")
        return path


class UrlPlace:
    """Files at a URL, by fsspec: `memory://`, `s3://bucket/results`, `gs://…`, whatever has been installed for it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") if not url.endswith("://") else url
        self._opened: Any = None

    @property
    def address(self) -> str:
        return self.url

    def read(self, name: str, limit: int | None = None) -> bytes | None:
        """See `Place`."""
        system, root = self._system()
        try:
            data: bytes = system.cat_file(f"{root}/{name}", end=limit)
        except FileNotFoundError:
            return None
        except Exception as error:  # each kind of storage raises errors of its own
            raise self._problem("read", error) from error
        return data

    def write(self, name: str, data: bytes) -> None:
        """See `Place`."""
        system, root = self._system()
        path = f"{root}/{name}"
        try:
            system.makedirs(path.rpartition("/")[0], exist_ok=True)
            system.pipe_file(path, data)
        except Exception as error:  # each kind of storage raises errors of its own
            raise self._problem("written", error) from error

    def delete(self, name: str) -> bool:
        """See `Place`."""
        system, root = self._system()
        try:
            system.rm_file(f"{root}/{name}")
        except FileNotFoundError:
            return False
        except Exception as error:  # each kind of storage raises errors of its own
            raise self._problem("deleted from", error) from error
        return True

    def names(self, prefix: str) -> Iterator[str]:
        """See `Place`."""
        system, root = self._system()
        try:
            found = system.find(f"{root}/{prefix}")
        except FileNotFoundError:
            return
        except Exception as error:  # each kind of storage raises errors of its own
            raise self._problem("listed", error) from error
        start = len(root.strip("/")) + 1 if root.strip("/") else 0
        for path in found:
            yield path.strip("/")[start:]

    def _system(self) -> tuple[Any, str]:
        if self._opened is None:
            from fsspec.core import url_to_fs  # noqa: PLC0415 - 60 ms that only remote results cost

            try:
                system, root = url_to_fs(self.url)
            except Exception as error:  # an unknown scheme, or a library that is not installed
                raise self._problem("used", error) from error
            self._opened = (system, root.rstrip("/"))
        opened: tuple[Any, str] = self._opened
        return opened

    def _problem(self, verb: str, error: Exception) -> ResultError:
        return ResultError(f"{self.url} cannot be {verb}: {error or type(error).__name__}")


class BlockPlace:
    """What a saved block with `read_path` and `write_path` keeps; these may be async."""

    def __init__(self, block: Any) -> None:
        self.block = block

    @property
    def address(self) -> str:
        return f"{self.block.get_block_type_slug()}/{self.block._block_document_name}"

    def read(self, name: str, limit: int | None = None) -> bytes | None:
        """See `Place`."""
        try:
            data: bytes = _awaited(self.block.read_path, name)
        except (FileNotFoundError, ValueError):  # a block says by either that there is no such file
            return None
        except Exception as error:  # the block's own code
            raise self._problem("read", error) from error
        return data

    def write(self, name: str, data: bytes) -> None:
        """See `Place`."""
        try:
            _awaited(self.block.write_path, name, data)
        except Exception as error:  # the block's own code
            raise self._problem("write", error) from error

    def delete(self, name: str) -> bool:
        """See `Place`."""
        raise ResultError(f"Block {self.address} cannot delete: it has read_path and write_path only.")

    def names(self, prefix: str) -> Iterator[str]:
        """See `Place`."""
        raise ResultError(f"Block {self.address} cannot tell what it keeps: it has read_path and write_path only.")

    def _problem(self, verb: str, error: Exception) -> ResultError:
        return ResultError(f"Block {self.address} could not {verb}: {type(error).__name__}: {error}")


def _awaited(verb: Callable[..., Any], *arguments: Any) -> Any:
    found = verb(*arguments)
    if not inspect.isawaitable(found):
        return found
    from flowtui.engine.runs.awaiting import run_to_end  # noqa: PLC0415 - 40 ms of asyncio for async blocks only

    return run_to_end(found)
