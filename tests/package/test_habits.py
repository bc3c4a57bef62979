"""The house style, as far as a machine can hold it: small files, short functions, nothing left lying about."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

FILE_LIMIT = 600
FUNCTION_LIMIT = 60

SKIPPED = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
SKIPPED |= {".import_linter_cache", "dist", "build", ".idea", ".vscode"}


def repository() -> Iterator[Path]:
    """Every file that belongs to the repository, each once."""
    folders = [ROOT]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            if path.is_symlink() or path.name in SKIPPED:
                continue
            if path.is_dir():
                folders.append(path)
            elif path.suffix not in {".pyc", ".db", ".png"} and path.name != "snapshot_report.html":
                yield path


def product() -> list[Path]:
    """The Python files that ship."""
    parts = tuple(ROOT / part for part in ("engine", "server", "tui", "src"))
    return [path for path in repository() if path.suffix == ".py" and path.is_relative_to(ROOT) and is_in(path, parts)]


def is_in(path: Path, folders: tuple[Path, ...]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body, without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in product()}


def test_every_module_says_its_idea_in_one_sentence(trees: dict[Path, ast.Module]) -> None:
    for path, tree in trees.items():
        doc = ast.get_docstring(tree)
        assert doc or path.name == "__init__.py", f"{relative(path)} has no docstring"
        first = (doc or "A package.").split("\n\n")[0]
        assert first.endswith((".", ":", "?")), f"{relative(path)}: its docstring begins with no sentence: {first!r}"


def test_no_file_is_longer_than_a_reader_bears() -> None:
    lines = {relative(path): len(path.read_text().splitlines()) for path in product()}

    assert {path: count for path, count in lines.items() if count > FILE_LIMIT} == {}


def test_no_function_is_longer_than_a_screen(trees: dict[Path, ast.Module]) -> None:
    """A migration is a list of steps, and may be."""
    long = {
        f"{relative(path)}:{node.name}": length(node)
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > FUNCTION_LIMIT
        if "migrations" not in path.parts
    }

    assert long == {}


def test_every_import_inside_a_function_says_why() -> None:
    """`# noqa: PLC0415 - 110 ms that only this command needs`, or a comment above; once for imports in a row."""
    silent = []
    for path in product():
        explained = False
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            is_inner = "PLC0415" in line
            explained = (
                is_inner and (explained or re.search(r"PLC0415\s+-\s+\S", line) is not None)
            ) or line.lstrip().startswith("# ")
            if is_inner and not explained:
                silent.append(f"{relative(path)}:{number}")

    assert silent == []


def test_nothing_is_left_to_be_done() -> None:
    words = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
    left = [
        f"{relative(path)}:{number}"
        for path in repository()
        if path.suffix in {".py", ".md", ".toml", ".tcss", ""}
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if words.search(line)
    ]

    assert left == []


# Written so that this file does not hold what it looks for.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.~*-])/(?:wo" + r"rk|ro" + r"ot|Us" + r"ers/\w+)/"),
    "the address of a package index": re.compile(r"pythonho" + r"sted\.org|/sim" + r"ple/|in" + r"dex-url"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    """The repository holds nothing of the machine that it was written on."""
    found = [
        f"{relative(path)}:{number}: {line.strip()[:120]}"
        for path in repository()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if FORBIDDEN[what].search(line)
    ]

    assert found == []


def test_no_lock_file_records_where_packages_came_from() -> None:
    assert [relative(path) for path in repository() if path.name in {"uv.lock", "poetry.lock", "Pipfile.lock"}] == []
