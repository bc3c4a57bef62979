"""Draw screenshots/*.svg again: the real application on the demo's flows, really run, in a home that is then removed.

`python docs/shots.py` draws all of them, `python docs/shots.py home run` some.
"""

import asyncio
import os
import re
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from textual.pilot import Pilot

from flowtui.engine.client.current import close_current_client, current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.query import Query, parse
from flowtui.engine.settings import current_settings
from flowtui.engine.states import StateType
from flowtui.server.embedded import ensure_backend
from flowtui.tui.app import FlowtuiApp
from flowtui.tui.demo.home import enter_home, make_home
from flowtui.tui.demo.prepare import prepare

SIZE = (120, 36)
OUT = Path(__file__).resolve().parent.parent / "screenshots"
PATIENCE = 120.0

Shot = Callable[[Pilot[int], Client], Awaitable[None]]


async def home(pilot: Pilot[int], client: Client) -> None:
    """What ran, what needs somebody, what is next, what is running."""
    await pilot.press("1")


async def runs(pilot: Pilot[int], client: Client) -> None:
    """The list, with the run under the cursor at a glance."""
    await pilot.press("2")
    await settle(pilot)
    await pilot.press("j", "j", "j")


async def run(pilot: Pilot[int], client: Client) -> None:
    """Tasks along time above, the log below."""
    pilot.app.open_run(await newest(pilot, client, "orders-etl", "COMPLETED"))  # type: ignore[attr-defined]


async def graph(pilot: Pilot[int], client: Client) -> None:
    """Which task feeds which."""
    pilot.app.open_run(await newest(pilot, client, "shop-report", "COMPLETED"), "graph")  # type: ignore[attr-defined]


async def rewound(pilot: Pilot[int], client: Client) -> None:
    """A run as it was in its midst, with all that happened in it on a line."""
    pilot.app.open_run(await newest(pilot, client, "shop-report", "COMPLETED"))  # type: ignore[attr-defined]
    await settle(pilot)
    await pilot.press("t")
    await settle(pilot)
    await pilot.press(*["left"] * 13)


async def log(pilot: Pilot[int], client: Client) -> None:
    """The log of a failed run, on its first error."""
    pilot.app.open_run(await newest(pilot, client, "invoice-check", "FAILED"), "logs")  # type: ignore[attr-defined]
    await settle(pilot)
    await pilot.press("E")


async def why(pilot: Pilot[int], client: Client) -> None:
    """What a late run waits for, in words."""
    late = client.list_flow_runs(parse("is:late"), limit=1).items[0]
    pilot.app.open_why(late.id)  # type: ignore[attr-defined]


async def compare(pilot: Pilot[int], client: Client) -> None:
    """What changed since the last good run."""
    pilot.app.open_compare(None, await newest(pilot, client, "invoice-check", "FAILED"))  # type: ignore[attr-defined]


async def retry(pilot: Pilot[int], client: Client) -> None:
    """What a retry would reuse, and what it would run."""
    pilot.app.open_retry_plan(await newest(pilot, client, "invoice-check", "FAILED"))  # type: ignore[attr-defined]


async def flows(pilot: Pilot[int], client: Client) -> None:
    """The flows of the folder, found without importing them."""
    await pilot.press("3")


async def radar(pilot: Pilot[int], client: Client) -> None:
    """A week of schedules, against the limits."""
    await pilot.press("4")
    await settle(pilot)
    await pilot.press("S")


async def deployments(pilot: Pilot[int], client: Client) -> None:
    """What can be run, when it runs next, and how it went."""
    await pilot.press("4")


async def form(pilot: Pilot[int], client: Client) -> None:
    """Run a deployment with other parameters: the form is made from their schema."""
    await pilot.press("4")
    await settle(pilot)
    await pilot.press("j", "j", "j", "R")


async def blocks(pilot: Pilot[int], client: Client) -> None:
    """Secrets and webhooks, masked."""
    await pilot.press("6")


async def servers(pilot: Pilot[int], client: Client) -> None:
    """The servers of a company, and the runs of all as one list."""
    os.chdir(Path.home())
    profiles = []
    for earlier, (name, (about, kept)) in enumerate(SERVERS.items(), 1):
        copy_of_some_flows(Path.home() / ".flowtui-demo" / "flowtui.db", Path(f"{name}.db"), kept, 150_000 * earlier)
        profiles.append(f'[profiles.{name}]\ndatabase_url = "sqlite:///{name}.db"\n{about}\n')
    profiles.append('[profiles.sydney]\ndatabase_url = "postgresql://flowtui@127.0.0.1:1/flowtui"\n')
    (Path.home() / ".flowtui-demo" / "profiles.toml").write_text("\n".join(profiles))
    await pilot.press("colon", *"all", "enter")
    await settle(pilot)
    await pilot.press("j", "j")


SERVERS = {
    "production": ('accent = "red"\nread_only = true', "orders-etl shop-report shop-summary"),
    "staging": ('accent = "orange"', "invoice-check exchange-rates product-images restock"),
    "factory": ('accent = "blue"', "sensor-archive label-printing monthly-close"),
}
"""What the profiles of these servers say, and which of the demo's flows run there."""


def copy_of_some_flows(store: Path, copy: Path, flows: str, earlier: int) -> None:
    """A store with the ended runs of some flows of another, so many microseconds earlier and under other names."""
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute(
            "DELETE FROM flow_run WHERE end_time IS NULL"
            " OR flow_id IN (SELECT id FROM flow WHERE instr(:flows, name) = 0)",
            {"flows": flows},
        )
        for column in ("sort_time", "start_time", "end_time", "state_at"):
            target.execute(f"UPDATE flow_run SET {column} = {column} - ?", (earlier,))  # noqa: S608
        names = target.execute("SELECT id, name FROM flow_run WHERE name LIKE '%-%' ORDER BY id").fetchall()
        for (run_id, name), (_, other) in zip(names, names[1:] + names[:1], strict=True):
            mixed = f"{name.partition('-')[0]}-{other.partition('-')[2]}"
            target.execute("UPDATE flow_run SET name = ? WHERE id = ?", (mixed, run_id))
        target.commit()


SHOTS: dict[str, Shot] = {
    "home": home,
    "runs": runs,
    "run": run,
    "graph": graph,
    "rewound": rewound,
    "log": log,
    "why": why,
    "compare": compare,
    "retry": retry,
    "flows": flows,
    "radar": radar,
    "deployments": deployments,
    "form": form,
    "blocks": blocks,
    "servers": servers,
}


async def newest(pilot: Pilot[int], client: Client, flow: str, state_type: str) -> str:
    """The id of the newest run of a flow in a state, once there is one."""
    query = Query.of(flow_name=flow, states=(StateType(state_type),))
    await until(pilot, lambda: bool(client.list_flow_runs(query, limit=1).items))
    return client.list_flow_runs(query, limit=1).items[0].id


async def settle(pilot: Pilot[int]) -> None:
    """Let what was asked for arrive and be drawn."""
    await pilot.pause(1.5)


async def draw(names: list[str]) -> None:
    """Open the workstation with its own backend, wait until the demo's flows are in full swing, take the pictures."""
    place = Path.home() / ".flowtui-demo"
    enter_home(place)
    flows = make_home(place)
    client = current_client()
    prepare(client, flows, lambda sentence: print(sentence, file=sys.stderr))
    client.save_block("secret", "warehouse-password", {"value": "correct horse battery staple"})
    client.save_block("webhook", "team-alerts", {"url": "https://hooks.example.com/services/T1/B2"})
    app = FlowtuiApp(client, backend=lambda opened: ensure_backend(current_settings(), opened), folder=flows)
    try:
        async with app.run_test(size=SIZE, notifications=False) as pilot:
            await until(pilot, lambda: client.run_counts().running >= 1 and finished(client) >= 9)
            for name in names:
                await SHOTS[name](pilot, client)
                await settle(pilot)
                picture = without_host(app.export_screenshot(title="flowtui"))
                (OUT / f"{name}.svg").write_text(checked(name, picture))
                print(OUT / f"{name}.svg", file=sys.stderr)
                while len(app.screen_stack) > 1:
                    app.pop_screen()
    finally:
        if app.backend is not None:
            app.backend.stop()
        close_current_client()


def finished(client: Client) -> int:
    return len(client.list_flow_runs(parse("is:ended"), limit=50).items)


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"The demo's flows were not in full swing within {PATIENCE:g} s.")
        await pilot.pause(0.2)


def without_host(svg: str) -> str:
    """The worker is called after the machine; in the picture it has another name of the same length."""
    host = re.escape(socket.gethostname())
    return re.sub(rf"backend-{host}-\d+", lambda found: "backend-desk-4711000000"[: len(found.group())], svg)


def checked(name: str, svg: str) -> str:
    """A picture shows nothing of the machine that it was drawn on. Raises SystemExit when it does."""
    for secret in {str(Path.home()), str(OUT.parent), socket.gethostname(), tempfile.gettempdir() + "/"}:
        if secret in svg:
            raise SystemExit(f"{name}.svg would show {secret}; choose another view.")
    return svg


def main() -> None:
    names = sys.argv[1:] or list(SHOTS)
    unknown = [name for name in names if name not in SHOTS]
    if unknown:
        raise SystemExit(f"There is no picture {unknown[0]!r}; there are {', '.join(SHOTS)}.")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="flowtui-shots-") as folder:
        # The header writes paths under the user's home as ~/…, which is what a picture may show.
        os.environ.update(HOME=folder, TZ="UTC", COLUMNS=str(SIZE[0]), LINES=str(SIZE[1]))
        time.tzset()
        asyncio.run(draw(names))


if __name__ == "__main__":
    main()
