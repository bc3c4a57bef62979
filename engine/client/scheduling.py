"""The part of the seam for schedules: one by one, and their instants of the past."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from flowtui.engine.model import DeploymentSchedule

if TYPE_CHECKING:
    from flowtui.engine.schedules import Schedule
    from flowtui.engine.schedules.backfill import Backfill

__all__ = ["Scheduling"]


class Scheduling(Protocol):
    """Verbs of `Client`; all are durable when they return, and what they change is planned anew at once."""

    def read_schedule(self, schedule_id: str) -> DeploymentSchedule: ...

    def add_schedules(self, deployment_id: str, schedules: Sequence["Schedule"]) -> tuple[DeploymentSchedule, ...]:
        """Add schedules to those of a deployment. Raises `ScheduleError` for one that can never fire, `ParameterError`
        for parameters that do not fit, `UsageError` for a slug that is there already; then none is added."""
        ...

    def update_schedule(self, schedule_id: str, schedule: "Schedule") -> DeploymentSchedule:
        """Put another value in its place; the id stays. Raises like `add_schedules`."""
        ...

    def set_schedule_active(self, schedule_id: str, active: bool) -> DeploymentSchedule:
        """Turn it on or off. Off, the runs that it had planned go; on, it is planned from now on."""
        ...

    def delete_schedule(self, schedule_id: str) -> None:
        """Delete it, and the runs that it had planned."""
        ...

    def clear_schedules(self, deployment_id: str) -> int:
        """Delete all schedules of a deployment; answers with how many there were."""
        ...

    def backfill_deployment(
        self,
        deployment_id: str,
        start: datetime,
        end: datetime,
        *,
        schedule_ids: Sequence[str] = (),
        limit: int = 500,
        dry_run: bool = False,
    ) -> "Backfill":
        """Make runs for the instants of its schedules from `start` on and before `end`, both in the past.

        Those of the schedules named (also ones that are off), else of all that are on. Each instant yields one run,
        however often it is asked for; they have the tag `backfill`, and wait behind what is due already. `dry_run` only
        says what would be made. Raises `UsageError` when there are more than `limit` instants.
        """
        ...
