"""Deploy a flow of the folder: name, schedule, pool, and what its runs are given."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from flowtui.engine.deployments.describing import FlowOutline
from flowtui.engine.errors import FlowtuiError
from flowtui.tui.flows.asking import outline_of
from flowtui.tui.flows.deeds import deploy_deed
from flowtui.tui.flows.deploying import answers_form, local_zone, preview_lines, problems_of, spec_of
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.hint import Hint
from flowtui.tui.forms.press import Press
from flowtui.tui.forms.scroll import Scroll
from flowtui.tui.forms.view import FormView
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.text import safe
from flowtui.tui.widgets.heading import Heading
from flowtui.tui.widgets.lines import Lines
from flowtui.tui.widgets.title import Title

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["FlowDeployScreen"]


class FlowDeployScreen(ShellScreen):
    """What the schedule means is said while it is typed."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    FlowDeployScreen FormView, FlowDeployScreen FormRows { height: auto; }
    FlowDeployScreen FormView.-json { height: 1fr; min-height: 6; }
    FlowDeployScreen #preview { margin: 1 0; padding-left: 2; }
    FlowDeployScreen #end { height: 1; margin-top: 1; padding-left: 2; }
    FlowDeployScreen #said { display: none; margin: 0 2; color: $muted; }
    FlowDeployScreen.-reading #said { display: block; }
    FlowDeployScreen.-reading Scroll, FlowDeployScreen.-reading Hint { display: none; }
    FlowDeployScreen.-plain #given { display: none; }
    FlowDeployScreen.-short #preview { margin: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "deploy", "deploy", key_display="^s", id="flow-deploy.deploy"),
        Binding("escape", "leave", "cancel", id="flow-deploy.leave"),
    ]

    def __init__(self, entrypoint: str) -> None:
        super().__init__()
        self.add_class("-reading")
        self._entrypoint = entrypoint
        self._outline: FlowOutline | None = None
        self._pools: tuple[str, ...] = ()
        self._answers = answers_form({}, (), "UTC")
        self._form = Form.of({})
        self._sent = False

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        hint = Hint()
        yield Title()
        yield Static(markup=False, id="said")
        with Scroll():
            yield FormView(self._answers, now=app.now, zone=app.zone, hint=hint, as_json=False, id="answers")
            yield Lines(id="preview")
            yield Heading("Its runs are given", id="given")
            yield FormView(self._form, now=app.now, zone=app.zone, hint=hint, id="parameters")
            with Horizontal(id="end"):
                yield Press("Deploy", id="deploy")
        yield hint

    def on_mount(self) -> None:
        self.query_one(Title).show([("Deploy ", "muted"), (self._entrypoint, "bold strong")])
        self.query_one("#said", Static).update(safe(f"reading {self._entrypoint} …"))
        self._read()

    @work(group="read", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        """Ask another process what the flow wants, and the store which pools there are."""
        app = self.workstation
        try:
            outline = await outline_of(app, self._entrypoint)
            pools = await app.call(app.client.list_work_pools)
        except FlowtuiError as error:
            if self.is_attached:
                self.query_one("#said", Static).update(safe(f"✖ {error}"))
            return
        if not self.is_attached:
            return  # it was closed meanwhile
        self._outline, self._form = outline, Form.of(outline.schema)
        self._pools = tuple(pool.name for pool in pools)
        self._answers = answers_form({}, self._pools, local_zone(app.zone))
        self.remove_class("-reading")
        self.set_class(not self._form.root.children, "-plain")
        self._parameters.show_form(self._form)
        self._answers_view.show_form(self._answers)
        self._parameters.stand_in_line_with(self._answers_view)
        self._show_preview()
        place = f"{self._entrypoint}"
        self.query_one(Title).show([("Deploy ", "muted"), (outline.name, "bold strong"), (f"   {place}", "faint")])
        self.refresh_bindings()
        self.call_after_refresh(self._answers_view.focus_field)

    @property
    def _answers_view(self) -> FormView:
        return self.query_one("#answers", FormView)

    @property
    def _parameters(self) -> FormView:
        return self.query_one("#parameters", FormView)

    # -- filling in -------------------------------------------------------------------------------------------------

    @on(FormView.Edited, "#parameters")
    def _edited(self, event: FormView.Edited) -> None:
        self._form = event.form

    @on(FormView.Edited, "#answers")
    def _answered(self, event: FormView.Edited) -> None:
        """Another `when` asks for other fields."""
        before, self._answers = self._answers, event.form
        if event.form.effective().get("when") != before.effective().get("when"):
            self._answers = answers_form(event.form.effective(), self._pools, local_zone(self.workstation.zone))
            self._answers_view.show_form(self._answers)
        self._show_preview()

    def _given(self) -> dict[str, Any]:
        return dict(self._answers.effective())

    def _show_preview(self) -> None:
        app = self.workstation
        self.query_one("#preview", Lines).show(preview_lines(self._given(), app.now(), app.zone))

    # -- the end ----------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._outline is not None if action == "deploy" else True

    @on(Press.Pressed, "#deploy")
    def _pressed(self) -> None:
        self.action_deploy()

    @work(group="deploy", exclusive=True, exit_on_error=False)
    async def action_deploy(self) -> None:
        """Keep the deployment, and show it."""
        outline, app = self._outline, self.workstation
        if outline is None or self._sent or not self._answers_view.validate():
            return
        answers = self._given()
        if problems := problems_of(answers, app.now()):
            self._answers_view.show_problems(problems)
            return
        # Nobody could give a scheduled run what is missing; a person who runs one can.
        if answers["when"] != "on demand" and not self._parameters.validate():
            return
        self._sent = True
        try:
            deed = deploy_deed(outline, spec_of(outline, answers, self._form.data()), self._tell(app))
            done = await app.acting.attempt(deed)
            saved = done.value
        except FlowtuiError as error:
            self._sent = False
            app.notify_error(error)
            return
        # Nothing may be awaited from here on: a screen that is closed takes its workers with it.
        app.pop_screen()
        app.tell(done.words)
        app.open_deployment(saved.id)

    def _tell(self, app: "FlowtuiApp") -> Callable[[str], None]:
        """Say something, whatever has become of this screen; called in another thread, maybe after the app's end."""

        def tell(words: str) -> None:
            with suppress(RuntimeError):
                app.call_from_thread(app.notify, safe(words), severity="warning", timeout=12, markup=False)

        return tell

    def at_stake(self) -> tuple[str, str] | None:
        changed = self._form.changes or self._answers.changes
        return ("Leave the form?", "What was filled in is lost, and nothing is deployed.") if changed else None
