"""No module needs, in order to be imported, a module that needs it."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.support import ROOT

PARTS = ("engine", "server", "tui")


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("flowtui", *(part for part in parts if part != "__init__")))


def at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported: not those of functions, nor those for type checkers."""
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        for field in ("body", "orelse", "finalbody"):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from at_import(getattr(node, field, []))


def needs(path: Path, known: set[str]) -> set[str]:
    """The modules of flowtui that a module imports when it is imported itself."""
    found: set[str] = set()
    for node in at_import(ast.parse(path.read_text()).body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in known else node.module)
    return found & known


def test_no_import_goes_round_in_a_circle() -> None:
    paths = [path for part in PARTS for path in (ROOT / part).rglob("*.py") if "migrations" not in path.parts]
    known = {name_of(path) for path in paths}
    graph = {name_of(path): needs(path, known) - {name_of(path)} for path in paths}

    assert any(graph.values())
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" needs ".join(reversed(error.args[1]))) from None
