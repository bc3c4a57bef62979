"""`flowtui deployment schedule`: when a deployment runs, has run, and should have run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from flowtui.engine import wire
from flowtui.engine.client.current import current_client
from flowtui.engine.client.protocol import Client
from flowtui.engine.clock import utc_now
from flowtui.engine.errors import NotFound, UsageError
from flowtui.engine.model import Deployment, DeploymentSchedule
from flowtui.engine.schedules import Cron, Interval, RRule, Schedule
from flowtui.engine.schedules.words import describe
from flowtui.tui.cli.find import find_deployment, nearest
from flowtui.tui.cli.output import Cell, Column, Output, narrate, print_json, print_table
from flowtui.tui.cli.pages import every

if TYPE_CHECKING:
    from flowtui.engine.schedules.backfill import Backfill
    from flowtui.engine.schedules.fires import Fire

__all__ = ["app"]

app = App(name="schedule", help="When a deployment runs: add, list, switch, preview and backfill its schedules.")

Every = Annotated[bool, Parameter(name=["--all"], negative="")]
Yes = Annotated[bool, Parameter(name=["--yes", "-y"], negative="")]
Overlap = Annotated[Literal["once", "twice"], Parameter(name=["--dst-overlap"])]


@app.command
def create(  # noqa: PLR0913 - one parameter for each option
    deployment: str,
    /,
    *,
    cron: str | None = None,
    interval: str | None = None,
    rrule: str | None = None,
    timezone: str | None = None,
    anchor_date: str | None = None,
    day_or: bool = True,
    dst_overlap: Overlap = "once",
    catch_up: Annotated[str | None, Parameter(name=["--catch-up", "--catchup"])] = None,
    max_scheduled_runs: int | None = None,
    slug: str | None = None,
    param: Annotated[list[str] | None, Parameter(name=["--param", "-p"], metavar="NAME=VALUE", negative="")] = None,
    params: str | None = None,
    active: bool = True,
    replace: Annotated[bool, Parameter(negative="")] = False,
    output: Output = "table",
) -> int:
    """Add a schedule to a deployment.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    cron
        "0 9 * * 1-5".
    interval
        15m, 900, 00:15:00 or PT15M.
    rrule
        "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9".
    timezone
        Whose wall clock it follows: Europe/Berlin.
    anchor_date
        From when the interval counts.
    day_or
        Cron: day of month or day of week; --no-day-or wants both.
    dst_overlap
        How often a time of day fires that comes twice, because clocks go back.
    catch_up
        Which missed instants are run later: all, latest, skip, or "within 10m".
    max_scheduled_runs
        How many of its runs wait ahead of their time.
    slug
        A name, by which it stays the same schedule whatever its definition.
    param
        name=value for its runs, as often as needed.
    params
        Parameters for its runs as one JSON object.
    active
        --no-active adds it switched off.
    replace
        Take the place of all schedules that there are.
    """
    client = current_client()
    owner = find_deployment(client, deployment)
    schedule = _given(
        cron,
        interval,
        rrule,
        timezone,
        anchor_date,
        day_or=day_or,
        dst_overlap=dst_overlap,
        catch_up=catch_up,
        max_scheduled_runs=max_scheduled_runs,
        slug=slug,
        active=active,
        parameters=_parameters(owner, param or [], params),
    )
    schedule.check()
    if replace:
        client.clear_schedules(owner.id)
    (made,) = client.add_schedules(owner.id, (schedule,))
    if output == "json":
        print_json(wire.schedule_json(made))
    narrate(f"Deployment {owner.full_name} runs {describe(schedule)}{'' if active else ', once it is switched on'}.")
    return 0


def _parameters(owner: Deployment, pairs: Sequence[str], whole: str | None) -> dict[str, Any]:
    from flowtui.tui.cli.values import parse_pairs  # noqa: PLC0415 - only when parameters are given

    return parse_pairs(pairs, owner.parameter_openapi_schema, whole) if pairs or whole is not None else {}


def _given(
    cron: str | None,
    interval: str | None,
    rrule: str | None,
    timezone: str | None,
    anchor_date: str | None,
    *,
    day_or: bool = True,
    dst_overlap: Literal["once", "twice"] = "once",
    **options: Any,
) -> Schedule:
    """The schedule that the options name. Raises `UsageError` and `ScheduleError`."""
    if sum(text is not None for text in (cron, interval, rrule)) != 1:
        raise UsageError("Give one of --cron, --interval and --rrule.")
    if anchor_date and interval is None:
        raise UsageError("--anchor-date belongs to --interval.")
    if not day_or and cron is None:
        raise UsageError("--no-day-or belongs to --cron.")
    if dst_overlap != "once" and interval is not None:
        raise UsageError("--dst-overlap belongs to --cron and --rrule.")
    if cron is not None:
        return Cron(cron, timezone, day_or, dst_overlap, **options)
    if interval is not None:
        return Interval(interval, anchor_date, timezone, **options)
    return RRule(rrule or "", timezone, dst_overlap, **options)


@app.command
def ls(deployment: str | None = None, /, *, output: Output = "table") -> int:
    """List the schedules of a deployment, or of all.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id. None: all deployments.
    """
    client = current_client()
    owners = _owners(client, deployment)
    if output == "json":
        print_json([wire.schedule_json(one) for owner in owners for one in owner.schedules])
        return 0
    columns = (
        Column("DEPLOYMENT"), Column("SCHEDULE"), Column("NEXT", right=True), Column("CATCH UP"), Column("SLUG"),
        Column("ID", wide_only=120),
    )  # fmt: skip
    rows = [
        (
            owner.full_name,
            _words(owner, one),
            _next(owner, one),
            str(one.schedule.catch_up),
            one.slug or "",
            Cell(one.id, "dim"),
        )
        for owner in owners
        for one in owner.schedules
    ]
    print_table(columns, rows, empty="No schedules. Add one with: flowtui deployment schedule create NAME --cron …")
    return 0


def _owners(client: Client, deployment: str | None) -> list[Deployment]:
    if deployment is not None:
        return [find_deployment(client, deployment)]
    return list(every(lambda after: client.list_deployments(after=after)))


def _words(owner: Deployment, one: DeploymentSchedule) -> Cell:
    words = describe(one.schedule)
    if owner.paused or not one.active:
        return Cell(f"⏸ {words}", "yellow")
    return Cell(words)


def _next(owner: Deployment, one: DeploymentSchedule) -> str:
    from flowtui.tui import formats  # noqa: PLC0415 - only for people

    now = utc_now()
    fires = one.schedule.next_fires(now, 1, hash_id=owner.id) if one.active and not owner.paused else []
    return formats.until(fires[0], now) if fires else ""


@app.command
def delete(deployment: str, schedule: str, /, *, yes: Yes = False) -> int:
    """Delete a schedule, and the runs that it had planned.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    schedule
        The slug or the id of the schedule, or the beginning of the id.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    owner = find_deployment(client, deployment)
    found = _find(owner, schedule)
    if not yes and not confirmed(f"Delete the schedule {describe(found.schedule)} of {owner.full_name}?"):
        return 1
    client.delete_schedule(found.id)
    narrate(f"The schedule {describe(found.schedule)} of {owner.full_name} is deleted.")
    return 0


def _find(owner: Deployment, text: str) -> DeploymentSchedule:
    """The schedule of that slug, id, or beginning of an id. Raises `NotFound` and `UsageError`."""
    exact = [one for one in owner.schedules if text in (one.slug, one.id)]
    found = exact or [one for one in owner.schedules if len(text) >= 4 and one.id.endswith(text)]
    found = found or [one for one in owner.schedules if len(text) >= 4 and one.id.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{text!r} may be any of {', '.join(one.id for one in found)}; give the whole id.")
    near = nearest(text, [one.slug for one in owner.schedules if one.slug])
    command = f"flowtui deployment schedule ls {owner.full_name}"
    raise NotFound("schedule", text, f"Did you mean {near!r}?" if near else f"List them with: {command}")


@app.command
def pause(
    deployment: str | None = None,
    schedule: str | None = None,
    /,
    *,
    every_one: Every = False,
    yes: Yes = False,
    output: Output = "table",
) -> int:
    """Switch schedules off; the runs that they had planned go.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id. Not needed with --all.
    schedule
        The slug or the id of the schedule. Not needed where there is only one, or with --all.
    every_one
        All schedules of the deployment; without a deployment, of all deployments.
    yes
        Do not ask.
    """
    return _switch(deployment, schedule, every_one, yes, output, active=False)


@app.command
def resume(
    deployment: str | None = None,
    schedule: str | None = None,
    /,
    *,
    every_one: Every = False,
    yes: Yes = False,
    output: Output = "table",
) -> int:
    """Switch schedules on; they are planned from now on.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id. Not needed with --all.
    schedule
        The slug or the id of the schedule. Not needed where there is only one, or with --all.
    every_one
        All schedules of the deployment; without a deployment, of all deployments.
    yes
        Do not ask.
    """
    return _switch(deployment, schedule, every_one, yes, output, active=True)


def _switch(
    deployment: str | None, schedule: str | None, every_one: bool, yes: bool, output: str, *, active: bool
) -> int:
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only switching all asks

    client = current_client()
    if deployment is None and not every_one:
        raise UsageError("Name a deployment, or give --all.")
    if schedule is not None and every_one:
        raise UsageError("Name one schedule, or give --all.")
    owners = _owners(client, deployment)
    chosen = [
        (owner, one) for owner in owners for one in _meant(owner, schedule, every_one) if one.active is not active
    ]
    verb = "on" if active else "off"
    if deployment is None and chosen and not yes and not confirmed(f"Switch {len(chosen)} schedules {verb}?"):
        return 1
    changed = [client.set_schedule_active(one.id, active) for _, one in chosen]
    if output == "json":
        print_json([wire.schedule_json(one) for one in changed])
    for owner, one in chosen:
        paused = " The deployment itself is paused." if owner.paused and active else ""
        narrate(f"{owner.full_name}: {describe(one.schedule)} is {verb}.{paused}")
    if not chosen:
        narrate(f"Nothing to do: what you named is {verb} already.")
    return 0


def _meant(owner: Deployment, schedule: str | None, every_one: bool) -> Sequence[DeploymentSchedule]:
    if every_one:
        return owner.schedules
    if schedule is not None:
        return [_find(owner, schedule)]
    if len(owner.schedules) != 1:
        there = f"{len(owner.schedules)} schedules" if owner.schedules else "no schedule"
        raise UsageError(f"{owner.full_name} has {there}; name one, or give --all.")
    return owner.schedules


@app.command
def clear(deployment: str, /, *, yes: Yes = False) -> int:
    """Delete all schedules of a deployment, and the runs that they had planned.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only deleting asks

    client = current_client()
    owner = find_deployment(client, deployment)
    count = len(owner.schedules)
    if count and not yes and not confirmed(f"Delete all {count} schedules of {owner.full_name}?"):
        return 1
    client.clear_schedules(owner.id)
    narrate(f"Deployment {owner.full_name} has no schedule any more; {count} deleted.")
    return 0


# -- looking ahead ----------------------------------------------------------------------------------------------------


@app.command
def preview(
    deployment: str | None = None,
    schedule: str | None = None,
    /,
    *,
    cron: str | None = None,
    interval: str | None = None,
    rrule: str | None = None,
    timezone: str | None = None,
    anchor_date: str | None = None,
    day_or: bool = True,
    dst_overlap: Overlap = "once",
    count: Annotated[int, Parameter(name=["--count", "-n"])] = 5,
    after: str | None = None,
    output: Output = "table",
) -> int:
    """Show when schedules fire next: those of a deployment, or one that is only given here.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    schedule
        The slug or the id of one of its schedules; else all.
    cron
        "0 9 * * 1-5".
    interval
        15m, 900, 00:15:00 or PT15M.
    rrule
        "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9".
    timezone
        Whose wall clock it follows: Europe/Berlin.
    anchor_date
        From when the interval counts.
    day_or
        Cron: day of month or day of week; --no-day-or wants both.
    dst_overlap
        How often a time of day fires that comes twice, because clocks go back.
    count
        How many instants of each.
    after
        From when on; else from now.
    """
    from flowtui.engine.schedules.fires import preview as fires_of  # noqa: PLC0415 - only for this command

    if not 1 <= count <= 1000:
        raise UsageError("--count is a number from 1 to 1000.")
    given = any(text is not None for text in (cron, interval, rrule, timezone, anchor_date))
    if given is (deployment is not None):
        raise UsageError("Name a deployment, or give one of --cron, --interval and --rrule.")
    if given:
        loose = _given(cron, interval, rrule, timezone, anchor_date, day_or=day_or, dst_overlap=dst_overlap)
        chosen = [(loose, "preview")]
    else:
        owner = find_deployment(current_client(), deployment or "")
        meant = [_find(owner, schedule)] if schedule is not None else owner.schedules
        chosen = [(one.schedule, owner.id) for one in meant]
    start = _moment(after) if after else utc_now()
    found = [(one, fires_of(one, start, count, hash_id=hash_id)) for one, hash_id in chosen]
    if output == "json":
        print_json([_preview_json(one, fires) for one, fires in found])
        return 0
    for number, (one, fires) in enumerate(found):
        print("\n" if number else "", end="")
        _print_fires(one, fires)
    if not found:
        narrate("It has no schedules.")
    return 0


def _preview_json(schedule: Schedule, fires: "Sequence[Fire]") -> dict[str, Any]:
    return {
        "schedule": schedule.to_json(),
        "words": describe(schedule),
        "fires": [
            {"utc": wire.instant(fire.instant), "local": fire.local.isoformat(), "note": fire.note} for fire in fires
        ],
    }


def _print_fires(schedule: Schedule, fires: "Sequence[Fire]") -> None:
    from flowtui.tui import formats  # noqa: PLC0415 - only for people

    now = utc_now()
    narrate(f"{describe(schedule)}{'' if schedule.active else ' (off)'}")
    rows = [
        (
            f"{fire.local:%a %Y-%m-%d %H:%M:%S %Z}",
            f"{fire.instant:%Y-%m-%d %H:%M:%S}",
            formats.until(fire.instant, now) if fire.instant > now else "",
            Cell(fire.note or "", "yellow"),
        )
        for fire in fires
    ]
    columns = (Column(schedule.timezone.upper()), Column("UTC"), Column("IN", right=True), Column("NOTE"))
    print_table(columns, rows, empty="It does not fire any more.")


# -- making up for the past -------------------------------------------------------------------------------------------


@app.command
def backfill(
    deployment: str,
    /,
    *,
    start: str,
    end: str | None = None,
    schedule: Annotated[list[str] | None, Parameter(name=["--schedule", "-s"], negative="")] = None,
    limit: int = 500,
    dry_run: Annotated[bool, Parameter(name=["--dry-run"], negative="")] = False,
    yes: Yes = False,
    output: Output = "table",
) -> int:
    """Run a deployment for the instants of a span that is past; those that have a run already keep it.

    Parameters
    ----------
    deployment
        Its flow/name, its name when only one flow has it, or its id.
    start
        The first moment: 2026-01-01, or "2026-01-01 09:00". Without an offset it is your local time.
    end
        The moment before which it ends; else now.
    schedule
        The slug or id of one of its schedules, as often as needed; else all that are on.
    limit
        How many runs it may be.
    dry_run
        Only say what would be made.
    yes
        Do not ask.
    """
    from flowtui.tui.cli.ask import confirmed  # noqa: PLC0415 - only this asks

    client = current_client()
    owner = find_deployment(client, deployment)
    ids = [_find(owner, one).id for one in schedule or []]
    first, last = _moment(start), _moment(end) if end else utc_now()
    plan = client.backfill_deployment(owner.id, first, last, schedule_ids=ids, limit=limit, dry_run=True)
    narrate(_summary(owner, plan))
    done = plan
    if not dry_run and plan.new:
        if not yes and not confirmed(f"Make {plan.new} runs?"):
            return 1
        done = client.backfill_deployment(owner.id, first, last, schedule_ids=ids, limit=limit)
        narrate(f"Made {done.made} runs with the tag backfill. See them with: flowtui flow-run ls 'tag:backfill'")
    if output == "json":
        print_json(_backfill_json(owner, done))
    return 0


def _summary(owner: Deployment, plan: "Backfill") -> str:
    if plan.first is None or plan.last is None:
        return f"{owner.full_name} has no instants in that span."
    there = f", {plan.existing} of which have a run already" if plan.existing else ""
    return (
        f"{owner.full_name}: {len(plan.instants)} instants{there}; "
        f"the first is {plan.first:%Y-%m-%d %H:%M:%S}, the last {plan.last:%Y-%m-%d %H:%M:%S} UTC."
    )


def _backfill_json(owner: Deployment, plan: "Backfill") -> dict[str, Any]:
    return {
        "deployment_id": owner.id,
        "count": len(plan.instants),
        "existing": plan.existing,
        "made": plan.made,
        "first": wire.instant(plan.first),
        "last": wire.instant(plan.last),
        "instants": [{"schedule_id": one, "instant": wire.instant(moment)} for one, moment in plan.instants],
    }


def _moment(text: str) -> Any:
    from flowtui.tui.cli.values import parse_moment  # noqa: PLC0415 - dateutil, 20 ms

    return parse_moment(text)
