"""Queries of the other lists: what can be asked is read, completed and answered alike, whatever the list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.listing import QueryValue
from flowtui.engine.query_completion import completions
from flowtui.engine.query_edits import split, toggled
from flowtui.engine.query_fields import RUNS
from flowtui.engine.query_lists import BLOCKS, DEPLOYMENTS, FLOWS, POOLS
from flowtui.engine.query_reading import QueryError, read_terms
from flowtui.engine.query_rows import Reading, fitting, values_of
from flowtui.engine.query_terms import TEXT, Term, Value
from flowtui.engine.query_vocabulary import Field, Vocabulary
from flowtui.engine.states import Completed, Failed, Late, Running, State

NOW: Final = datetime(2026, 11, 20, 14, 2, 31, tzinfo=UTC)
LISTS: Final = (RUNS, DEPLOYMENTS, FLOWS, POOLS, BLOCKS)
WORDS: Final = st.sampled_from(["prod", "etl-daily", "a b", "ünï", "*", "x,y", "e*", "0", "-"])


def values(field: Field) -> st.SearchStrategy[Value]:
    """Values that make sense for a field."""
    match field.kind:
        case "number":
            return st.integers(0, 99).map(lambda number: Value(str(number)))
        case "span" | "moment":
            return st.sampled_from([Value("5m"), Value("2h"), Value("1d")])
        case "word" | "is" | "state":
            return st.sampled_from(field.words).map(Value)
        case "id":
            return st.just(Value("ab12"))
        case _:
            return WORDS.map(Value.literal) | WORDS.map(Value)


@st.composite
def terms(draw: st.DrawFn, vocabulary: Vocabulary) -> Term:
    """A term that makes sense in a list."""
    of = draw(st.sampled_from(vocabulary.fields))
    sign = draw(st.sampled_from(of.operators)).replace("!=", ":").replace("=", ":") if of.operators != (":",) else ":"
    sign = sign if sign in (":", "<", ">") else sign[0] + "="
    several = of.kind in ("text", "word", "state", "number") and sign == ":" and of.name != TEXT
    found = draw(st.lists(values(of), min_size=1, max_size=3 if several else 1))
    path = ("region",) if of.kind == "param" else ()
    return Term(field=of.name, values=tuple(found), operator=sign, path=path, negated=draw(st.booleans()))  # type: ignore[arg-type]


VOCABULARIES: Final = pytest.mark.parametrize("vocabulary", LISTS, ids=lambda vocabulary: vocabulary.noun)


@VOCABULARIES
@given(data=st.data())
def test_what_is_written_is_read_again(vocabulary: Vocabulary, data: st.DataObject) -> None:
    written = data.draw(st.lists(terms(vocabulary), max_size=4))
    text = " ".join(map(str, written))
    assert [placed.term for placed in read_terms(text, vocabulary)] == written
    assert split(text, vocabulary) == tuple(map(str, written))


@VOCABULARIES
def test_what_is_offered_makes_sense_and_examples_do(vocabulary: Vocabulary) -> None:
    for of in vocabulary.fields:
        for token in (of.name[:2], f"{of.name}{of.operators[0]}"):
            for whole in completions(token, vocabulary):
                if not whole.endswith((":", "<", "=", ".", ">")):
                    assert len(read_terms(whole, vocabulary)) == 1
        examples = re.findall(rf"\b{of.name}[:<>=.][^\s;)]+", of.about)
        assert all(read_terms(example.rstrip(","), vocabulary) for example in examples)


@pytest.mark.parametrize(
    ("vocabulary", "text", "hint", "place"),
    [
        (DEPLOYMENTS, "tag:prod schedul:daily", "did you mean schedule:?", (9, 17)),
        (DEPLOYMENTS, "is:pausd", "There is no is:pausd – did you mean is:paused?", (0, 8)),
        (DEPLOYMENTS, "tasks>3", "There is no filter tasks>", (0, 6)),
        (FLOWS, "filee:x", "did you mean file:?", (0, 6)),
        (FLOWS, "param.x=1", "use one of name, file, state", (0, 8)),
        (POOLS, "worker>0", "did you mean workers=?", (0, 7)),
        (POOLS, "workers>many", "is no whole number", (0, 12)),
        (BLOCKS, "typ:secret", "did you mean type:?", (0, 4)),
        (BLOCKS, "saved:today", "write saved<", (0, 11)),
    ],
)
def test_what_makes_no_sense_points_at_its_place_and_at_the_nearest(
    vocabulary: Vocabulary, text: str, hint: str, place: tuple[int, int]
) -> None:
    with pytest.raises(QueryError) as caught:
        read_terms(text, vocabulary)
    assert hint in str(caught.value) and (caught.value.start, caught.value.end) == place


# -- rows ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row of any list: everything that some list is asked."""

    name: str
    tags: tuple[str, ...] = ()
    number: int | None = None
    at: datetime | None = None
    state: State | None = None
    words: tuple[str, ...] = ()
    parameters: dict[str, object] = field(default_factory=dict)


def reading_of(vocabulary: Vocabulary) -> Reading[Row]:
    """Every field of a list, answered from a `Row`."""
    texts = {within: lambda row: (row.name, *row.tags) for of in vocabulary.fields for within in (of.name, *of.within)}
    return Reading(
        vocabulary=vocabulary,
        texts={**texts, "deployment-id": lambda row: (), "is": lambda row: row.words, "needs": lambda row: row.words},
        numbers={of.name: lambda row: row.number for of in vocabulary.fields},
        moments={of.name: lambda row: row.at for of in vocabulary.fields},
        state=lambda row: row.state,
        parameters=lambda row: row.parameters,
    )


ROWS: Final = st.lists(
    st.builds(
        Row,
        name=WORDS,
        tags=st.lists(WORDS, max_size=2).map(tuple),
        number=st.none() | st.integers(0, 99) | st.just(600_000_000),
        at=st.none() | st.integers(-200_000, 200_000).map(lambda seconds: NOW + timedelta(seconds=seconds)),
        state=st.none() | st.sampled_from([Completed(), Failed(), Running(), Late(NOW)]),
        words=st.lists(st.sampled_from(["paused", "ready", "attention", "never"]), max_size=2).map(tuple),
        parameters=st.sampled_from([{}, {"region": "prod"}, {"region": 5}]),
    ),
    max_size=6,
)
OTHERS: Final = pytest.mark.parametrize("vocabulary", LISTS[1:], ids=lambda vocabulary: vocabulary.noun)


@OTHERS
@given(data=st.data(), rows=ROWS)
def test_not_is_the_rest_and_several_terms_are_what_fits_all_of_them(
    vocabulary: Vocabulary, data: st.DataObject, rows: list[Row]
) -> None:
    reading = reading_of(vocabulary)

    def found(*of: Term) -> Sequence[Row]:
        return fitting(rows, " ".join(map(str, of)), reading, NOW, UTC)

    one, other = data.draw(terms(vocabulary)), data.draw(terms(vocabulary))
    opposite = Term(field=one.field, values=one.values, operator=one.operator, path=one.path, negated=not one.negated)
    assert sorted(map(id, (*found(one), *found(opposite)))) == sorted(map(id, rows))
    assert [id(row) for row in found(one, other)] == [
        id(row) for row in rows if row in found(one) and row in found(other)
    ]
    singles = [Term(field=one.field, values=(value,), operator=one.operator, path=one.path) for value in one.values]
    any_of = {id(row) for single in singles for row in found(single)}
    assert any_of == {id(row) for row in (found(opposite) if one.negated else found(one))}
    assert found() == tuple(rows)


@OTHERS
@given(rows=ROWS, start=st.sampled_from(["", "p", "E", "x,"]))
def test_values_are_those_that_rows_have_and_each_finds_them(
    vocabulary: Vocabulary, rows: list[Row], start: str
) -> None:
    reading = reading_of(vocabulary)
    asked = next(of for of in vocabulary.fields if of.known and of.kind == "text" and not of.part)
    for value in values_of(rows, asked.name, start, reading):
        assert start.lower() in value.text.lower()
        if asked.name != "deployment":
            fit = fitting(rows, f"{asked.name}:{Value.literal(value.text)}", reading, NOW)
            assert len(fit) == value.count


def test_parameters_are_followed_into_what_they_hold() -> None:
    rows = [
        Row("a", parameters={"region": "eu", "limits": {"rows": 10}}),
        Row("b", parameters={"region": "eu", "dry": True}),
        Row("c", parameters={"region": "us", "bad name": 1}),
    ]
    reading = reading_of(DEPLOYMENTS)
    assert values_of(rows, "param", "", reading) == (
        QueryValue("region=", 3), QueryValue("dry=", 1), QueryValue("limits.", 1),
    )  # fmt: skip
    assert values_of(rows, "param", "e", reading, path=("region",)) == (QueryValue("eu", 2),)
    assert [row.name for row in fitting(rows, "param.limits.rows>5", reading, NOW)] == ["a"]
    assert [row.name for row in fitting(rows, "param.region!=eu", reading, NOW)] == ["c"]


def test_times_count_from_now_and_ahead_where_that_is_meant() -> None:
    rows = [Row("soon", at=NOW + timedelta(minutes=30)), Row("later", at=NOW + timedelta(hours=3)), Row("never")]
    reading = reading_of(DEPLOYMENTS)
    assert [row.name for row in fitting(rows, "next<1h", reading, NOW)] == ["soon"]
    assert [row.name for row in fitting(rows, "next>1h", reading, NOW)] == ["later"]
    assert [row.name for row in fitting(rows, "!next<1h", reading, NOW)] == ["later", "never"]
    past = [Row("new", at=NOW - timedelta(minutes=5)), Row("old", at=NOW - timedelta(days=2))]
    assert [row.name for row in fitting(past, "last<1h", reading, NOW)] == ["new"]
    assert [row.name for row in fitting(past, "last<yesterday", reading, NOW, UTC)] == ["old"]


def test_what_needs_attention_is_a_term_of_every_list_that_has_it() -> None:
    assert toggled("tag:x", "needs:attention", DEPLOYMENTS) == "needs:attention tag:x"
    assert toggled("needs:attention type:docker", "needs:attention", POOLS) == "type:docker"
