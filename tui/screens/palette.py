"""What ctrl+p finds: screens, actions, recent runs and deployments."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, cast

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from flowtui.engine.errors import FlowtuiError
from flowtui.tui.acting.keys import ActsOnRuns
from flowtui.tui.acting.run_verbs import VERBS
from flowtui.tui.keys import RESOURCES
from flowtui.tui.looks import look_of
from flowtui.tui.piping.kept import NamedCommand
from flowtui.tui.screens.help import KeyHelp, keys_of
from flowtui.tui.text import safe

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp
    from flowtui.tui.screens.shell import ShellScreen

__all__ = ["PaletteProvider"]

_RUNS = 100
_WORTH_A_NAME = ("log.", "output.copy")
"""Keys of panes that are found by name too: those of others only move in a list."""
_DEPLOYMENTS = 200


class _Entry(NamedTuple):
    words: str
    act: IgnoreReturnCallbackType
    note: str


class PaletteProvider(Provider):
    """Everything that can be gone to or done, by name. Runs and deployments are read once, when it opens."""

    async def startup(self) -> None:
        app = self._workstation
        own = [
            _Entry("change the colours", app.search_themes, ""),
            _Entry("save a picture", app.deliver_screenshot, ""),
        ]
        self._entries = [*self._places(), *self._actions(), *self._verbs(), *self._kept(), *own]
        if not app.is_open:
            return
        try:
            runs = await app.call(app.client.list_flow_runs, limit=_RUNS)
            deployments = await app.call(app.client.list_deployments, limit=_DEPLOYMENTS)
        except FlowtuiError as error:
            app.notify_error(error)
            return
        for run in runs.items:
            words = safe(f"{look_of(run.state).glyph} {run.flow_name} · {run.name}")
            self._entries.append(_Entry(words, _opener(app, run.id), safe(f"run, {look_of(run.state).word}")))
        for deployment in deployments.items:
            words = safe(f"runs of {deployment.full_name}")
            query = f'deployment:"{deployment.full_name}"'
            self._entries.append(_Entry(words, _shower(app, query), "deployment"))

    @property
    def _workstation(self) -> "FlowtuiApp":
        return cast("FlowtuiApp", self.app)

    def _places(self) -> Iterable[_Entry]:
        app = self._workstation
        for resource in RESOURCES:
            yield _Entry(f"go to {resource.label}", _goer(app, resource.mode), resource.key)
        yield _Entry("all servers: how each is doing, and the runs of all", app.action_all_servers, ":all")
        for name in app.servers.names():
            if name != app.servers.here:
                yield _Entry(f"go to profile {name}", _mover(app, name), f":profile {name}")
        yield _Entry("schedule radar: when everything fires", app.action_radar, ":radar")

    def _kept(self) -> Iterable[_Entry]:
        """Commands that were kept under a name."""
        app = self._workstation
        for named in app.piping.kept.named:
            note = {"pipe": "|", "sql": ";", "shell": "!"}[named.kind]
            yield _Entry(safe(named.name), _runner(app, named), safe(f"{note} {named.command}"))

    def _actions(self) -> Iterable[_Entry]:
        app = self._workstation
        for key in keys_of(self.screen):
            action = key.active.binding.action
            of_pane = key.place == "pane" and not (key.active.binding.id or "").startswith(_WORTH_A_NAME)
            if key.active.enabled and not of_pane and not action.startswith("app.show"):
                yield _Entry(key.words, _doer(app, key), key.keys)

    def _verbs(self) -> Iterable[_Entry]:
        """What can be done to the runs of this screen that has no key of its own."""
        screen = self.screen
        if not isinstance(screen, ActsOnRuns) or cast("ShellScreen", self.screen).reads_only:
            return
        direct = {active.binding.action for active in screen.active_bindings.values()}
        for verb in VERBS:
            if f"act('{verb.id}')" not in direct:
                yield _Entry(f"{verb.word.rstrip('…')} the run", _actor(screen, verb.id), f"x {verb.key}")

    async def discover(self) -> Hits:
        for entry in self._entries:
            yield DiscoveryHit(_shown(entry), entry.act, text=entry.words)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for entry in self._entries:
            score = matcher.match(entry.words)
            if score > 0:
                _, offsets = matcher.fuzzy_search.match(query, entry.words)
                shown = _shown(entry)
                for offset in offsets:
                    shown.stylize("bold underline", offset, offset + 1)
                yield Hit(score, shown, entry.act, text=entry.words)


def _shown(entry: _Entry) -> Text:
    """A text and not a string: the palette reads markup in strings, and a run may be called anything."""
    return Text.assemble(entry.words, (f"   {entry.note}", "dim"))


def _doer(app: "FlowtuiApp", key: KeyHelp) -> IgnoreReturnCallbackType:
    return lambda: app.run_action(key.active.binding.action, key.active.node)


def _actor(screen: ActsOnRuns, verb_id: str) -> IgnoreReturnCallbackType:
    return lambda: screen.action_act(verb_id)


def _runner(app: "FlowtuiApp", named: NamedCommand) -> IgnoreReturnCallbackType:
    return lambda: app.run_worker(app.piping.run_named(named), group="named", exit_on_error=False)


def _opener(app: "FlowtuiApp", run_id: str) -> IgnoreReturnCallbackType:
    return lambda: app.open_run(run_id)


def _shower(app: "FlowtuiApp", query: str) -> IgnoreReturnCallbackType:
    return lambda: app.open_runs(query)


def _mover(app: "FlowtuiApp", name: str) -> IgnoreReturnCallbackType:
    return lambda: app.servers.go_to(name)


def _goer(app: "FlowtuiApp", mode: str) -> IgnoreReturnCallbackType:
    return lambda: app.action_show_resource(mode)
