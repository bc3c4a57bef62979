"""The first result: `python hello.py` in an empty home, from the start of the process to its end, with no server."""

from benchmarks.side_by_side import Contender, Row, contenders, fresh_home, median, program, show, timed

ROUNDS = {"flowtui": 9, "prefect": 3}


def first_run(contender: Contender) -> float:
    """Seconds in a home where nothing ever ran."""
    with fresh_home() as home:
        path = program("hello", contender, home)
        return timed([contender.python, str(path)], contender.environment(home), home)


def later_run(contender: Contender) -> float:
    """Seconds in a home that has seen one run."""
    with fresh_home() as home:
        path = program("hello", contender, home)
        timed([contender.python, str(path)], contender.environment(home), home)
        return timed([contender.python, str(path)], contender.environment(home), home)


def main() -> None:
    first: dict[str, float] = {}
    later: dict[str, float] = {}
    for contender in contenders():
        rounds = ROUNDS[contender.name]
        first[contender.name] = median([first_run(contender) for _ in range(rounds)])
        later[contender.name] = median([later_run(contender) for _ in range(rounds)])
    show(
        "python hello.py: one flow, two tasks, process start to end",
        [
            Row(what="in an empty home", unit="s", flowtui=first["flowtui"], prefect=first.get("prefect"), bar=1.0),
            Row(what="in a used home", unit="s", flowtui=later["flowtui"], prefect=later.get("prefect")),
        ],
        [f"Medians of {ROUNDS['flowtui']} and {ROUNDS['prefect']} processes."],
    )


if __name__ == "__main__":
    main()
