"""A store with a believable day in it, at a moment that stands still: what screens are drawn from in tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import to_micros
from flowtui.engine.model import (
    Backend,
    DeploymentSpec,
    FlowRun,
    LogLine,
    NewFlowRun,
    TaskRun,
)
from flowtui.engine.schedules import Cron
from flowtui.engine.settings import Settings
from flowtui.engine.states import (
    Completed,
    Crashed,
    Failed,
    Late,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
)

__all__ = ["NOW", "World", "a_day"]

NOW = datetime(2026, 11, 20, 14, 2, 31, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


class StillClient(LocalClient):
    """Says the same address wherever its file lies, so that pictures of screens are the same everywhere."""

    @property
    def address(self) -> str:
        return "sqlite ~/.flowtui/flowtui.db"


class World:
    """A real client on a real SQLite file, whose clock stands at `now`."""

    def __init__(self, home: Path, now: datetime = NOW, ids: int = 0) -> None:
        self.now = now
        settings = Settings.from_env({"FLOWTUI_HOME": str(home)})
        self.client = StillClient.open(settings)
        self.client._db.now = lambda connection: to_micros(self.now)
        self.ids = ids
        """How many have been given."""

    def id(self) -> str:
        """Ids that sort like real ones and are the same each time."""
        self.ids += 1
        return f"0199{self.ids:04x}-0000-7000-8000-{self.ids:012x}"

    def clock(self) -> datetime:
        return self.now

    def deployment(self, flow: str, name: str, cron: str | None = None) -> str:
        spec = DeploymentSpec(
            name=name,
            flow_name=flow,
            entrypoint=f"flows/{flow.replace('-', '_')}.py:{flow.replace('-', '_')}",
            path="/srv/acme",
            tags=("prod",),
            schedules=(Cron(cron),) if cron else (),
        )
        saved = self.client.save_deployment(spec).id
        self.forget_plans()
        return saved

    def forget_plans(self) -> None:
        """Take away what schedules have planned: the names of those runs are drawn, and would be in the pictures."""
        for run in self.client.list_flow_runs(limit=500).items:
            if run.auto_scheduled:
                self.client.delete_flow_run(run.id)

    def run(
        self,
        flow: str,
        name: str,
        *states: State,
        due: datetime | None = None,
        deployment_id: str | None = None,
        tags: tuple[str, ...] = (),
        parameters: dict[str, object] | None = None,
        result: str | None = None,
    ) -> FlowRun:
        """A run that went through these states, each at its own timestamp."""
        first = due or (states[0].timestamp if states else self.now)
        run = self.client.create_flow_run(
            NewFlowRun(
                id=self.id(),
                flow_name=flow,
                name=name,
                state=Scheduled(first, timestamp=min(first, self.now)),
                parameters=parameters or {},
                tags=tags,
                deployment_id=deployment_id,
                work_pool_name="local",
            )
        )
        for state in states:
            self.client.set_flow_run_state(run.id, state, force=True, result=result if state.is_completed() else None)
        return self.client.read_flow_run(run.id)

    def task(
        self,
        run: FlowRun,
        name: str,
        start: datetime | None,
        end: datetime | None,
        state: State | None = None,
        run_count: int = 1,
    ) -> TaskRun:
        """A task run in its last state; the states before are in its history."""
        made = (start or self.now) - seconds(0.2)
        task = TaskRun(
            id=self.id(),
            name=name,
            task_key=name.rsplit("-", 1)[0],
            dynamic_key=name.rsplit("-", 1)[-1],
            flow_run_id=run.id,
            state=Pending(timestamp=made),
            created=made,
        )
        self.client.save_task_run(task)
        if start is not None:
            task = replace(task, state=Running(timestamp=start), start_time=start, run_count=run_count)
            self.client.save_task_run(task)
            if end is not None:
                task = replace(task, state=state or Completed(timestamp=end), end_time=end)
                self.client.save_task_run(task)
        elif state is not None:
            task = replace(task, state=state)
            self.client.save_task_run(task)
        return task

    def log(self, run: FlowRun, at: datetime, level: int, message: str, source: str | None = None) -> None:
        self.client.write_logs([LogLine(timestamp=at, level=level, message=message, flow_run_id=run.id, source=source)])

    def close(self) -> None:
        self.client.close()


ADJECTIVES = ("amber", "brisk", "calm", "dapper", "eager")
ANIMALS = ("auk", "bee", "crane", "dove")
TRACEBACK = """Task run 'get_stars-1' - Encountered exception during execution:
Traceback (most recent call last):
  File "/srv/acme/flows/github_stars.py", line 14, in get_stars
    count = httpx.get(url, timeout=5).json()["stargazers_count"]
httpx.ReadTimeout: timed out after 5 s"""


def a_day(world: World) -> dict[str, FlowRun]:
    """Fill a world with a day of work. Answers the runs that tests speak of."""
    now = world.now
    etl = world.deployment("daily-etl", "prod", "5 * * * *")
    stars = world.deployment("github-stars", "main", "*/10 * * * *")
    report = world.deployment("hourly-report", "main", "0 * * * *")
    runs: dict[str, FlowRun] = {}

    for hour in range(23, 0, -1):
        busy = 1 + (hour * 7) % 5
        for number in range(busy):
            begun = now - timedelta(hours=hour, minutes=number * 9)
            flow, deployment_id = (("daily-etl", etl), ("github-stars", stars), ("hourly-report", report))[number % 3]
            took = 20 + (hour * 13 + number * 29) % 70
            bad = (hour, number) in ((3, 1), (9, 2), (17, 0))
            state = Failed if bad else Completed
            world.run(
                flow,
                f"{ADJECTIVES[number]}-{ANIMALS[hour % 4]}{hour}",
                Running(timestamp=begun),
                state(timestamp=begun + seconds(took), message="ReadTimeout: timed out" if bad else None),
                deployment_id=deployment_id,
                tags=("prod",),
            )

    begun = now - seconds(3626)
    violet = world.run(
        "daily-etl",
        "violet-finch",
        Running(timestamp=begun),
        Completed(timestamp=begun + seconds(72)),
        deployment_id=etl,
        tags=("prod",),
        parameters={"source": "api.example.com", "since": "2026-11-19", "limits": {"rows": 10000, "dry_run": False}},
        result='{"rows": 48123, "skipped": 7}',
    )
    for number in range(48):
        start = begun + seconds(number * 1.4)
        world.task(violet, f"load_page-{number}", start, start + seconds(2.5 + number % 3))
    world.log(violet, begun, 20, "Beginning flow run 'violet-finch' for flow 'daily-etl'")
    world.log(violet, begun + seconds(72), 20, "Finished in state Completed()")
    runs["completed"] = violet

    begun = now - seconds(230)
    plucky = world.run(
        "github-stars",
        "plucky-heron",
        Running(timestamp=begun),
        Failed(timestamp=begun + seconds(4.1), message="ReadTimeout: timed out after 5 s"),
        deployment_id=stars,
        tags=("api",),
        parameters={"repos": ["PrefectHQ/prefect", "PrefectHQ/prefect-aws", "Textualize/textual"]},
    )
    world.log(plucky, begun, 20, "Beginning flow run 'plucky-heron' for flow 'github-stars'")
    for number in range(3):
        words = f"Created task run 'get_stars-{number}' for task 'get_stars'"
        world.log(plucky, begun + seconds(0.1 + number / 100), 20, words)
    world.task(plucky, "get_stars-0", begun + seconds(0.3), begun + seconds(1.2))
    world.task(
        plucky,
        "get_stars-1",
        begun + seconds(0.4),
        begun + seconds(3.9),
        Failed(timestamp=begun + seconds(3.9), message="ReadTimeout: timed out after 5 s"),
        run_count=3,
    )
    never = Pending(name="NotReady", timestamp=begun + seconds(4), message="upstream failed")
    world.task(plucky, "get_stars-2", None, None, never)
    world.log(plucky, begun + seconds(1.2), 20, "Task run 'get_stars-0' - Finished in state Completed()")
    world.log(plucky, begun + seconds(1.6), 30, "Task run 'get_stars-1' - retry 1/2 in 1 s: \x1b[33mReadTimeout\x1b[0m")
    world.log(plucky, begun + seconds(3.9), 40, TRACEBACK, "github_stars.py:14")
    world.log(plucky, begun + seconds(4.1), 40, "Finished in state Failed('ReadTimeout: timed out after 5 s')")
    runs["failed"] = plucky

    begun = now - seconds(26)
    otter = world.run(
        "daily-etl",
        "crimson-otter",
        Running(timestamp=begun),
        deployment_id=etl,
        tags=("prod",),
        parameters={"source": "api.example.com", "since": "2026-11-20"},
    )
    for number in range(48):
        start = begun + seconds(1 + number * 0.7)
        if start > now:
            world.task(otter, f"load_page-{number}", None, None)
        else:
            end = start + seconds(2.5 + number % 3)
            world.task(otter, f"load_page-{number}", start, end if end < now else None)
    world.log(otter, begun, 20, "Beginning flow run 'crimson-otter' for flow 'daily-etl'")
    world.log(otter, begun + seconds(8), 30, "page 11 came back empty, asking again")
    for number in range(9):
        world.log(otter, begun + seconds(10 + number), 20, f"page {20 + number}: {1000 + number * 17} rows")
    runs["running"] = otter

    begun = now - timedelta(minutes=41)
    big = world.run("big-load", "stoic-whale", Running(timestamp=begun), tags=("weekly",))
    for number in range(500):
        start = begun + seconds(number * 6)
        end = start + seconds(5)
        world.task(big, f"chunk-{number}", start if start < now else None, end if end < now else None)
    runs["big"] = big

    runs["crashed"] = world.run(
        "thumbs",
        "wild-lynx",
        Running(timestamp=now - timedelta(minutes=52)),
        Crashed(timestamp=now - timedelta(minutes=47), message="Its process 4711 ended by signal 9."),
    )
    runs["paused"] = world.run(
        "approve-load",
        "brave-lynx",
        Running(timestamp=now - timedelta(minutes=9, seconds=30)),
        Paused(timestamp=now - timedelta(minutes=9), message="waits for an amount"),
    )
    due = now - timedelta(minutes=6)
    runs["late"] = world.run("nightly", "violet-crane", Late(due, timestamp=now - timedelta(minutes=5)), due=due)
    for minutes, flow, name, deployment_id in (
        (2.5, "daily-etl", "mellow-ibis", etl),
        (7.5, "github-stars", "sunny-rook", stars),
        (57.5, "hourly-report", "quiet-swan", report),
        (62.5, "daily-etl", "noble-kite", etl),
    ):
        world.run(flow, name, due=now + timedelta(minutes=minutes), deployment_id=deployment_id)
    world.client.announce_backend(
        Backend(id="b1", kind="embedded", host="desk", pid=4242, url=None, started=now - timedelta(hours=2), seen=now)
    )
    world.client.flush()
    return runs
