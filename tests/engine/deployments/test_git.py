"""Copies of git repositories: over files, and over HTTP with a token that is kept nowhere."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flowtui.blocks import Secret
from flowtui.engine.deployments.built_in import git_clone
from flowtui.engine.deployments.checkout import git_info
from flowtui.engine.deployments.commands import heard_by
from flowtui.engine.deployments.git import folder_name, git_source, update
from flowtui.engine.errors import UsageError

TOKEN = "s3cr3t-c4n4ry"


def git(*arguments: str, cwd: Path) -> str:
    env = {**os.environ, "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c"}
    env |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(["git", *arguments], cwd=cwd, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, message: str, **files: str) -> str:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".py").write_text(text)
    git("add", "-A", cwd=folder)
    git("commit", "-q", "-m", message, cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits on main and one on another branch."""
    folder = tmp_path / "remote" / "tools"
    folder.mkdir(parents=True)
    git("init", "-q", "-b", "main", cwd=folder)
    commit(folder, "first", flow="V = 1", below__other="O = 1")
    commit(folder, "second", flow="V = 2")
    git("checkout", "-q", "-b", "dev/x", cwd=folder)
    commit(folder, "on dev", flow="V = 3")
    git("checkout", "-q", "main", cwd=folder)
    return folder


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_a_branch_a_commit_and_some_folders(repository: Path, work: Path) -> None:
    url = repository.as_uri()
    first = git("rev-parse", "main~1", cwd=repository)
    assert git_clone(url) == {"directory": str(work / "tools")}
    assert (work / "tools/flow.py").read_text() == "V = 2"
    assert git("rev-list", "--count", "HEAD", cwd=work / "tools") == "1"  # no history is copied
    assert git_clone(url, branch="dev/x") == {"directory": str(work / "tools-dev-x")}
    assert (work / "tools-dev-x/flow.py").read_text() == "V = 3"
    assert git_clone(url, commit_sha=first, clone_directory_name="old") == {"directory": str(work / "old")}
    assert (work / "old/flow.py").read_text() == "V = 1"
    git_clone(url, commit_sha=first[:9], clone_directory_name="short")
    assert (work / "short/flow.py").read_text() == "V = 1"
    git_clone(url, directories=["below"], clone_directory_name="part")
    assert (work / "part/below/other.py").exists()


def test_a_copy_that_is_there_is_brought_up_to_date(repository: Path, work: Path) -> None:
    source = git_source(repository.as_uri())
    update(source, work / "copy")
    commit(repository, "third", flow="V = 4")
    (work / "copy/flow.py").write_text("changed here")
    update(source, work / "copy")
    assert (work / "copy/flow.py").read_text() == "V = 4"
    with pytest.raises(UsageError, match=r"copy is a copy of .*tools, not of"):
        update(git_source((repository.parent / "elsewhere").as_uri()), work / "copy")


def test_submodules_come_along_when_asked_for(
    repository: Path, tmp_path: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "remote" / "inner"
    inner.mkdir()
    git("init", "-q", "-b", "main", cwd=inner)
    commit(inner, "inner", module="M = 1")
    allow = ("-c", "protocol.file.allow=always")
    git(*allow, "submodule", "--quiet", "add", inner.as_uri(), "inner", cwd=repository)
    git("commit", "-q", "-m", "with inner", cwd=repository)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "always")
    git_clone(repository.as_uri(), include_submodules=True)
    assert (work / "tools/inner/module.py").read_text() == "M = 1"
    git_clone(repository.as_uri(), clone_directory_name="without")
    assert not (work / "without/inner/module.py").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"repository": "--upload-pack=evil"}, "cannot be a repository"),
        ({"repository": "ext::sh -c evil"}, "is no address"),
        ({"repository": "https://x.example/y", "branch": "-x"}, "cannot be a branch"),
        ({"repository": "https://x.example/y", "directories": ["--stdin"]}, "cannot be a directory"),
        ({"repository": "https://x.example/y", "commit_sha": "HEAD~1"}, "is no commit"),
        ({"repository": "https://x.example/y", "branch": "a", "commit_sha": "abcdef1"}, "not both"),
        ({"repository": "git@x.example:y.git", "access_token": "t"}, "takes no token"),
        ({"repository": "https://x.example/y", "credentials": {"other": 1}}, "hold none of"),
        ({"repository": "https://x.example/y", "access_token": "t", "credentials": {"token": "u"}}, "not both"),
    ],
)
def test_what_cannot_be_copied_is_refused(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        git_source(**arguments)  # type: ignore[arg-type]


def test_a_copy_stays_within_the_folder(repository: Path, work: Path) -> None:
    for name in ("../out", "/tmp/out", "."):
        with pytest.raises(UsageError, match="no name for a folder"):
            git_clone(repository.as_uri(), clone_directory_name=name)


def test_what_is_not_there_is_said(repository: Path, work: Path) -> None:
    with pytest.raises(UsageError, match="cannot be copied: Remote branch nope not found"):
        git_clone(repository.as_uri(), branch="nope")
    with pytest.raises(UsageError, match="cannot be copied"):
        git_clone((repository / "nowhere").as_uri())
    assert not (work / "tools-nope").exists()


@pytest.mark.parametrize(
    ("url", "branch", "name"),
    [
        ("https://x.example/a/tools.git", None, "tools"),
        ("git@x.example:a/tools.git", "main", "tools-main"),
        ("https://x.example/a/tools/", "dev/x", "tools-dev-x"),
    ],
)
def test_the_folder_of_a_copy_is_called_by_repository_and_branch(url: str, branch: str | None, name: str) -> None:
    assert folder_name(git_source(url, branch=branch)) == name


# -- over HTTP, with a token ------------------------------------------------------------------------------------------


@pytest.fixture
def served(repository: Path) -> Iterator[tuple[str, list[str | None]]]:
    """The repository behind a user and a token; the address, and the `Authorization` of each request."""
    seen: list[str | None] = []
    backend = Path(git("--exec-path", cwd=repository)) / "git-http-backend"
    expected = {f"Basic {base64.b64encode(f'{user}:{TOKEN}'.encode()).decode()}" for user in ("git", "me")}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            given = self.headers.get("Authorization")
            seen.append(given)
            if given not in expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            env = {
                **os.environ,
                "GIT_PROJECT_ROOT": str(repository.parent),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            }
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            done = subprocess.run([str(backend)], input=body, env=env, capture_output=True, check=True)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            self.send_response(200)
            for line in head.decode().splitlines():
                name, _, value = line.partition(": ")
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tools/.git", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "given",
    [
        {"access_token": TOKEN},
        {"access_token": f"me:{TOKEN}"},
        {"credentials": {"username": "me", "token": TOKEN}},
        {"credentials": {"access_token": {"value": TOKEN}}},
        {"credentials": {"password": TOKEN, "username": "me"}},
        {"access_token": Secret(value=TOKEN)},
        "in the address",
    ],
)
def test_a_token_opens_a_repository_and_is_kept_nowhere(
    served: tuple[str, list[str | None]], work: Path, given: dict[str, object] | str
) -> None:
    url, seen = served
    arguments: dict[str, object] = given if isinstance(given, dict) else {}
    address = url if arguments else url.replace("http://", f"http://me:{TOKEN}@")
    lines: list[str] = []
    with heard_by(lines.append):
        git_clone(address, clone_directory_name="copy", **arguments)  # type: ignore[arg-type]
    assert (work / "copy/flow.py").read_text() == "V = 2"
    assert any(seen)
    kept = everything_below(work)
    for secret in (TOKEN, *(str(one).partition(" ")[2] for one in seen if one)):
        assert secret.encode() not in kept
        assert secret not in " ".join(lines)


def test_a_wrong_token_or_none_is_said_without_it(served: tuple[str, list[str | None]], work: Path) -> None:
    url, _ = served
    with pytest.raises(UsageError, match="asks for a user and a token"):
        git_clone(url)
    with pytest.raises(UsageError, match=r"the user or the token is refused") as caught:
        git_clone(url, access_token="wr0ng")
    assert "wr0ng" not in str(caught.value)


# -- which commit a folder is at --------------------------------------------------------------------------------------


def test_a_checkout_says_what_it_is(repository: Path, work: Path) -> None:
    git("remote", "add", "origin", "https://me:pw@x.example/tools.git", cwd=repository)
    info = git_info(str(repository))
    assert info is not None
    assert info["commit_sha"] == git("rev-parse", "main", cwd=repository)
    assert (info["branch"], info["message"], info["dirty"]) == ("main", "second", False)
    assert info["url"] == "https://x.example/tools.git"
    (repository / "flow.py").write_text("changed")
    assert (git_info(str(repository)) or {})["dirty"] is True
    assert git_info(str(work)) is None
