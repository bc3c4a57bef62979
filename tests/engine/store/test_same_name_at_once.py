"""Two processes that make the same thing at the same instant: the second finds what the first one made."""

import threading

from flowtui.engine.client.local import LocalClient
from tests.engine.store.databases import Place
from tests.engine.store.made import a_deployment, a_line, a_task, due_run, owned_run


def at_once(clients: list[LocalClient], act: object) -> list[Exception]:
    ready, failures = threading.Barrier(len(clients)), []

    def work(client: LocalClient, number: int) -> None:
        ready.wait()
        try:
            for again in range(5):
                act(client, number, again)  # type: ignore[operator]
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(client, number)) for number, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_variables_deployments_and_flows_of_the_same_name(place: Place) -> None:
    clients = [place.open() for _ in range(4)]

    def act(client: LocalClient, number: int, again: int) -> None:
        client.set_variable(f"v{again}", number, overwrite=True)
        client.save_deployment(a_deployment(name=f"d{again}", flow_name=f"f{again}", version=str(number)))
        due_run(client, flow_name=f"g{again}")

    assert at_once(clients, act) == []
    reader = clients[0]
    assert len(reader.list_deployments().items) == 5
    assert {flow.name for flow in reader.list_flows().items} == {f"{kind}{n}" for kind in "fg" for n in range(5)}


def test_lines_of_one_log_from_several_processes_are_all_there(place: Place) -> None:
    """Those of a run come from its process and, for what it prints, from its worker."""
    clients = [place.open() for _ in range(4)]
    run = owned_run(clients[0])

    def act(client: LocalClient, number: int, again: int) -> None:
        client.write_logs([a_line(run, f"{number} {again} {n}") for n in range(20)])
        client.save_task_run(a_task(run))
        client.flush()

    assert at_once(clients, act) == []
    page = clients[0].read_logs(run.id, limit=1000)
    assert page.total == 400
    assert {line.message for line in page.lines} == {
        f"{a} {b} {c}" for a in range(4) for b in range(5) for c in range(20)
    }
    stats = clients[0].read_flow_run(run.id).stats
    assert (stats.lines, stats.tasks) == (400, 20)
