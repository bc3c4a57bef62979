"""How the changes of one retry are folded into those of earlier ones."""

from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.amendments import Amendments, RetryEdits, amended, amendments_json, amendments_of_json, edit_words

ids, names, values = st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 2)
edits = st.builds(
    RetryEdits,
    inputs=st.dictionaries(ids, st.none() | st.dictionaries(names, values, min_size=1)),
    again=st.lists(ids, unique=True).map(tuple),
    parameters=st.dictionaries(names, values),
)


@given(st.lists(edits, max_size=4))
def test_the_last_word_counts_and_the_first_value_is_remembered(every: list[RetryEdits]) -> None:
    first = {"x": 0, "y": 1}
    now, parameters = None, dict(first)
    for attempt, one in enumerate(every, 1):
        now, parameters = amended(now, one, parameters, attempt)
    known = now or Amendments()
    assert amendments_of_json(amendments_json(known)) == now
    changed = {name for name in first if parameters[name] != first[name]}
    assert {name: first[name] for name in changed} == known.parameters
    for task in "ab":
        said = [one.inputs[task] for one in every if task in one.inputs]
        assert (task in known.inputs) is bool(said and said[-1])
        if said and said[-1]:
            assert said[-1].items() <= known.inputs[task].items()
        asked = [attempt for attempt, one in enumerate(every, 1) if task in one.again]
        assert known.again.get(task) == (asked[-1] if asked else None)


def test_a_retry_says_what_it_changes() -> None:
    both = RetryEdits(inputs={"1": {"repo": "x"}, "2": None}, again=("1", "3"), parameters={"limit": 3})
    assert edit_words(both, {"1": "get-1", "2": "put-0"}) == (
        "Edited: limit, get-1.repo, put-0.inputs taken back; again: get-1, 3."
    )
    assert edit_words(RetryEdits(), {}) is None
