"""A flow run in the process that runs it: who it is, what it has open, and what an earlier attempt left behind."""

import threading
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Literal

from flowtui.engine.containers import ATOMS
from flowtui.engine.logs import flow_run_logger
from flowtui.engine.model import FlowRun, TaskRun
from flowtui.engine.runs.made import Made
from flowtui.engine.states import NO_DATA

if TYPE_CHECKING:
    from flowtui.engine.assets import Asset
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.provenance import Provenance

__all__ = ["FlowRunHandle"]


class FlowRunHandle:
    """What tasks, leases and drivers share about one flow run. Methods may be called from any thread."""

    def __init__(
        self,
        client: "Client",
        run: FlowRun,
        *,
        epoch: int,
        owner: str,
        lease_seconds: float,
        supervised: bool,
        keep_values: bool,
        parent: "FlowRunHandle | None" = None,
    ) -> None:
        self.client = client
        self.run = run
        self.run_id, self.name = run.id, run.name
        self.epoch, self.owner, self.lease_seconds = epoch, owner, lease_seconds
        self.parent = parent
        self.provenance: Provenance | None = run.provenance
        """What this process runs it with."""
        self.supervised = supervised
        """A worker watches this process and ends it: it says how a cancelled run ended, and handles its signals."""
        self.stop: Literal["cancelling", "lost", "suspended"] | None = None
        """Why the run has to stop, once somebody said so."""
        self.suspending = False
        """True once the run itself has decided to suspend: nobody has to interrupt it for that."""
        self.pausing = False
        """True while the run itself waits to be resumed: it will see by itself how that ends."""
        self.finishing = False
        """True once the run itself has begun to say how it ended: that it has ended is then no news."""
        self.gate: Future[None] | None = None
        """While the run is paused, what its tasks wait for before they start."""
        self.torn_down = False
        """True once the run was interrupted: what has not started by then does not start."""
        self.logger = flow_run_logger(run.id, run.name)
        self.made = Made()
        self.assets: dict[str, tuple[Asset, ...]] = {}
        """What the task runs hand on to those that take their results, for those that have to do with assets."""
        self.unasked: dict[str, str] = {}
        """The submitted tasks whose futures nobody has asked for anything: names by id, and how they failed."""
        self.thread = threading.current_thread()
        self.attempt = run.run_count if run.state.is_running() else run.run_count + 1
        self.amendments = run.amendments
        """What a person has changed in the run to retry it."""
        self._lock = threading.Lock()
        self._calls: defaultdict[str, int] = defaultdict(int)
        self._open: dict[str, Future[Any]] = {}
        self._earlier: dict[tuple[str, str], TaskRun] = {}
        self._keep_values = keep_values
        self._values: dict[str, Any] = {}

    def next_call(self, task_key: str) -> int:
        """Which call of that task this is: 0, 1, …"""
        with self._lock:
            number = self._calls[task_key]
            self._calls[task_key] = number + 1
            return number

    def opened(self, run_id: str, future: Future[Any]) -> None:
        """A task was submitted."""
        with self._lock:
            self._open[run_id] = future

    def closed(self, run: TaskRun) -> None:
        """A submitted task has ended."""
        with self._lock:
            self._open.pop(run.id, None)
            if self.unasked and not run.state.is_completed() and run.id in self.unasked:
                self.unasked[run.id] = f"'{run.name}' ({run.state.name})"

    def open_futures(self) -> list[Future[Any]]:
        """The submitted tasks that are not done."""
        with self._lock:
            return list(self._open.values())

    def open_gate(self) -> None:
        """The run is not paused any more: its tasks start."""
        gate, self.gate = self.gate, None
        if gate is not None:
            gate.set_result(None)

    def remember(self, runs: list[TaskRun]) -> None:
        """Take over the task runs of an earlier attempt."""
        with self._lock:
            self._earlier.update({(run.task_key, run.dynamic_key): run for run in runs})

    def earlier(self, task_key: str, dynamic_key: str) -> TaskRun | None:
        """The same call in an earlier attempt."""
        if not self._earlier:
            return None
        with self._lock:
            return self._earlier.get((task_key, dynamic_key))

    def edited_inputs(self, earlier: TaskRun | None) -> Mapping[str, Any] | None:
        """The inputs that a person has changed for the same call of an earlier attempt."""
        if self.amendments is None or earlier is None:
            return None
        return self.amendments.inputs.get(earlier.id)

    def asked_again(self, earlier: TaskRun) -> bool:
        """Whether a person wants that call to run again, although its result is kept, and it has not yet."""
        if self.amendments is None:
            return False
        return earlier.flow_run_run_count <= self.amendments.again.get(earlier.id, -1)

    def ended(self, run: TaskRun) -> None:
        """A task has ended; its value is remembered while the flow may be tried again in this process."""
        if type(run.state.data) not in ATOMS and run.state.is_completed() and run.state.data is not NO_DATA:
            self.made.note(run)
        if not self._keep_values:
            return
        with self._lock:
            self._earlier[run.task_key, run.dynamic_key] = run
            if run.state.is_completed() and run.state.data is not NO_DATA:
                self._values[run.id] = run.state.data

    def value_of(self, run_id: str) -> Any:
        """A value of an earlier attempt in this process, else NO_DATA."""
        with self._lock:
            return self._values.get(run_id, NO_DATA)

    def next_attempt(self) -> None:
        """Count the calls of tasks anew."""
        with self._lock:
            self._calls.clear()
            self.unasked.clear()
            self.attempt += 1
