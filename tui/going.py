"""The screens that lie above another one: how each is opened."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.screen import Screen

if TYPE_CHECKING:
    from flowtui.tui.servers.everywhere import Everywhere

__all__ = ["Going"]


class Going(App[int], inherit_bindings=False):
    """An application that goes to such screens. Each is loaded when it is shown first."""

    def open_run(
        self, run_id: str, tab: str = "timeline", *, task_run_id: str | None = None, line: int | None = None
    ) -> None:
        """Show one flow run, above the screen that is on; its log at a line, or where a task run begins."""
        from flowtui.tui.screens.run import RunScreen  # noqa: PLC0415 - only when it is shown

        self.push_screen(RunScreen(run_id, tab, task_run_id=task_run_id, line=line))

    def open_retry_plan(self, run_id: str) -> None:
        """Show what a retry of a run would do, and let a person change it before it is done."""
        from flowtui.tui.retrying.screen import RetryPlanScreen  # noqa: PLC0415 - brings the forms with it

        self.push_screen(RetryPlanScreen(run_id))

    def open_compare(self, older_id: str | None, newer_id: str) -> None:
        """Say what changed between two runs; None is the last run before the newer one that completed."""
        from flowtui.tui.compare.screen import CompareScreen  # noqa: PLC0415 - only when it is shown

        self.push_screen(CompareScreen(older_id, newer_id))

    def open_deployment(self, deployment_id: str) -> None:
        """Show one deployment, above the screen that is on."""
        from flowtui.tui.screens.deployment import DeploymentScreen  # noqa: PLC0415 - only when it is shown

        self.push_screen(DeploymentScreen(deployment_id))

    def action_radar(self) -> None:
        """Show when all schedules fire, and whether there are slots for their runs."""
        from flowtui.tui.screens.radar import RadarScreen  # noqa: PLC0415 - only when it is shown

        self.push_screen(RadarScreen())

    @cached_property
    def everywhere(self) -> "Everywhere":
        """How every server is doing, and the runs of all as one list; and the way back there."""
        from flowtui.tui.servers.everywhere import Everywhere  # noqa: PLC0415 - only who has several servers needs it

        return Everywhere(self)

    def action_all_servers(self) -> None:
        """Show all servers, as they were left."""
        self.everywhere.show()

    def leads_to_all(self, screen: Screen[Any]) -> bool:
        """Whether going up leads from a screen to all servers."""
        return "everywhere" in self.__dict__ and self.everywhere.leads_here(screen)

    def open_why(self, run_id: str) -> None:
        """Say why a run waits, above the screen that is on."""
        from flowtui.tui.screens.why import WhyScreen  # noqa: PLC0415 - only when it is shown

        self.push_screen(WhyScreen(run_id))

    def open_logs(self, run_ids: Sequence[str]) -> None:
        """Show the logs of several runs as one, by time; of one run, with those of its subflows."""
        from flowtui.tui.logs.screen import LogsScreen  # noqa: PLC0415 - only when it is shown

        self.push_screen(LogsScreen(run_ids))
