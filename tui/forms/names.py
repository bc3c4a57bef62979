"""The left part of a form's row: the mark of a change, the field's name, and what it holds."""

from typing import Final

from flowtui.tui.forms.nodes import Group, changes_of
from flowtui.tui.forms.specs import Layout, Spec
from flowtui.tui.forms.words import kind_of, label_of, summary_of
from flowtui.tui.widgets.paint import Span, fit

__all__ = ["group_spans", "name_spans"]

_INDENT: Final = 2


def name_spans(spec: Spec, layout: Layout) -> list[Span]:
    """Up to where the control begins."""
    changed = changes_of(spec.node) > 0
    word, required = kind_of(spec.node)
    star: list[Span] = [(" *", "accent")] if required else []
    label: list[Span] = [(" " * (_INDENT * spec.depth) + label_of(spec.node), "strong" if changed else "text")]
    spans: list[Span] = [("• " if changed else "  ", "accent")]
    if layout.kind:
        spans.extend([*fit(label, layout.label), ("  ", ""), *fit([(word, "faint"), *star], layout.kind), (" ", "")])
    else:  # too narrow for the second column; the star stands behind the name
        spans.extend([*fit([*label, *star], layout.label + 1), (" ", "")])
    return spans


def group_spans(spec: Spec, *, has_focus: bool) -> list[Span]:
    """An arrow, and what the group holds."""
    assert isinstance(spec.node, Group), "only a group is summed up"
    return [("▾ " if spec.is_open else "▸ ", "accent" if has_focus else "muted"), *summary_of(spec.node)]
