"""Run a deployment: its parameters, when, and with which tags."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any, ClassVar, Final

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from flowtui.engine.durations import parse_duration
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import Deployment, FlowRun
from flowtui.tui.deployment_actions import create_run
from flowtui.tui.deployment_cells import pool_words
from flowtui.tui.forms.form import Form
from flowtui.tui.forms.hint import Hint
from flowtui.tui.forms.moments import parse_moment
from flowtui.tui.forms.press import Press
from flowtui.tui.forms.scroll import Scroll
from flowtui.tui.forms.view import FormView
from flowtui.tui.screens.shell import ShellScreen
from flowtui.tui.widgets.paint import Span
from flowtui.tui.widgets.title import Title

__all__ = ["RunFormScreen"]

_WHEN: Final = {"enum": ["now", "in", "at"], "default": "now", "description": "When it is to run."}
_IN: Final = {"type": "string", "format": "duration", "examples": ["10m"]}
_AT: Final = {"type": "string", "format": "date-time", "examples": ["tomorrow 9:00"]}
_TAGS: Final = {"type": "array", "items": {"type": "string"}, "description": "Tags of this run, one on each line."}


class RunFormScreen(ShellScreen):
    """`complain` says at once what is missing: for a run that was asked for and could not be made. `again` is a run of
    which parameters and tags stand in the fields; what is changed is marked against those."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    RunFormScreen FormView, RunFormScreen FormRows { height: auto; }
    RunFormScreen FormView.-json { height: 1fr; min-height: 6; }
    RunFormScreen #options { margin-top: 1; }
    RunFormScreen #end { height: 1; margin-top: 1; padding-left: 2; }
    RunFormScreen.-short #options, RunFormScreen.-short #end { margin-top: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "run", "run", key_display="^s", id="run-form.run"),
        Binding("escape", "leave", "cancel", id="run-form.leave"),
    ]

    def __init__(self, deployment: Deployment, *, complain: bool = False, again: FlowRun | None = None) -> None:
        super().__init__()
        self._deployment, self._complain, self._again = deployment, complain, again
        given = {} if again is None else dict(again.parameters)
        self._form = Form.of(deployment.parameter_openapi_schema, defaults={**deployment.parameters, **given})
        tags = [] if again is None else [tag for tag in again.tags if tag not in deployment.tags]
        self._options = _options("now", {"tags": tags} if tags else None)
        self._sent = False

    def compose_body(self) -> Iterable[Widget]:
        app = self.workstation
        hint = Hint()
        yield Title()
        with Scroll():
            yield FormView(self._form, now=app.now, zone=app.zone, hint=hint, id="parameters")
            yield FormView(self._options, now=app.now, zone=app.zone, hint=hint, as_json=False, id="options")
            with Horizontal(id="end"):
                yield Press("Run", id="run")
        yield hint

    def on_mount(self) -> None:
        self._show_title()
        self._options_view.stand_in_line_with(self._parameters)
        first = self._parameters if self._form.root.children else self._options_view
        first.focus_field()
        if self._complain:
            self._parameters.validate()

    @property
    def _parameters(self) -> FormView:
        return self.query_one("#parameters", FormView)

    @property
    def _options_view(self) -> FormView:
        return self.query_one("#options", FormView)

    def _show_title(self) -> None:
        deployment, changes = self._deployment, self._form.changes
        note: list[Span] = [
            (f"pool {pool_words(deployment)}" if deployment.work_pool_name else pool_words(deployment), "faint")
        ]
        before = "the defaults" if self._again is None else self._again.name
        if changes:
            fields = "1 field" if changes == 1 else f"{changes} fields"
            note = [("• ", "accent"), (f"{fields} changed from {before}", "muted")]
        elif self._again is not None:
            note = [(f"the same as {before}", "muted")]
        elif not self._form.root.children:
            note = [("it takes no parameters", "muted")]
        verb = "Run " if self._again is None else "Run again "
        self.query_one(Title).show([(verb, "muted"), (deployment.full_name, "bold strong")], note)

    # -- filling in -------------------------------------------------------------------------------------------------

    @on(FormView.Edited, "#parameters")
    def _edited(self, event: FormView.Edited) -> None:
        self._form = event.form
        self._show_title()
        self._options_view.stand_in_line_with(self._parameters)

    @on(FormView.Edited, "#options")
    def _options_edited(self, event: FormView.Edited) -> None:
        """Another `when` asks for other fields."""
        before, self._options = self._options, event.form
        when = event.form.effective()["when"]
        if when != before.effective()["when"]:
            self._options = _options(when, event.form.data())
            self._options_view.show_form(self._options)

    # -- the end ----------------------------------------------------------------------------------------------------

    @on(Press.Pressed, "#run")
    def _pressed(self) -> None:
        self.action_run()

    @work(group="run", exclusive=True, exit_on_error=False)
    async def action_run(self) -> None:
        """Create the run, and show it."""
        if self._sent or not (self._parameters.validate() and self._options_view.validate()):
            return
        app, options = self.workstation, self._options.data()
        at = _instant(options, app.now(), app.zone)
        if at is not None and at <= app.now():
            self._options_view.show_problems({"at": "This time has passed."})
            return
        self._sent = True
        try:
            tags = tuple(options.get("tags", ()))
            given = {} if self._again is None else self._again.parameters
            parameters = {**given, **self._form.data()}
            run = await create_run(app, self._deployment, parameters, at=at, tags=tags, again=self._again)
        except FlowtuiError as error:
            self._sent = False
            app.notify_error(error)
            return
        # Nothing may be awaited from here on: a screen that is closed takes its workers with it.
        app.pop_screen()
        app.open_run(run.id)

    def at_stake(self) -> tuple[str, str] | None:
        return ("Leave the form?", "What was filled in is lost, and nothing is run.") if self._form.changes else None


def _options(when: str, data: dict[str, Any] | None = None) -> Form:
    """The fields below the parameters: a time to wait, or a time to run at, only where it is asked for."""
    more: dict[str, Any] = {"now": {}, "in": {"in": _IN}, "at": {"at": _AT}}[when]
    schema = {"properties": {"when": _WHEN, **more, "tags": _TAGS}, "required": list(more)}
    kept = {key: value for key, value in (data or {}).items() if key in schema["properties"]}
    return Form.of(schema, {**kept, "when": when} if data is not None else None)


def _instant(options: dict[str, Any], now: datetime, zone: tzinfo | None) -> datetime | None:
    """When the run is due; None is at once."""
    match options.get("when", "now"):
        case "in":
            return now + parse_duration(options["in"])
        case "at":
            return parse_moment(options["at"], now, zone)
    return None
