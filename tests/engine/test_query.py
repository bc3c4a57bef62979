"""The filter language: what terms mean, that a filter survives being written and read, and errors that point."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.model import FlowRunFilter
from flowtui.engine.query import QUERY_KEYS, STATE_NAMES, QueryError, format_query, parse_query
from flowtui.engine.states import StateType

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def test_the_terms_of_a_query_all_hold() -> None:
    where = parse_query("state:failed,running flow:etl*,nightly since:24h tag:prod tag:eu heron", NOW)
    assert where == FlowRunFilter(
        state_types=(StateType.FAILED, StateType.RUNNING),
        flow_names=("etl*", "nightly"),
        since=NOW - timedelta(hours=24),
        tags=("prod", "eu"),
        name="heron",
    )


def test_an_empty_query_restricts_nothing() -> None:
    assert parse_query("   ", NOW) == FlowRunFilter()


def test_a_state_may_be_a_kind_or_a_name() -> None:
    assert parse_query("state:scheduled", NOW).state_types == (StateType.SCHEDULED,)
    assert parse_query("state:late,timedout", NOW).state_names == ("Late", "TimedOut")


def test_a_kind_among_names_stands_for_the_names_within_it() -> None:
    where = parse_query("state:failed,late", NOW)
    assert (where.state_types, where.state_names) == ((), ("Failed", "TimedOut", "Late"))


def test_quotes_make_a_state_name_literal() -> None:
    assert parse_query('state:"Skipped"', NOW).state_names == ("Skipped",)
    assert parse_query('state:"Failed"', NOW) == FlowRunFilter(state_names=("Failed",))


def test_quotes_keep_spaces_commas_and_colons_together() -> None:
    where = parse_query('flow:"my flow, v2" "a:b c"', NOW)
    assert (where.flow_names, where.name) == (("my flow, v2",), "a:b c")


def test_words_are_looked_for_in_the_name_as_one_text() -> None:
    assert parse_query("plucky heron flow:x", NOW).name == "plucky heron"


def test_a_deployment_may_be_named_alone() -> None:
    assert parse_query("dep:prod deployment:etl/eu", NOW).deployment_names == ("*/prod", "etl/eu")


def test_subflows_can_be_left_out() -> None:
    assert parse_query("is:top", NOW).top_level


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("since:90m", NOW - timedelta(minutes=90)),
        ("since:1h30m", NOW - timedelta(minutes=90)),
        ("since:+2h", NOW + timedelta(hours=2)),
        ("since:today", datetime(2026, 11, 20, tzinfo=UTC)),
        ("since:yesterday", datetime(2026, 11, 19, tzinfo=UTC)),
        ("since:2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("since:2026-11-01T08:00+02:00", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ],
)
def test_times_may_be_relative_or_absolute(text: str, moment: datetime) -> None:
    assert parse_query(text, NOW).since == moment


def test_days_begin_at_midnight_of_the_readers_zone() -> None:
    now = datetime(2026, 11, 20, 1, tzinfo=timezone(timedelta(hours=5)))
    assert parse_query("since:today", now).since == datetime(2026, 11, 19, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "pointed", "words"),
    [
        ("flow:x sttae:failed", "sttae:", "did you mean state:?"),
        ("state:faild tag:x", "state:faild", "did you mean failed?"),
        ("type:late", "type:late", "no kind of state 'late'"),
        ("since:soon", "since:soon", "cannot read 'soon'"),
        ("since:2026-13-01", "since:2026-13-01", "cannot read"),
        ("since:1h,2h", "since:1h,2h", "takes one value"),
        ("since:99999999999d", "since:99999999999d", "cannot read"),
        ("tag:", "tag:", "needs a value"),
        ("tag:,", "tag:,", "needs a value"),
        ("is:bottom", "is:bottom", "is:top"),
        ('x flow:"my', '"my', "quotes are not closed"),
        ("!tag:x", "!tag:", "no filter"),
    ],
)
def test_an_error_points_at_the_term(text: str, pointed: str, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text, NOW)
    assert text[caught.value.start : caught.value.end] == pointed
    assert words in str(caught.value)


def test_every_kind_of_state_has_names_and_every_key_a_help_text() -> None:
    assert set(STATE_NAMES) == set(StateType)
    assert all(QUERY_KEYS.values())


TEXTS = st.text(min_size=1, max_size=12) | st.text('abc "\\,:*/!-', min_size=1, max_size=8)
INSTANTS = st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


def some(values: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(values, max_size=3, unique=True).map(tuple)


FILTERS = st.builds(
    FlowRunFilter,
    ids=some(TEXTS),
    state_types=st.lists(st.sampled_from(StateType), max_size=3, unique=True).map(tuple),
    state_names=some(TEXTS | st.sampled_from([name for names in STATE_NAMES.values() for name in names])),
    flow_names=some(TEXTS),
    name=st.none() | TEXTS,
    deployment_id=st.none() | TEXTS,
    deployment_names=some(st.tuples(TEXTS, TEXTS).map("/".join)),
    tags=some(TEXTS),
    since=INSTANTS,
    until=INSTANTS,
    parent_task_run_id=st.none() | TEXTS,
    top_level=st.booleans(),
)


@given(where=FILTERS)
def test_a_filter_that_is_written_and_read_is_the_same(where: FlowRunFilter) -> None:
    assert parse_query(format_query(where), NOW) == where


@given(text=st.text('statefl:"\\, !*+-h120dis' + "x", max_size=30) | st.text(max_size=20))
def test_any_text_is_a_filter_or_an_error_within_the_text(text: str) -> None:
    try:
        where = parse_query(text, NOW)
    except QueryError as error:
        assert 0 <= error.start < error.end <= len(text)
    else:
        assert parse_query(format_query(where), NOW) == where
