"""A script that runs its flow at its end can be deployed: loading it for its flow runs nothing."""

from pathlib import Path

from flowtui.engine.client.protocol import Client
from flowtui.engine.deployments.entrypoint import load_flow

SCRIPT = """
import asyncio
from flowtui import flow

@flow
def here():
    return 1

@flow
async def there():
    return 2

here()
asyncio.run(there())
"""


def test_a_flow_that_its_own_file_calls_is_not_run_by_loading_it(tmp_path: Path, client: Client) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)

    flow = load_flow("script.py:here", str(tmp_path))

    assert flow.name == "here"
    assert client.list_flow_runs().items == ()


def test_it_runs_when_it_is_called_afterwards(tmp_path: Path, client: Client) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)

    assert load_flow("script.py:here", str(tmp_path))() == 1
    assert [run.flow_name for run in client.list_flow_runs().items] == ["here"]
