"""What every benchmark shares: the two contenders, a fresh home for each, and a table with both in it."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

__all__ = [
    "FLOWTUI",
    "MISSED",
    "Contender",
    "Row",
    "contenders",
    "fresh_home",
    "measure",
    "measure_dbos",
    "median",
    "program",
    "show",
    "timed",
]

PROGRAMS: Final = Path(__file__).resolve().parent / "programs"
ROOT: Final = PROGRAMS.parent.parent

MISSED: Final = "✖ MISSED"
"""Stands in the line of a figure that does not hold its bar."""

HOW_TO_GET_IT: Final = """\
Prefect is not measured: FLOWTUI_BENCH_PREFECT does not name a Python that has it. To make one:
    python3.11 -m venv prefect-venv
    prefect-venv/bin/pip install prefect==3.8.8 fastapi==0.139.2 starlette==1.4.1 'sqlalchemy<2.1'
    export FLOWTUI_BENCH_PREFECT=$PWD/prefect-venv/bin/python
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One of the two: its import name, the Python that has it, and the settings under which it is measured."""

    name: str
    python: str
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """Its command-line program, beside its Python."""
        return str(Path(self.python).parent / self.name)

    def environment(self, home: Path) -> dict[str, str]:
        """Nothing of the user's own settings, and everything that is kept goes to `home`."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("FLOWTUI_", "PREFECT_"))}
        return {**env, f"{self.name.upper()}_HOME": str(home), **self.settings}


FLOWTUI: Final = Contender(name="flowtui", python=sys.executable)

_QUIET: Final = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_CLI_PROMPT": "false",
}


def contenders() -> list[Contender]:
    """flowtui, and Prefect when there is one; says how to get it when there is not."""
    python = os.environ.get("FLOWTUI_BENCH_PREFECT")
    if not python or not Path(python).exists():
        print(HOW_TO_GET_IT, file=sys.stderr)
        return [FLOWTUI]
    return [FLOWTUI, Contender(name="prefect", python=str(Path(python).absolute()), settings=_QUIET)]


def measure_dbos(*arguments: str) -> Any:
    """What `programs/steps_of_dbos.py` prints, when FLOWTUI_BENCH_DBOS names a Python that has DBOS; else None."""
    python = os.environ.get("FLOWTUI_BENCH_DBOS")
    if not python or not Path(python).exists():
        return None
    with fresh_home() as home:
        env = {**os.environ, "DBOS_HOME": str(home)}
        command = [python, str(PROGRAMS / "steps_of_dbos.py"), *arguments]
        done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=True)
    return json.loads(next(line for line in done.stdout.splitlines() if line[:1] in "[0123456789" and _is_json(line)))


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


@contextmanager
def fresh_home() -> Iterator[Path]:
    """An empty folder that is gone afterwards, with whatever a contender's last child still writes into it."""
    home = Path(tempfile.mkdtemp(prefix="flowtui-bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def program(name: str, contender: Contender, folder: Path, preamble: str = "") -> Path:
    """The program `programs/<name>.py` for a contender: the same text, importing from the one or the other.

    `preamble` is Python that runs before it.
    """
    text = (PROGRAMS / f"{name}.py").read_text().replace("from flowtui import", f"from {contender.name} import")
    path = folder / f"{name}.py"
    path.write_text(preamble + text)
    return path


def timed(command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> float:
    """Seconds that a process takes from its start to its end. Raises when it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed with exit code {done.returncode}:\n{done.stderr[-4000:]}")
    return seconds


def measure(name: str, contender: Contender, *arguments: str, home: Path, preamble: str = "") -> Any:
    """Run a program to its end and answer with the JSON value that it printed as its last line."""
    path = program(name, contender, home, preamble)
    done = subprocess.run(
        [contender.python, str(path), *arguments],
        env=contender.environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{contender.name}: {path.name} failed:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure: flowtui's, Prefect's where it has it, and the bar that flowtui has to hold."""

    what: str
    unit: str
    flowtui: float
    prefect: float | None = None
    dbos: float | None = None
    bar: float | None = None
    more_is_better: bool = False

    def cells(self, *, with_dbos: bool) -> tuple[str, ...]:
        """What, flowtui, Prefect (and DBOS), how many times better than Prefect, the bar, and whether it holds."""
        bar = "" if self.bar is None else f"{'≥' if self.more_is_better else '≤'} {self._figure(self.bar)}"
        holds = "" if self.bar is None else ("✔" if self.holds else MISSED)
        prefect = "—" if self.prefect is None else self._figure(self.prefect)
        dbos = "—" if self.dbos is None else self._figure(self.dbos)
        others = (prefect, dbos) if with_dbos else (prefect,)
        return (self.what, self._figure(self.flowtui), *others, self._advantage(), bar, holds)

    def _figure(self, value: float) -> str:
        if not self.unit:
            return f"{value:.0f}"  # a count
        return f"{_number(value)} {self.unit}"

    def _advantage(self) -> str:
        """Above 1× when flowtui is better; nothing when there is nothing to divide by."""
        if not self.prefect or not self.flowtui:
            return ""
        ratio = self.flowtui / self.prefect if self.more_is_better else self.prefect / self.flowtui
        return f"{ratio:,.1f}×"

    @property
    def holds(self) -> bool:
        if self.bar is None:
            return True
        return self.flowtui >= self.bar if self.more_is_better else self.flowtui <= self.bar


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def show(title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> None:
    """Print the figures as a table that can be pasted into a Markdown page."""
    with_dbos = any(row.dbos is not None for row in rows)
    head = ("", "flowtui", "Prefect", *(["DBOS"] if with_dbos else []), "better by", "bar", "")
    lines = [head, *(row.cells(with_dbos=with_dbos) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    print(f"\n### {title}\n")
    for number, line in enumerate(lines):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for note in notes:
        print(f"\n{note}")
    sys.stdout.flush()
