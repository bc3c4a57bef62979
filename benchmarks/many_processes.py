"""A hundred script processes at once on one SQLite store: no error, every state right, and nobody starves."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.records import Records, records
from benchmarks.servers import serving
from benchmarks.side_by_side import Contender, Row, contenders, fresh_home, median, program, show

PROCESSES = {"flowtui": 100, "prefect": 20}
TASKS = {"flowtui": 100, "prefect": 50}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the processes did."""

    seconds: float
    slowest: float
    median: float
    errors: int
    kept: Records


def one_process(contender: Contender, path: Path, env: dict[str, str]) -> tuple[float, bool]:
    """Seconds from start to end, and whether anything went wrong in it."""
    started = time.perf_counter()
    done = subprocess.run(
        [contender.python, str(path), str(TASKS[contender.name])],
        env=env,
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    wrong = done.returncode != 0 or "locked" in done.stderr or "Traceback" in done.stderr
    return time.perf_counter() - started, wrong


def together(contender: Contender) -> Outcome:
    """flowtui's processes write the store themselves; Prefect's talk to one server, as they are meant to."""
    with fresh_home() as home:
        path = program("many", contender, home)
        with serving(contender, home) if contender.name == "prefect" else nullcontext("") as api:
            env = contender.environment(home) | ({"PREFECT_API_URL": api} if api else {})
            started = time.perf_counter()
            with ThreadPoolExecutor(PROCESSES[contender.name]) as pool:
                results = list(pool.map(lambda _: one_process(contender, path, env), range(PROCESSES[contender.name])))
            seconds = time.perf_counter() - started
        times = [result[0] for result in results]
        return Outcome(
            seconds=seconds,
            slowest=max(times),
            median=median(times),
            errors=sum(wrong for _, wrong in results),
            kept=records(contender, home),
        )


def said(name: str, kept: Records) -> str:
    """What the store holds afterwards, as a line of a list."""
    flow_runs, task_runs = dict(kept.flow_runs), dict(kept.task_runs)
    return f"- {name} afterwards: flow runs {flow_runs}, task runs {task_runs}, {kept.log_lines:,} log lines."


def main() -> None:
    outcomes = {contender.name: together(contender) for contender in contenders()}
    ours, theirs = outcomes["flowtui"], outcomes.get("prefect")
    show(
        f"{PROCESSES['flowtui']} processes × {TASKS['flowtui']} tasks on one SQLite file",
        [
            Row(
                what="all of them, first start to last end",
                unit="s",
                flowtui=ours.seconds,
                prefect=theirs.seconds if theirs else None,
            ),
            Row(
                what="slowest process over median process",
                unit="times",
                flowtui=ours.slowest / ours.median,
                prefect=theirs.slowest / theirs.median if theirs else None,
                bar=3,
            ),
            Row(
                what="processes with an error",
                unit="",
                flowtui=ours.errors,
                prefect=theirs.errors if theirs else None,
                bar=0,
            ),
        ],
        [
            f"Prefect: {PROCESSES['prefect']} processes × {TASKS['prefect']} tasks, through one server.",
            "\n".join(said(name, outcome.kept) for name, outcome in outcomes.items()),
        ],
    )
    expected = {"COMPLETED": PROCESSES["flowtui"]}, {"COMPLETED": PROCESSES["flowtui"] * TASKS["flowtui"]}
    if ours.errors or (ours.kept.flow_runs, ours.kept.task_runs) != expected:
        raise SystemExit(f"not every state is right: {ours}")


if __name__ == "__main__":
    main()
