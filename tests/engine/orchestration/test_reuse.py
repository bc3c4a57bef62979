"""Whether a task of a run that is tried again keeps the result that it had."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui.engine.ids import new_id
from flowtui.engine.model import TaskRun
from flowtui.engine.orchestration.reuse import decide_reuse
from flowtui.engine.states import Cached, Completed, Crashed, Failed, Running, State
from tests.engine.orchestration.strategies import NOW, states

keys = st.sampled_from([None, "a", "b"])


def before(state: State, input_key: str | None = "a") -> TaskRun:
    return TaskRun(
        id=new_id(), name="load-0", task_key="load", dynamic_key="0", state=state, created=NOW, input_key=input_key
    )


@pytest.mark.parametrize("state", [Completed(), Cached()])
def test_a_completed_call_with_the_same_inputs_and_a_kept_result_is_reused(state: State) -> None:
    assert decide_reuse(before(state), "a", kept=True).reuse


@pytest.mark.parametrize(
    ("run", "key", "kept", "refresh", "reason"),
    [
        (None, "a", True, False, "it was not called before"),
        (before(Failed()), "a", True, False, "it ended Failed"),
        (before(Crashed()), "a", True, False, "it ended Crashed"),
        (before(Running()), "a", True, False, "it ended Running"),
        (before(Completed(name="RolledBack")), "a", True, False, "it was rolled back"),
        (before(Completed()), "a", True, True, "it refreshes its cache"),
        (before(Completed()), "a", False, False, "its result was not kept"),
        (before(Completed(), None), "a", True, False, "its inputs cannot be compared"),
        (before(Completed()), None, True, False, "its inputs cannot be compared"),
        (before(Completed()), "b", True, False, "its inputs have changed"),
    ],
)
def test_everything_else_is_run_again_for_a_reason(
    run: TaskRun | None, key: str | None, kept: bool, refresh: bool, reason: str
) -> None:
    decision = decide_reuse(run, key, kept=kept, refresh=refresh)
    assert (decision.reuse, decision.reason) == (False, reason)


@given(states(), keys, keys, st.booleans(), st.booleans())
def test_nothing_is_reused_that_is_not_known_to_be_the_same(
    state: State, old_key: str | None, new_key: str | None, kept: bool, refresh: bool
) -> None:
    run = replace(before(state), input_key=old_key)
    if decide_reuse(run, new_key, kept=kept, refresh=refresh).reuse:
        assert state.is_completed()
        assert kept
        assert not refresh
        assert old_key == new_key is not None
