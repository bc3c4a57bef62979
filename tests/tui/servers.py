"""Stores under the names of profiles, for tests of many servers."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import NewFlowRun
from flowtui.engine.settings import Settings
from flowtui.engine.states import Completed, Scheduled, State
from flowtui.tui.app import FlowtuiApp

__all__ = ["BEGIN", "NOW", "add_run", "an_app", "dead_address", "hanging_address", "sqlite_address", "write_profiles"]

BEGIN = datetime(2026, 11, 20, 9, tzinfo=UTC)
"""When the first run of every store in here began."""
NOW = BEGIN + timedelta(days=1)
"""When a person looks at them."""


def sqlite_address(folder: Path, name: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / name}.db"


def add_run(client: LocalClient, name: str, minutes: float, state: State | None = None, flow: str = "etl") -> str:
    """A run that was due so many minutes after `BEGIN`, and is Completed unless told otherwise; answers its id."""
    due = BEGIN + timedelta(minutes=minutes)
    made = client.create_flow_run(NewFlowRun(flow_name=flow, name=name, state=Scheduled(due, timestamp=due)))
    client.set_flow_run_state(made.id, state or Completed(timestamp=due + timedelta(seconds=30)), force=True)
    return made.id


def write_profiles(home: Path, addresses: Mapping[str, str], more: Mapping[str, str] | None = None) -> None:
    """The file of profiles: names and addresses, and lines that some have besides."""
    home.mkdir(parents=True, exist_ok=True)
    parts = (
        f'[profiles.{name}]\ndatabase_url = "{address}"\n{(more or {}).get(name, "")}\n'
        for name, address in addresses.items()
    )
    (home / "profiles.toml").write_text("\n".join(parts))


def an_app(client: LocalClient, name: str = "", accent: str = "") -> FlowtuiApp:
    """The workstation on the store of a profile, in UTC."""
    return FlowtuiApp(client, zone=UTC, now=lambda: NOW, profile=lambda: (name, accent))


def opened(home: Path, address: str) -> LocalClient:
    """A client on a store of that address."""
    return LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(home), "FLOWTUI_DATABASE_URL": address}))


@contextmanager
def hanging_address() -> Iterator[str]:
    """The address of a PostgreSQL server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        port = listening.getsockname()[1]
        yield f"postgresql://me@silent/flows?hostaddr=127.0.0.1&port={port}&connect_timeout=600"


def dead_address() -> str:
    """The address of a PostgreSQL server that is not there: nobody listens on its port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return f"postgresql://me:secret@127.0.0.1:{port}/flows"
