"""Log lines: how many a second one flow can write, all of them kept, and how much ten thousand a second cost it."""

from benchmarks.records import records
from benchmarks.side_by_side import FLOWTUI, Row, contenders, fresh_home, measure, median, show

LINES = {"flowtui": 200_000, "prefect": 20_000}
PACE = 10_000
OWN_LINES = 4
WARM_UP = 100


def main() -> None:
    rates: dict[str, float] = {}
    notes = []
    for contender in contenders():
        lines, each = LINES[contender.name], []
        for _ in range(3 if contender is FLOWTUI else 1):
            with fresh_home() as home:
                each.append(measure("log_lines", contender, "flood", str(lines), home=home))
                kept = records(contender, home)
        rates[contender.name] = median(each)
        notes.append(
            f"- {contender.name}: {kept.log_lines:,} of {lines + WARM_UP + OWN_LINES:,} lines are in the store."
        )
        if contender is FLOWTUI and kept.log_lines != lines + WARM_UP + OWN_LINES:
            raise SystemExit(f"flowtui lost lines: {kept}")
    with fresh_home() as home:
        slowed = 100 * median(measure("log_lines", FLOWTUI, "work", str(PACE), home=home))
    show(
        "Log lines of one flow",
        [
            Row(
                what="as fast as it can, until all are in the store",
                unit="lines/s",
                flowtui=rates["flowtui"],
                prefect=rates.get("prefect"),
                bar=100_000,
                more_is_better=True,
            ),
            Row(what=f"a busy flow slowed by {PACE:,} lines a second", unit="%", flowtui=slowed, bar=10),
        ],
        ["When the processes have ended:", "\n".join(notes)],
    )


if __name__ == "__main__":
    main()
