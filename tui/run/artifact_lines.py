"""What an artifact looks like in lines: markdown, links, pictures as links, progress, and values of other kinds."""

import io
import json
import math
import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from rich.style import Style
from textual.strip import Strip

from flowtui.engine.shared import ArtifactRecord
from flowtui.tui.formats import count
from flowtui.tui.text import safe_block
from flowtui.tui.themes import Palette
from flowtui.tui.widgets.bars import progress
from flowtui.tui.widgets.paint import Spans, clip, strip_of

__all__ = ["address_of", "artifact_lines", "kind_of", "table_of", "words_of"]

_LINK: Final = re.compile(r"^\[(?P<words>.*)\]\((?P<address>[^()\s]+)\)$", re.DOTALL)
_WEB: Final = re.compile(r"^https?://[!-~]+$")
_LONGEST: Final = 200_000
"""Characters of a text that are laid out."""


def kind_of(artifact: ArtifactRecord) -> str:
    """Its type; `link` for markdown that is one link, which is what `create_link_artifact` makes."""
    one = artifact.type == "markdown" and isinstance(artifact.data, str) and _LINK.match(artifact.data.strip())
    return "link" if one and "\n" not in one["words"] and "](" not in one["words"] else artifact.type


def address_of(artifact: ArtifactRecord) -> str | None:
    """The address that a link or an image leads to, if it is one of the web that a browser may be given."""
    found = _words_and_address(artifact)[1] if kind_of(artifact) in ("link", "image") else None
    return found if found is not None and _WEB.match(found) else None


def words_of(artifact: ArtifactRecord) -> str:
    """What a link or an image is called; its address, when it has no name."""
    return _words_and_address(artifact)[0]


def _words_and_address(artifact: ArtifactRecord) -> tuple[str, str]:
    text = str(artifact.data).strip()
    found = _LINK.match(text)
    return (found["words"], found["address"]) if found else (text, text)


def artifact_lines(artifact: ArtifactRecord, width: int, palette: Palette) -> list[Strip]:
    """At most `width` cells wide. Long markdown takes a while, and its libraries 100 ms the first time: call it in a
    thread."""
    base, kind = Style.null(), kind_of(artifact)
    if kind == "markdown":
        return _markdown(str(artifact.data), width, palette)
    if kind in ("link", "image"):
        return _link(artifact, width, palette)
    if kind == "progress":
        return _progress(artifact.data, width, palette)
    text = artifact.data if isinstance(artifact.data, str) else json.dumps(artifact.data, indent=2, ensure_ascii=False)
    return [strip_of([(line, "text")], palette, base) for line in safe_block(text[:_LONGEST])]


def _link(artifact: ArtifactRecord, width: int, palette: Palette) -> list[Strip]:
    """What it is called, and its address in as many lines as that takes; a picture that is its own address in one."""
    words, address = _words_and_address(artifact)
    link = address_of(artifact)
    style = palette.style("underline accent") + (Style(link=link) if link is not None else Style.null())
    lines: list[Spans] = [[(clip(words, width), style)]] if words != address else []
    if address.startswith("data:"):
        lines.append([(clip(address, width), "muted")])
        lines.append([(f"a picture of {count(len(address))} characters within the artifact; y copies it", "faint")])
    else:
        role = style if words == address else "muted"
        lines.extend([(address[at : at + width], role)] for at in range(0, max(len(address), 1), width))
        if artifact.type == "image":
            lines.append([("a picture, which a browser shows", "faint")])
    return [strip_of(line, palette, Style.null()) for line in lines]


def _progress(data: Any, width: int, palette: Palette) -> list[Strip]:
    percent = float(data) if isinstance(data, int | float) and math.isfinite(data) else 0.0
    room = max(min(width - 8, 60), 4)
    role = "completed" if percent >= 100 else "running"
    return [strip_of([*progress(percent / 100, room, role), (f"  {percent:.0f} %", "strong")], palette, Style.null())]


def _markdown(text: str, width: int, palette: Palette) -> list[Strip]:
    """By Rich, in the colours of the theme. What would be an escape is made harmless first."""
    from rich.console import Console, ConsoleOptions, RenderResult  # noqa: PLC0415 - with markdown 100 ms, only when one is looked at
    from rich.markdown import Heading, Markdown, MarkdownElement  # noqa: PLC0415 - as above
    from rich.theme import Theme  # noqa: PLC0415 - as above

    class LeftHeading(Heading):
        """Rich would draw it in the middle, the first kind in a box."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            self.text.justify = "left"
            yield self.text

    class Document(Markdown):
        elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "heading_open": LeftHeading}

    roles = {
        "markdown.h1": "bold strong",
        "markdown.h2": "bold accent",
        "markdown.h3": "bold strong",
        "markdown.h4": "bold text",
        "markdown.code": "accent",
        "markdown.code_block": "text",
        "markdown.block_quote": "muted",
        "markdown.item.bullet": "accent",
        "markdown.item.number": "accent",
        "markdown.link": "underline accent",
        "markdown.link_url": "underline accent",
        "markdown.hr": "rule",
        "markdown.table.header": "bold strong",
        "markdown.table.border": "rule",
        "markdown.h1.border": "rule",
    }
    console = Console(
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        theme=Theme({name: palette.style(role) for name, role in roles.items()}),
    )
    source = "\n".join(safe_block(text[:_LONGEST]))
    code = "monokai" if palette.dark else "default"
    rendered = console.render_lines(Document(source, code_theme=code), pad=False)
    plain = palette.style("text")
    strips = [Strip(line).apply_style(plain) for line in rendered]
    blank = [not strip.text.strip() for strip in strips]
    return [strip for place, strip in enumerate(strips) if not blank[place] or (place and not blank[place - 1])]


def table_of(artifact: ArtifactRecord) -> tuple[list[str], list[Sequence[Any]]] | None:
    """The columns and rows of a table: from a list of objects, a list of lists, or an object of columns; None when it
    is no table."""
    data = artifact.data
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return None
    if isinstance(data, dict):
        columns = [str(name) for name in data]
        values = [column if isinstance(column, list) else [column] for column in data.values()]
        height = max((len(column) for column in values), default=0)
        return columns, [[column[row] if row < len(column) else "" for column in values] for row in range(height)]
    if not isinstance(data, list):
        return None
    if all(isinstance(row, dict) for row in data):
        names = list(dict.fromkeys(str(name) for row in data for name in row))
        return names, [[row.get(name, "") for name in names] for row in data]
    rows: list[Sequence[Any]] = [row if isinstance(row, list) else [row] for row in data]
    return [str(number + 1) for number in range(max((len(row) for row in rows), default=0))], rows
