"""What the run was given."""

from collections.abc import Iterable

from textual.widget import Widget

from flowtui.tui.piping.records import Records
from flowtui.tui.run.handing_on import records_of_parameters
from flowtui.tui.run.panes import RunPane
from flowtui.tui.run.seen import Seen
from flowtui.tui.widgets.value_view import ValueView

__all__ = ["ParametersPane", "make"]


class ParametersPane(RunPane):
    """The parameters as JSON."""

    def compose(self) -> Iterable[Widget]:
        yield ValueView()

    @property
    def main(self) -> Widget:
        return self.query_one(ValueView)

    def handed_on(self, seen: Seen) -> Records | None:
        return records_of_parameters(seen.run) if seen.run.parameters else None

    def show_run(self, seen: Seen) -> None:
        self.query_one(ValueView).show_value(seen.run.parameters, "This run was given no parameters.")


make = ParametersPane
