"""Renew the leases of processes of this machine that live and cannot do so themselves."""

import socket
from collections import defaultdict
from collections.abc import Mapping
from typing import Protocol

from flowtui.engine.model import LateLease
from flowtui.engine.runs.holding import held_by

__all__ = ["Leases", "vouch"]


class Leases(Protocol):
    """The verbs of `Client` for leases."""

    def late_leases(self, host: str, *, within_seconds: float) -> tuple[LateLease, ...]: ...

    def renew_leases(self, owner: str, runs: Mapping[str, int], *, lease_seconds: float) -> Mapping[str, str]: ...


def vouch(client: Leases, *, lease_seconds: float) -> int:
    """Renew what should have been renewed long ago, where the system says that the owner is alive and at it.

    Answers how many leases it were. Asks the store one question, which mostly has no answer.
    """
    owners: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for late in client.late_leases(socket.gethostname(), within_seconds=lease_seconds / 2):
        owners[late.owner][late.run_id] = late.epoch
    vouched = 0
    for owner, epochs in owners.items():
        held = held_by(owner)
        runs = {run_id: epoch for run_id, epoch in epochs.items() if run_id in held}
        if runs:
            client.renew_leases(owner, runs, lease_seconds=lease_seconds)
            vouched += len(runs)
    return vouched
