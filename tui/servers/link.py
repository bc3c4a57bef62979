"""The line to one server: opened, asked, followed, and taken up again in threads that nobody has to wait for.

Each server has one thread that asks and one that follows it, whatever becomes of either. A server that hangs holds up
its own questions and nothing else.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import tzinfo
from typing import Any, Final, ParamSpec, TypeVar

from flowtui.engine.client.protocol import Client
from flowtui.engine.client.read_only import read_only
from flowtui.engine.clock import Clock
from flowtui.engine.errors import FlowtuiError, StoreError
from flowtui.tui.live import LiveFeed, News
from flowtui.tui.servers.health import Facts

__all__ = ["ServerLink"]

log = logging.getLogger("flowtui.tui")

_LOOK: Final = 5.0
"""Seconds after which a server that nobody asked anything is asked, so that its health is known."""
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0

P = ParamSpec("P")
T = TypeVar("T")


class ServerLink:
    """`tell` is called in the link's threads, with what the feed learned, or None when `facts` alone are new."""

    def __init__(
        self,
        name: str,
        opener: Callable[[], Client],
        tell: Callable[["ServerLink", News | None], None],
        *,
        now: Clock,
        zone: Callable[[], tzinfo | None],
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.name, self.now = name, now
        self._opener, self._tell, self._zone, self._timer = opener, tell, zone, timer
        self.facts = Facts()
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._feed: LiveFeed | None = None
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._over = threading.Event()
        self._again = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"flowtui-{name}", daemon=True)

    # -- what the loop asks for -----------------------------------------------------------------------------------

    @property
    def zone(self) -> tzinfo | None:
        return self._zone()

    @property
    def is_open(self) -> bool:
        """Whether it has answered once."""
        return self._client is not None

    @property
    def client(self) -> Client:
        """A client that only reads. Raises `StoreError` while there is none."""
        return read_only(self.writing)

    @property
    def writing(self) -> Client:
        """The client as it was opened: its settings may say that it only reads. Raises `StoreError` as above."""
        if self._client is None:
            raise StoreError(f"{self.name} has not answered yet.")
        return self._client

    def start(self) -> None:
        """Begin to open it."""
        self._thread.start()

    def try_again(self) -> None:
        """Do not wait until the next try is due."""
        self._again.set()

    def stop(self) -> None:
        """Ask both threads to end; each does when its server lets it."""
        self._over.set()
        self._again.set()
        self._jobs.put(None)
        if self._feed is not None:
            self._feed.stop()

    @property
    def is_alive(self) -> bool:
        """Whether its client may still be open."""
        return self._thread.is_alive()

    def join(self, timeout: float) -> None:
        """Wait until the link is closed."""
        self._thread.join(timeout)

    async def call(self, verb: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a verb of the client answers, after those that were asked before. It may never: cancel the waiting."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(answer: Any, error: BaseException | None) -> None:
            if not future.done():
                future.set_exception(error) if error is not None else future.set_result(answer)

        def job() -> None:
            if future.done():
                return
            answer, error = None, None
            try:
                with self._asking():
                    answer = verb(*args, **kwargs)
            except BaseException as raised:
                error = raised
            with suppress(RuntimeError):  # the loop is closed: the workstation has been left
                loop.call_soon_threadsafe(settle, answer, error)

        self._jobs.put(job)
        return await future

    # -- the thread that asks -------------------------------------------------------------------------------------

    def _serve(self) -> None:
        pause = _FIRST_PAUSE
        while not self._over.is_set():
            if self._client is None and not self._open():
                self._again.wait(pause)
                self._again.clear()
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            try:
                job = self._jobs.get(timeout=_LOOK)
            except queue.Empty:
                job = self._look
            if job is not None:
                job()
        self._shut()

    def _open(self) -> bool:
        client = None
        try:
            with self._asking():
                client = self._opener()
                feed = LiveFeed(client, self._hear, among_many=True)
                feed.mark()
            self._measure(client)
        except Exception as error:
            if not isinstance(error, FlowtuiError):
                log.error("The store of %s could not be opened.", self.name, exc_info=error)
            if client is not None:
                client.close()
            return False
        self._client, self._feed = client, feed
        if not self._over.is_set():
            feed.start()
            self._tell(self, News())
        return True

    def _measure(self, client: Client) -> None:
        """Ask the simplest question there is: how long opening takes says nothing of the way there."""
        with self._asking():
            client.changes(None)

    def _look(self) -> None:
        with suppress(Exception):  # it is written down what came of it
            self._measure(self.client)

    def _shut(self) -> None:
        if self._client is not None:
            with suppress(Exception):  # a server that has gone
                self._client.close()
        if self._feed is not None:
            self._feed.join(2.0)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Note that a question waits for its answer, and what came of it."""
        began = self._timer()
        asked = self.now()
        self._note(asked=asked, quietly=True)  # how long that has been is seen when a second has passed
        try:
            yield
        except StoreError as error:
            self._failed(str(error))
            raise
        except FlowtuiError as error:
            if self._client is None:  # it cannot be opened for another reason
                self._failed(str(error))
            else:
                self._answered(began)
            raise
        except BaseException as error:
            self._failed(f"{type(error).__name__}: {error}")
            raise
        self._answered(began)

    def _answered(self, began: float) -> None:
        """That it answers still is no news: how fast, is seen when a second has passed."""
        known = self.facts.answered is not None and self.facts.failing is None
        latency = self._timer() - began
        self._note(quietly=known, asked=None, answered=self.now(), latency=latency, failing=None, trouble="")

    def _failed(self, trouble: str) -> None:
        since = self.facts.failing or self.facts.asked or self.now()
        self._note(asked=None, failing=since, trouble=trouble)

    def _note(self, *, quietly: bool = False, **facts: Any) -> None:
        with self._lock:
            self.facts = replace(self.facts, **facts)
        if not quietly and not self._over.is_set():
            self._tell(self, None)

    # -- the thread that follows ----------------------------------------------------------------------------------

    def _hear(self, news: News) -> None:
        if not news.alive:
            self._failed("The store does not answer.")
            return
        found: dict[str, Any] = {"answered": self.now(), "failing": None, "trouble": ""}
        if news.counts is not None:
            found["counts"] = news.counts
        self._note(quietly=True, **found)
        self._tell(self, news)
