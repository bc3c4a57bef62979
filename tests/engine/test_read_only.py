"""A client that only reads refuses every verb that changes something, and no verb is forgotten."""

import inspect
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.client.protocol import Client
from flowtui.engine.client.read_only import WRITES, read_only, reads
from flowtui.engine.errors import ReadOnly
from flowtui.engine.model import NewFlowRun
from flowtui.engine.settings import Settings
from flowtui.engine.states import Scheduled

VERBS = sorted(name for name, _ in inspect.getmembers(Client) if not name.startswith("_"))


def test_each_verb_is_known_to_read_or_to_write() -> None:
    assert sorted(WRITES - set(VERBS)) == [], "these are verbs no longer"
    assert [verb for verb in VERBS if not reads(verb) and verb not in WRITES] == [], "say which of the two these are"


def test_what_would_change_the_store_is_refused_in_one_sentence_and_the_rest_is_answered(tmp_path: Path) -> None:
    client = LocalClient.open(Settings.from_env({"FLOWTUI_HOME": str(tmp_path)}))
    run = client.create_flow_run(NewFlowRun(flow_name="etl", name="a", state=Scheduled()))
    only = read_only(client)
    before = client.changes(None)
    for verb in WRITES:
        with pytest.raises(ReadOnly, match="Nothing is changed here"):
            getattr(only, verb)(run.id)
    with pytest.raises(ReadOnly, match="invented verb"):
        only.invented_verb()  # type: ignore[attr-defined]
    assert client.changes(None) == before
    assert only.read_flow_run(run.id) == run and only.address == client.address
    only.close()
