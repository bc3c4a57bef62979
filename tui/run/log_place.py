"""Where in the log of a run a moment is."""

from datetime import datetime

from flowtui.engine.client.protocol import Client

__all__ = ["line_at"]


def line_at(client: Client, run_id: str, total: int, moment: datetime) -> int:
    """The number of the last of `total` lines that was written by then; 0 before the first. Found by halving, so that a
    million lines cost twenty looks; call it in a thread."""
    low, high = 0, total
    while low < high:
        middle = (low + high) // 2
        found = client.read_logs(run_id, start=middle, limit=1).lines
        if not found or found[0].timestamp > moment:
            high = middle
        else:
            low = middle + 1
    return max(low - 1, 0)
