"""What a flow costs by itself: a no-op sync flow, called in a warm process."""

from benchmarks.side_by_side import Row, contenders, fresh_home, measure, measure_dbos, median, show

CALLS = {"flowtui": 300, "prefect": 15}

# Prefect's heartbeats are a thread whose end each run waits for. No environment variable turns them off.
NO_HEARTBEATS = """\
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
quiet = temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
quiet.__enter__()
"""


def main() -> None:
    normal: dict[str, list[float]] = {}
    quiet: list[float] = []
    for contender in contenders():
        calls = str(CALLS[contender.name])
        with fresh_home() as home:
            normal[contender.name] = measure("noop_flow", contender, calls, home=home)
        if contender.name == "prefect":
            with fresh_home() as home:
                quiet = measure("noop_flow", contender, calls, home=home, preamble=NO_HEARTBEATS)
    dbos = measure_dbos("noop", "100")
    ours = normal["flowtui"]
    theirs = normal.get("prefect")
    median_ms = 1000 * median(ours)
    show(
        "A no-op sync flow in a warm process",
        [
            Row(
                what="one call, median",
                unit="ms",
                flowtui=median_ms,
                prefect=1000 * median(theirs) if theirs else None,
                dbos=1000 * median(dbos) if dbos else None,
                bar=3,
            ),
            Row(
                what="the same, Prefect's heartbeats off",
                unit="ms",
                flowtui=median_ms,
                prefect=1000 * median(quiet) if quiet else None,
            ),
            Row(
                what="the slowest call",
                unit="ms",
                flowtui=1000 * max(ours),
                prefect=1000 * max(theirs) if theirs else None,
            ),
        ],
        [f"{CALLS['flowtui']} calls and {CALLS['prefect']} calls. flowtui's heartbeats (leases) are on in every row."],
    )


if __name__ == "__main__":
    main()
