"""The colours of states can be told apart, also by people who confuse red and green."""

from itertools import combinations
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

import pytest

from flowtui.engine.states import (
    AwaitingRetry,
    Cached,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Late,
    Paused,
    Pending,
    Running,
    Scheduled,
    State,
    StateType,
    TimedOut,
)
from flowtui.tui.looks import look_of
from flowtui.tui.themes import DARK, LIGHT, Palette
from tests.fakes.world import NOW

STATE_ROLES = ("running", "completed", "failed", "crashed", "late", "paused", "scheduled", "cancelled")
# What a person without green receptors sees, in linear light (Machado, Oliveira and Fernandes 2009, severity 1).
DEUTAN = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def linear(color: str) -> list[float]:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def seen(color: str, eye: tuple[tuple[float, ...], ...]) -> list[float]:
    rgb = linear(color)
    return [min(max(sum(weight * part for weight, part in zip(row, rgb, strict=True)), 0.0), 1.0) for row in eye]


def lab(rgb: list[float]) -> tuple[float, float, float]:
    r, g, b = rgb
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def delta_e_2000(one: tuple[float, float, float], two: tuple[float, float, float]) -> float:
    """How different two colours look (CIEDE2000)."""
    l1, a1, b1 = one
    l2, a2, b2 = two
    mean_c = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = degrees(atan2(b1, a1)) % 360, degrees(atan2(b2, a2)) % 360
    dh = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    big_dh = 2 * sqrt(c1 * c2) * sin(radians(dh / 2))
    mean_l, mean_cp = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = h1 + h2 if c1 * c2 == 0 else (h1 + dh / 2) % 360
    t = (
        1
        - 0.17 * cos(radians(mean_h - 30))
        + 0.24 * cos(radians(2 * mean_h))
        + 0.32 * cos(radians(3 * mean_h + 6))
        - 0.20 * cos(radians(4 * mean_h - 63))
    )
    sl = 1 + 0.015 * (mean_l - 50) ** 2 / sqrt(20 + (mean_l - 50) ** 2)
    sc, sh = 1 + 0.045 * mean_cp, 1 + 0.015 * mean_cp * t
    rt = -2 * sqrt(mean_cp**7 / (mean_cp**7 + 25**7)) * sin(radians(60 * exp(-(((mean_h - 275) / 25) ** 2))))
    dl, dc, dhh = (l2 - l1) / sl, (c2 - c1) / sc, big_dh / sh
    return sqrt(dl**2 + dc**2 + dhh**2 + rt * dc * dhh)


def contrast(one: str, two: str) -> float:
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(two))]
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_the_measure_agrees_with_published_pairs() -> None:
    assert delta_e_2000((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert delta_e_2000((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514)) == pytest.approx(0.9082, abs=1e-4)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("eye", [NORMAL, DEUTAN], ids=["normal", "deutan"])
def test_each_pair_of_state_colours_differs_clearly(palette: Palette, eye: tuple[tuple[float, ...], ...]) -> None:
    close = {}
    for one, two in combinations(STATE_ROLES, 2):
        difference = delta_e_2000(lab(seen(palette.colors[one], eye)), lab(seen(palette.colors[two], eye)))
        if difference < 10:
            close[one, two] = round(difference, 1)
    assert not close


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_words_can_be_read_on_every_ground(palette: Palette) -> None:
    for role in (*STATE_ROLES, "text", "strong", "accent", "error", "warning", "info"):
        for ground in ("base", "cursor-off"):
            assert contrast(palette.colors[role], palette.colors[ground]) >= 3.0, (role, ground)
    assert contrast(palette.colors["text"], palette.colors["base"]) >= 7.0
    assert contrast(palette.colors["faint"], palette.colors["base"]) >= 2.5


STATES = (
    Scheduled(NOW),
    Late(NOW),
    AwaitingRetry(NOW),
    Pending(),
    Running(),
    Completed(),
    Cached(),
    Failed(),
    TimedOut(),
    Crashed(),
    Cancelling(),
    Cancelled(),
    Paused(),
)


def test_every_state_has_a_glyph_a_word_and_a_colour() -> None:
    for state in STATES:
        look = look_of(state)
        assert look.word == state.name
        assert look.glyph and look.role in DARK.colors and look.role in LIGHT.colors


def test_states_of_the_same_glyph_differ_by_their_word() -> None:
    looks = [look_of(state) for state in STATES]
    assert len({(look.glyph, look.word) for look in looks}) == len(STATES)


def test_a_name_that_flowtui_does_not_know_keeps_its_word() -> None:
    look = look_of(State(type=StateType.COMPLETED, name="Skipped by hand"))
    assert (look.glyph, look.word, look.role) == ("✔", "Skipped by hand", "completed")


def test_both_palettes_know_the_same_roles() -> None:
    assert DARK.colors.keys() == LIGHT.colors.keys()
