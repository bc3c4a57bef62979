"""The thread pool: submitting, waiting, and taking futures as they end."""

import threading
import time

from prefect import flow, task
from prefect.futures import as_completed, wait
from prefect.task_runners import ConcurrentTaskRunner, ThreadPoolTaskRunner

lock = threading.Lock()
at_once = 0
most = 0


@task
def busy(seconds, value):
    global at_once, most
    with lock:
        at_once += 1
        most = max(most, at_once)
    time.sleep(seconds)
    with lock:
        at_once -= 1
    return value


@flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
def two_at_once():
    futures = [busy.submit(0.05, n) for n in range(6)]
    done, not_done = wait(futures)
    print(sorted(f.result() for f in done), len(not_done), "most", most)


@flow(task_runner=ConcurrentTaskRunner())
def by_arrival():
    futures = [busy.submit(s, s) for s in (0.6, 0.05, 0.3)]
    print([f.result() for f in as_completed(futures)])
    slow = busy.submit(0.5, "slow")
    print(wait([slow], timeout=0.01).not_done == {slow})
    print(slow.result(timeout=30))
    print(slow.state.is_completed())
    return futures


two_at_once()
state = by_arrival(return_state=True)
print(state.name, state.message)
