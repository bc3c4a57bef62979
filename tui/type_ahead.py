"""Keys that come faster than the screen follows them, as they do over a slow line, or when somebody types ahead.

Textual hands each key to the widget that has the focus at that moment, and lets it wander up to the application, which
carries out what is bound to it. A key that comes meanwhile goes to the same widget, although the one before is about
to move the focus or to open a screen: `/` and a word typed in one go would be the list's letter keys. Here a key waits
until the one before has arrived, and what it asked for has the keyboard.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from textual.app import App
from textual.events import Key
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.worker import Worker

__all__ = ["READING", "TypeAhead"]

_PATIENCE: Final = 1.0
"""Seconds that a key waits for the one before, at most: nothing that goes wrong on the way may hold the keyboard."""
READING: Final = 3.0
"""Seconds that keys wait, at most, for a screen for which the store is read first."""
_FOLLOWING: Final = 1.5
"""The same, for a screen that follows another: what was asked for may be done without one."""
_LOOK: Final = 0.02
_ROUNDS: Final = 3
"""How often the way up is gone behind a key: what it means may be said in a message, whose receiver sends another."""


class TypeAhead:
    """Hands an application's keys on, one after the other. `hand_on` does what the application does with a key."""

    def __init__(self, app: App[Any], hand_on: Callable[[Key], Awaitable[None]]) -> None:
        self._app, self._hand_on = app, hand_on
        self._waiting: deque[Key] = deque()
        self._under_way: Key | None = None
        self._since = 0.0
        self._screen: Screen[Any] | None = None
        self._work: Worker[Any] | None = None
        self._base: Screen[Any] | None = None
        self._until = 0.0

    async def take(self, key: Key) -> None:
        """A key was pressed."""
        self._waiting.append(key)
        if self._under_way is None or time.monotonic() - self._since > _PATIENCE:
            await self._next()

    def hold(self, work: Worker[Any], seconds: float = READING) -> None:
        """What a key asked for begins with reading: the keys after it are for what comes of it, if anything does
        within so many seconds."""
        self._work, self._base = work, self._app.screen
        self._until = time.monotonic() + seconds

    @property
    def _is_held(self) -> bool:
        """Whether a screen is still to come; while one is shown, it may be followed by another."""
        if self._work is None or self._work.is_finished:
            self._work = None
        elif self._app.screen is not self._base:
            self._until = time.monotonic() + _FOLLOWING
        else:
            return time.monotonic() < self._until
        return False

    async def _look_again(self) -> None:
        if self._app.screen_stack and not self._app.screen.call_after_refresh(self._go_on):
            await self._go_on()

    async def _go_on(self) -> None:
        if self._under_way is None:
            await self._next()

    async def _next(self) -> None:
        if not self._waiting or not self._app.screen_stack:  # which is empty when the application has ended
            return
        if self._is_held:
            self._app.set_timer(_LOOK, self._look_again)
            return
        key = self._waiting.popleft()
        self._under_way, self._since, self._screen = key, time.monotonic(), self._app.screen
        target: MessagePump = self._app.focused or self._app.screen
        await self._hand_on(key)
        self._go_up(key, target, target, _ROUNDS if key.is_forwarded else 1)

    def _go_up(self, key: Key, target: MessagePump, node: MessagePump, rounds: int) -> None:
        """Be called behind what lies before `node` now, then before its parent, up to the application, some rounds."""
        if not node.call_later(self._was_at, key, target, node, rounds):
            self._app.call_later(self._was_at, key, target, self._app, rounds)

    def _was_at(self, key: Key, target: MessagePump, node: MessagePump, rounds: int) -> None:
        if node is not self._app:
            self._go_up(key, target, node._parent or self._app, rounds)
        elif rounds > 1:
            self._go_up(key, target, target, rounds - 1)
        else:
            self._settle(key)

    def _settle(self, key: Key) -> None:
        """A screen that was opened has its focus when it has been drawn."""
        if not self._app.screen_stack:
            return
        screen = self._app.screen
        if screen is self._screen or not screen.call_after_refresh(self._done, key):
            self._app.call_later(self._done, key)

    async def _done(self, key: Key) -> None:
        if key is self._under_way:
            self._under_way = None
            await self._next()
