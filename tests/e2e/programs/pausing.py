"""A flow that pauses for a person, who here is a thread; typed input; a pause that nobody ends."""

import threading
import time

from prefect import flow, pause_flow_run, resume_flow_run, task
from prefect.exceptions import FlowPauseTimeout
from prefect.input import RunInput
from prefect.runtime import flow_run


class Approval(RunInput):
    approved: bool
    by: str = "nobody"


@task
def deploy(who):
    return f"deployed for {who}"


def person(run_id, run_input=None):
    def resume():
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                resume_flow_run(run_id, run_input=run_input)
                return
            except Exception:
                time.sleep(0.2)

    thread = threading.Thread(target=resume)
    thread.start()
    return thread


@flow
def release():
    thread = person(flow_run.id)
    pause_flow_run(timeout=60, poll_interval=1)
    thread.join()
    print("resumed once")
    thread = person(flow_run.id, {"approved": True, "by": "ada"})
    answer = pause_flow_run(wait_for_input=Approval, timeout=60, poll_interval=1)
    thread.join()
    print(answer.approved, answer.by)
    print(deploy(answer.by))
    return "released"


@flow
def forgotten():
    pause_flow_run(timeout=1, poll_interval=1)


if __name__ == "__main__":
    print(release())
    try:
        forgotten()
    except FlowPauseTimeout:
        print("nobody came")
