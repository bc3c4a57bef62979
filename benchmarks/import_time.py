"""What it costs to import the library, and to ask the command for its version."""

import tempfile
from pathlib import Path

from benchmarks.side_by_side import Contender, Row, contenders, fresh_home, median, show, timed

ROUNDS = 15


def over_bare_python(contender: Contender, home: Path) -> float:
    """Milliseconds that `from … import flow, task` adds to an empty Python, median over rounds that take turns."""
    env = contender.environment(home)
    statement = f"from {contender.name} import flow, task"
    timed([contender.python, "-c", statement], env, home)  # the first one compiles
    extra = []
    for _ in range(ROUNDS):
        bare = timed([contender.python, "-c", "pass"], env, home)
        extra.append(timed([contender.python, "-c", statement], env, home) - bare)
    return 1000 * median(extra)


def version(contender: Contender, home: Path) -> float:
    """Milliseconds of the whole process `… --version`, median."""
    env = contender.environment(home)
    timed([contender.command, "--version"], env, home)
    return 1000 * median([timed([contender.command, "--version"], env, home) for _ in range(ROUNDS)])


def main() -> None:
    imports: dict[str, float] = {}
    versions: dict[str, float] = {}
    bare = 0.0
    for contender in contenders():
        with fresh_home() as home:
            imports[contender.name] = over_bare_python(contender, home)
            versions[contender.name] = version(contender, home)
            bare = 1000 * median(
                [timed([contender.python, "-c", "pass"], {}, Path(tempfile.gettempdir())) for _ in range(9)]
            )
    show(
        "Import time",
        [
            Row(
                what="from … import flow, task, over bare Python",
                unit="ms",
                flowtui=imports["flowtui"],
                prefect=imports.get("prefect"),
                bar=120,
            ),
            Row(what="… --version", unit="ms", flowtui=versions["flowtui"], prefect=versions.get("prefect"), bar=80),
        ],
        [f"Medians of {ROUNDS} processes; bare Python takes {bare:.0f} ms here, and is part of `--version`."],
    )


if __name__ == "__main__":
    main()
