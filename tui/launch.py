"""Open the workstation: is there a terminal, run the app on it, and clear up when the terminal is a shell's again."""

import gc
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from flowtui.engine.errors import FlowtuiError

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.model import FlowRun
    from flowtui.tui.acting.engine import BackendHandle

__all__ = ["open_workstation", "why_no_terminal", "write_down_trouble"]

_LOG_BYTES: Final = 1_000_000
"""The file grows to this size; then it is put aside as `….1`, and the one before is dropped."""


def why_no_terminal(streams: Mapping[str, TextIO | None], term: str | None) -> str | None:
    """Why a full-screen application cannot run here, as a sentence; None when it can.

    `streams` are the three standard streams by name: Textual reads the first and writes to the last.
    """
    for name, stream in streams.items():
        if stream is None or not stream.isatty():
            return (
                f"The workstation needs a terminal, but {name} is not one. "
                "The commands work without: flowtui flow-run ls, flowtui --help."
            )
    if term in (None, "", "dumb"):
        said = "is not set" if not term else f"is {term!r}"
        return (
            f"TERM {said}, so the workstation cannot draw on this terminal. "
            "Set it, for instance to xterm-256color, or use the commands: flowtui --help."
        )
    return None


def open_workstation(
    client_factory: Callable[[], "Client"] | None = None,
    *,
    start_screen: str | None = None,
    embedded: bool = True,
    folder: Path | None = None,
    read_only: bool = False,
    everywhere: bool = False,
) -> int:
    """Run the workstation until it is left; answers with the exit code.

    `client_factory` opens the store, after the first frame; the client of this process when it is not given.
    `start_screen` is `home`, `runs`, `deployments` or `blocks`; `folder` is where flows are looked for. With
    `embedded`, a backend is started when nobody serves the store. `read_only`: nothing can be changed, and no backend
    is started. `everywhere`: the runs of all profiles are shown first.
    """
    streams = {"standard input": sys.stdin, "standard output": sys.stdout, "standard error": sys.stderr}
    trouble = why_no_terminal(streams, os.environ.get("TERM"))
    if trouble is not None:
        sys.stderr.write(f"flowtui: {trouble}\n")
        return 2
    # What is loaded until the first rows stand on the screen stays: looking for garbage among it costs 30 ms.
    gc.disable()
    from flowtui.tui.app import FlowtuiApp  # noqa: PLC0415 - 250 ms of Textual, after the terminal has been looked at

    opener = client_factory or _open_client
    app = FlowtuiApp(
        _reading(opener) if read_only else opener,
        backend=_ensure_backend if embedded else None,
        start_mode=start_screen or "home",
        folder=folder,
        signals=True,
        read_only=read_only,
        journal_file=_journal_file,
        home=_home,
        profile=_profile,
        everywhere=everywhere,
    )
    if client_factory is None and not everywhere:
        app.first_look = _first_look
    try:
        app.run()
    finally:
        gc.enable()
    _clear_up(app.backend, app.client if app.is_open else None)
    return app.return_code or 0


def _open_client() -> "Client":
    from flowtui.engine.client.current import current_client  # noqa: PLC0415 - 300 ms of store, in a thread of the app
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - in a thread of the app

    client = current_client()
    write_down_trouble(current_settings().home / "workstation.log")
    return client


def _first_look(limit: int) -> "Sequence[FlowRun]":
    """The latest runs of the store that `_open_client` opens, in a tenth of the time."""
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - in a thread of the app
    from flowtui.engine.store.first_look import latest_flow_runs  # noqa: PLC0415 - 30 ms, in a thread of the app

    settings = current_settings()
    return latest_flow_runs(settings.database_url, limit) if settings.api_url is None else ()


def _reading(opener: Callable[[], "Client"]) -> Callable[[], "Client"]:
    def opened() -> "Client":
        from flowtui.engine.client.read_only import read_only  # noqa: PLC0415 - in a thread of the app

        return read_only(opener())

    return opened


def _journal_file() -> Path:
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - in a thread of the app

    return current_settings().home / "journal.jsonl"


def _home() -> Path:
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - when a list is shown

    return current_settings().home


def _profile() -> tuple[str, str]:
    """The name and the accent of the profile whose store this is; empty where the environment names another one."""
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - in a thread of the app

    settings = current_settings()
    if not settings.profile:
        return "", ""
    from flowtui.tui.servers.accents import face_of  # noqa: PLC0415 - in a thread of the app, where there are profiles

    return face_of(settings, os.environ)


def write_down_trouble(file: Path) -> None:
    """Keep in a file what goes wrong inside the workstation: the terminal shows the screen. There is none before."""
    from logging.handlers import RotatingFileHandler  # noqa: PLC0415 - in a thread of the app

    handler = RotatingFileHandler(file, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s | %(levelname)-7s | %(message)s"))
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)


def _ensure_backend(client: "Client") -> "BackendHandle | None":
    from flowtui.engine.settings import current_settings  # noqa: PLC0415 - in a thread of the app
    from flowtui.server.embedded import ensure_backend  # noqa: PLC0415 - in a thread of the app

    return ensure_backend(current_settings(), client)


def _clear_up(backend: "BackendHandle | None", client: "Client | None") -> None:
    """After the terminal was given back, so that nobody looks at a screen that does not answer."""
    try:
        if backend is not None:
            backend.stop()
        if client is not None:
            client.close()
    except FlowtuiError as error:
        sys.stderr.write(f"flowtui: {error}\n")
