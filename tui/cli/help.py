"""How help is laid out: names on the left, what they are for on the right, no boxes."""

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

__all__ = ["HelpLayout"]

_WIDEST = 110
_LABELS = 32


class HelpLayout:
    """Draws the parts of a help page; cyclopts calls it for each."""

    def __call__(self, console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
        """One group of commands or parameters."""
        from rich.text import Text  # noqa: PLC0415 - only help is drawn here

        if not panel.entries:
            return
        title = panel.title if isinstance(panel.title, str) else _plain(panel.title)
        console.print(Text(title, "bold"))
        labels = [_label(entry) for entry in panel.entries]
        left = min(max(map(len, labels)), _LABELS) + 4
        for label, entry in zip(labels, panel.entries, strict=True):
            lines = textwrap.wrap(_about(entry), max(min(console.width, _WIDEST) - left, 20)) or [""]
            fits = len(label) <= left - 4
            if not fits:
                console.print(Text(f"  {label}", "cyan"), soft_wrap=True)
            for number, line in enumerate(lines):
                start = f"  {label}" if fits and number == 0 else ""
                console.print(Text.assemble((start.ljust(left), "cyan"), line), soft_wrap=True)
        console.print()

    def render_usage(self, console: "Console", options: "ConsoleOptions", usage: Any) -> None:
        """The line that says how the command is written."""
        if text := _plain(usage):
            console.print(f"Usage: {text.strip()}", highlight=False, markup=False, soft_wrap=True)
            console.print()

    def render_description(self, console: "Console", options: "ConsoleOptions", description: Any) -> None:
        """What the command is for."""
        paragraphs = [" ".join(part.split()) for part in _plain(description).split("\n\n")]
        for paragraph in filter(None, paragraphs):
            wrapped = textwrap.fill(paragraph, min(console.width, _WIDEST))
            console.print(wrapped, highlight=False, markup=False, soft_wrap=True)
            console.print()


def _label(entry: "HelpEntry") -> str:
    return ", ".join(entry.display_labels_with_metavar).lower() if entry.positional_label else _options(entry)


def _options(entry: "HelpEntry") -> str:
    """`--output, -o table|json`."""
    names = ", ".join(entry.all_options)
    if entry.choices:
        return f"{names} {'|'.join(entry.choices)}"
    return f"{names} {entry.metavar}" if entry.metavar else names


def _about(entry: "HelpEntry") -> str:
    text = " ".join(_plain(entry.description).split())
    if entry.default not in (None, "False"):
        text = f"{text} (default {entry.default})"
    return text


def _plain(value: Any) -> str:
    """The text of what cyclopts hands over: a string, a rich text, or something that holds one."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    for name in ("plain", "primary_renderable", "renderable"):
        inner = getattr(value, name, None)
        if inner is not None and inner is not value:
            return _plain(inner)
    return str(value)
