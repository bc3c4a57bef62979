"""When a worker looks for due runs, and what it takes from a look that brought none."""

from flowtui.server.workers.lookout import Lookout
from flowtui.server.workers.options import WorkerOptions
from tests.server.backends import deploy


def test_a_slot_that_is_freed_while_a_look_counts_without_it_is_used_by_the_next(client, tmp_path):
    deployment = deploy(client, tmp_path / "project", "@flow\ndef main():\n    pass")
    runs = {client.run_deployment(deployment.id).id for _ in range(2)}
    lookout = Lookout(client, WorkerOptions(pool="local"), name="anna", owner="anna", lease_seconds=30)
    first = lookout.look(frozenset(), 1)
    lookout.slot_freed()
    meanwhile = lookout.look(frozenset(), 0)
    second = lookout.look(frozenset(), 1)
    third = lookout.look(frozenset(), 1)
    assert (first.asked, meanwhile.asked, second.asked) == (True, False, True)
    assert {claim.run.id for claim in (*first.claims, *second.claims)} == runs
    assert not third.asked, "nothing has happened since"
