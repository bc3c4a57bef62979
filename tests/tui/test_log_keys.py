"""What a log hands on by a key, in a real terminal: to the pager, and to the clipboard."""

import base64
import shlex
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.clock import utc_now
from flowtui.engine.model import LogLine
from flowtui.engine.states import Failed
from tests.engine.store.made import owned_running
from tests.fakes.terminal import Terminal
from tests.support import clean_environment
from tests.tui.test_launch import COMMAND

pytestmark = pytest.mark.timeout(180)  # several waits, each with a deadline of its own

PAGER = """
import sys
from pathlib import Path
lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
print(f"PAGED {len(lines)} lines, the last: {' '.join(lines[-1].split()[2:])}", flush=True)
sys.stdin.readline()
"""


def test_f3_shows_what_is_shown_in_the_pager_and_y_copies_the_line(client: LocalClient, home: Path) -> None:
    run = owned_running(client, name="lively-heron")
    begun = utc_now() - timedelta(minutes=1)
    client.write_logs(
        LogLine(begun + timedelta(seconds=n), 40 if n == 7 else 20, f"line {n} ☃", flow_run_id=run.id)
        for n in range(20)
    )
    client.set_flow_run_state(run.id, Failed(), epoch=run.epoch)
    client.flush()
    (home.parent / "pager.py").write_text(PAGER)
    pager = shlex.join([sys.executable, str(home.parent / "pager.py")])
    with Terminal(COMMAND, env={**clean_environment(home), "PAGER": pager}) as term:
        term.wait_for("Needs you")
        term.press("2")
        term.wait_for("✖ Failed")  # which Home does not write
        term.press("l")
        term.wait_for("follow ●")  # the preview in the list shows the last lines, too
        term.wait_for("line 19")
        term.press("\x1bOR")  # f3
        term.wait_for("PAGED 20 lines, the last: line 19")
        term.press("\r")
        term.wait_for("20 lines")
        term.press("&")
        term.wait_for("No filter yet.")
        term.press("level:error")
        term.wait_for("1 lines")
        term.press("\r")
        term.wait_for("1 of 20 lines")
        term.press("\x1b")
        term.press("\x1bOR")
        term.wait_for("PAGED 1 lines, the last: line 7")
        term.press("\r")
        term.wait_for("1 of 20 lines")
        term.press("y")
        copied = base64.b64encode("line 7 ☃".encode())
        term.wait_for(lambda term: b"\x1b]52;c;" + copied in term.raw)
        term.press("q")
        assert term.wait_end() == 0


def test_without_a_pager_that_starts_it_says_so_and_goes_on(client: LocalClient, home: Path) -> None:
    run = owned_running(client, name="lively-heron")
    client.write_logs([LogLine(utc_now(), 20, "all well", flow_run_id=run.id)])
    client.flush()
    with Terminal(COMMAND, env={**clean_environment(home), "PAGER": "/nowhere/pager"}) as term:
        term.wait_for("Needs you")
        term.press("2")
        term.wait_for("lively-heron")
        term.press("l")
        term.wait_for("follow ●")
        term.wait_for("all well")
        term.press("\x1bOR")
        term.wait_for("cannot be started")
        term.press("q")
        assert term.wait_end() == 0
