"""A flow that is cancelled: it heeds SIGTERM, or does not; with a child of its own either way."""

import signal
import subprocess
import sys
import time

from flowtui import flow

SLEEP = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"


@flow
def waits(deaf: bool = False) -> None:
    if deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with subprocess.Popen([sys.executable, "-c", DEAF if deaf else SLEEP], stdout=subprocess.PIPE) as child:
        if deaf:
            assert child.stdout is not None
            child.stdout.readline()
        print("up")
        time.sleep(600)
