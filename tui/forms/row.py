"""One row of a form: the field's name and kind at the left, its control at the right, what is wrong with it below."""

import textwrap
from typing import Any, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Select, TextArea

from flowtui.tui.forms.controls import Choices, KeptSecret, Line, Lines
from flowtui.tui.forms.fields import Path
from flowtui.tui.forms.messages import (
    Entered,
    Left,
    NeedsLines,
    Picked,
    Replaced,
    Revealed,
    Toggled,
    Typed,
)
from flowtui.tui.forms.names import group_spans, name_spans
from flowtui.tui.forms.nodes import Group, Leaf
from flowtui.tui.forms.resting import resting_lines, words_of
from flowtui.tui.forms.specs import Layout, Spec
from flowtui.tui.forms.words import (
    chosen_of,
    is_untouched,
    placeholder_of,
    text_of,
)
from flowtui.tui.text import safe
from flowtui.tui.widgets.paint import Span, fit, palette_of, strip_of

__all__ = ["FieldRow"]

_MOST_IN_SIGHT: Final = 8
"""More choices than this become a list that opens."""
_WIDEST: Final = 60


class FieldRow(Widget):
    """Shows a node, and posts what is done with it: the form's state is somebody else's."""

    DEFAULT_CSS = """
    FieldRow { height: auto; min-height: 1; }
    FieldRow:focus { background: $panel; }
    FieldRow Select { height: 1; }
    FieldRow Select > SelectCurrent { background: transparent; padding: 0 1 !important; }
    FieldRow Select.-default > SelectCurrent Static#label { color: $muted; }
    FieldRow Select:focus > SelectCurrent { background: $cursor; background-tint: $cursor 0%; }
    FieldRow Select > SelectOverlay { border: round $rule; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open(None)", "fields", key_display="enter", id="form.fields"),
        Binding("right,l", "open(True)", "open", show=False),
        Binding("left,h", "open(False)", "close", show=False),
    ]

    def __init__(self, spec: Spec, layout: Layout) -> None:
        super().__init__()
        self.spec = spec
        self._layout = layout
        self._problem = ""
        self._known = ""
        self.control: Widget | None = self._light_control()
        """None in a group, and until somebody comes to the field."""
        self.can_focus = self.control is None

    @property
    def path(self) -> Path:
        """The field's path."""
        return self.spec.node.field.path

    @property
    def focusable_part(self) -> Widget:
        """What gets the keyboard when the field is meant."""
        return self if self.control is None else self.control

    @property
    def secret_line(self) -> Line | None:
        """The control, when a secret is being typed in it."""
        return self.control if self.spec.node.field.secret and isinstance(self.control, Line) else None

    def compose(self) -> ComposeResult:
        if self.control is not None:
            yield self.control

    def _light_control(self) -> Widget | None:
        """A control that paints itself costs as much as the row without it."""
        node, words = self.spec.node, words_of(self.spec.node)
        if self.spec.mode == "kept":
            return KeptSecret("kept")
        if self.spec.mode in ("choices", "union") and len(words) <= _MOST_IN_SIGHT:
            return Choices(words, chosen_of(node), default=is_untouched(node))
        return None

    def _full_control(self) -> Widget:
        """The control of a field that somebody has come to."""
        node, mode = self.spec.node, self.spec.mode
        if mode in ("choices", "union"):
            chosen = chosen_of(node)
            options = [(safe(word), number) for number, word in enumerate(words_of(node))]
            return Select(options, value=Select.NULL if chosen is None else chosen, prompt="choose", compact=True)
        assert isinstance(node, Leaf), "a group has no control"
        self._known = text_of(node)
        if mode == "lines":
            return Lines(self._known, placeholder=placeholder_of(node), at_end=True)
        return Line(self._known, secret=node.control.secret, placeholder=placeholder_of(node))

    def wake(self) -> None:
        """Make the control, and hand the keyboard on to it."""
        self.control = self._full_control()
        self.can_focus = False
        self._show_state(force=False)
        self._place()
        self.mount(self.control)
        if self.screen.focused is self:  # at once: a moment later somebody may have gone on
            self.screen.set_focus(self.control)

    # -- showing ------------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self._show_state(force=False)
        self._place()

    def show(self, spec: Spec, problem: str, layout: Layout, *, force: bool = False) -> None:
        """Show another state. A control that is being written in keeps its text unless `force` is set."""
        moved = problem != self._problem or layout != self._layout
        same = spec.node is self.spec.node and spec.is_open is self.spec.is_open
        if same and not moved and not force:
            return
        self.spec, self._problem, self._layout = spec, problem, layout
        if self.is_mounted:
            self._show_state(force)
            self._place()
            self.refresh()

    def _show_state(self, force: bool) -> None:
        node, control = self.spec.node, self.control
        untouched = is_untouched(node)
        match control:
            case Choices():
                control.show(chosen_of(node), default=untouched)
            case Select() if control.is_mounted:
                chosen = chosen_of(node)
                control.set_class(untouched, "-default")
                with control.prevent(Select.Changed):
                    control.value = Select.NULL if chosen is None else chosen
            case Line() | Lines() if isinstance(node, Leaf):
                control.set_class(untouched, "-default")
                control.placeholder = safe(placeholder_of(node))
                text = text_of(node)
                if text != self._known and (force or not control.has_focus):
                    self._known = text
                    control.put(text)

    def on_resize(self) -> None:
        self._place()
        if self.has_focus_within:  # also what is said of it below takes room, and other room at another width
            self.call_after_refresh(self.scroll_visible, animate=False)

    def _place(self) -> None:
        """Leave room for the name at the left, and for the problem below."""
        below = len(self._problem_lines())
        if self.control is None:
            self.styles.height = len(self._resting()) + below if self.spec.mode != "group" else 1 + below
            return
        self.styles.height = "auto"
        framed = not isinstance(self.control, Choices)
        self.control.styles.margin = (0, 0, below, self._layout.left + (1 if framed else 0))
        if framed:
            self.control.styles.width = self._room

    @property
    def _room(self) -> int:
        """Cells between the brackets of a control."""
        return max(min(self.size.width - self._layout.left - 3, _WIDEST), 8)

    def _resting(self) -> list[list[Span]]:
        return resting_lines(self.spec.node, self.spec.mode, self._room)

    def _problem_lines(self) -> list[str]:
        return textwrap.wrap(safe(self._problem), max(self._room, 20)) if self._problem else []

    def render_line(self, y: int) -> Strip:
        problems = self._problem_lines()
        number = y - (self.size.height - len(problems))
        spans: list[Span] = name_spans(self.spec, self._layout) if y == 0 else [(" " * self._layout.left, "")]
        if y and number >= 0:
            spans.append((f" {problems[number]}", "error"))
        else:
            spans.extend(self._beside_name(y))
        return strip_of(spans, palette_of(self), self.rich_style, self.size.width)

    def _beside_name(self, y: int) -> list[Span]:
        """The frame of a control, and what is in it while it rests."""
        if isinstance(self.control, Choices):
            return []
        if isinstance(self.spec.node, Group):
            return group_spans(self.spec, has_focus=self.has_focus) if y == 0 else []
        resting = self._resting() if self.control is None else []
        inside = resting[y] if y < len(resting) else []
        if self.spec.mode == "lines":
            return [("│", "faint"), *inside]
        return [("[", "faint"), *fit(inside, self._room), ("]", "faint")] if y == 0 else []

    def on_focus(self) -> None:
        if self.spec.mode == "group" or self.control is not None:
            self.refresh()
        else:
            self.wake()

    def on_blur(self) -> None:
        self.refresh()

    def on_key(self, event: events.Key) -> None:
        """What was pressed before the control had the keyboard is meant for it."""
        if self.control is None or self.screen.focused is not self:
            return
        event.stop()
        if isinstance(self.control, Line | Lines) and event.is_printable:
            self.control.post_message(event)
        else:
            self.call_after_refresh(self.app.simulate_key, event.key)

    def on_paste(self, event: events.Paste) -> None:
        """What was pasted before the control had the keyboard is meant for it, too."""
        if isinstance(self.control, Line):  # which lets no paste of its own come up here
            event.stop()
            self.control.post_message(event)

    # -- what is done -----------------------------------------------------------------------------------------------

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _changed(self, event: Input.Changed | TextArea.Changed) -> None:
        event.stop()
        text = event.value if isinstance(event, Input.Changed) else event.text_area.text
        if text != self._known:
            self._known = text
            self.post_message(Typed(self, text))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(Entered(self))

    @on(Line.Pasted)
    def _pasted(self, event: Line.Pasted) -> None:
        event.stop()
        self.post_message(NeedsLines(self, event.text))

    @on(Choices.Chosen)
    def _chosen(self, event: Choices.Chosen) -> None:
        event.stop()
        self.post_message(Picked(self, event.number))

    @on(Select.Changed)
    def _chosen_from_list(self, event: Select.Changed) -> None:
        event.stop()
        value: Any = event.value
        if isinstance(value, int) and value != chosen_of(self.spec.node):
            self.post_message(Picked(self, value))

    @on(KeptSecret.Asked)
    def _asked(self, event: KeptSecret.Asked) -> None:
        event.stop()
        self.post_message(Revealed(self) if event.reveal else Replaced(self))

    def on_descendant_blur(self) -> None:
        self.post_message(Left(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.spec.mode == "group" if action == "open" else True

    def action_open(self, wanted: bool | None) -> None:
        """Show the fields of a group, or hide them; None does what is not."""
        if wanted is not self.spec.is_open:
            self.post_message(Toggled(self))

    def on_click(self) -> None:
        if self.spec.mode == "group":
            self.post_message(Toggled(self))
