"""The graph of a drawn flow as text for Mermaid, and as a picture by Graphviz where that is installed."""

import tempfile
from pathlib import Path

from flowtui.engine.drawing import Drawing
from flowtui.engine.errors import UsageError

__all__ = ["dot", "mermaid", "picture"]


def mermaid(drawing: Drawing) -> str:
    """A flowchart from top to bottom: tasks are boxes, subflows have double walls."""
    lines = ["flowchart TD"]
    for node in drawing.nodes:
        text = node.name.replace('"', "#quot;")
        lines.append(f'    {node.id}[["{text}"]]' if node.is_flow else f'    {node.id}["{text}"]')
    lines += [f"    {source} --> {target}" for source, target in drawing.edges]
    return "\n".join(lines)


def dot(drawing: Drawing) -> str:
    """The same in Graphviz's language."""
    lines = ["digraph {"]
    for node in drawing.nodes:
        text = node.name.replace("\\", "\\\\").replace('"', '\\"')
        shape = "component" if node.is_flow else "box"
        lines.append(f'    {node.id} [label="{text}", shape={shape}];')
    lines += [f"    {source} -> {target};" for source, target in drawing.edges]
    return "\n".join([*lines, "}"])


def picture(drawing: Drawing, name: str) -> str:
    """Write a PNG file and answer its path. Raises `UsageError` without Graphviz, or when that fails."""
    import shutil  # noqa: PLC0415 - only for pictures
    import subprocess  # noqa: PLC0415

    program = shutil.which("dot")
    if program is None:
        raise UsageError(
            "A picture needs Graphviz, whose program `dot` is not installed here. "
            "Install it (such as: apt install graphviz), or use generate_mermaid_graph(), which needs nothing."
        )
    path = Path(tempfile.mkdtemp(prefix="flowtui-")) / f"{name}.png"
    done = subprocess.run(
        [program, "-Tpng", "-o", str(path)], input=dot(drawing), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UsageError(f"Graphviz could not draw flow {name!r}: {done.stderr.strip()}")
    return str(path)
