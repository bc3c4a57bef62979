"""The keys: how they are written for a person, and the ones that work on every screen."""

from typing import Final

from textual.binding import Binding, BindingType

__all__ = ["APP_BINDINGS", "RESOURCES", "Resource", "is_typed", "key_name"]

_NAMES: Final = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "backslash": "\\",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "full_stop": ".",
    "comma": ",",
    "minus": "-",
    "plus": "+",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "delete": "del",
    "backspace": "⌫",
    "vertical_line": "|",
    "at": "@",
    "asterisk": "*",
    "ampersand": "&",
    "exclamation_mark": "!",
    "semicolon": ";",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
}
_NO_CHARACTERS: Final = frozenset({"up", "down", "left", "right", "backspace"})
"""Keys that are written as one character and type none."""


def is_typed(key: str) -> bool:
    """Whether a line that has the keyboard takes this key as a character. Textual leaves such keys out of what can be
    pressed, but for a few of which it does not know the characters."""
    return len(_NAMES.get(key, "")) == 1 and key not in _NO_CHARACTERS


def key_name(binding: Binding) -> str:
    """What a person presses: `?`, `esc`, `^p`, `G`."""
    if binding.key_display:
        return binding.key_display
    *modifiers, key = binding.key.split("+")
    name = _NAMES.get(key, key)
    if len(name) == 1 and "shift" in modifiers:
        name, modifiers = name.upper(), [word for word in modifiers if word != "shift"]
    return "".join("^" if word == "ctrl" else f"{word}+" for word in modifiers) + name


class Resource:
    """A top-level screen: its mode, its word in the tabs, its key, and the nouns that `:` accepts for it."""

    def __init__(self, mode: str, label: str, key: str, nouns: tuple[str, ...]) -> None:
        self.mode, self.label, self.key, self.nouns = mode, label, key, nouns


RESOURCES: Final = (
    Resource("home", "Home", "1", ("home", "h", "dashboard")),
    Resource("runs", "Runs", "2", ("runs", "run", "r", "flow-runs", "flow-run", "fr")),
    Resource("flows", "Flows", "3", ("flows", "flow", "f")),
    Resource("deployments", "Deployments", "4", ("deployments", "deployment", "dep", "deps", "d")),
    Resource("pools", "Pools", "5", ("pools", "pool", "work-pools", "work-pool", "wp", "p")),
    Resource("blocks", "Blocks", "6", ("blocks", "block", "b")),
)

APP_BINDINGS: Final[list[BindingType]] = [
    *(
        Binding(
            resource.key,
            f"app.show_resource('{resource.mode}')",
            resource.label,
            show=False,
            id=f"show.{resource.mode}",
        )
        for resource in RESOURCES
    ),
    Binding("colon", "app.command_line", "command", id="app.command"),
    Binding("question_mark", "app.help", "keys", id="app.help"),
    Binding("ctrl+p", "app.command_palette", "palette", show=False, id="app.palette"),
    Binding("escape", "app.up", "up", show=False, id="app.up"),
    Binding("vertical_line", "app.pipe", "pipe to a command", show=False, id="app.pipe"),
    Binding("semicolon", "app.sql", "ask in SQL", show=False, id="app.sql"),
    Binding("exclamation_mark", "app.shell", "run in the terminal", show=False, id="app.shell"),
    Binding("s", "app.start_backend", "start the engine", show=False, id="app.start-backend"),
    Binding("u", "app.undo", "undo", show=False, id="app.undo"),
    Binding("at", "app.journal", "journal", show=False, id="app.journal"),
    Binding("T", "app.toggle_zone", "local time or UTC", show=False, id="app.zone"),
    Binding("q", "app.quit", "quit", show=False, id="app.quit"),
    Binding("ctrl+q", "app.quit", show=False, priority=True, system=True),
    Binding("ctrl+c", "app.help_quit", show=False, system=True),
]
