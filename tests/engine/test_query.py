"""The query language: what is read, that a query survives being written and read, and errors that point."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowtui.engine.clock import to_micros
from flowtui.engine.query import FIELDS, STATE_NAMES, Query, QueryError, parse
from flowtui.engine.query_completion import completions
from flowtui.engine.query_fields import NAMES
from flowtui.engine.query_meaning import MomentTest
from flowtui.engine.query_terms import TEXT, Term, Value, fits
from flowtui.engine.query_vocabulary import TIME_WORDS, Field
from flowtui.engine.states import StateType

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


def term(
    field: str, *values: str, operator: str = ":", path: tuple[str | int, ...] = (), negated: bool = False
) -> Term:
    return Term(
        field=field,
        values=tuple(map(Value, values)),
        operator=operator,  # type: ignore[arg-type]
        path=path,
        negated=negated,
    )


def moment(text: str, now: datetime = NOW, zone: timezone | None = UTC) -> datetime:
    """The instant that a term compares with."""
    (clause,) = parse(text, zone).clauses(now)
    (test,) = clause.tests
    assert isinstance(test, MomentTest)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=test.micros)


def test_every_part_of_the_language_is_read() -> None:
    text = "state:failed,crashed flow:etl* tag:prod !tag:test dur>5m start<2h param.region=eu param.a.0!=7 text"
    assert parse(text).terms == (
        term("state", "failed", "crashed"),
        term("flow", "etl*"),
        term("tag", "prod"),
        term("tag", "test", negated=True),
        term("dur", "5m", operator=">"),
        term("start", "2h", operator="<"),
        term("param", "eu", path=("region",)),
        term("param", "7", path=("a", 0), negated=True),
        term(TEXT, "text"),
    )
    assert not parse("   ").terms


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("FLOW:x dep:y Duration>1h", "flow:x deployment:y dur>1h"),
        ("flow=x tag!=y state!=failed", "flow:x !tag:y !state:failed"),
        ("!tag!=y", "tag:y"),
        ("tasks:>5 tasks:5 tasks!=7", "tasks>5 tasks:5 !tasks:7"),
        ("param.n:5", "param.n=5"),
        ("text:plucky", "plucky"),
        ('flow:"my flow"*', 'flow:"my flow"*'),
        ('"a*b" "flow:x" a"b c"d', '"a*b" "flow:x" "ab cd"'),
        (r'tag:"a\"b\\c" x\y', r'tag:"a\"b\\c" "x\\y"'),
        ("tag:a,,b,", "tag:a,b"),
        ('tag:""', 'tag:""'),
        ("wow!", '"wow!"'),
    ],
)
def test_what_is_written_in_several_ways_is_one_query(text: str, written: str) -> None:
    assert str(parse(text)) == written
    assert parse(written) == parse(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("since:90m", NOW - timedelta(minutes=90)),
        ("since:+2h", NOW + timedelta(hours=2)),
        ("start<2h", NOW - timedelta(hours=2)),
        ("due<2h", NOW + timedelta(hours=2)),
        ("due<-2h", NOW - timedelta(hours=2)),
        ("end>now", NOW),
        ("since:today", datetime(2026, 11, 20, tzinfo=UTC)),
        ("since:yesterday", datetime(2026, 11, 19, tzinfo=UTC)),
        ("due<tomorrow", datetime(2026, 11, 21, tzinfo=UTC)),
        ("since:2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("start>2026-11-01T08:00+02:00", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ],
)
def test_times_may_be_relative_or_absolute(text: str, instant: datetime) -> None:
    assert moment(text) == instant


def test_a_time_that_is_counted_back_moves_with_the_clock() -> None:
    query = parse("start<2h")
    later = NOW + timedelta(days=3)
    assert moment(str(query), later) == later - timedelta(hours=2)


def test_less_than_two_hours_ago_is_after_that_instant_and_a_date_is_no_age() -> None:
    clauses = parse("start<2h start>=2h start>2026-11-01 due<2h start<-2h", UTC).clauses(NOW)
    tests = [test for clause in clauses for test in clause.tests]
    assert [test.comparison for test in tests if isinstance(test, MomentTest)] == [">", "<=", ">", "<", "<"]


def test_days_begin_at_midnight_of_the_readers_zone() -> None:
    now = datetime(2026, 11, 19, 20, tzinfo=UTC)
    zone = timezone(timedelta(hours=5))
    assert moment("since:today", now, zone) == datetime(2026, 11, 19, 19, tzinfo=UTC)
    assert moment("since:2026-11-20", now, zone) == datetime(2026, 11, 19, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "pointed", "words"),
    [
        ("flow:x sttae:failed", "sttae:", "did you mean state:?"),
        ("flow.x:1", "flow.x:", "did you mean flow:?"),
        ("state:faild tag:x", "state:faild", "did you mean failed?"),
        ("type:late", "type:late", "no kind of state 'late'"),
        ("since:soon", "since:soon", "cannot read 'soon'"),
        ("since:2026-13-01", "since:2026-13-01", "cannot read"),
        ("since:1h,2h", "since:1h,2h", "takes one value"),
        ("since>1h", "since>1h", "write since:"),
        ("start<99999999999d", "start<99999999999d", "cannot read"),
        ("tag:", "tag:", "needs a value"),
        ("tag:,", "tag:,", "needs a value"),
        ("x tag<y", "tag<y", "write tag:"),
        ("dur:5m", "dur:5m", "dur>5m"),
        ("dur>soon", "dur>soon", "write 90s, 5m"),
        ("tasks>many", "tasks>many", "no whole number"),
        ("is:bottom", "is:bottom", "use one of top,"),
        ("is:lat", "is:lat", "did you mean is:late?"),
        ("id:xyz", "id:xyz", "no id"),
        ("param=5", "param=5", "name of a parameter"),
        ('param.a={"b":1}', 'param.a={"b":1}', "write a path to it"),
        ('x flow:"my', '"my', "quotes are not closed"),
        ("x !", "!", "!tag:test"),
        ("x\0", "\0", "leave it out"),
    ],
)
def test_an_error_points_at_the_term(text: str, pointed: str, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert text[caught.value.start : caught.value.end] == pointed
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text", ["x " * 10_000, "tag:" + ",".join("x" * 10_000), "!" * 30_000, "(" * 30_000, "tag:a" + "*a" * 15_000]
)
def test_a_query_beyond_all_measure_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(QueryError, match=r"ask for less at once\.$"):
        parse(text)


def test_a_query_from_values_is_the_query_of_its_text() -> None:
    query = Query.of(
        ids=["0" * 32],
        states=[StateType.FAILED],
        state_names=["Failed"],
        flow_name="a*b",
        flows=["etl-*"],
        deployment_id="x y",
        tags=["a", "b"],
        since=NOW,
        until=NOW,
        top=True,
    )
    assert str(query) == (
        f'id:{"0" * 32} type:failed state:"Failed" flow:"a*b" flow:etl-* deployment:"x y" tag:a tag:b '
        "since:2026-11-20T14:30:00Z until:2026-11-20T14:30:00Z is:top"
    )
    assert parse(str(query)) == query
    assert Query.of() == Query()


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("tag:x since:24h start<2h", False),
        ("since:+1h", True),
        ("state:failed", True),
        ("due<1h", True),
        ("!is:late", True),
    ],
)
def test_a_query_says_whether_it_is_about_what_is_planned(text: str, ahead: bool) -> None:
    assert parse(text).looks_ahead(NOW) is ahead


def test_every_field_has_a_help_text_whose_examples_can_be_read() -> None:
    assert set(STATE_NAMES) == set(StateType)
    for field in FIELDS:
        examples = [
            word.strip(",()") for word in field.about.split() if field.name + "." in word or ">" in word or "<" in word
        ]
        assert field.about
        for text in examples:
            parse(text)


@pytest.mark.parametrize(
    ("token", "first"),
    [
        ("st", "state:"),
        ("!ta", "!tag:"),
        ("d", "deployment:"),
        ("param", "param."),
        ("state:fa", "state:failed"),
        ("state:failed,cr", "state:failed,crashed"),
        ("is:su", "is:subflow"),
        ("start<t", "start<today"),
        ("dur>", "dur>1m"),
        ("", None),
        ("flow:e", None),
        ("nothing:x", None),
    ],
)
def test_a_term_is_completed_by_what_can_be_read(token: str, first: str | None) -> None:
    found = completions(token)
    assert next(iter(found), None) == first
    for whole in found:
        assert whole.startswith(token)


# -- any query, any text ----------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12) | st.text(
    'abc "\\,:*?/!-<>=.', max_size=8
)
PATTERNS = st.builds(Value, TEXTS, st.booleans()) | st.builds(Value.literal, TEXTS)
STATES = st.sampled_from([*NAMES["state"].words]).map(Value) | st.builds(Value, TEXTS, st.just(True))
SPANS = st.sampled_from(["5m", "1h30m", "2 days", "90", "PT15M"]).map(Value.literal)
MOMENTS = (
    SPANS
    | st.sampled_from(["+2h", "-1d", *TIME_WORDS]).map(Value)
    | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda at: Value.literal(at.isoformat()))
)
PARTS = st.from_regex(r"[A-Za-z_][\w-]{0,5}", fullmatch=True) | st.integers(0, 99_999)
COMPARISONS = st.sampled_from(["<", "<=", ">", ">="])


def several(values: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Value, ...]]:
    return st.lists(values, min_size=1, max_size=3).map(tuple)


def one(values: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Value, ...]]:
    return values.map(lambda value: (value,))


def terms_of(field: Field) -> st.SearchStrategy[Term]:
    """Any term that is about a field."""
    name, negated = st.just(field.name), st.booleans()
    match field.kind:
        case "text" if field.name == TEXT:
            return st.builds(Term, field=name, values=one(PATTERNS), negated=negated)
        case "text":
            return st.builds(Term, field=name, values=several(PATTERNS), negated=negated)
        case "state":
            words = STATES if field.name == "state" else st.sampled_from(field.words).map(Value)
            return st.builds(Term, field=name, values=several(words), negated=negated)
        case "is":
            return st.builds(Term, field=name, values=one(st.sampled_from(field.words).map(Value)), negated=negated)
        case "id":
            ids = st.text("0123456789abcdef", min_size=4, max_size=32).map(Value)
            return st.builds(Term, field=name, values=several(ids), negated=negated)
        case "number":
            numbers = st.integers(-9, 10**12).map(lambda number: Value(str(number)))
            return st.builds(Term, field=name, values=several(numbers), negated=negated) | st.builds(
                Term, field=name, values=one(numbers), operator=COMPARISONS, negated=negated
            )
        case "span":
            return st.builds(Term, field=name, values=one(SPANS), operator=COMPARISONS, negated=negated)
        case "moment":
            operators = st.just(":") if ":" in field.operators else COMPARISONS
            return st.builds(Term, field=name, values=one(MOMENTS), operator=operators, negated=negated)
        case "param":
            paths = st.lists(PARTS, min_size=1, max_size=3).map(tuple)
            return st.builds(Term, field=name, values=several(PATTERNS), path=paths, negated=negated) | st.builds(
                Term, field=name, values=one(PATTERNS), path=paths, operator=COMPARISONS, negated=negated
            )


QUERIES = st.builds(Query, st.lists(st.sampled_from(FIELDS).flatmap(terms_of), max_size=5).map(tuple))


PIECES = ["!", "flow", "param.a", "state", "dur", ":", "=", "!=", "<", '"', "5m", "*", ",", " "]


@given(query=QUERIES)
def test_a_query_that_is_written_and_read_is_the_same(query: Query) -> None:
    assert parse(str(query)) == query
    assert query.clauses(NOW) is not None


@given(
    text=st.text('statefl:"\\, !*+-h120dis<>=.' + "x", max_size=30)
    | st.text(max_size=20)
    | st.lists(
        st.sampled_from(["!", "flow", "param.a", "state", "dur", ":", "=", "!=", "<", '"', "5m", "*", ",", " "])
    ).map("".join)
)
@example(text="param..a=1")
@example(text="!=x")
def test_any_text_is_a_query_or_an_error_within_the_text(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert 0 <= error.start < error.end <= len(text)
    else:
        assert parse(str(query)) == query


@given(text=st.text("ab", max_size=8), pattern=st.text("ab*?", max_size=6))
def test_a_pattern_covers_a_text_as_a_shell_pattern_does(text: str, pattern: str) -> None:
    from fnmatch import fnmatchcase

    assert fits(text, pattern) == fnmatchcase(text, pattern)


def test_a_pattern_made_to_take_for_ever_does_not() -> None:
    assert not fits("a" * 5_000, "*a" * 20 + "b")


def test_instants_are_compared_to_the_microsecond() -> None:
    at = NOW.replace(microsecond=123_456)
    ((clause,),) = [Query.of(since=at).clauses(NOW)]
    assert clause.tests == (MomentTest("sort", ">=", to_micros(at)),)
