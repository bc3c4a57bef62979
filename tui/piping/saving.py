"""Records written to a file: whole or not at all."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flowtui.engine.errors import UsageError
from flowtui.tui.piping.records import Format, Records, encoded, format_of_file, header

__all__ = ["save_records", "saved_path", "write_records"]


def saved_path(text: str) -> Path:
    """The file that a person means: `~` is the home, a relative one is in the present folder.

    Raises `UsageError` for a folder, or a file in a folder that there is not.
    """
    path = Path(text).expanduser().absolute()
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give the name of a file in it.")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.")
    return path


async def save_records(records: Records, path: Path) -> int:
    """Write records in the format of the file's ending; answers how many. Raises `UsageError` when that fails."""
    try:
        with _in_place_of(path) as out:
            return await write_records(records, format_of_file(path.name), out)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None


@contextmanager
def _in_place_of(path: Path) -> Iterator[IO[bytes]]:
    """A file that becomes `path` when all went well, and is gone otherwise."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
        _give_mode(name, path)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _give_mode(name: str, path: Path) -> None:
    """The mode of the file that was there, or of any new file: a temporary one is only its owner's."""
    umask = os.umask(0)
    os.umask(umask)
    Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~umask)


async def write_records(records: Records, form: Format, out: IO[bytes]) -> int:
    """Write records into an open file; answers how many."""
    written = 0
    out.write(header(records, form))
    async for rows in records.read():
        await asyncio.to_thread(out.write, encoded(records, rows, form))
        written += len(rows)
    return written
