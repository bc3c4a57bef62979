"""The keys with which a screen acts on runs, and which keys change anything at all."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from textual.binding import ActiveBinding, Binding, BindingType

from flowtui.tui.acting.verb_keys import VERB_KEYS

if TYPE_CHECKING:
    from flowtui.engine.model import FlowRun
    from flowtui.tui.acting.target import Subjects
    from flowtui.tui.app import FlowtuiApp

__all__ = ["ActsOnRuns", "acting_bindings", "has_use", "mutates", "useless_actions"]

_CHANGING: Final = frozenset(
    {
        "run",
        "form",
        "pause",
        "schedule",
        "limit",
        "new",
        "delete",
        "save",
        "test",
        "deploy",
        "start-backend",
        "undo",
        "actions",
    }
    | VERB_KEYS.keys()
)
"""The last part of the ids of bindings that change something."""


def acting_bindings(place: str, *shown: str) -> list[BindingType]:
    """The bindings of a screen that shows runs. Those of `shown` stand in its bar of keys, as does the menu of all."""
    direct = [
        Binding(VERB_KEYS[verb_id].key, f"act('{verb_id}')", VERB_KEYS[verb_id].word, id=f"{place}.{verb_id}")
        for verb_id in shown
    ]
    return [*direct, Binding("x", "act_menu", "actions", id=f"{place}.actions")]


def has_use(verb_id: str, run: "FlowRun") -> bool:
    """Whether the key of a verb is offered for a run as it is now. More may stand in the way; that is said when it is
    pressed."""
    match verb_id:
        case "cancel":
            return not (run.state.is_final() or run.state.is_cancelling())
        case "retry":
            return run.state.is_final() and not run.state.is_completed()
    return True


def useless_actions(run: "FlowRun") -> frozenset[str]:
    """The actions of verbs that have no use for a run as it is now."""
    return frozenset(f"act('{verb_id}')" for verb_id in VERB_KEYS if not has_use(verb_id, run))


def _unshown(active: ActiveBinding) -> ActiveBinding:
    """A key that works without standing in the bar of keys."""
    return active._replace(binding=replace(active.binding, show=False))


def mutates(binding: Binding) -> bool:
    """Whether a key changes something: such keys are hidden where nothing may be changed."""
    return (binding.id or "").rpartition(".")[2] in _CHANGING


_OF_A_RUN: Final = frozenset(f"act('{verb_id}')" for verb_id in VERB_KEYS) | {
    "act_menu",
    "why",
    "open('logs')",
    "compare",
}
"""The actions of keys that are about a run, where there is none."""


class ActsOnRuns:
    """Part of a screen that shows runs; it says which are meant. Its bar of keys follows the one under the cursor."""

    _useless: frozenset[str] = frozenset()

    def run_in_hand(self) -> "FlowRun | None":
        """The one run that keys act on now; None while it is not one, as of several that are marked some may do."""
        return None

    def has_no_run(self) -> bool:
        """Whether there is none at all that keys could act on."""
        return False

    def offer_keys(self) -> None:
        """The run in hand may be another, or in another state."""
        run = self.run_in_hand()
        if run is not None:
            useless = useless_actions(run)
        else:
            useless = _OF_A_RUN if self.has_no_run() else frozenset()
        if useless != self._useless:
            self._useless = useless
            cast(Any, self).refresh_bindings()

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """A key of no use does not stand in the bar; `?` knows it, and whoever presses it is told why."""
        active: dict[str, ActiveBinding] = cast(Any, super()).active_bindings
        return {key: _unshown(one) if one.binding.action in self._useless else one for key, one in active.items()}

    def acting_on(self) -> "Subjects | None":
        """The runs that are meant now: the marked ones, all that fit, or the one under the cursor."""
        raise NotImplementedError

    def acted(self) -> None:
        """Something was done to them."""

    def action_act(self, verb_id: str) -> None:
        """Do something to the runs that are meant."""
        if (subjects := self.acting_on()) is not None:
            self._acting_app.hold_keys(self._acting_app.act(verb_id, subjects, then=self._after()))

    def action_act_menu(self) -> None:
        """Show all that can be done to the runs that are meant."""
        if (subjects := self.acting_on()) is not None:
            self._acting_app.hold_keys(self._acting_app.act_menu(subjects, then=self._after()))

    @property
    def _acting_app(self) -> "FlowtuiApp":
        return cast("FlowtuiApp", cast(Any, self).app)

    def _after(self) -> Callable[[], None]:
        def acted() -> None:
            if cast(Any, self).is_attached:  # it may have been closed meanwhile
                self.acted()

        return acted
