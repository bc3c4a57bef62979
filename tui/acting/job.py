"""A batch under way: some runs at a time, with what became of each; it can be stopped, and what failed tried again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from flowtui.engine.bulk import AT_ONCE, Outcome
from flowtui.engine.run_changes import RunChange
from flowtui.tui.acting.place import Place

__all__ = ["Group", "Job"]

Group: TypeAlias = tuple[RunChange, tuple[str, ...]]
Some: TypeAlias = Callable[[tuple[str, ...], RunChange], Awaitable[tuple[Outcome, ...]]]


class Job:
    """`groups` are the runs, with what is done to them. `some` does it to a few dozen, and waits for that elsewhere, so
    that the loop stays free. Whoever watches is called whenever something has become of some."""

    def __init__(
        self,
        title: str,
        groups: Sequence[Group],
        some: Some,
        names: Mapping[str, str] = MappingProxyType({}),
        place: Place | None = None,
    ) -> None:
        self.title = title
        self.place = place
        """The store that the runs are in, where it is not the one that the workstation is on."""
        self.names = names
        """What runs are called, by their ids, as far as it is known."""
        self.total = sum(len(ids) for _, ids in groups)
        self.done = self.skipped = 0
        self.failed: list[tuple[RunChange, Outcome]] = []
        self.last: Outcome | None = None
        self.back: dict[RunChange, list[str]] = {}
        """What takes back what was done, and of which runs."""
        self.lasting: str | None = None
        """Why some of it cannot be taken back."""
        self.is_running = False
        self.is_stopped = False
        self._left = list(groups)
        self._some = some
        self._watchers: list[Callable[[], Any]] = []

    @property
    def tried(self) -> int:
        """Of how many runs it is known what became of them."""
        return self.done + self.skipped + len(self.failed)

    def watch(self, watcher: Callable[[], Any]) -> None:
        self._watchers.append(watcher)

    def unwatch(self, watcher: Callable[[], Any]) -> None:
        self._watchers.remove(watcher)

    def stop(self) -> None:
        """Leave the rest as it is, after the runs that are being seen to."""
        self.is_stopped = True

    async def run(self) -> None:
        """Do it to all that are left."""
        self.is_running, self.is_stopped = True, False
        try:
            while self._left and not self.is_stopped:
                change, ids = self._left.pop(0)
                some, rest = ids[:AT_ONCE], ids[AT_ONCE:]
                if rest:
                    self._left.insert(0, (change, rest))
                for outcome in await self._some(some, change):
                    self._count(change, outcome)
                self._tell()
        finally:
            self.is_running = False
            self._tell()

    def again(self) -> None:
        """Have `run` try what failed once more."""
        groups: dict[RunChange, list[str]] = {}
        for change, outcome in self.failed:
            groups.setdefault(change, []).append(outcome.run_id)
        self.failed = []
        self._left += [(change, tuple(ids)) for change, ids in groups.items()]

    def _count(self, change: RunChange, outcome: Outcome) -> None:
        self.last = outcome
        if outcome.fate == "failed":
            self.failed.append((change, outcome))
            return
        if outcome.fate == "skipped":
            self.skipped += 1
            return
        self.done += 1
        if outcome.back is not None:
            self.back.setdefault(outcome.back, []).append(outcome.run_id)
        elif outcome.lasting is not None:
            self.lasting = outcome.lasting

    def _tell(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()

    @property
    def words(self) -> str:
        """`17 done, 3 failed`: what came of it so far."""
        parts = [f"{self.done:,} done"]
        parts += [f"{self.skipped:,} left as they are"] if self.skipped else []
        parts += [f"{len(self.failed):,} failed"] if self.failed else []
        left = self.total - self.tried
        parts += [f"{left:,} not tried"] if left and not self.is_running else []
        return ", ".join(parts)
