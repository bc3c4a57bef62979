"""What is asked before something dangerous can be read."""

from datetime import UTC

from flowtui.engine.query import parse
from flowtui.tui.acting.questions import question_about
from flowtui.tui.acting.run_verbs import RUN_VERBS
from flowtui.tui.acting.target import Target


def test_the_moment_at_which_a_list_stood_is_said_in_seconds() -> None:
    query = parse("flow:etl until:2026-11-28T16:11:24.763280Z", UTC)
    asked = question_about(RUN_VERBS["delete"], Target(ids=("a", "b"), runs=(), query=query), "the store of a test")
    assert "flow:etl" in asked.detail and "until:2026-11-28T16:11:24Z; what fits later" in asked.detail
    assert "763280" in str(query)  # it is meant all the same
