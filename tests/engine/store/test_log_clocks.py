"""By how much clocks were off by which lines were written: measured, kept with the lines, and told."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import now_micros
from flowtui.engine.ids import new_id
from flowtui.engine.store import log_chunks
from flowtui.engine.store.clock_offsets import ClockMeter, Sample, better
from flowtui.engine.store.log_clocks import Clock, clocks_of, clocks_within, dump_clocks, joined
from tests.engine.store.made import a_line

CLOCKS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0, 0, 3_000, 3_200_000, 3_203_000, -40_000])))


def each(clocks: list[Clock]) -> list[int]:
    return [ahead for lines, ahead in clocks for _ in range(lines)]


@given(CLOCKS, st.integers(0, 20), st.integers(0, 20))
def test_every_line_keeps_its_clock_within_what_measuring_amounts_to(
    clocks: list[Clock], start: int, more: int
) -> None:
    found = joined(clocks)
    assert len(each(found)) == len(each(clocks))
    assert all(abs(a - b) < 5_000 for a, b in zip(each(found), each(clocks), strict=True))
    assert all(a[1] != b[1] for a, b in pairwise(found))
    kept = dump_clocks(clocks)
    assert each(list(clocks_of(kept, len(each(clocks))))) == each(found)
    assert each(clocks_within(clocks, start, start + more)) == each(clocks)[start : start + more]


STEPS = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 90_000), st.integers(0, 90_000), st.booleans()), min_size=1
)


@given(STEPS, st.integers(-(10**8), 10**8))
def test_what_is_measured_is_never_wronger_than_it_says(steps: list[tuple[int, int, int, bool]], ahead: int) -> None:
    """However long the store takes to answer, and also when the clock is set."""
    own, at, best = 10**15, 0.0, None
    for seconds, there, back, is_set in steps:
        own, at = own + seconds * 1_000_000, at + seconds
        ahead += 10**7 if is_set else 0
        asked_at, stores = own, own + there + ahead
        own += there + back
        answered_at = own
        new = Sample(stores - (asked_at + answered_at) // 2, (answered_at - asked_at) // 2 + 1, at)
        best = better(best, new)
        assert abs(best.ahead - ahead) <= best.error + 200 * (at - best.at)


def test_the_store_s_clock_is_asked_now_and_then() -> None:
    asked: list[int] = []
    times = iter([0.0, 1.0, 29.0, 31.0])
    meter = ClockMeter(own=lambda: 1_000_000, monotonic=lambda: next(times))
    found = [meter.ahead(lambda: asked.append(1) or 4_200_000) for _ in range(4)]
    assert (found, len(asked)) == ([3_200_000] * 4, 2)


def test_lines_are_kept_with_how_much_their_clock_is_off(store_client: LocalClient) -> None:
    database, run_id = store_client._db, new_id()
    on_postgres = not database.is_sqlite
    for behind in (0, 3_200_000, 0):
        database.clocks = ClockMeter(own=lambda behind=behind: now_micros() - behind)
        for number in range(3):
            store_client.write_logs([a_line(run_id, f"line {number}")] * 10)
            store_client.flush()
    clocks = store_client.log_clocks(run_id)
    assert [lines for lines, _ in clocks] == ([30, 30, 30] if on_postgres else [90])
    if on_postgres:
        assert abs(clocks[1][1] - 3_200_000) < 100_000, "a server is asked, SQLite has the clock of its machine"
    assert list(store_client.log_clocks(run_id, start=45)) == clocks_within(clocks, 45, 90)
    with database.write() as connection:
        assert log_chunks.merge_chunks(connection, run_id) == 8
    assert store_client.log_clocks(run_id) == clocks
    assert store_client.log_clocks(new_id()) == ()
