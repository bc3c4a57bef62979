"""In a real pseudo-terminal: what stands in names, messages, log lines and values never reaches it as a command."""

import re
import sys

import pytest

from tests.fakes.hostile import INJECTIONS
from tests.fakes.terminal import Terminal
from tests.support import clean_environment

# What Textual itself writes: colours, cursor moves, modes, kitty keys, mode reports, synchronised updates.
KNOWN = re.compile(
    rb"\x1b\[(?:"
    rb"[0-9;]*m"
    rb"|\d*;?\d*H"
    rb"|\?\d+(?:;\d+)*[hl]"
    rb"|\?\d+\$p"
    rb"|[<>=]\d*(?:;\d+)*u"
    rb"|\?u"
    rb"|\?4m"
    rb")"
    rb"|\x1b\]22;[a-z-]*\x07"  # the shape of the mouse pointer
)
BLINK = re.compile(rb"\x1b\[(?:[0-9;]*;)?5(?:;[0-9;]*)?m")
EXTENDED = re.compile(rb"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+")


def strange(raw: bytes) -> list[bytes]:
    """Escapes and controls that Textual does not write."""
    rest = KNOWN.sub(b"", raw).replace(b"\r", b"").replace(b"\n", b"")
    text = rest.decode("utf-8", "replace")
    found = [rest[at : at + 20] for at in range(len(rest)) if rest[at] < 0x20 or rest[at] == 0x7F]
    found.extend(character.encode() for character in text if "\x80" <= character <= "\x9f")
    found.extend(
        character.encode()
        for character in text
        if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\u200b\u200d"
    )
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """All that the workstation writes while every screen is looked at."""
    home = tmp_path_factory.mktemp("hostile")
    command = [sys.executable, "-m", "tests.fakes.hostile", str(home)]
    with Terminal(command, columns=130, rows=40, env=clean_environment(home)) as terminal:
        terminal.wait_for("Needs you", 30)
        terminal.wait_for("n0")
        terminal.press("2")
        terminal.wait_for("STATE")
        terminal.wait_for("task says")
        for _ in range(len(INJECTIONS)):
            terminal.press("j")
            terminal.pump(0.15)
        terminal.press("g")
        terminal.pump(0.3)
        for at in range(0, len(INJECTIONS), 5):
            terminal.press("\r")
            terminal.wait_for("Timeline")
            terminal.wait_for("log ")
            for _ in range(5):
                terminal.press("]")
                terminal.pump(0.2)
            terminal.press("\x1b")
            terminal.wait_for(lambda t: "Timeline" not in t.text)
            for _ in range(5):
                terminal.press("j")
            terminal.pump(0.2)
            assert at < len(INJECTIONS)
        terminal.press("c")  # a question with the run's name in it
        terminal.pump(0.5)
        terminal.press("n")
        terminal.pump(0.3)
        terminal.press("R")  # and a toast
        terminal.pump(0.5)
        terminal.press("f")
        terminal.press("flow:\x16")
        terminal.pump(0.3)
        terminal.press("\x1b")
        terminal.pump(0.3)
        terminal.press("\x10")
        terminal.wait_for("go to Runs")
        terminal.press("n1")
        terminal.pump(0.6)
        terminal.press("\x1b")
        terminal.pump(0.3)
        for key in "465\rw":  # deployments, blocks, pools, the first of them, and why the run that waits there does
            terminal.press(key)
            terminal.pump(1.0)
        terminal.press("\x1b")
        terminal.pump(0.3)
        terminal.press("1")
        terminal.pump(1.0)
        assert terminal.process.poll() is None, terminal.text
        return bytes(terminal.raw)


@pytest.mark.timeout(120)
def test_the_screens_were_really_looked_at(written: bytes) -> None:
    for words in (b"task says", b"message", b"second line", b"deep", "␛".encode(), "⇄".encode(), b"[red]markup[/red]"):
        assert words in written, words


@pytest.mark.timeout(120)
def test_only_textual_s_own_escapes_reach_the_terminal(written: bytes) -> None:
    assert not strange(written)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("evil", INJECTIONS[:-1], ids=ascii)
def test_no_injection_arrives_as_it_was_written(written: bytes, evil: str) -> None:
    assert evil.encode() not in written


@pytest.mark.timeout(120)
def test_nothing_blinks(written: bytes) -> None:
    assert not BLINK.search(EXTENDED.sub(b"0", written))
