"""The forecast equals a simulation that looks at every waiting run at every second."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from flowtui.tui.radar.forecast import Held, Job, peaks, simulate

LANES = ("pool", "queue", "etl", "load")
jobs = st.lists(
    st.builds(
        Job,
        due=st.integers(0, 12).map(float),
        seconds=st.integers(1, 6).map(float),
        lanes=st.lists(st.sampled_from(LANES), max_size=3, unique=True).map(tuple),
        priority=st.integers(1, 2),
    ),
    max_size=14,
)
limits = st.dictionaries(st.sampled_from(LANES), st.integers(0, 3))
helds = st.lists(
    st.builds(
        lambda lane, start, length, slots: Held(lane, float(start), float(start + length), slots),
        st.sampled_from(LANES),
        st.integers(0, 10),
        st.integers(1, 6),
        st.integers(1, 2),
    ),
    max_size=2,
)


def by_brute_force(found: list[Job[str]], limits: dict[str, int], held: list[Held[str]]) -> list[float]:
    """Second by second, whoever waits, in the order in which workers are handed runs."""
    starts = [float("inf")] * len(found)
    for now in range(200):
        waiting = [n for n, job in enumerate(found) if job.due <= now and starts[n] == float("inf")]
        for number in sorted(waiting, key=lambda n: (found[n].priority, found[n].due, n)):
            taken = {
                lane: sum(one.slots for one in held if one.lane == lane and one.start <= now < one.end)
                for lane in LANES
            }
            for other, start in enumerate(starts):
                if start <= now < start + found[other].seconds:
                    for lane in found[other].lanes:
                        taken[lane] += 1
            if all(taken[lane] < limits.get(lane, 10_000) for lane in found[number].lanes):
                starts[number] = float(now)
    return starts


@given(jobs, limits, helds)
@settings(deadline=None, max_examples=300)
def test_runs_begin_when_a_simulation_by_brute_force_begins_them(
    found: list[Job[str]], limits: dict[str, int], held: list[Held[str]]
) -> None:
    assert simulate(found, limits, held) == by_brute_force(found, limits, held)


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10), st.integers(1, 3)), max_size=12),
    st.lists(st.integers(0, 40), min_size=2, max_size=8, unique=True).map(sorted),
)
@settings(deadline=None)
def test_a_peak_is_the_most_that_goes_on_at_any_instant_of_its_span(
    given_intervals: list[tuple[int, int, int]], edges: list[int]
) -> None:
    intervals = [(float(start), float(start + length), weight) for start, length, weight in given_intervals]
    expected = [
        max(
            sum(weight for start, end, weight in intervals if start <= at < end)
            for at in [low, *(start for start, _, _ in intervals if low <= start < high)]
        )
        for low, high in pairwise(edges)
    ]
    assert peaks(intervals, [float(edge) for edge in edges]) == expected


def test_twenty_thousand_runs_are_foretold_in_the_time_of_a_key_press() -> None:
    """Each looks at the groups that wait, not at the runs that do."""
    found = [Job(float(number % 3600), 50.0, ("pool", f"d{number % 40}"), number % 3) for number in range(20_000)]
    starts = simulate(found, {"pool": 60})
    assert max(starts) < float("inf")
