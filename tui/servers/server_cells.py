"""How a server looks: a line where there is room for one, else a chip among many. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from flowtui.engine.model import RunCounts
from flowtui.tui.formats import count
from flowtui.tui.servers.health import Facts, Health, health_of
from flowtui.tui.widgets.paint import Span, fit, width_of

__all__ = ["Face", "chip_of", "face_of", "line_of"]

_REASON: Final = re.compile(r"(?:cannot be reached: |, but )(.+?)\. ")
"""What of an error is news where the server's name and address stand beside it."""
_LATENCY: Final = 7
_WITH_LATENCY: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What is shown of a server, and no more: two that look the same are equal. `role` paints its name."""

    name: str
    role: str
    address: str
    health: Health
    latency: str = ""
    """`12 ms`: how long its last answer took; empty where that is not worth a word."""
    counts: RunCounts | None = None


def face_of(name: str, role: str, address: str, facts: Facts, now: datetime, zone: tzinfo | None) -> Face:
    """A server as it looks now."""
    health = health_of(facts, now, zone)
    latency = ""
    if health.answers and facts.latency is not None:
        latency = f"{facts.latency * 1000:,.0f} ms" if facts.latency >= 0.001 else "<1 ms"
    return Face(
        name=name, role=role or "strong", address=address, health=health, latency=latency, counts=facts.counts
    )  # fmt: skip


def line_of(face: Face, width: int, names: int) -> list[Span]:
    """One line, `names` cells of it for the name: name, health, latency, figures, then the reason or the address."""
    health = face.health
    spans: list[Span] = [(f"{health.glyph} ", health.role), *fit([(face.name, f"bold {face.role}")], names), ("  ", "")]
    figures = _figures(face)
    if health.answers:
        spans.extend(fit([(health.word, health.role)], 10))
        spans.extend([(f"{face.latency:>{_LATENCY}}", "muted"), ("   ", "")])
        spans.extend(figures)
        rest = face.address
    else:
        spans.append((health.word, health.role))
        spans.extend([("   ", ""), *figures] if figures and health.kind == "reconnecting" else [])
        rest = "   ".join(filter(None, (_reason(health.detail), face.address)))
    room = width - width_of(spans) - 3
    return [*spans, ("   ", ""), *fit([(rest, "muted")], room)] if room >= 8 else spans


def chip_of(face: Face, width: int) -> list[Span]:
    """Name, and what matters most of the rest, in so many cells."""
    health = face.health
    figures = _figures(face) if health.answers else [(_short(health), health.role)]
    if health.answers and width >= _WITH_LATENCY and face.latency:
        figures = [(f"{face.latency}  ", "muted"), *figures]
    room = max(width - 2 - 1 - width_of(figures), 6)
    lead: list[Span] = [(f"{health.glyph} ", health.role), *fit([(face.name, f"bold {face.role}")], room), (" ", "")]
    return [*lead, *figures]


def _reason(trouble: str) -> str:
    found = _REASON.search(trouble)
    return found[1] if found else trouble


def _short(health: Health) -> str:
    return {"unreachable": "unreachable", "reconnecting": "reconnecting…"}.get(health.kind, health.word)


def _figures(face: Face) -> list[Span]:
    """`▶ 3  ✖ 1  ⌛ 2`: what runs, what failed today, what is late; nothing of what is nought."""
    counts = face.counts
    if counts is None:
        return []
    shown: Sequence[tuple[str, int, str]] = (
        ("▶", counts.running, "running"),
        ("✖", counts.failed_today, "failed"),
        ("⌛", counts.late, "late"),
    )
    spans: list[Span] = []
    for glyph, number, role in shown:
        if number or glyph == "▶":
            spans.append((f"{'  ' if spans else ''}{glyph} {count(number)}", role if number else "muted"))
    return spans
