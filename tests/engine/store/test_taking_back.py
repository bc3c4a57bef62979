"""Whatever says that it can be taken back is taken back, whatever came before."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowtui.engine.client.local import LocalClient
from flowtui.engine.model import FlowRun
from flowtui.engine.run_changes import Cancel, Pause, Restore, Resume, Retry, RunChange, SetState, Tag
from flowtui.engine.settings import Settings
from flowtui.engine.states import StateType
from tests.engine.store.made import a_deployment, due_run

TAGS = st.lists(st.sampled_from(["a", "b", "c"]), unique=True).map(tuple)
CHANGES: st.SearchStrategy[RunChange] = st.one_of(
    st.just(Cancel()),
    st.just(Retry()),
    st.just(Pause(timeout_seconds=60)),
    st.just(Pause(suspend=True, timeout_seconds=None)),
    st.just(Resume()),
    st.just(Restore()),
    st.sampled_from(StateType).map(lambda kind: SetState(type=kind, name=kind.value.title(), message="x")),
    st.builds(Tag, add=TAGS, remove=st.just(())) | st.builds(Tag, remove=TAGS),
)


def looks(run: FlowRun) -> tuple[object, ...]:
    """What a person sees of a run, but that a run which was late is found to be that again by a service."""
    return (run.state.type, run.state.is_suspended(), run.tags, run.expected_start_time, run.start_time, run.end_time)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(CHANGES, max_size=4), CHANGES)
def test_a_change_with_a_way_back_is_undone_by_it(tmp_path: Path, first: list[RunChange], change: RunChange) -> None:
    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(tmp_path)}))
    try:
        deployment = client.save_deployment(a_deployment())
        run = due_run(client, deployment_id=deployment.id, tags=("a",))
        for one in first:
            client.change_flow_runs((run.id,), one)
        before = client.read_flow_run(run.id)
        (done,) = client.change_flow_runs((run.id,), change)
        assert (done.fate == "done") or (done.back is None), "what was not done needs no way back"
        if done.fate == "done":
            assert (done.back is None) is not (done.lasting is None), "it can be taken back, or it is said why not"
        if done.back is not None:
            (back,) = client.change_flow_runs((run.id,), done.back)
            paused = isinstance(done.back, Pause | Resume)  # these need a process that waits
            assert back.fate == "done" or paused, back.reason
            if back.fate == "done" and not paused:
                assert looks(client.read_flow_run(run.id)) == looks(before)
    finally:
        client.close()
