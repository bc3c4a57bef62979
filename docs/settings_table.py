"""Print the README's table of settings, from the docstrings of `engine/settings.py`."""

import ast
from itertools import pairwise
from pathlib import Path

SETTINGS = Path(__file__).resolve().parent.parent / "engine" / "settings.py"


def rows(source: str) -> list[tuple[str, str, str]]:
    """Variable, default and meaning of each field of `Settings`, in the order of the source."""
    tree = ast.parse(source)
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings").body
    found = []
    for field, doc in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant):
            assert isinstance(field.target, ast.Name)
            meaning, _, default = str(doc.value.value).partition(" Default: ")
            found.append((f"`FLOWTUI_{field.target.id.upper()}`", default.rstrip(".") or _default(field), meaning))
    return found


def _default(field: ast.AnnAssign) -> str:
    value = None if field.value is None else ast.literal_eval(field.value)
    return "unset" if value in (None, (), "") else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def table() -> str:
    """The table as Markdown."""
    lines = ["| Variable | Default | Meaning |", "|---|---|---|"]
    lines += [f"| {name} | {default} | {meaning} |" for name, default, meaning in rows(SETTINGS.read_text())]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
