"""What is asked before a verb is carried out that takes more than yes: a state, tags, input, other parameters."""

import shlex
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.model import FlowRun
from flowtui.engine.run_changes import Resume, SetState, Tag
from flowtui.tui.acting.questions import question_about
from flowtui.tui.acting.run_verbs import RunVerb
from flowtui.tui.acting.target import Target

if TYPE_CHECKING:
    from flowtui.tui.acting.acting import Acting

__all__ = ["PROCEDURES", "asked_input"]

Procedure: TypeAlias = Callable[["Acting", RunVerb, Target], Awaitable[bool]]


async def _retry(acting: "Acting", verb: RunVerb, target: Target) -> bool:
    """One by its plan, several at once, and one of another server, too."""
    if target.one is not None and target.place is None:
        acting.app.open_retry_plan(target.one.id)
        return True
    assert verb.change is not None
    of_workers = target.only(lambda run: run.deployment_id is not None)
    if not of_workers.ids:
        acting.app.tell("None of them has a deployment; R on each one of them runs it here.")
        return False
    return await acting.carry_out(verb, of_workers, verb.change)


async def _delete(acting: "Acting", verb: RunVerb, target: Target) -> bool:
    assert verb.change is not None
    if not await acting.ask(question_about(verb, target, acting.app.client.address)):
        return False
    acting.do_later(verb, target, verb.change)
    return True


async def _tag(acting: "Acting", verb: RunVerb, target: Target) -> bool:
    """For one run its tags are edited; for several, `+tag` gives one and `-tag` takes one away."""
    from flowtui.tui.screens.prompt import PromptScreen  # noqa: PLC0415 - only when it is shown

    run = target.one
    now = shlex.join(run.tags) if run else ""
    hint = "its tags, with spaces between" if run else "+seen -todo"
    question = f"Tags of {target.name}"
    while True:
        text = await acting.app.push_screen_wait(PromptScreen(question, value=now, hint=hint, done="set", adding=True))
        if text is None:
            return False
        change = _tag_change(text, run)
        if isinstance(change, Tag):
            break
        acting.app.tell(change)
        now = text
    what = "".join(f" +{tag}" for tag in change.add) + "".join(f" -{tag}" for tag in change.remove)
    return await acting.carry_out(verb, target, change, what=what)


def _tag_change(text: str, run: FlowRun | None) -> Tag | str:
    """What was typed, as a change; or a sentence that says what is wrong with it."""
    try:
        words = shlex.split(text)
    except ValueError:
        return "A quotation mark is missing."
    if "" in words:
        return "A tag needs at least one letter."
    if run is not None and not any(word[0] in "+-" for word in words):
        add, remove = set(words) - set(run.tags), set(run.tags) - set(words)
    else:
        add = {word[1:] for word in words if word[0] == "+"}
        remove = {word[1:] for word in words if word[0] == "-"}
        if len(add) + len(remove) < len(set(words)) or "" in add | remove:
            return "Write +tag to give a tag to all of them, and -tag to take one away."
    if both := add & remove:
        return f"Tag {min(both)!r} is to be given and taken away; decide for one."
    if not add and not remove:
        return "These are its tags already." if run else "Write +tag to give a tag, and -tag to take one away."
    return Tag(add=tuple(sorted(add)), remove=tuple(sorted(remove)))


async def _set_state(acting: "Acting", verb: RunVerb, target: Target) -> bool:
    from flowtui.tui.screens.state_menu import StateMenuScreen  # noqa: PLC0415 - only when it is shown

    change: SetState | None = await acting.app.push_screen_wait(StateMenuScreen(target, acting.app.now()))
    if change is None:
        return False
    return await acting.carry_out(verb, target, change, what=f" to {change.name}")


async def _resume(acting: "Acting", verb: RunVerb, target: Target) -> bool:
    """Ask for the input that the pause of one run wants."""
    run = target.one
    if run is None or target.place is not None:
        return await acting.carry_out(verb, target, Resume())
    try:
        asked = await acting.app.call(asked_input, acting.app.client, run)
    except FlowtuiError as error:
        acting.app.notify_error(error)
        return False
    if asked is None:
        return await acting.carry_out(verb, target, Resume())
    from flowtui.tui.screens.resume_form import ResumeFormScreen  # noqa: PLC0415 - only when it is shown

    acting.app.push_screen(ResumeFormScreen(run, *asked))
    return True


def asked_input(client: Client, run: FlowRun) -> tuple[Mapping[str, Any], str] | None:
    """The JSON schema of what a paused run asks for, and its words; None when it asks for nothing."""
    keys = run.state.details.get("run_input_keyset") or {}
    schema = client.find_run_input(run.id, keys["schema"]) if keys else None
    if schema is None:
        return None
    said = client.find_run_input(run.id, keys["description"]) if keys.get("description") else None
    return schema.value, str(said.value) if said is not None and said.value else ""


async def _again(acting: "Acting", verb: RunVerb, target: Target) -> bool:
    from flowtui.tui.acting.again import run_again  # noqa: PLC0415 - only when it is asked for

    return await run_again(acting, target, with_changes=verb.id == "again-with")


PROCEDURES: Final[Mapping[str, Procedure]] = {
    "retry": _retry,
    "delete": _delete,
    "tag": _tag,
    "set-state": _set_state,
    "resume": _resume,
    "again": _again,
    "again-with": _again,
}
