"""What was read of each server's list of runs, and what of it is to be read again."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from flowtui.engine.listing import NEWEST, RunSort
from flowtui.tui.run_reader import RunReader
from flowtui.tui.servers.health import Health, health_of
from flowtui.tui.servers.link import ServerLink
from flowtui.tui.servers.merging import MOST, Merged, Part, merge
from flowtui.tui.servers.ordering import asked_as

__all__ = ["ServerReading", "merged_of"]

_PAGE: Final = 60
_MANY: Final = 100
"""More changed runs than this are read again as a page."""
_REST: Final = timedelta(seconds=2)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class ServerReading:
    """One server's part. Whoever awaits `read` is held up by this server alone."""

    def __init__(self, link: ServerLink, *, role: str, address: str) -> None:
        self.link, self.role, self.address = link, role, address
        self.reader = RunReader(link, page=_PAGE)
        self.has_read = False
        """Whether its list for the present filter was read once."""
        self.busy = False
        self._changed: set[str] = set()
        self._rests_until = _NEVER
        self._all = False

    @property
    def name(self) -> str:
        return self.link.name

    def health(self, now: datetime, zone: tzinfo | None) -> Health:
        """How the server is doing."""
        return health_of(self.link.facts, now, zone)

    def ask(self, text: str, sort: RunSort = NEWEST) -> None:
        """Read the list of another filter, or in another order, from its top."""
        self.reader.ask(text, asked_as(sort))
        self.reader.start_over()
        self.has_read = False
        self._rests_until = _NEVER
        self.want(None)

    def want(self, ids: Iterable[str] | None) -> None:
        """Have these runs looked at again; None is all of the list."""
        if ids is None or not self.has_read or self.reader.sort != NEWEST:  # what changed may stand elsewhere now
            self._all = True
        else:
            self._changed.update(ids)

    @property
    def is_wanted(self) -> bool:
        """Whether there is something to read, and somebody who may answer. What no index has in its order is sorted
        anew each time, so not at every change."""
        rests = self.link.now() < self._rests_until
        return (self._all or bool(self._changed)) and self.link.is_open and not rests

    async def read(self) -> frozenset[str] | None:
        """Read what is wanted; answers with the runs that may look different, None for all. Raises `FlowtuiError`, and
        then it is wanted still."""
        changed, everything = frozenset(self._changed), self._all or len(self._changed) > _MANY
        self._changed, self._all = set(), False
        try:
            if not everything:
                await self.reader.read_changed(changed)
                return changed
            if await self.reader.read_first():
                self.has_read = True
            if not self.reader.sort.what.has_index:
                self._rests_until = self.link.now() + _REST
        except BaseException:
            self._all = True
            raise
        return None

    async def read_on(self) -> None:
        """Read a page more. Raises `FlowtuiError`."""
        end = self.reader.list.end
        await self.reader.read_rows(end, min(end + _PAGE, MOST))


def merged_of(readings: Sequence[ServerReading], sort: RunSort, now: datetime, zone: tzinfo | None) -> Merged:
    """The lists of all as one."""
    parts = (Part(one.name, one.reader.list, one.health(now, zone).answers) for one in readings)
    return merge(parts, sort, now)
