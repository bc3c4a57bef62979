"""The verbs of `LocalClient` for schedules. See `scheduling.py` for each."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from flowtui.engine import store
from flowtui.engine.clock import from_micros
from flowtui.engine.errors import FlowtuiError, NotFound, UsageError
from flowtui.engine.schedules.backfill import USUAL_LIMIT, Backfill, instants_to_backfill
from flowtui.engine.schedules.reach import Reach

if TYPE_CHECKING:
    from flowtui.engine.model import Deployment, DeploymentSchedule
    from flowtui.engine.schedules import Schedule
    from flowtui.engine.store.database import Database
    from flowtui.engine.store.writer import Writer

__all__ = ["LocalScheduling"]

_log = logging.getLogger("flowtui.store")
_MADE_AT_ONCE: Final = 250
"""Runs of one transaction: nobody else who writes waits for longer than 50 ms."""


class LocalScheduling:
    """A part of `LocalClient`, which brings the database and the writer."""

    _db: "Database"
    _writer: "Writer"

    def read_schedule(self, schedule_id: str) -> "DeploymentSchedule":
        with self._db.read() as connection:
            return store.schedules.read(connection, schedule_id)

    def add_schedules(self, deployment_id: str, wanted: Sequence["Schedule"]) -> tuple["DeploymentSchedule", ...]:
        deployment = self._owner(deployment_id)
        self._check_schedules(deployment, wanted)
        ids = self._writer.call(lambda c: store.schedules.add(self._db, c, deployment_id, wanted))
        self._plan(deployment_id)
        return tuple(self.read_schedule(schedule_id) for schedule_id in ids)

    def update_schedule(self, schedule_id: str, schedule: "Schedule") -> "DeploymentSchedule":
        deployment_id = self.read_schedule(schedule_id).deployment_id
        self._check_schedules(self._owner(deployment_id), (schedule,))
        self._writer.call(lambda c: store.schedules.change(self._db, c, schedule_id, schedule))
        self._plan(deployment_id)
        return self.read_schedule(schedule_id)

    def set_schedule_active(self, schedule_id: str, active: bool) -> "DeploymentSchedule":
        deployment_id = self.read_schedule(schedule_id).deployment_id
        self._writer.call(lambda c: store.schedules.switch(self._db, c, schedule_id, active))
        self._plan(deployment_id)
        return self.read_schedule(schedule_id)

    def delete_schedule(self, schedule_id: str) -> None:
        self._writer.call(lambda c: store.schedules.remove(self._db, c, schedule_id))

    def clear_schedules(self, deployment_id: str) -> int:
        self._owner(deployment_id)
        return self._writer.call(lambda c: store.schedules.clear(self._db, c, deployment_id))

    def backfill_deployment(
        self,
        deployment_id: str,
        start: datetime,
        end: datetime,
        *,
        schedule_ids: Sequence[str] = (),
        limit: int = USUAL_LIMIT,
        dry_run: bool = False,
    ) -> Backfill:
        with self._db.read() as connection:
            deployment = store.deployments.read(connection, deployment_id)
            now = from_micros(self._db.now(connection))
        if start.tzinfo is None or end.tzinfo is None:
            raise UsageError("Start and end of a backfill need a time zone.")
        if end > now:
            raise UsageError(f"A backfill makes up for the past; {end.isoformat()} is still to come.")
        chosen = _chosen(deployment, schedule_ids)
        instants = instants_to_backfill(chosen, start, end, limit=limit, hash_id=deployment.id)
        with self._db.read() as connection:
            found = Backfill(instants=instants, existing=store.backfills.existing(connection, deployment.id, instants))
        if dry_run:
            return found
        parts = (instants[at : at + _MADE_AT_ONCE] for at in range(0, len(instants), _MADE_AT_ONCE))
        return replace(found, made=sum(self._make(deployment.id, part) for part in parts))

    def _make(self, deployment_id: str, part: Sequence[tuple[str, datetime]]) -> int:
        return self._writer.call(lambda c: store.backfills.make(self._db, c, deployment_id, part))

    def _owner(self, deployment_id: str) -> "Deployment":
        with self._db.read() as connection:
            return store.deployments.read(connection, deployment_id)

    def _check_schedules(self, deployment: "Deployment", wanted: Sequence["Schedule"]) -> None:
        """Before anything is written: that each can fire, and that its parameters fit."""
        self._check_timings(wanted)
        if not deployment.enforce_parameter_schema:
            return
        from flowtui.engine.deployments.parameters import check_parameters  # noqa: PLC0415 - pydantic, 40 ms

        for schedule in wanted:
            values = {**deployment.parameters, **schedule.parameters}
            # Nobody could give what is missing: a schedule that is on needs all of them.
            check_parameters(deployment.parameter_openapi_schema, values, partial=not schedule.active)

    def _check_timings(self, wanted: Sequence["Schedule"]) -> None:
        if not wanted:
            return
        with self._db.read() as connection:
            now = from_micros(self._db.now(connection))
        for schedule in wanted:
            schedule.check(now)

    def _plan(self, deployment_id: str) -> None:
        """Plan at once what has just changed: its first instant may be a second away.

        The change itself is made by now, so that no error here may look like one of it: a server plans it, too.
        """
        try:
            store.planning.plan_ahead(self._db, self._writer.call, Reach(), deployment_id)
        except FlowtuiError as error:
            _log.warning("Deployment %s was not planned at once: %s", deployment_id, error)


def _chosen(deployment: "Deployment", schedule_ids: Sequence[str]) -> list["DeploymentSchedule"]:
    """The schedules named by id or slug, else all that are on. Raises `NotFound`, and `UsageError` for none."""
    if not schedule_ids:
        found = [one for one in deployment.schedules if one.active]
        if not found:
            raise UsageError(f"{deployment.full_name} has no schedule that is on; name one to backfill it.")
        return found
    known = {name: one for one in deployment.schedules for name in (one.slug, one.id) if name}
    for name in schedule_ids:
        if name not in known:
            raise NotFound("schedule", name, f"List them with: flowtui deployment schedule ls {deployment.full_name}")
    return list({known[name].id: known[name] for name in schedule_ids}.values())
