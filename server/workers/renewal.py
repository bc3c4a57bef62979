"""Keep the leases of a worker's runs while their processes live, whatever those are busy with."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from anyio.to_thread import run_sync

from flowtui.engine import faults
from flowtui.engine.client.protocol import Client
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.runs.vouching import vouch

__all__ = ["Renewal"]

log = logging.getLogger("flowtui.server.worker")

_SHORTEST: Final = 0.05


class Renewal:
    """Renews under the worker's own name what it has in hand, from the claim to the account of its end; and, for the
    scripts of this machine that cannot do so themselves just now, what they have under way."""

    def __init__(self, client: Client, *, owner: str, lease_seconds: float) -> None:
        self._client = client
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._trouble = False

    async def run(self, in_hand: Callable[[], Mapping[str, int]], told: Callable[[str, str], None]) -> None:
        """Until cancelled. `in_hand` gives `{run id: epoch}`; `told` hears of a run: `lost`, `cancelling`, `ended`."""
        while True:
            await asyncio.sleep(max(self._lease_seconds / 4, _SHORTEST))
            try:
                words = await run_sync(self._renew, in_hand())
                self._trouble = False
            except FlowtuiError as error:
                if not self._trouble:
                    log.warning("Leases cannot be renewed, and are tried again. %s", error)
                self._trouble = True
                continue
            for run_id, word in words.items():
                told(run_id, word)

    def _renew(self, runs: Mapping[str, int]) -> Mapping[str, str]:
        faults.hit("worker.before_renew")
        words: Mapping[str, str] = {}
        if runs:
            words = self._client.renew_leases(self._owner, runs, lease_seconds=self._lease_seconds)
        vouch(self._client, lease_seconds=self._lease_seconds)
        return words
