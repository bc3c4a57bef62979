"""Run the programs with a real Prefect, and write down what they print: `python -m tests.e2e.record_programs PYTHON`.

`PYTHON` is an interpreter that has Prefect installed: 3 for most of the programs, 2 for those that begin with `old_`.
Nothing else may write into `tests/e2e/programs/expected`.
"""

import subprocess
import sys
import tempfile

from tests.e2e.test_prefect_programs import ARGUMENTS, EXPECTED, PROGRAMS, as_recorded
from tests.support import clean_environment


def record(python: str, name: str) -> str:
    """What a program leaves behind under this interpreter."""
    with tempfile.TemporaryDirectory() as home:
        environment = clean_environment(
            home,
            PREFECT_HOME=home,
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="240",
        )
        done = subprocess.run(
            [python, str(PROGRAMS / f"{name}.py"), *ARGUMENTS.get(name, ())],
            env=environment,
            cwd=home,
            input="",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    return as_recorded(done.stdout, done.stderr, done.returncode)


def main(python: str, *names: str) -> None:
    """Record these programs, or all that are for the version that the interpreter has."""
    asked = [python, "-c", "import prefect; print(prefect.__version__)"]
    version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    is_old = version.startswith("2.")
    every = sorted(path.stem for path in PROGRAMS.glob("*.py") if path.stem != "beside")
    for name in names or [name for name in every if name.startswith("old_") == is_old]:
        (EXPECTED / f"{name}.txt").write_text(record(python, name))
        print(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
