"""Many small tasks in one flow: how many per second, one after the other and submitted, all of them recorded."""

from benchmarks.records import records
from benchmarks.side_by_side import Row, contenders, fresh_home, measure, median, show

COUNT = 2000
WARM_UP = 10
ROUNDS = {"flowtui": 5, "prefect": 1}


def main() -> None:
    speeds: dict[tuple[str, str], float] = {}
    notes = []
    for contender in contenders():
        for way in ("sequential", "submitted"):
            rates = []
            for _ in range(ROUNDS[contender.name]):
                with fresh_home() as home:
                    rates.append(COUNT / measure("tasks", contender, way, str(COUNT), home=home))
                    kept = records(contender, home)
            speeds[contender.name, way] = median(rates)
            notes.append(
                f"- {contender.name}, {way}: {kept.task_runs['COMPLETED']:,} of {COUNT + WARM_UP:,} task runs are "
                f"Completed in the store when the process has ended, with {kept.log_lines:,} log lines."
            )
            if contender.name == "flowtui" and kept.task_runs != {"COMPLETED": COUNT + WARM_UP}:
                raise SystemExit(f"flowtui lost task runs: {kept}")
    show(
        f"{COUNT:,} tasks in one flow",
        [
            Row(
                what=f"{way}, the flow's start to its end",
                unit="tasks/s",
                flowtui=speeds["flowtui", way],
                prefect=speeds.get(("prefect", way)),
                bar=bar,
                more_is_better=True,
            )
            for way, bar in (("sequential", 3000.0), ("submitted", 2000.0))
        ],
        [
            "flowtui's flow ends when all of it is in the store. Prefect's ends before; the rest is still on its way:",
            "\n".join(notes),
        ],
    )


if __name__ == "__main__":
    main()
