"""Many small tasks in one flow: how many per second, one after the other and submitted, all of them recorded."""

from benchmarks.records import records
from benchmarks.side_by_side import (
    FLOWTUI,
    Contender,
    Row,
    contenders,
    fresh_home,
    measure,
    measure_dbos,
    median,
    show,
)

COUNT = {"flowtui": 10_000, "prefect": 2_000}
MAPPED = 10_000
WARM_UP = 10
ROUNDS = {"flowtui": 5, "prefect": 1}


def rate(contender: Contender, way: str) -> tuple[float, str]:
    """Tasks per second, the median of some rounds, and what the store holds after the last of them."""
    count, rates = COUNT[contender.name], []
    for _ in range(ROUNDS[contender.name]):
        with fresh_home() as home:
            rates.append(count / measure("tasks", contender, way, str(count), home=home)["seconds"])
            kept = records(contender, home)
    if contender.name == "flowtui" and kept.task_runs != {"COMPLETED": count + WARM_UP}:
        raise SystemExit(f"flowtui lost task runs: {kept}")
    note = (
        f"- {contender.name}, {way}: {kept.task_runs['COMPLETED']:,} of {count + WARM_UP:,} task runs are Completed "
        f"in the store when the process has ended, with {kept.log_lines:,} log lines."
    )
    return median(rates), note


def main() -> None:
    speeds: dict[tuple[str, str], float] = {}
    notes = []
    for contender in contenders():
        for way in ("sequential", "submitted"):
            speeds[contender.name, way], note = rate(contender, way)
            notes.append(note)
    rows = [
        Row(
            what=f"{way}, the flow's start to its end",
            unit="tasks/s",
            flowtui=speeds["flowtui", way],
            prefect=speeds.get(("prefect", way)),
            dbos=measure_dbos("steps", "2000") if way == "sequential" else None,
            bar=bar,
            more_is_better=True,
        )
        for way, bar in (("sequential", 8000.0), ("submitted", 5000.0))
    ]
    show("Tasks in one flow", [*rows, *mapped()], [_WHEN, "\n".join(notes)])


_WHEN = (
    f"{COUNT['flowtui']:,} tasks ({COUNT['prefect']:,} of Prefect and DBOS). flowtui's flow ends when all of it is in "
    "the store. Prefect's ends before; the rest is still on its way:"
)


def mapped() -> list[Row]:
    """`map` over many items: its seconds, and the memory that it took and kept."""
    seconds, grown, kept = [], [], []
    for _ in range(3):
        with fresh_home() as home:
            figures = measure("tasks", FLOWTUI, "mapped", str(MAPPED), home=home)
        seconds.append(figures["seconds"])
        grown.append(figures["grown"] / MAPPED)
        kept.append(figures["kept"] / MAPPED)
    return [
        Row(what=f"map over {MAPPED:,} items", unit="s", flowtui=median(seconds), bar=2.5),
        Row(what="memory that it took, with its futures", unit="kB a task", flowtui=median(grown), bar=3),
        Row(what="memory left after a second, equal map", unit="kB a task", flowtui=median(kept)),
    ]


if __name__ == "__main__":
    main()
