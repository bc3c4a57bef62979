"""What is built and installed: every file once, under `flowtui/`, and nothing under a name that a user might own."""

import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from tests.support import ROOT, clean_environment, run_python

PARTS = ("engine", "server", "tui")


def source_files() -> set[str]:
    """Every file of the three parts and of the face, as paths in the repository."""
    found = set()
    for folder in (*(ROOT / part for part in PARTS), ROOT / "src" / "flowtui"):
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found.add(path.relative_to(ROOT).as_posix())
    return {path for path in found if not any(path.startswith(f"src/flowtui/{part}/") for part in PARTS)}


def in_distribution(path: str) -> str:
    """Where a file of the repository belongs in the installed package."""
    return path.removeprefix("src/") if path.startswith("src/") else f"flowtui/{path}"


def in_wheel(wheel: Path) -> set[str]:
    """The files of a built wheel, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = list(WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"]))
    return Path(built[0])


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the built wheel was installed, without what it depends on."""
    target = tmp_path_factory.mktemp("site")
    options = ["--quiet", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, "--target", target, wheel], check=True)
    return target


def test_every_file_of_the_parts_ships_exactly_once_and_under_flowtui() -> None:
    shipped = Counter(file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files())

    assert [path for path, times in shipped.items() if times > 1] == []
    assert set(shipped) == {in_distribution(path) for path in source_files()}


def test_what_is_not_python_ships_too(wheel: Path) -> None:
    """Style sheets, the marker of a typed package, and the examples that `flowtui demo` copies."""
    others = {in_distribution(path) for path in source_files() if not path.endswith(".py")}

    assert {Path(path).suffix for path in others} >= {".typed", ".tcss"}
    assert others <= in_wheel(wheel)


def test_a_wheel_built_from_the_source_distribution_is_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """A link that is lost on the way loses a whole part, and the build says nothing."""
    sdist = Path(next(iter(SdistBuilder(str(ROOT)).build(directory=str(tmp_path / "sdist"), versions=["standard"]))))
    with tarfile.open(sdist) as archive:
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # 3.11.4 and newer
        archive.extractall(tmp_path / "unpacked", **safely)
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    again = next(iter(WheelBuilder(str(unpacked)).build(directory=str(tmp_path / "wheel"), versions=["standard"])))

    assert in_wheel(Path(again)) == in_wheel(wheel)


@pytest.mark.parametrize("part", PARTS)
def test_each_link_leads_to_its_folder(part: str) -> None:
    link = ROOT / "src" / "flowtui" / part

    assert link.is_symlink()
    assert link.readlink() == Path("../..") / part
    assert link.resolve() == ROOT / part


def test_the_installed_wheel_is_imported_from_where_it_was_installed(installed: Path, tmp_path: Path) -> None:
    script = (
        "import flowtui, flowtui.engine.states as e, flowtui.server as s, flowtui.tui as t\n"
        "print(*(m.__file__ for m in (flowtui, e, s, t)), sep='\\n')\n"
    )
    done = run_python("-c", script, env=clean_environment(PYTHONPATH=str(installed)), cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert Path(line).is_relative_to(installed)


def test_the_installed_wheel_brings_the_command(installed: Path, tmp_path: Path) -> None:
    done = run_python("-m", "flowtui", "--version", env=clean_environment(PYTHONPATH=str(installed)), cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "0.1.0" in done.stdout
    (entry,) = installed.glob("flowtui-*.dist-info/entry_points.txt")
    assert "flowtui = flowtui.__main__:main" in entry.read_text()


def test_a_users_own_server_engine_and_tui_win(tmp_path: Path) -> None:
    for part in PARTS:
        (tmp_path / f"{part}.py").write_text(f"WHOSE = 'the user: {part}'\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import engine, server, tui\n"
        "from flowtui.engine.states import Completed\n"
        "import flowtui.server, flowtui.tui\n"
        "print(engine.WHOSE, server.WHOSE, tui.WHOSE, Completed())\n"
    )
    done = run_python(str(script), cwd=tmp_path)

    assert done.stdout.strip() == "the user: engine the user: server the user: tui Completed()", done.stderr


@pytest.mark.parametrize("part", PARTS)
def test_no_part_can_be_imported_by_its_bare_name(part: str, tmp_path: Path) -> None:
    done = run_python("-c", f"import {part}", cwd=tmp_path)

    assert f"No module named '{part}'" in done.stderr


def test_there_is_no_folder_at_the_top_that_shadows_the_package() -> None:
    assert not (ROOT / "flowtui").exists()
