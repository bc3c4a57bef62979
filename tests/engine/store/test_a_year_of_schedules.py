"""A year in twelve zones: two planners race and restart, and every instant becomes exactly one run."""

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import from_micros
from flowtui.engine.schedules import Cron, RRule, Schedule
from flowtui.engine.schedules.walls import zone
from flowtui.engine.store.tables import flow_run
from tests.engine.store.databases import Place, StoreClock
from tests.engine.store.made import a_deployment

ZONES = (
    "UTC", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Lord_Howe", "Pacific/Chatham",
    "Africa/Casablanca", "Antarctica/Troll", "America/Santiago", "Asia/Kolkata", "Atlantic/Azores", "Pacific/Apia",
)  # fmt: skip
START = datetime(2026, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
DAYS = {"sqlite": 366, "postgresql": 100}


def kinds(name: str) -> Iterator[tuple[Schedule, set[int], int, bool]]:
    """Schedules of a zone: the hours and the minute that each names, and whether it fires at both of a doubled time."""
    yield Cron("30 2 * * *", name, catch_up="all", slug=f"{name} fixed"), {2}, 30, False
    if ZONES.index(name) % 2:
        yield Cron("15 */13 * * *", name, catch_up="all", slug=f"{name} steps"), {0, 13}, 15, True
    else:
        rule = "FREQ=DAILY;BYHOUR=1,3;BYMINUTE=45"
        yield RRule(rule, name, catch_up="all", slug=f"{name} rule"), {1, 3}, 45, False


def oracle(name: str, hours: set[int], minute: int, both: bool, end: datetime) -> list[datetime]:
    """By looking at every quarter of an hour, and at every one of the wall clock: all clocks change on a quarter."""
    tz = zone(name)
    reached: dict[datetime, list[datetime]] = {}
    instant = START - timedelta(days=2)
    while instant <= end:
        reached.setdefault(instant.astimezone(tz).replace(tzinfo=None), []).append(instant)
        instant += QUARTER
    fires: set[datetime] = set()
    wall, last = min(reached), max(reached)
    while wall <= last:
        if wall.hour in hours and wall.minute == minute:
            there = wall
            while there not in reached and there < last:
                there += QUARTER
            fires.update(reached.get(there, ())[: None if both and there == wall else 1])
        wall += QUARTER
    return sorted(fire for fire in fires if START < fire <= end)


def test_every_instant_of_a_year_is_one_run(place: Place) -> None:
    clients = [place.open(), place.open()]
    clock = StoreClock(clients[0])
    clock.rule(clients[1])
    clock.now = START
    wanted: dict[str, list[datetime]] = {}
    end = START + timedelta(days=DAYS[clients[0]._db.url.get_backend_name()])
    for name in ZONES:
        schedules = []
        for schedule, hours, minute, both in kinds(name):
            schedules.append(schedule)
            wanted[str(schedule.slug)] = oracle(name, hours, minute, both, end)
        clients[0].save_deployment(a_deployment(name=name.replace("/", "-"), schedules=tuple(schedules)))
    live(place, clients, clock, end)
    assert made(clients[0], end) == {slug: Counter(instants) for slug, instants in wanted.items()}


def live(place: Place, clients: list[LocalClient], clock: StoreClock, end: datetime) -> None:
    """Up to eight days at a time, with both planners at once; now and then one is started anew."""
    dice = random.Random(7)
    with ThreadPoolExecutor(2) as pool:
        while clock.now < end:
            clock.now = min(clock.now + timedelta(minutes=dice.randint(1, 8 * 1440)), end)
            list(pool.map(LocalClient.materialise_schedules, clients))
            if dice.random() < 0.05:
                number = dice.randrange(2)
                clients[number].close()
                clients[number] = place.open()
                clock.rule(clients[number])


def made(client: LocalClient, end: datetime) -> dict[str, Counter[datetime]]:
    slugs = {one.id: str(one.slug) for deployment in client.list_deployments().items for one in deployment.schedules}
    found: dict[str, Counter[datetime]] = {slug: Counter() for slug in slugs.values()}
    with client._db.read() as connection:
        for schedule_id, moment in connection.execute(sa.select(flow_run.c.schedule_id, flow_run.c.expected_start)):
            if (instant := from_micros(moment)) <= end:
                found[slugs[schedule_id]][instant] += 1
    return found
