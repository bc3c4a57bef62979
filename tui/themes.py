"""Colours: one calm theme, one accent, and colours of their own for states only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rich.style import Style
from textual.theme import Theme

__all__ = ["DARK", "LIGHT", "THEMES", "Palette", "palette_for"]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role, as `#rrggbb`. What is no state is drawn in greys and in the one accent."""

    colors: Mapping[str, str]
    dark: bool
    _styles: dict[str, Style] = field(default_factory=dict, compare=False, repr=False)

    def style(self, role: str) -> Style:
        """The style of a role such as `failed`, `muted` or `bold accent`; an unknown word adds nothing."""
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = self._make(role)
        return style

    def _make(self, role: str) -> Style:
        style = Style.null()
        for word in role.split():
            if word in ("bold", "italic", "underline", "reverse", "strike"):
                style += Style.parse(word)
            elif word.startswith("on-"):
                style += Style(bgcolor=self.colors.get(word[3:]))
            else:
                style += Style(color=self.colors.get(word))
        return style


# The state colours stay apart for people who confuse red and green (tests/tui/test_themes.py measures it): blues for
# what goes on, teal for what went well, oranges for what is late or failed, pink for what crashed.
DARK: Final = Palette(
    {
        "text": "#c9ced6",
        "strong": "#eef1f5",
        "muted": "#7d8592",
        "faint": "#5b6472",
        "rule": "#2b3039",
        "accent": "#b3a5ff",
        "base": "#13161b",
        "bar": "#191d24",
        "cursor": "#262c38",
        "cursor-off": "#1d222b",
        "marked": "#322f4d",
        "match": "#5c5320",
        "flash": "#2c4a5c",
        "running": "#59b7ed",
        "completed": "#3fae8c",
        "failed": "#ec6a4b",
        "crashed": "#e681c0",
        "late": "#e6a706",
        "paused": "#f2e55c",
        "scheduled": "#7590b3",
        "pending": "#a9b8d4",
        "cancelled": "#767c88",
        "ghost": "#333a46",
        "running-bar": "#3a83b0",
        "completed-bar": "#2f7d67",
        "failed-bar": "#9c4a37",
        "debug": "#6b7380",
        "info": "#8fa3bd",
        "warning": "#e6a706",
        "error": "#ec6a4b",
    },
    dark=True,
)
LIGHT: Final = Palette(
    {
        "text": "#2c3139",
        "strong": "#0b0d10",
        "muted": "#69717d",
        "faint": "#838a96",
        "rule": "#d4d8de",
        "accent": "#5b45c9",
        "base": "#fbfbfa",
        "bar": "#f0f1f3",
        "cursor": "#e0e5ee",
        "cursor-off": "#eceff4",
        "marked": "#e2dcfb",
        "match": "#f4e89a",
        "flash": "#bfe3f7",
        "running": "#0069b3",
        "completed": "#00795a",
        "failed": "#ac2e00",
        "crashed": "#b43da3",
        "late": "#906e49",
        "paused": "#8e8100",
        "scheduled": "#5d6675",
        "pending": "#41608f",
        "cancelled": "#80868f",
        "ghost": "#d9dde4",
        "running-bar": "#4b97cc",
        "completed-bar": "#4fa388",
        "failed-bar": "#cc8166",
        "debug": "#8a919c",
        "info": "#4a6484",
        "warning": "#906e49",
        "error": "#ac2e00",
    },
    dark=False,
)


def _theme(name: str, palette: Palette) -> Theme:
    c = palette.colors
    return Theme(
        name=name,
        primary=c["accent"],
        secondary=c["muted"],
        accent=c["accent"],
        foreground=c["text"],
        background=c["base"],
        surface=c["bar"],
        panel=c["cursor-off"],
        success=c["completed"],
        warning=c["late"],
        error=c["failed"],
        dark=palette.dark,
        variables={
            "rule": c["rule"],
            "muted": c["muted"],
            "faint": c["faint"],
            "strong": c["strong"],
            "cursor": c["cursor"],
            "block-cursor-background": c["cursor"],
            "block-cursor-foreground": c["strong"],
            "block-cursor-text-style": "none",
            "border": c["accent"],
            "border-blurred": c["rule"],
            "input-cursor-background": c["strong"],
            "input-cursor-foreground": c["base"],
            "input-selection-background": f"{c['accent']} 30%",
            "scrollbar": c["rule"],
            "scrollbar-hover": c["faint"],
            "scrollbar-active": c["muted"],
            "scrollbar-background": c["base"],
            "scrollbar-background-hover": c["base"],
            "scrollbar-background-active": c["base"],
            "scrollbar-corner-color": c["base"],
        },
    )


THEMES: Final = (_theme("flowtui", DARK), _theme("flowtui-light", LIGHT))


def palette_for(theme: Theme) -> Palette:
    """The roles for a theme: ours as they are; another theme lends its greys, the states keep their colours."""
    base = DARK if theme.dark else LIGHT
    if theme.name.startswith("flowtui"):
        return base
    lent = _LENT.get(theme.name)
    if lent is None:
        lent = _LENT[theme.name] = _lend(theme, base)
    return lent


_LENT: Final[dict[str, Palette]] = {}


def _lend(theme: Theme, base: Palette) -> Palette:
    system = theme.to_color_system().generate()
    names = {"text": "foreground", "accent": "accent", "base": "background", "bar": "surface", "cursor": "panel"}
    colors = {role: system[name][:7] for role, name in names.items() if system[name].startswith("#")}
    return Palette({**base.colors, **colors, "cursor-off": colors.get("bar", base.colors["cursor-off"])}, theme.dark)
