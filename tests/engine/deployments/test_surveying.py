"""The flows of a folder, and what changes from one look to the next."""

import os
from collections.abc import Callable
from pathlib import Path

from flowtui.engine.deployments.surveying import FolderSurvey

Write = Callable[..., Path]
FLOW = "from flowtui import flow\n@flow\ndef {name}(day: str, limit: int = 10): ...\n"


def test_flows_come_with_their_signature_and_bad_files_with_their_sentence(write: Write) -> None:
    write("etl.py", FLOW.format(name="daily_etl"))
    write(
        "more/typed.py",
        "from typing import Annotated as A\nimport typing\nfrom flowtui import flow\n"
        "@flow\ndef typed(n: typing.Annotated[int, 'x'] = 3, *, loud=False):\n    '''Says it.\n\n    More.'''\n",
    )
    write("broken.py", "from flowtui import flow\n@flow\ndef oops(:\n")
    write("other.py", "def (: # no word of flows, so nobody's business here")
    root = write("README", "").parent
    survey = FolderSurvey(root).look()
    assert [(flow.name, flow.file, flow.line, flow.signature) for flow in survey.flows] == [
        ("daily-etl", "etl.py", 3, "day: str, limit: int=10"),
        ("typed", "more/typed.py", 5, "n: int=3, *, loud=False"),
    ]
    assert survey.flows[1].about == "Says it."
    assert [(bad.file, bad.line) for bad in survey.bad] == [("broken.py", 3)]
    assert "SyntaxError" in survey.bad[0].sentence
    assert survey.complete


def test_ignored_files_hidden_folders_and_environments_are_passed_over(write: Write) -> None:
    write(".gitignore", "scratch/\n*_old.py\n")
    for place in ("scratch/a.py", "b_old.py", ".hidden/c.py", "env/lib/d.py", "node_modules/e.py", "kept/f.py"):
        write(place, FLOW.format(name="f"))
    write("env/pyvenv.cfg", "")
    write("kept/.flowtuiignore", "g.py\n")
    write("kept/g.py", FLOW.format(name="g"))
    root = write("README", "").parent
    assert [flow.file for flow in FolderSurvey(root).look().flows] == ["kept/f.py"]


def test_a_look_sees_what_was_written_changed_and_removed_since(write: Write) -> None:
    file = write("etl.py", FLOW.format(name="first"))
    survey = FolderSurvey(file.parent)
    assert [flow.name for flow in survey.look().flows] == ["first"]
    write("etl.py", FLOW.format(name="second_one"))
    write("b.py", FLOW.format(name="third"))
    assert [flow.name for flow in survey.look().flows] == ["third", "second-one"]
    file.unlink()
    assert [flow.name for flow in survey.look().flows] == ["third"]


def test_files_that_did_not_change_are_not_read_again(write: Write) -> None:
    file = write("etl.py", FLOW.format(name="first"))
    survey = FolderSurvey(file.parent)
    before = survey.look()
    found = file.stat()
    file.write_text(FLOW.format(name="other"))  # as long, and as old as it was: nobody can tell
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert survey.look() == before


def test_in_a_huge_folder_what_is_near_its_root_is_found_and_the_rest_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / "z.py").write_text(FLOW.format(name="near"))
    for folder in range(3):
        (tmp_path / f"d{folder}").mkdir()
        for number in range(900):
            (tmp_path / f"d{folder}" / f"{number}.py").touch()
    survey = FolderSurvey(tmp_path).look()
    assert [flow.name for flow in survey.flows] == ["near"]
    assert not survey.complete
    assert survey.files == 2000


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert FolderSurvey(tmp_path / "nowhere").look().flows == ()
