"""Group commit: one thread per process that writes, so that a task costs microseconds.

Two ways in. `put` leaves an item to be written with others within 50 ms. `call` runs a piece of work in the same
transaction, after everything that was put before it, and waits for the commit: a barrier.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import sqlalchemy as sa

from flowtui.engine.errors import FlowtuiError, StoreError, StoreUnavailable
from flowtui.engine.store.database import PATIENCE_SECONDS, Database
from flowtui.engine.store.forking import not_forked
from flowtui.engine.store.postgres import is_duplicate

if TYPE_CHECKING:
    from flowtui.engine.store.batch import Item

__all__ = ["Writer"]

T = TypeVar("T")
Work = Callable[[sa.Connection], Any]
Call = tuple[Work, "Future[Any]"]
_logger = logging.getLogger("flowtui.store")

_GATHER_SECONDS: Final = 0.05
_GATHER_ITEMS: Final = 2_000  # a transaction's own price, 2 ms, is then 5 µs a task
# Beyond this many waiting items `put` waits too: memory stays bounded when the disk is slower than the tasks.
_WAITING_LIMIT: Final = 50_000
_RETRY_SECONDS: Final = 0.2
# Another process has just made what a call looked for and did not find: now it is found. (SQLite has one writer only.)
_SAME_NAME_TRIES: Final = 3
_CLOSE_SECONDS: Final = 30.0


class Writer:
    """The one writer of this process. `on_commit` is called after each commit, in the writer's thread."""

    def __init__(
        self, database: Database, on_commit: Callable[[], None], on_fenced: Callable[[set[str]], None]
    ) -> None:
        self._database = database
        self._on_commit = on_commit
        self._on_fenced = on_fenced
        self._wake = threading.Condition(threading.Lock())
        self._items: deque[Item] = deque()
        self._resting = True
        """The writer has nothing to do and has to be woken."""
        self._gathering = False
        """The writer has something, and waits for more until it is enough."""
        self._calls: list[Call] = []
        self._closing = False
        self._thread: threading.Thread | None = None

    def put(self, items: Iterable["Item"]) -> None:
        """Write these soon. Waits only when the store is far behind."""
        waiting = self._items
        waiting.extend(items)  # a deque takes them without a lock
        if self._resting or (self._gathering and len(waiting) >= _GATHER_ITEMS) or len(waiting) > _WAITING_LIMIT:
            self._hurry()

    def _hurry(self) -> None:
        with self._wake:
            if self._resting or self._gathering:
                self._start()
                self._resting = self._gathering = False
                self._wake.notify_all()
            while len(self._items) > _WAITING_LIMIT and not self._closing:
                self._wake.wait(0.05)

    def call(self, work: Callable[[sa.Connection], T]) -> T:
        """Run `work` in a transaction after everything that was put before; answer when it is committed."""
        future: Future[T] = Future()
        with self._wake:
            if self._closing:
                raise StoreError("The store has been closed; this process can write no more.")
            self._calls.append((work, future))
            self._start()
            self._wake.notify_all()
        return future.result()

    def flush(self) -> None:
        """Wait until everything put so far is committed."""
        if self._items or self._thread is not None:
            self.call(lambda connection: None)

    def close(self) -> None:
        """Write what is left, then stop the thread. Idempotent."""
        with self._wake:
            self._closing = True
            thread = self._thread
            self._wake.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_CLOSE_SECONDS)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="flowtui-writer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            items, calls, closing = self._take()
            if items or calls:
                # Each call has a transaction of its own, so that one that fails undoes only itself.
                self._commit_stubbornly(items, calls[0] if calls else None)
                for call in calls[1:]:
                    self._commit_stubbornly([], call)
                items, calls = [], []  # else the values that they carry would live until there is something new
            elif closing:
                return

    def _take(self) -> tuple[list["Item"], list[Call], bool]:
        """Wait for work; with only items at hand, wait a little longer for company."""
        with self._wake:
            while not (self._items or self._calls or self._closing):
                self._resting = True
                if not self._items:  # put looks at `resting` after it has added: one of the two sees the other
                    self._wake.wait()
            self._resting = False
            deadline = time.monotonic() + _GATHER_SECONDS
            while not self._calls and not self._closing and len(self._items) < _GATHER_ITEMS:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._gathering = True
                self._wake.wait(left)
            self._gathering = False
            calls, self._calls = self._calls, []  # before the items: what was put before a call is among them
            items = self._drained()
            self._wake.notify_all()  # whoever waits in put has room again
            return items, calls, self._closing

    def _drained(self) -> list["Item"]:
        take = self._items.popleft
        return [take() for _ in range(len(self._items))]

    def _commit_stubbornly(self, items: list["Item"], call: Call | None) -> None:
        """Commit. While the store refuses, items are kept for the next try; a caller is told, at once unless the store
        may be back in a moment."""
        attempt = _Attempt(items, call)
        begun, give_up = time.monotonic(), None
        while True:
            try:
                self._commit(attempt)
            except StoreError as error:
                if isinstance(error.__cause__, sa.exc.DataError):
                    self._commit_apart(items, attempt.call, error)
                    return
                waited = time.monotonic() - begun
                if not isinstance(error, StoreUnavailable) or waited > PATIENCE_SECONDS:
                    self._refuse(attempt.call, error)
                    attempt.call = None
                    self._refuse_the_waiting()
                if items and not attempt.tries:
                    _logger.warning("%s Records wait in memory until they can be written: %d.", error, len(items))
            except Exception as error:  # a value that cannot be written must not end the only writer
                self._commit_apart(items, attempt.call, error)
                return
            else:
                if attempt.tries and items:
                    _logger.warning("The store is back, and records that waited are written: %d.", len(items))
                return
            attempt.tries += 1
            if self._closing:
                give_up = give_up or time.monotonic() + _CLOSE_SECONDS
            if not (items or attempt.call) or (give_up is not None and time.monotonic() > give_up):
                self._refuse(attempt.call, StoreError("The store was closed before it could be written to."))
                return
            # Two that were in each other's way are not to meet again.
            time.sleep(min(_RETRY_SECONDS, 0.01 * 2**attempt.tries) * (0.5 + random.random()))  # noqa: S311

    def _refuse(self, call: Call | None, error: Exception) -> None:
        if call is not None:
            call[1].set_exception(error)

    def _refuse_the_waiting(self) -> None:
        """Callers that came while the store was out of order do not wait for it to come back."""
        with self._wake:
            calls, self._calls = self._calls, []
        for call in calls:
            self._refuse(
                call, StoreError("The store is out of order; what was recorded before is kept and tried again.")
            )

    def _commit_apart(self, items: list["Item"], call: Call | None, error: Exception) -> None:
        """Write one by one, so that only what cannot be written is lost, and say which."""
        if call is not None and items:
            self._commit_stubbornly(items, None)
            self._commit_stubbornly([], call)
            return
        self._refuse(call, error)
        if len(items) == 1:
            _logger.error("A record could not be written and is left out: %s: %s", error, repr(items[0])[:500])
            return
        for item in items:
            self._commit_stubbornly([item], None)

    def _commit(self, attempt: "_Attempt") -> None:
        """Do it once. When the answer to the last commit was lost, ask first what became of it."""
        if attempt.receipt is None or not self._database.has_committed(attempt.receipt):
            attempt.receipt, attempt.fenced, attempt.outcome = None, set(), None
            if not self._transact(attempt):
                return
        self._on_commit()
        if attempt.fenced:
            self._on_fenced(attempt.fenced)
        if attempt.outcome is not None and attempt.call is not None:
            attempt.outcome()

    def _transact(self, attempt: "_Attempt") -> bool:
        """False when nothing was to be committed, because the call, which was alone, was refused and has been told."""
        with not_forked():  # a copy that is made in the midst of an import waits for its end for ever
            from flowtui.engine.store.batch import Batch, write_batch  # noqa: PLC0415 - 10 ms that readers save

        for left in reversed(range(_SAME_NAME_TRIES)):
            try:
                with self._database.write() as connection:
                    if attempt.items:
                        attempt.fenced = write_batch(self._database, connection, Batch.of(attempt.items))
                    if attempt.call is not None:
                        attempt.outcome = _carry_out(connection, attempt.call, alone=not attempt.items)
                    attempt.receipt = self._database.receipt(connection)
            except _Refused as refused:
                if not (left and is_duplicate(refused.error)):
                    self._refuse(attempt.call, refused.error)
                    return False
            else:
                return True
        raise AssertionError("unreachable")


class _Refused(Exception):
    """The work of a call that is alone in its transaction raised what its caller has to be told."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(slots=True)
class _Attempt:
    """What is to be committed together, and how far that has come."""

    items: "list[Item]"
    call: Call | None
    tries: int = 0
    fenced: set[str] = field(default_factory=set)
    outcome: Callable[[], None] | None = None
    receipt: str | None = None
    """By which the store knows the transaction, from just before its commit."""


def _carry_out(connection: sa.Connection, call: Call, *, alone: bool) -> Callable[[], None]:
    """Do a call's work; answer with how its caller is told once everything is committed.

    What was written before it is kept when it fails, by a savepoint. Raises `_Refused` when it is `alone`.
    """
    work, future = call
    if alone:
        try:
            return partial(future.set_result, work(connection))
        except (FlowtuiError, sa.exc.IntegrityError) as error:
            raise _Refused(error) from error
    for left in reversed(range(_SAME_NAME_TRIES)):
        savepoint = connection.begin_nested()
        try:
            answer = work(connection)
        except (FlowtuiError, sa.exc.IntegrityError) as error:
            savepoint.rollback()
            if not (left and is_duplicate(error)):
                return partial(future.set_exception, error)
        else:
            savepoint.commit()
            return partial(future.set_result, answer)
    raise AssertionError("unreachable")
