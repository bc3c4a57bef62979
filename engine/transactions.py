"""Transactions: what is done within one is committed as a whole, or rolled back by hooks that undo it.

with transaction() as txn:
    write_file(path)      # a task with @write_file.on_rollback
    check(path)           # fails: the file is taken away again
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from contextvars import ContextVar, Token
from copy import deepcopy
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from flowtui.engine.caching.isolation import IsolationLevel
from flowtui.engine.context import current_flow_run, current_task_run
from flowtui.engine.ids import new_id
from flowtui.engine.logs import get_logger, get_run_logger

if TYPE_CHECKING:
    from flowtui.engine.results.records import ResultRecord
    from flowtui.engine.results.store import ResultStore
    from flowtui.engine.runs.steps import Step

__all__ = [
    "AsyncTransaction",
    "CommitMode",
    "IsolationLevel",
    "Transaction",
    "TransactionState",
    "atransaction",
    "get_transaction",
    "transaction",
    "transaction_around",
]

Hook = Callable[..., Any]
"""Called with the transaction; may be async."""


class CommitMode(StrEnum):
    """When a transaction commits."""

    EAGER = "EAGER"
    """When its block ends, whatever becomes of the one around it."""
    LAZY = "LAZY"
    """With the one around it; the outermost one when its block ends."""
    OFF = "OFF"
    """When `commit()` is called; else it is rolled back."""


class TransactionState(StrEnum):
    """How far a transaction has come."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    STAGED = "STAGED"
    COMMITTED = "COMMITTED"
    ROLLED_BACK = "ROLLED_BACK"


_ENDED: Final = frozenset({TransactionState.COMMITTED, TransactionState.ROLLED_BACK})
_MISSING: Final = object()
_current: ContextVar["Transaction | None"] = ContextVar("flowtui_transaction", default=None)


def get_transaction() -> "Transaction | None":
    """The innermost transaction that this code belongs to; a task with transaction hooks has one of its own."""
    return _current.get()


def transaction_around() -> "Transaction | None":
    """The transaction that decides over what is begun here: a block, or a task's own within a block."""
    current = _current.get()
    return None if current is None or (current.task_run is not None and current.parent is None) else current


class Transaction:
    """A unit of work. Use it as a context manager; see `transaction` for the arguments."""

    def __init__(
        self,
        *,
        key: str | None = None,
        store: "ResultStore | None" = None,
        commit_mode: CommitMode | str | None = None,
        isolation_level: IsolationLevel | str | None = None,
        overwrite: bool = False,
        write_on_commit: bool = True,
        logger: Any = None,
    ) -> None:
        self.id = new_id()
        self.key = key
        self.task_run: str | None = None
        """The name of the task run whose own it is."""
        self.run_id: str | None = None
        """The id of that task run; of a block, that of the flow run in which it was entered."""
        self.commit_mode = None if commit_mode is None else CommitMode(commit_mode)
        self.isolation_level = None if isolation_level is None else IsolationLevel(isolation_level)
        self.overwrite = overwrite
        self.write_on_commit = write_on_commit
        self.state = TransactionState.PENDING
        self.parent: Transaction | None = None
        self.children: list[Transaction] = []
        self.on_commit_hooks: list[Hook] = []
        self.on_rollback_hooks: list[Hook] = []
        self.doomed: str | None = None
        """Why it cannot commit, once something within it has failed."""
        self._given_store, self._logger = store, logger
        self._values: dict[str, Any] = {}
        self._staged: Any = None
        self.open: list[Future[Any]] = []
        """The tasks that were submitted within it."""
        self.token: Token[Transaction | None] | None = None
        """Kept from entering its block to leaving it."""
        self.release: Callable[[], None] | None = None
        """Gives back the lock that it holds."""
        self.write: Callable[[], Any] | None = self._write_staged if key is not None else None
        """Keeps what was staged, when it is committed."""
        self.undo: Callable[[], Any] | None = None
        """Notes that it was rolled back, after its hooks."""

    # -- values -----------------------------------------------------------------------------------------------------

    @property
    def store(self) -> "ResultStore":
        """Where its record is kept."""
        if self._given_store is None:
            from flowtui.engine.results.store import ResultStore  # noqa: PLC0415 - only a transaction with a key has one

            self._given_store = ResultStore()
        return self._given_store

    @property
    def logger(self) -> Any:
        if self._logger is None:
            inside = current_task_run() is not None or current_flow_run() is not None
            self._logger = get_run_logger() if inside else get_logger("transactions")
        return self._logger

    def set(self, name: str, value: Any) -> None:
        """Keep a value for hooks and for transactions within this one."""
        self._values[name] = value

    def get(self, name: str, default: Any = _MISSING) -> Any:
        """A copy of a value of this transaction or of one around it. Raises `ValueError` when there is none."""
        if name in self._values:
            return deepcopy(self._values[name])
        if self.parent is not None:
            return self.parent.get(name, default)
        if default is _MISSING:
            raise ValueError(f"The transaction has no value {name!r}.")
        return default

    def values(self) -> Mapping[str, Any]:
        """Its own values by name."""
        return self._values

    def recall(self, values: Mapping[str, Any]) -> None:
        """Take over what was set before its process died."""
        self._values.update(values)

    def stage(
        self,
        value: Any,
        on_rollback_hooks: Sequence[Hook] | None = None,
        on_commit_hooks: Sequence[Hook] | None = None,
    ) -> None:
        """Make a value ready to be kept under the transaction's key. Nothing, when it is committed already."""
        if self.has_ended():
            return
        self._staged = value
        self.on_rollback_hooks += on_rollback_hooks or ()
        self.on_commit_hooks += on_commit_hooks or ()
        self.state = TransactionState.STAGED

    def read(self) -> "ResultRecord | None":
        """The record that is kept under the key; None without a key. Raises `NotFound` when there is none."""
        return None if self.key is None else self.store.read(self.key)

    def has_ended(self) -> bool:
        """Whether it is committed or rolled back."""
        return self.state in _ENDED

    def is_pending(self) -> bool:
        return self.state is TransactionState.PENDING

    def is_active(self) -> bool:
        return self.state is TransactionState.ACTIVE

    def is_staged(self) -> bool:
        return self.state is TransactionState.STAGED

    def is_committed(self) -> bool:
        return self.state is TransactionState.COMMITTED

    def is_rolled_back(self) -> bool:
        return self.state is TransactionState.ROLLED_BACK

    # -- what is within it ------------------------------------------------------------------------------------------

    def doom(self, reason: str) -> None:
        """Something within it failed: it is rolled back when its block ends. Of a task only its own end decides."""
        if self.task_run is None:
            self.doomed = self.doomed or reason

    def opened(self, future: Future[Any]) -> None:
        """A task was submitted within it; the block does not end before the task does."""
        if self.task_run is not None and self.parent is not None:
            self.parent.opened(future)
        else:
            self.open.append(future)

    def is_held(self, key: str, manager: Any) -> bool:
        """Whether one around it holds the lock of a key: who waited for that would wait for itself."""
        above = self.parent
        while above is not None:
            if above.key == key and above.release is not None and above.store.lock_manager == manager:
                return True
            above = above.parent
        return False

    # -- its record and its lock ------------------------------------------------------------------------------------

    def _write_staged(self) -> None:
        if self.key is not None and self.is_staged():
            self.store.write(self._staged, self.key, source=f"transaction {self.key!r}")

    def let_go(self) -> None:
        """Give back the lock that it holds, if any."""
        release, self.release = self.release, None
        if release is not None:
            try:
                release()
            except Exception as error:  # its time had passed, and somebody else has it
                self.logger.warning("%s", error)

    # -- how it is used ---------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._carry_out(_steps().begin_steps(self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._carry_out(_steps().end_steps(self, error))

    def commit(self) -> bool:
        """Commit it now. True when it is committed by this; False when it had ended, or was rolled back instead."""
        return bool(self._carry_out(_steps().commit_steps(self)))

    def rollback(self) -> bool:
        """Undo it now. True when that undid something; False when it had ended."""
        return bool(self._carry_out(_steps().rollback_steps(self)))

    def _carry_out(self, steps: "Generator[Step, Any, Any]") -> Any:
        """Carry out steps in this thread."""
        from flowtui.engine.runs.drivers import drive  # noqa: PLC0415 - the run machinery loads with the first run

        return drive(steps, self, _nothing_to_call)

    async def _acarry_out(self, steps: "Generator[Step, Any, Any]") -> Any:
        """Carry out steps on the event loop."""
        from flowtui.engine.runs.drivers import adrive  # noqa: PLC0415 - the run machinery loads with the first run

        return await adrive(steps, self, _nothing_to_call)

    # -- what its steps are done with -------------------------------------------------------------------------------

    @property
    def timeout(self) -> float | None:
        return None

    def log(self, level: int, message: str, error: BaseException | None) -> None:
        self.logger.log(level, "%s", message)

    def save(self, run: Any) -> None:
        raise AssertionError("a transaction has no run of its own")

    def propose(self, state: Any, result: str | None) -> Any:
        raise AssertionError("a transaction has no run of its own")


class AsyncTransaction(Transaction):
    """A transaction for async code: nothing that it does blocks the event loop."""

    async def __aenter__(self) -> Self:
        await self._acarry_out(_steps().begin_steps(self))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._acarry_out(_steps().end_steps(self, error))

    async def commit(self) -> bool:  # type: ignore[override]
        """See `Transaction.commit`."""
        return bool(await self._acarry_out(_steps().commit_steps(self)))

    async def rollback(self) -> bool:  # type: ignore[override]
        """See `Transaction.rollback`."""
        return bool(await self._acarry_out(_steps().rollback_steps(self)))


def transaction(
    key: str | None = None,
    store: "ResultStore | None" = None,
    commit_mode: CommitMode | str | None = None,
    isolation_level: IsolationLevel | str | None = None,
    overwrite: bool = False,
    write_on_commit: bool = True,
    logger: Any = None,
) -> Transaction:
    """A block whose tasks are committed together, or rolled back together when one of them, or the block, fails.

    With a `key`, what was staged is kept in the `store` (default: the storage of the home) when it is committed; the
    next transaction with that key finds it and is committed from the start, unless it is to `overwrite` it.
    `commit_mode` and `isolation_level` are by default those of the transaction around it, else LAZY and READ_COMMITTED;
    SERIALIZABLE needs a store with a lock manager, and makes transactions with the same key wait for each other.
    """
    return Transaction(
        key=key,
        store=store,
        commit_mode=commit_mode,
        isolation_level=isolation_level,
        overwrite=overwrite,
        write_on_commit=write_on_commit,
        logger=logger,
    )


def atransaction(
    key: str | None = None,
    store: "ResultStore | None" = None,
    commit_mode: CommitMode | str | None = None,
    isolation_level: IsolationLevel | str | None = None,
    overwrite: bool = False,
    write_on_commit: bool = True,
    logger: Any = None,
) -> AsyncTransaction:
    """`transaction` for async code: `async with atransaction() as txn`."""
    return AsyncTransaction(
        key=key,
        store=store,
        commit_mode=commit_mode,
        isolation_level=isolation_level,
        overwrite=overwrite,
        write_on_commit=write_on_commit,
        logger=logger,
    )


def enter(txn: Transaction) -> "Token[Transaction | None]":
    """Code belongs to this transaction, until `leave`."""
    return _current.set(txn)


def leave(token: "Token[Transaction | None]") -> None:
    """The inverse of `enter`. Nothing, where a generator was closed in another context."""
    try:
        _current.reset(token)
    except ValueError:
        return


def _steps() -> Any:
    from flowtui.engine.runs import transaction_steps  # noqa: PLC0415 - the run machinery loads with the first run

    return transaction_steps


def _nothing_to_call() -> Any:
    raise AssertionError("a transaction calls no function of its own")
