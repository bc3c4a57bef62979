"""What a flow asks for is found out by another process: here, nothing of the user's is imported."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.deployments.describing import describe
from flowtui.engine.errors import EntrypointError

Write = Callable[..., Path]


def test_the_schema_is_that_of_the_real_types_and_this_process_imports_nothing(write: Write) -> None:
    root = write(
        "etl.py",
        "import os, sys\nfrom typing import Literal\nfrom flowtui import flow\n"
        "print('printed while it is imported')\nos.write(1, b'and past print')\n"
        "@flow(name='the etl', retries=2, retry_delay_seconds=5)\n"
        "def etl(source: str, mood: Literal['good', 'bad'] = 'good'):\n    '''Reads it.'''\n",
    ).parent
    known = set(sys.modules)
    outline = describe(root, "etl.py:etl")
    assert (outline.name, outline.retries, outline.retry_delay_seconds) == ("the etl", 2, 5.0)
    assert outline.description == "Reads it."
    assert outline.folder == str(root)
    assert outline.schema["required"] == ["source"]
    assert outline.schema["properties"]["mood"]["enum"] == ["good", "bad"]
    assert not [name for name in set(sys.modules) - known if "etl" in name]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import nowhere_to_be_found\n", "etl.py:1"),
        ("import os\nos._exit(7)\n", "exit code 7"),
        ("from flowtui import flow\n", "holds no flow"),
    ],
)
def test_what_cannot_be_imported_says_so_in_a_sentence(write: Write, code: str, words: str) -> None:
    root = write("etl.py", code).parent
    with pytest.raises(EntrypointError, match=words):
        describe(root, "etl.py:etl" if "flow" not in code else "etl.py")
