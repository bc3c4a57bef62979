"""Find flows in a folder without importing anything: by reading the source."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["FoundFlow", "find_flows", "flows_in", "is_skipped", "python_files"]

_MOST_FILES: Final = 2_000
_LARGEST: Final = 1_000_000
"""Bytes of a file that is looked into."""
_SKIPPED: Final = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})
_SOURCES: Final = ("flowtui", "prefect")
"""Who a decorator has to come from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFlow:
    """A function that is decorated as a flow."""

    file: str
    """Its path, relative to the folder that was looked through."""
    function: str
    line: int
    name: str
    """The flow's name: as the decorator gives it, or from the function's."""
    signature: str = ""
    """Its parameters as they are written: `day: str, limit: int = 10`."""
    about: str = ""
    """The first line of its docstring."""

    @property
    def entrypoint(self) -> str:
        """`path/file.py:function`."""
        return f"{self.file}:{self.function}"


def find_flows(folder: Path) -> tuple[FoundFlow, ...]:
    """The flows of the Python files below a folder, by file and line. What cannot be read or parsed is passed over."""
    found: list[FoundFlow] = []
    for file in sorted(python_files(folder)):
        found.extend(_flows_of(file, str(file.relative_to(folder))))
    return tuple(found)


def python_files(root: Path) -> Iterator[Path]:
    """Python files below the root, a bounded number of them; not those of hidden folders and environments."""
    seen = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not is_skipped(Path(folder), name)]
        for name in names:
            seen += 1
            if seen > _MOST_FILES:
                return
            if name.endswith(".py"):
                yield Path(folder) / name


def is_skipped(folder: Path, name: str) -> bool:
    """Whether a folder of that name holds nothing that a person wrote."""
    return name.startswith(".") or name in _SKIPPED or (folder / name / "pyvenv.cfg").exists()


def _flows_of(file: Path, shown: str) -> Iterator[FoundFlow]:
    try:
        if file.stat().st_size <= _LARGEST:
            yield from flows_in(file.read_bytes(), shown)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return


def flows_in(code: bytes, shown: str) -> Iterator[FoundFlow]:
    """The flows of a file's code, in their order. Raises what `ast.parse` raises for code that is none."""
    tree = ast.parse(code, filename=shown)
    decorators, modules = _imported(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                if _is_flow(called, decorators, modules):
                    yield _found(node, decorator, shown)
                    break


def _found(node: ast.FunctionDef | ast.AsyncFunctionDef, decorator: ast.expr, shown: str) -> FoundFlow:
    return FoundFlow(
        file=shown,
        function=node.name,
        line=node.lineno,
        name=_given_name(decorator) or node.name.replace("_", "-"),
        signature=ast.unparse(_Plain().visit(node.args)),
        about=(ast.get_docstring(node) or "").partition("\n")[0],
    )


class _Plain(ast.NodeTransformer):
    """`Annotated[int, Field(gt=0)]` is read as `int`."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if name == "Annotated" and isinstance(node.slice, ast.Tuple) and node.slice.elts:
            return node.slice.elts[0]
        return node


def _imported(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Under which names the file has the decorator, and the modules that hold it."""
    decorators: set[str] = set()
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _SOURCES:
            decorators |= {alias.asname or alias.name for alias in node.names if alias.name == "flow"}
        elif isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name in _SOURCES}
    return decorators, modules


def _is_flow(node: ast.expr, decorators: set[str], modules: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in decorators
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "flow"
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
    )


def _given_name(decorator: ast.expr) -> str | None:
    for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
            return keyword.value.value
    return None
