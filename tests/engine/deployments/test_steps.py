"""Steps: how a file writes them, and what becomes of them when they are run."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flowtui.engine.client.local import LocalClient
from flowtui.engine.deployments.stepping import StepFailed, place_kept, run_steps
from flowtui.engine.deployments.steps import Step, built_in_name, read_steps, steps_from_json
from flowtui.engine.deployments.tree import read_tree
from flowtui.engine.errors import DeploymentFileError, UsageError

Write = Callable[..., Path]
SHELL = "flowtui.deployments.steps.run_shell_script"


def steps_of(write: Write, text: str) -> tuple[Step, ...] | None:
    return read_steps(read_tree(write("steps.yaml", text), "steps.yaml"), "steps.yaml", "build")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    return folder


def run(client: LocalClient, *steps: Step, lines: list[str] | None = None) -> dict[str, object]:
    heard: list[str] = [] if lines is None else lines
    return run_steps(client, steps, heard.append, what="build")


def shell(script: str, **more: object) -> Step:
    keywords = {key: more.pop(key) for key in ("id",) if key in more}
    return Step(function=SHELL, inputs={"script": script, **more}, **keywords)  # type: ignore[arg-type]


# -- written ----------------------------------------------------------------------------------------------------------


def test_one_step_a_list_and_a_list_of_lists(write: Write) -> None:
    whole = "a.b: {x: 1, id: one, requires: tool>=1}"
    assert steps_of(write, whole) == (Step(function="a.b", inputs={"x": 1}, id="one", requires=("tool>=1",)),)
    nested = f"[[{{{whole}}}, c.d: null], [e.f]]"
    assert [step.function for step in steps_of(write, nested) or ()] == ["a.b", "c.d", "e.f"]
    assert steps_of(write, "[]") == ()
    assert steps_of(write, "null") is None


def test_inputs_beside_the_step_instead_of_below_it_are_its_inputs(write: Write) -> None:
    (step,) = steps_of(write, "- a.b:\n  x: 1\n  id: one\n") or ()
    assert (step.function, step.inputs, step.id) == ("a.b", {"x": 1}, "one")


def test_a_step_is_the_same_after_its_way_through_the_store() -> None:
    step = Step(function="a.b", inputs={"x": [1]}, id="one", requires=("p", "q"))
    assert steps_from_json([step.as_json()]) == (step,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{a.b: {}, c.d: {}}", "one function with its inputs; this one has a.b, c.d"),
        ("git_clone: {}", "name a function with its module"),
        ("a.b: [1]", "takes a mapping of inputs"),
        (
            "prefect.deployments.steps.git_clon: {}",
            "there is no step prefect.deployments.steps.git_clon; there is set_",
        ),
    ],
)
def test_what_is_no_step_is_refused_at_its_line(write: Write, text: str, words: str) -> None:
    with pytest.raises(DeploymentFileError, match=words) as caught:
        steps_of(write, text)
    assert caught.value.line == 1


@pytest.mark.parametrize(
    "prefix", ["prefect.deployments.steps.", "flowtui.deployments.steps.", "prefect.projects.steps."]
)
def test_the_built_in_steps_have_their_names_in_use(prefix: str) -> None:
    assert built_in_name(prefix + "git_clone") == "git_clone"
    assert built_in_name(prefix + "pull.git_clone") == "git_clone"
    assert built_in_name(prefix + "utility.run_shell_script") == "run_shell_script"
    assert built_in_name(prefix + "git_clone_project") == "git_clone"


# -- run --------------------------------------------------------------------------------------------------------------


def test_outputs_are_found_by_name_and_by_the_id_of_their_step(client: LocalClient, project: Path) -> None:
    lines: list[str] = []
    outputs = run(
        client,
        shell("echo one", id="first"),
        shell("echo '{{ first.stdout }} two'\n# no command\necho three \\\n  four", id="second"),
        shell("echo {{ first.stdout }}", stream_output=False),
        lines=lines,
    )
    assert outputs["first"] == {"stdout": "one", "stderr": ""}
    assert outputs["second"] == {"stdout": "one two\nthree four", "stderr": ""}
    assert lines[:4] == ["Build step 1 of 3: run_shell_script", "one", "Build step 2 of 3: run_shell_script", "one two"]
    assert lines[-1] == "Build step 3 of 3: run_shell_script"


def test_a_script_gets_its_environment_its_folder_and_its_shell(client: LocalClient, project: Path) -> None:
    (project / "below").mkdir()
    outputs = run(
        client,
        shell("echo $WHO", env={"WHO": "me"}, expand_env_vars=True, id="expanded"),
        shell("echo $WHO", env={"WHO": "me"}, id="plain"),
        shell("for x in 1 2; do echo $x; done | tail -1; pwd", directory="below", shell=True, id="whole"),
    )
    stdout = {key: value["stdout"] for key, value in outputs.items() if isinstance(value, dict)}
    assert stdout == {"expanded": "me", "plain": "$WHO", "whole": f"2\n{project}/below"}


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            shell("sh -c 'echo bad >&2; exit 3'"),
            r"The build step 1 \(.*run_shell_script\) failed: .* ended with 3: bad",
        ),
        (shell("no-such-command-here"), "There is no 'no-such-command-here' to run"),
        (shell("echo 'open"), "is no command"),
        (Step(function=SHELL, inputs={"scrip": "x"}), "its inputs do not fit"),
        (Step(function="nowhere_at_all.step"), "nowhere_at_all cannot be imported.*requires:"),
        (Step(function="json.nothing"), "json has no function 'nothing'"),
        (Step(function="prefect_docker.deployments.steps.build_docker_image"), "images are not built"),
        (Step(function="flowtui.deployments.steps.set_working_directory", inputs={"directory": "x"}), "no folder .*x"),
        (Step(function="flowtui.deployments.steps.pip_install_requirements"), "There is no requirements.txt in"),
        (Step(function=SHELL, inputs={"script": "{{ prefect.variables.nobody }}"}), "variable that does not exist"),
    ],
)
def test_a_step_that_fails_is_named(client: LocalClient, project: Path, step: Step, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        run(client, step)


def test_functions_of_others_are_called_with_filled_inputs(
    client: LocalClient, project: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        "own_steps.py",
        "async def fetch(where, deep):\n    print('fetching', where)\n    return {'got': [where, deep]}\n"
        "def nothing(): ...\n"
        "def odd(): return 7\n",
    )
    monkeypatch.setenv("WHERE", "there")
    lines: list[str] = []
    fetch = Step(function="own_steps.fetch", inputs={"where": "{{ $WHERE }}", "deep": {"a": ["{{ $WHERE }}"]}}, id="f")
    outputs = run(client, fetch, Step(function="own_steps.nothing"), Step(function="own_steps.odd"), lines=lines)
    assert outputs == {"got": ["there", {"a": ["there"]}], "f": {"got": ["there", {"a": ["there"]}]}}
    assert "fetching there" in lines
    assert lines[-1] == "odd answered with int, which is no mapping; it has no outputs."
    del sys.modules["own_steps"]


def test_a_missing_package_is_installed_or_said(client: LocalClient, project: Path) -> None:
    there = Step(function="json.loads", inputs={"s": '{"x": 1}'}, requires=("pydantic",))
    assert run(client, there) == {"x": 1}
    away = Step(function="json.loads", inputs={"s": "{}"}, requires=("./no-such-package-here",))
    with pytest.raises(StepFailed, match=r"requires the package \./no-such-package-here, which cannot be installed"):
        run(client, away)
    with pytest.raises(StepFailed, match="is no package"):
        run(client, Step(function="json.loads", requires=("--user",)))


def test_requirements_are_installed_from_their_file(client: LocalClient, project: Path) -> None:
    (project / "requirements.txt").write_text("pydantic\n")
    step = Step(function="prefect.deployments.steps.pip_install_requirements", inputs={"directory": "."})
    assert "already satisfied" in str(run(client, step)["stdout"])


def test_the_folder_that_steps_go_to_is_left_again(client: LocalClient, project: Path, tmp_path: Path) -> None:
    step = Step(function="flowtui.deployments.steps.set_working_directory", inputs={"directory": str(tmp_path)})
    with place_kept():
        assert run(client, step) == {"directory": str(tmp_path)}
        assert Path.cwd() == tmp_path
    assert Path.cwd() == project


# -- code from elsewhere ----------------------------------------------------------------------------------------------


def test_code_is_copied_from_a_url(client: LocalClient, project: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe({"/bucket/flows/a.py": b"A = 1", "/bucket/flows/below/b.py": b"B = 2"})
    pull = Step(function="prefect.deployments.steps.pull_from_remote_storage", inputs={"url": "memory://bucket/flows"})
    outputs = run(client, pull)
    assert outputs == {"directory": str(project / "flows")}
    assert (project / "flows/below/b.py").read_text() == "B = 2"
    memory.rm("/bucket", recursive=True)

    for url, words in (
        ("memory://bucket/none", "nothing at"),
        ("nosuch://x/y", "cannot be opened"),
        ("flows", "no URL"),
    ):
        with pytest.raises(StepFailed, match=words):
            run(client, Step(function=pull.function, inputs={"url": url}))


def test_code_is_copied_from_a_block(client: LocalClient, project: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/a.py").write_text("A = 1")
    client.save_block("local-file-system", "code", {"basepath": str(tmp_path / "kept")})
    client.save_block("secret", "token", {"value": "x"})
    function = "prefect.deployments.steps.pull_with_block"
    outputs = run(
        client, Step(function=function, inputs={"block_document_name": "code", "block_type_slug": "local-file-system"})
    )
    assert (Path(str(outputs["directory"])) / "a.py").read_text() == "A = 1"
    with pytest.raises(StepFailed, match="holds no folder"):
        run(client, Step(function=function, inputs={"block_document_name": "token", "block_type_slug": "secret"}))


def test_steps_of_the_store_that_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match="A step is one function"):
        steps_from_json(["a.b"])
