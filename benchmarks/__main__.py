"""Run every benchmark, one after the other: `python -m benchmarks`, or some of them by name.

Ends with an error when one failed, or when a figure misses its bar.
"""

import subprocess
import sys
from pathlib import Path

from benchmarks.side_by_side import MISSED

HERE = Path(__file__).resolve().parent
NO_BENCHMARK = {"__main__", "side_by_side", "servers", "stores", "records", "terminals", "bare_clock"}


def main() -> None:
    known = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NO_BENCHMARK)
    wanted = sys.argv[1:] or known
    for name in wanted:
        if name not in known:
            raise SystemExit(f"There is no benchmark {name!r}; there are {', '.join(known)}.")
    troubles = [trouble for name in wanted for trouble in run(name)]
    if troubles:
        raise SystemExit("\n".join(["", *troubles]))


def run(name: str) -> list[str]:
    """Run one, show what it prints, and answer what is wrong with it. In a process of its own: what one has imported
    must not warm the next."""
    command = [sys.executable, "-u", "-m", f"benchmarks.{name}"]
    troubles = []
    with subprocess.Popen(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if MISSED in line:
                troubles.append(f"{name} misses a bar: {line.split('|')[1].strip()}.")
    if process.returncode:
        troubles.append(f"{name} failed.")
    return troubles


if __name__ == "__main__":
    main()
