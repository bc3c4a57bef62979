"""What is offered while a term is written can be read, and goes on from what stands there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.listing import QueryValue
from flowtui.engine.model import RunCounts
from flowtui.engine.query import QueryError, parse
from flowtui.engine.query_edits import split, toggled, without
from flowtui.tui.completing import Wanted, last_token, offers, offers_of, state_values, wanted

_TOKENS = " ! st !fl state: state:fa !state:failed,la is: needs: dur> flow:e tag:a,b param. param.re param.a.r xyz"
TOKENS = st.sampled_from(_TOKENS.split(" "))
VALUES = st.lists(st.text(min_size=1, max_size=8).filter(lambda t: "\0" not in t and t.isprintable()), max_size=4)


@given(token=TOKENS, values=VALUES)
def test_what_is_taken_can_be_read(token: str, values: list[str]) -> None:
    found = list(offers(token))
    if (asked := wanted(token)) is not None and asked.field not in ("param", "state"):
        found += offers_of(asked, [QueryValue(value) for value in values])
    for offer in found:
        if not offer.is_open:
            assert len(parse(offer.text).terms) == 1
            assert parse(str(parse(offer.text))) == parse(offer.text)


@pytest.mark.parametrize(
    ("token", "labels"),
    [
        ("st", ["state:", "start<"]),
        ("!de", ["deployment:"]),
        ("state:fa", ["failed"]),
        ("state:failed,la", ["late"]),
        ("needs:", ["attention"]),
        ("state:failed", []),
        ("param.x", []),
    ],
)
def test_the_language_offers_fields_then_words(token: str, labels: list[str]) -> None:
    assert [offer.label for offer in offers(token)] == labels


@pytest.mark.parametrize(
    ("token", "asked"),
    [
        ("flow:et", Wanted("flow", "et", "flow:")),
        ("!tag:a,b", Wanted("tag", "b", "!tag:a,")),
        ("tags=x", Wanted("tag", "x", "tags=")),
        ('flow:"my f', Wanted("flow", "my f", "flow:")),
        ("param.", Wanted("param", "", "param.")),
        ("param.size.ro", Wanted("param", "ro", "param.size.", ("size",))),
        ("param.list.0=x", Wanted("param", "x", "param.list.0=", ("list", 0))),
        ("dur>5", None),
        ("tasks>", None),
        ("word", None),
    ],
)
def test_the_store_is_asked_for_what_it_knows(token: str, asked: Wanted | None) -> None:
    assert wanted(token) == asked


def test_values_are_quoted_where_they_have_to_be_and_names_go_on() -> None:
    (name,) = offers_of(Wanted("flow", "m", "flow:"), [QueryValue("my flow", 3, "1 deployment")])
    assert (name.text, name.label, name.hint, name.is_open) == ('flow:"my flow"', "my flow", "3   1 deployment", False)
    opened = offers_of(Wanted("param", "", "param."), [QueryValue("region="), QueryValue("size.")])
    assert [(offer.text, offer.is_open) for offer in opened] == [("param.region=", True), ("param.size.", True)]
    counts = RunCounts(
        running=2, pending=0, scheduled=4, late=1, paused=0, cancelling=0, failed_today=3, next_start=None
    )
    assert [(value.text, value.count) for value in state_values(counts, "l")] == [("late", 1)]
    assert last_token('a "b c') == '"b c' and last_token("a b ") == ""


def test_one_term_more_or_less_leaves_the_others_as_they_were_written() -> None:
    text = 'FLOW:x  tag:"a b" dur>5m'
    assert split(text) == ("FLOW:x", 'tag:"a b"', "dur>5m")
    assert without(text, 1) == "FLOW:x dur>5m"
    assert toggled(text, "needs:attention") == 'needs:attention FLOW:x tag:"a b" dur>5m'
    assert toggled("NEEDS:attention " + text, "needs:attention") == 'FLOW:x tag:"a b" dur>5m'
    with pytest.raises(QueryError):
        split('tag:"a')
