"""The documentation is true: what it names exists, what it shows runs, and the pictures are there."""

import re
from pathlib import Path

import pytest

from docs.settings_table import table
from tests.support import ROOT, run_flowtui, run_python

README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks" / "README.md"])

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:engine|server|tui|tests|docs|benchmarks|examples|screenshots|src|\.ci)/[\w./*-]*)`")
MAKE = re.compile(r"\bmake ([a-z]+)\b(?=`| {2,}|$)", re.MULTILINE)
WORD = re.compile(r"[a-z][a-z-]*$")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [body for found, body in FENCE.findall(text) if found == language]


def commands() -> list[tuple[str, ...]]:
    """The words of every flowtui command that the README shows, without what the user chooses."""
    found = set()
    for body in (*blocks(README, "console"), *re.findall(r"`(flowtui[^`]*)`", README)):
        for line in body.splitlines():
            words = line.removeprefix("$ ").split("#")[0].split()
            if words[:1] == ["flowtui"]:
                found.add(verb(words[1:]))
    return sorted(found)


def verb(words: list[str]) -> tuple[str, ...]:
    """The command among the words of a line: `flow-run ls` of `flow-run ls --limit 5`. Nouns take one verb more."""
    chosen: list[str] = []
    for word in words:
        if not WORD.match(word) or len(chosen) == 2:
            break
        chosen.append(word)
        if word not in NOUNS:
            break
    return tuple(chosen)


NOUNS = {"flow", "flow-run", "task-run", "deployment", "server", "block", "variable", "work-pool", "worker"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    broken = [
        link
        for link in LINK.findall(page.read_text())
        if not link.startswith(("https://", "http://", "#")) and not (page.parent / link.split("#")[0]).exists()
    ]

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_of_the_repository_that_a_page_names_exists(page: Path) -> None:
    """Whatever stands in backticks and begins with one of our folders."""
    missing = [name for name in PATH.findall(page.read_text()) if not list(ROOT.glob(name.rstrip("/")))]

    assert missing == []


def test_the_readme_shows_the_picture_before_the_code() -> None:
    picture, code = README.index("screenshots/home.svg"), README.index("```python")

    assert picture < README.index("```console") < code < README.index("screenshots/run.svg")


def test_every_picture_is_a_picture_of_the_application() -> None:
    pictures = sorted((ROOT / "screenshots").glob("*.svg"))

    assert {"home.svg", "run.svg"} <= {picture.name for picture in pictures}
    for picture in pictures:
        text = picture.read_text()
        assert "<svg" in text
        assert "flowtui" in text, f"{picture.name} does not show flowtui"


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    (source,) = blocks(README, "python")
    script = tmp_path / "my_flow.py"
    script.write_text(source)

    done = run_python(str(script), cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "Finished in state Completed()" in done.stdout + done.stderr


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_the_readme_exists(words: tuple[str, ...]) -> None:
    done = run_flowtui(*words, "--help")

    assert done.returncode == 0, done.stderr
    assert f"flowtui {' '.join(words)}".strip() in done.stdout


def test_the_readme_shows_commands_at_all() -> None:
    assert {("demo",), ("run",), ("deploy",), ("flow-run", "ls")} <= set(commands())


def test_the_table_of_settings_is_the_one_that_the_code_says() -> None:
    """After a change of `engine/settings.py`: paste what `python docs/settings_table.py` prints."""
    assert table() in README


def test_every_verb_of_the_makefile_that_a_page_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = {verb for page in PAGES for verb in MAKE.findall(page.read_text())}

    assert named
    assert [verb for verb in named if not re.search(rf"^{verb}:", makefile, re.MULTILINE)] == []


def test_the_architecture_is_a_map_and_not_a_book() -> None:
    assert len(ARCHITECTURE.splitlines()) <= 165


def test_the_architecture_names_every_module() -> None:
    """A module that the map does not name is one that the next person does not find."""
    found = [path for part in ("engine", "server", "tui") for path in (ROOT / part).rglob("*.py")]
    modules = [path for path in found if path.name != "__init__.py" and not {"versions", "demo"} & set(path.parts)]
    missing = [name_of(path) for path in modules if not is_named(path)]

    assert missing == []


def is_named(path: Path) -> bool:
    """As `engine/store/writer.py`, or as `writer` in a line that begins with its folder."""
    folder = f"{path.parent.relative_to(ROOT).as_posix()}/"
    lines = [line for line in ARCHITECTURE.split("\n- ") if line.lstrip("- ").startswith(f"`{folder}`")]
    return f"`{name_of(path)}`" in ARCHITECTURE or any(re.search(rf"`{path.stem}`", line) for line in lines)


def test_decisions_are_numbered_without_gaps_and_short() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [record.name[:4] for record in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    for number, record in enumerate(records, start=1):
        lines = record.read_text().splitlines()
        assert lines[0].startswith(f"# {number}. ")
        assert len(lines) <= 40


def test_the_changelog_knows_the_present_version() -> None:
    import flowtui

    changelog = (ROOT / "CHANGELOG.md").read_text()

    assert re.search(rf"^## \[?(Unreleased|{re.escape(flowtui.__version__)})", changelog, re.MULTILINE)


def test_every_benchmark_has_a_line_in_its_readme() -> None:
    """Those that `python -m benchmarks` would run."""
    from benchmarks.__main__ import NO_BENCHMARK

    page = (ROOT / "benchmarks" / "README.md").read_text()
    scripts = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - NO_BENCHMARK

    assert [name for name in sorted(scripts) if f"| `{name}` |" not in page] == []
