"""Where the time of a task goes: a profile of the thread that calls it, by part, and what the writer's thread adds.

A profile makes small functions look dear, so its shares are laid over the time that the same tasks take without it.
"""

import cProfile
import os
import pstats
import sys
import tempfile
import time
from collections import defaultdict
from typing import Any, Final

COUNT: Final = 5_000

PARTS: Final = {
    "two log lines: made, printed, handed over": ("logs.py", "log_output.py", "wire.py", "prints.py"),
    "values: three states, four records, ids, instants": ("states.py", "evolve.py", "ids.py", "clock.py", "model.py"),
    "deciding: the generator, its steps and their driver": ("task_steps.py", "drivers.py", "steps.py", "outcomes.py"),
    "the run: its keys, context, parameters, result": (
        "task_run.py",
        "context.py",
        "signatures.py",
        "containers.py",
        "inline.py",
        "handle.py",
        "tasks.py",
        "annotations.py",
        "data_hash.py",
    ),
    "handing to the writer": ("writer.py", "local.py", "current.py"),
}


def main() -> None:
    os.environ["FLOWTUI_HOME"] = tempfile.mkdtemp(prefix="flowtui-bench-")
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process lives
    from flowtui import flow, task

    @task
    def noop(number: int) -> int:
        return number

    @flow
    def many(profile: Any) -> tuple[float, float]:
        everything, own = time.process_time(), time.thread_time()
        if profile is not None:
            profile.enable()
        for number in range(COUNT):
            noop(number)
        if profile is not None:
            profile.disable()
        return time.process_time() - everything, time.thread_time() - own

    many(None)
    started = time.perf_counter()
    _, own = many(None)
    wall = time.perf_counter() - started
    profile = cProfile.Profile(timer=time.thread_time)
    many(profile)
    print(f"\n### Where the {1e6 * wall / COUNT:.0f} µs of a no-op task go\n\n| part | µs | share |\n|---|---|---|")
    shares = by_part(profile)
    for part, share in sorted(shares.items(), key=lambda item: -item[1]):
        print(f"| {part} | {1e6 * own * share / COUNT:.1f} | {100 * share:.0f} % |")
    print(f"| the thread that calls it, together | {1e6 * own / COUNT:.1f} | |")
    print(f"| until the store has all of it: the writer's thread, and waiting | {1e6 * (wall - own) / COUNT:.1f} | |")


def by_part(profile: cProfile.Profile) -> dict[str, float]:
    """The share of each part; functions of Python itself count for whoever called them."""
    stats: Any = pstats.Stats(profile)
    seconds: defaultdict[str, float] = defaultdict(float)
    for (file, _, _), (_, _, own, _, callers) in stats.stats.items():
        part = part_of(file)
        if part is not None:
            seconds[part] += own
            continue
        total = sum(each[2] for each in callers.values()) or 1.0
        for (caller, _, _), each in callers.items():
            seconds[part_of(caller) or "Python itself"] += own * each[2] / total
    whole = sum(seconds.values())
    return {part: each / whole for part, each in seconds.items()}


def part_of(file: str) -> str | None:
    name = os.path.basename(file)
    if f"{os.sep}flowtui{os.sep}" not in file:
        return None
    return next((part for part, files in PARTS.items() if name in files), "other modules")


if __name__ == "__main__":
    main()
