"""Everything that is done to the store from the workstation goes through here: asked, carried out, written down, and
taken back."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.timer import Timer

from flowtui.engine.bulk import AT_ONCE, Outcome, carry_out_some
from flowtui.engine.errors import FlowtuiError, UsageError
from flowtui.engine.run_changes import RunChange
from flowtui.tui.acting.calls import change_command, change_python, on_profile
from flowtui.tui.acting.deed import Deed, Done
from flowtui.tui.acting.grace import Grace
from flowtui.tui.acting.job import Group, Job
from flowtui.tui.acting.journal import Entry, Journal, Result, open_journal
from flowtui.tui.acting.place import Place
from flowtui.tui.acting.questions import Question, question_about
from flowtui.tui.acting.run_verbs import RUN_VERBS, Danger, RunVerb
from flowtui.tui.acting.target import Subjects, Target, target_of

if TYPE_CHECKING:
    from flowtui.tui.app import FlowtuiApp

__all__ = ["READ_ONLY", "Acting"]

GRACE_SECONDS: Final = 10.0
READ_ONLY: Final = (
    "This workstation only reads: it was opened with --read-only, or FLOWTUI_READ_ONLY or its profile says so."
)
_LEFT: Final = "the workstation was left before it was done"
_LEFT_STORE: Final = "The workstation has left the store in which it was done."
_UNDOES: Final = "   u undoes it"


class Acting:
    """What was done in this workstation, and what can be taken back. Its coroutines are awaited in workers of the app,
    so that they live on when a screen is closed."""

    def __init__(
        self,
        app: "FlowtuiApp",
        *,
        read_only: bool = False,
        journal_file: Callable[[], Path] | None = None,
        grace_seconds: float = GRACE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self.read_only = read_only
        self.journal = Journal()
        self.grace_seconds = grace_seconds
        self.clock = clock
        self.graces: dict[str, Grace] = {}
        """Deletions that can still be called off, by the id of their entry."""
        self._journal_file = journal_file
        self._opening = asyncio.Lock()
        self._asking: object | None = None
        """What a person is being asked about: until that is answered, a second press of a key asks nothing more."""
        self._jobs: dict[str, Job] = {}
        """Batches under way, by the id of their entry."""
        self._undoable: dict[str, Callable[[], Awaitable[None]]] = {}
        self._elsewhere: set[str] = set()
        """Entries of what was done in other stores than the one that the workstation is on."""
        self._ticks: Timer | None = None

    async def open(self) -> None:
        """Read the journal of earlier times, once. Whatever is done waits for that."""
        async with self._opening:
            file, self._journal_file = self._journal_file, None
            if file is not None:
                self.journal = await self.app.call(_opened, file)

    def close(self) -> None:
        """What has not been done yet is not done."""
        for entry_id in tuple(self.graces):
            self._call_off(entry_id, "dropped", _LEFT)

    def change_store(self, *, read_only: bool) -> None:
        """The workstation goes to another store: what was done in the one before cannot be taken back from there."""
        self.close()
        self._give_up(self._undoable.keys() - self._elsewhere)
        self.read_only = read_only

    def leave_others(self) -> None:
        """The lines to other stores are closed: what was done there cannot be taken back from here any more."""
        self._give_up(self._undoable.keys() & self._elsewhere)

    def _give_up(self, entry_ids: Iterable[str]) -> None:
        for entry_id in tuple(entry_ids):
            del self._undoable[entry_id]
            self.journal.change(entry_id, undo="no", undo_words=_LEFT_STORE)

    # -- one thing ----------------------------------------------------------------------------------------------------

    async def attempt(self, deed: Deed, undoes: Entry | None = None) -> Done:
        """Do it and write it down. Raises the error with which it was refused."""
        self._require_writing()
        await self.open()
        app = self.app
        entry = self._begin(deed.title, deed.command, deed.python)
        begun = self.clock()
        try:
            done = await app.call(deed.do, app.client)
        except FlowtuiError as error:
            self.journal.change(entry.id, result="failed", words=str(error), seconds=self.clock() - begun)
            raise
        back = done.back if undoes is None else None
        self.journal.change(
            entry.id,
            result="done",
            words=done.words,
            seconds=self.clock() - begun,
            undo="can" if back else "no",
            undo_words=f"It took back: {undoes.title}." if undoes else _sentence(done.lasting),
        )
        if back is not None:
            self._undoable[entry.id] = lambda: self._undo_deed(entry, back)
        if undoes is not None:
            self.journal.change(undoes.id, undo="undone", undo_words=f"{deed.title}.")
        return done

    def _begin(
        self, title: str, command: str, python: str, result: Result = "under way", place: Place | None = None
    ) -> Entry:
        """Write down that something is being done; the command names the profile, wherever it is used later."""
        app = self.app
        profile = app.status.profile if place is None else place.profile
        return self.journal.begin(app.now(), title, on_profile(command, profile), python, result)

    async def perform(self, deed: Deed) -> Done | None:
        """Do it, write it down, and say what came of it; None when it was refused."""
        try:
            done = await self.attempt(deed)
        except FlowtuiError as error:
            self.app.notify_error(error)
            return None
        if done.words:
            self.app.tell(done.words + (_UNDOES if done.back else ""))
        return done

    async def _undo_deed(self, entry: Entry, back: Deed) -> None:
        try:
            done = await self.attempt(back, undoes=entry)
        except FlowtuiError as error:
            self.journal.change(entry.id, undo="no", undo_words=f"It could not be undone: {error}")
            self.app.notify_error(error)
            return
        self.app.tell(f"Undone: {done.words}")

    def _require_writing(self) -> None:
        if self.read_only:
            raise UsageError(READ_ONLY)

    # -- runs ---------------------------------------------------------------------------------------------------------

    @property
    def under_way(self) -> str:
        """What a batch is doing just now; empty when there is none."""
        return "\n".join(f"{job.title}: {job.tried:,} of {job.total:,}" for job in self._jobs.values())

    async def act(self, verb_id: str, subjects: Subjects | Target) -> bool:
        """Do something to runs. The target is fixed now; what has to be asked is asked. False when nothing was done."""
        if self._asking is not None:
            return False
        asking = self._asking = object()
        try:
            await self.open()
            return await self._act(verb_id, subjects)
        finally:
            if self._asking is asking:
                self._asking = None

    async def act_together(self, verb_id: str, targets: Mapping[str, Target], left: Sequence[str]) -> bool:
        """Do something to runs of several servers, which are fixed by now. False when nothing was done."""
        from flowtui.tui.acting.together import act_together  # noqa: PLC0415 - only among many servers

        if self._asking is not None:
            return False
        asking = self._asking = object()
        try:
            await self.open()
            return await act_together(self, verb_id, targets, left)
        finally:
            if self._asking is asking:
                self._asking = None

    async def _act(self, verb_id: str, subjects: Subjects | Target) -> bool:
        app, verb = self.app, RUN_VERBS[verb_id]
        if self.read_only and not (isinstance(subjects, Target) and subjects.place is not None):
            app.tell(READ_ONLY)
            return False
        try:
            target = subjects
            if not isinstance(target, Target):
                target = await app.call(target_of, app.client, target)
        except FlowtuiError as error:
            app.notify_error(error)
            return False
        if not target.ids:
            app.tell("No run is meant, or those that were are gone.")
            return False
        fitting = target.only(lambda run: verb.why_not_in(target, run) is None)
        if not fitting.ids:
            app.tell(_why_none(verb, target))
            return False
        from flowtui.tui.acting.procedures import PROCEDURES  # noqa: PLC0415 - brings dialogs, when the first is needed

        return await PROCEDURES.get(verb.id, _plainly)(self, verb, fitting)

    async def carry_out(
        self, verb: RunVerb, target: Target, change: RunChange, *, what: str = "", asked: bool = False
    ) -> bool:
        """Ask unless that was done already, then do it to all. `what` says with what: ` to Failed`."""
        where = target.place.name if target.place is not None else self.app.client.address
        if not asked and not await self.ask(question_about(verb, target, where, what)):
            return False
        self._asking = None
        title = f"{verb.word.capitalize()} {target.name}{what}"
        command, python = change_command(change, target.written), change_python(change, target.written)
        entry = self._begin(title, command, python, place=target.place)
        job = self._job(title, [(change, target.ids)], target, target.place)
        await self._run_job(job, entry, f"{verb.doing} {target.name}{what}")
        return True

    async def ask(self, question: Question) -> bool:
        """Whether a person agrees."""
        app = self.app
        if question.danger is Danger.NONE:
            return True
        if question.danger is Danger.TYPE:
            from flowtui.tui.screens.confirm import TypeScreen  # noqa: PLC0415 - only when it is shown

            screen = TypeScreen(question.title, question.detail, question.word)
            typed: str | None = await app.push_screen_wait(screen)
            return bool(typed)
        return await app.confirm(question.title, question.detail)

    def _job(self, title: str, groups: Sequence[Group], target: Target | None, place: Place | None) -> Job:
        async def some(ids: tuple[str, ...], change: RunChange) -> tuple[Outcome, ...]:
            if place is None:
                return await self.app.call(carry_out_some, self.app.client, ids, change)
            outcomes: tuple[Outcome, ...] = await place.call(carry_out_some, place.client, ids, change)
            return outcomes

        return Job(title, groups, some, target.names if target is not None else {}, place)

    async def _run_job(self, job: Job, entry: Entry, doing: str, undoes: Entry | None = None) -> None:
        begun, shown = self.clock(), job.total - job.tried > AT_ONCE
        if shown:
            self._show(job, entry, doing, undoes)
        await self._run(job, entry)
        self._write_down(job, entry, self.clock() - begun, undoes)
        if not job.failed:
            self.app.tell(_told(job, doing) + (_UNDOES if job.back and undoes is None else ""))
        elif job.total == 1:
            self.app.notify_error(UsageError(_sentence(f"{doing} was refused: {job.failed[0][1].reason}")))
        elif not shown:
            self._show(job, entry, doing, undoes)

    async def _run(self, job: Job, entry: Entry) -> None:
        self._jobs[entry.id] = job
        try:
            await job.run()
        except asyncio.CancelledError:  # the workstation is left; the runs that are being seen to are the last ones
            words = f"{job.done:,} done, {job.total - job.done:,} perhaps not: {_LEFT}"
            self.journal.change(entry.id, result="partly", words=_sentence(words), undo="no")
            raise
        finally:
            del self._jobs[entry.id]

    def _show(self, job: Job, entry: Entry, doing: str, undoes: Entry | None) -> None:
        from flowtui.tui.screens.batch import BatchScreen  # noqa: PLC0415 - only when it is shown

        def again() -> None:
            job.again()
            self.app.run_worker(self._try_again(job, entry, doing, undoes), exit_on_error=False)

        self.app.push_screen(BatchScreen(job, again))

    async def _try_again(self, job: Job, entry: Entry, doing: str, undoes: Entry | None) -> None:
        begun = self.clock()
        await self._run(job, entry)
        self._write_down(job, entry, self.clock() - begun, undoes)
        if not job.failed:
            self.app.tell(_told(job, doing))

    def _write_down(self, job: Job, entry: Entry, seconds: float, undoes: Entry | None) -> None:
        result: Result = "partly" if job.done else "failed"
        if not job.failed and job.tried == job.total:
            result = "done"
        words = job.words
        if job.total == 1 and job.last is not None:
            now = f"it is {job.last.state.name} now" if job.last.state else "done"
            words = job.last.reason or now
        can = bool(job.back) and undoes is None
        self.journal.change(
            entry.id,
            result=result,
            words=_sentence(words),
            seconds=seconds,
            undo="can" if can else "no",
            undo_words=f"It took back: {undoes.title}." if undoes else _sentence(job.lasting),
        )
        if can:
            self._undoable[entry.id] = lambda: self._undo_job(entry, job)
            if job.place is not None:
                self._elsewhere.add(entry.id)
        if undoes is not None:
            undone = "undone" if result == "done" else "no"
            self.journal.change(undoes.id, undo=undone, undo_words=_sentence(f"taken back: {job.words}"))

    async def _undo_job(self, entry: Entry, job: Job) -> None:
        groups: list[Group] = [(change, tuple(ids)) for change, ids in job.back.items()]
        title = f"Undo: {entry.title}"
        command = "\n".join(change_command(change, ids) for change, ids in groups)
        python = "\n\n".join(change_python(change, ids) for change, ids in groups)
        undoing = self._begin(title, command, python, place=job.place)
        await self._run_job(self._job(title, groups, None, job.place), undoing, title, undoes=entry)

    # -- later --------------------------------------------------------------------------------------------------------

    def do_later(self, verb: RunVerb, target: Target, change: RunChange) -> None:
        """Do it when the time of grace is over, unless it is called off before."""
        title, doing = f"{verb.word.capitalize()} {target.name}", f"{verb.doing} {target.name}"
        command, python = change_command(change, target.written), change_python(change, target.written)
        entry = self._begin(title, command, python, "waiting")
        self.journal.change(entry.id, undo="can", words="Not done yet.")

        async def act() -> None:
            await self._run_job(self._job(title, [(change, target.ids)], target, target.place), entry, doing)

        until = self.clock() + self.grace_seconds
        self.graces[entry.id] = Grace(entry_id=entry.id, title=doing, until=until, act=act)
        self._undoable[entry.id] = lambda: self._keep(entry.id)
        if self._ticks is None:
            self._ticks = self.app.set_interval(min(self.grace_seconds / 4, 0.5), self._tick)
        self._tick()

    def _tick(self) -> None:
        """What is due is done; the line that counts down is brought up to date."""
        now = self.clock()
        for grace in [grace for grace in self.graces.values() if grace.until <= now]:
            del self.graces[grace.entry_id]
            self._undoable.pop(grace.entry_id, None)
            self.journal.change(grace.entry_id, result="under way", undo="no", words="")
            self.app.run_worker(grace.act(), exit_on_error=False)
        if not self.graces and self._ticks is not None:
            self._ticks.stop()
            self._ticks = None
        self.app.show_grace()

    @property
    def grace_words(self) -> str:
        """What is about to be done, and how to keep that from happening; empty when nothing is."""
        if not self.graces:
            return ""
        now, graces = self.clock(), list(self.graces.values())
        more = f", and {len(graces) - 1} more" if len(graces) > 1 else ""
        return graces[-1].words(now) + more

    async def _keep(self, entry_id: str) -> None:
        grace = self.graces[entry_id]
        self._call_off(entry_id, "dropped", "it was called off")
        self.app.tell(f"Called off: {grace.title[:1].lower()}{grace.title[1:]}.")
        self._tick()

    def _call_off(self, entry_id: str, result: Result, words: str) -> None:
        del self.graces[entry_id]
        self._undoable.pop(entry_id, None)
        self.journal.change(entry_id, result=result, words=_sentence(words), undo="undone", undo_words="")

    # -- undoing ------------------------------------------------------------------------------------------------------

    async def undo(self, entry_id: str | None = None) -> None:
        """Take back what was done last, or what an entry says."""
        found = entry_id if entry_id is not None else next(reversed(self._undoable), None)
        if self.read_only and found not in self._elsewhere:
            self.app.tell(READ_ONLY)
            return
        await self.open()
        back = None if found is None else self._undoable.pop(found, None)
        if back is None:
            entry = self.journal.get(entry_id) if entry_id else None
            why = f"“{entry.title}” cannot be undone. {entry.undo_words}" if entry else "There is nothing to undo."
            self.app.tell(why.strip())
            return
        await back()


async def _plainly(acting: Acting, verb: RunVerb, target: Target) -> bool:
    assert verb.change is not None
    return await acting.carry_out(verb, target, verb.change)


def _opened(file: Callable[[], Path]) -> Journal:
    return open_journal(file())


def _why_none(verb: RunVerb, target: Target) -> str:
    if (run := target.one) is not None:
        return f"{target.name}: {verb.why_not_in(target, run)}."
    reasons = list(dict.fromkeys(verb.why_not_in(target, run) for run in target.runs))
    return f"{verb.word.capitalize()} fits none of these {target.name}. Of the first: {reasons[0]}."


def _told(job: Job, doing: str) -> str:
    if job.done == job.total:
        return f"{doing}."
    if job.total == 1 and job.last is not None:
        return _sentence(f"{doing}: {job.last.reason}")
    return f"{doing}: {job.words}."


def _sentence(words: str | None) -> str:
    if not words:
        return ""
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "?", "!")) else ".")
