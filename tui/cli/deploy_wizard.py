"""`flowtui deploy` in a folder without a deployment file: questions and answers.

Nothing is imported before a flow is chosen, and nothing is kept before the last answer is given.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowtui.engine.client.current import current_client
from flowtui.engine.client.read_only import require_writing
from flowtui.engine.clock import utc_now
from flowtui.engine.deployments.deploy import build_spec
from flowtui.engine.deployments.editing import add_entry, write_whole
from flowtui.engine.deployments.entry import DeploymentEntry
from flowtui.engine.deployments.entrypoint import load_flow
from flowtui.engine.deployments.file import FILE_NAMES
from flowtui.engine.deployments.finder import FoundFlow, find_flows
from flowtui.engine.deployments.parameters import parameter_schema
from flowtui.engine.deployments.schema_check import check_value, expected
from flowtui.engine.errors import UsageError
from flowtui.engine.pool_checks import check_pool_name
from flowtui.engine.schedules.base import Schedule
from flowtui.engine.schedules.words import describe
from flowtui.tui.cli.deploy_options import schedules_of
from flowtui.tui.cli.questions import Asker, TerminalAsker

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.flows import Flow
    from flowtui.engine.model import DeploymentSpec

__all__ = ["Wish", "ask_for_deployment", "deploy_by_answers"]

_FORBIDDEN = "/%&<>"
_PREVIEWED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the answers come to."""

    entry: DeploymentEntry
    new_pool: str | None
    """A pool that is to be made for it."""
    written: bool
    """Whether it is to be kept in `flowtui.yaml`."""


def deploy_by_answers(save: "Callable[[Client, Sequence[DeploymentSpec]], int]") -> int:
    """Ask, then make what was asked for. Raises `UsageError` where there is no flow."""
    folder, client, asker = Path.cwd(), current_client(), TerminalAsker()
    require_writing(client, "deploying")
    wish = ask_for_deployment(folder, client, asker)
    spec = build_spec(wish.entry, str(folder))
    file = folder / FILE_NAMES[0]
    text = add_entry(file, wish.entry) if wish.written else None
    if wish.new_pool is not None:
        client.create_work_pool(wish.new_pool)
    code = save(client, [spec])
    if text is not None:
        write_whole(file, text)
        asker.say(f"Kept in {file.name}. From now on: flowtui deploy -n {wish.entry.name}")
    return code


def ask_for_deployment(folder: Path, client: "Client", asker: Asker) -> Wish:
    """All the questions."""
    found = find_flows(folder)
    if not found:
        raise UsageError(f"There is no function with @flow in the Python files of {folder}.")
    chosen = found[asker.choose("Which flow?", [_shown(flow) for flow in found])]
    asker.say(f"Flow {chosen.name!r} of {chosen.entrypoint}")
    flow = load_flow(chosen.entrypoint, str(folder), of_prefect=True)
    name = asker.text("Name of the deployment", _name, "default")
    schedules = _schedules(asker)
    pool, new_pool = _pool(client, asker)
    parameters = _parameters(asker, flow, needed=bool(schedules))
    written = asker.yes(f"Keep it in {FILE_NAMES[0]}?", default=True)
    entry = DeploymentEntry(
        name=name,
        entrypoint=chosen.entrypoint,
        work_pool_name=pool,
        parameters=parameters,
        schedules=schedules,
    )
    return Wish(entry=entry, new_pool=new_pool, written=written)


def _shown(flow: FoundFlow) -> str:
    return f"{flow.name}  ({flow.entrypoint})"


def _name(answer: str) -> str:
    bad = next((mark for mark in _FORBIDDEN if mark in answer), None)
    if bad or not answer.strip():
        raise UsageError(f"{bad!r} cannot be part of a name." if bad else "A name is needed.")
    return answer.strip()


# -- when -------------------------------------------------------------------------------------------------------------


def _schedules(asker: Asker) -> tuple[Schedule, ...]:
    made: list[Schedule] = []
    kinds = ("only when asked for", "by a cron line", "at an interval", "by a recurrence rule")
    while True:
        kind = asker.choose("When is it run?" if not made else "And when else?", kinds, default=0)
        if kind == 0:
            return tuple(made)
        schedule = asker.text(*_question(kind))
        asker.say(_preview(schedule))
        if asker.yes("Is that right?", default=True):
            made.append(schedule)


def _question(kind: int) -> tuple[str, Callable[[str], Schedule], str]:
    """What is asked for, how the answer is read, and the default. The time zone comes after a comma."""

    def reading(option: str) -> Callable[[str], Schedule]:
        def read(answer: str) -> Schedule:
            text, comma, zone = answer.rpartition(" in ")
            text, zone = (text, zone) if comma else (answer, "")
            cron, interval, rrule = ([text.strip()] if option == kind else [] for kind in ("cron", "interval", "rrule"))
            return schedules_of(cron, interval, rrule, timezone=zone.strip() or None)[0]

        return read

    if kind == 1:
        return "Cron line, with a time zone if not UTC", reading("cron"), "0 3 * * * in Europe/Berlin"
    if kind == 2:
        return "Interval", reading("interval"), "1h"
    return "Recurrence rule", reading("rrule"), "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0"


def _preview(schedule: Schedule) -> str:
    fires = schedule.next_fires(utc_now(), _PREVIEWED, hash_id="preview")
    shown = ", ".join(fire.astimezone().strftime("%a %d %b %H:%M") for fire in fires)
    return f"{describe(schedule)}; next: {shown} (your time)"


# -- where ------------------------------------------------------------------------------------------------------------


def _pool(client: "Client", asker: Asker) -> tuple[str, str | None]:
    """The pool's name; once more, when it is to be made."""
    pools = client.list_work_pools()
    shown = [f"{pool.name}  ({pool.type}{'' if pool.workers else ', no worker now'})" for pool in pools]
    known = [pool.name for pool in pools]
    default = known.index("local") if "local" in known else 0
    number = asker.choose("In which work pool does it run?", [*shown, "a new pool of processes"], default=default)
    if number < len(known):
        return known[number], None

    def read(answer: str) -> str:
        check_pool_name("work pool", answer)
        if answer in known:
            raise UsageError(f"There is a pool {answer!r} already.")
        return answer

    new = asker.text("Name of the pool", read)
    return new, new


# -- with what --------------------------------------------------------------------------------------------------------


def _parameters(asker: Asker, flow: "Flow[..., Any]", *, needed: bool) -> dict[str, Any]:
    """Values for the parameters: those without a default are asked for, the others when the person wants to."""
    schema = parameter_schema(flow)
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = set(schema.get("required", ()))
    optional = [name for name in properties if name not in required]
    asked = [name for name in properties if name in required]
    if optional and asker.yes(f"Set parameters that have a default ({', '.join(optional)})?", default=False):
        asked = list(properties)
    values: dict[str, Any] = {}
    for name in asked:
        must = needed and name in required
        hint = "" if must else "; nothing: " + ("when it is run" if name in required else "its default")
        question = f"Parameter {name}, {expected(properties[name], schema)}{hint}"
        value = asker.text(question, _reading(name, properties[name], schema, must=must))
        if value is not None:
            values[name] = value[0]
    return values


def _reading(
    name: str, wanted: Mapping[str, Any], schema: Mapping[str, Any], *, must: bool
) -> Callable[[str], tuple[Any] | None]:
    def read(answer: str) -> tuple[Any] | None:
        if not answer:
            if must:
                raise UsageError(f"A schedule's runs need {name}.")
            return None
        candidates: list[Any] = [answer]
        with suppress(ValueError, RecursionError):
            candidates.insert(0, json.loads(answer))
        problems = [list(check_value(wanted, candidate, schema, name)) for candidate in candidates]
        for candidate, found in zip(candidates, problems, strict=True):
            if not found:
                return (candidate,)
        raise UsageError(" ".join(f"{where} {problem}." for where, problem in problems[0]))

    return read
