"""Copies of git repositories, made by the git command.

A token is never part of an address: it would end in `.git/config`, in messages, and in the list of processes. It is
handed to git through its environment, as a header for that one host.
"""

import base64
import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from flowtui.engine.deployments.commands import say
from flowtui.engine.errors import UsageError

__all__ = ["GitSource", "clone", "folder_name", "git_source", "update", "without_secrets"]

_SECONDS: Final = 900
_TRIES: Final = 3
_PAUSE: Final = 1.0
_HEX: Final = re.compile(r"[0-9a-fA-F]{7,64}")
_WHOLE_SHA: Final = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")
_PASSING: Final = re.compile(
    r"could not resolve host|timed out|connection (reset|refused)|early eof|unexpected disconnect|error: 5\d\d",
    re.IGNORECASE,
)
"""What git says when another try may help."""
_USERS: Final[Mapping[str, str]] = {"github": "x-access-token", "gitlab": "oauth2", "bitbucket": "x-token-auth"}
"""What the name of a user has to be where only the token counts, by a word in the host's name."""
_TOKENS: Final = ("access_token", "token", "password")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSource:
    """Which state of which repository, and what opens it."""

    url: str
    """Without user and password."""
    branch: str | None = None
    commit_sha: str | None = None
    include_submodules: bool = False
    directories: tuple[str, ...] = ()
    """Only these, from the top of the repository; all when empty."""
    authorization: str | None = field(default=None, repr=False)
    """The value of the `Authorization` header."""


def git_source(
    repository: str,
    *,
    branch: str | None = None,
    commit_sha: str | None = None,
    include_submodules: bool = False,
    access_token: Any = None,
    credentials: Any = None,
    directories: Any = None,
) -> GitSource:
    """What a step or a person asks for, checked. A user and a password in the address are taken out of it.

    `credentials` is a block or a mapping with `access_token`, `token` or `password`, and perhaps `username`; what holds
    a secret may be a block too. Raises `UsageError`.
    """
    url, user, password = _split(str(repository).strip())
    if branch and commit_sha:
        raise UsageError("Give a branch or a commit_sha, not both.")
    given = [("repository", url), ("branch", branch or ""), *(("directory", one) for one in directories or ())]
    for name, text in given:
        if str(text).startswith("-") or "\0" in str(text) or "\n" in str(text):
            raise UsageError(f"{text!r} cannot be a {name}.")
    if not url or url.startswith("ext::"):
        raise UsageError(f"{repository!r} is no address of a repository.")
    if commit_sha and not _HEX.fullmatch(commit_sha):
        raise UsageError(f"{commit_sha!r} is no commit; give its hexadecimal name.")
    user, password = _opened_by(access_token, credentials) or (user, password)
    return GitSource(
        url=url,
        branch=branch,
        commit_sha=commit_sha,
        include_submodules=include_submodules,
        directories=tuple(str(one) for one in directories or ()),
        authorization=_header(url, user, password),
    )


def without_secrets(url: str) -> str:
    """The address without user and password."""
    return _split(url)[0]


def folder_name(source: GitSource) -> str:
    """The folder that a copy gets: `tools`, `tools-main`."""
    path = urlsplit(source.url).path or source.url.rpartition(":")[2]
    name = re.sub(r"[^\w.-]", "-", path.rstrip("/").rpartition("/")[2].removesuffix(".git")) or "repository"
    mark = source.branch or (source.commit_sha or "")[:12]
    return f"{name}-{re.sub(r'[^A-Za-z0-9_.-]', '-', mark)}" if mark else name


def clone(source: GitSource, target: Path) -> None:
    """Copy that state of the repository into the folder, which must be empty or not there. Raises `UsageError`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    say(f"Cloning {source.url}" + (f" ({mark})" if (mark := source.branch or source.commit_sha) else ""))
    if source.commit_sha:
        _clone_commit(source, target)
        return
    options = ["--depth=1"]
    options += [f"--branch={source.branch}"] if source.branch else []
    options += ["--recurse-submodules", "--shallow-submodules"] if source.include_submodules else []
    options += ["--sparse"] if source.directories else []
    _git(source, "clone", "--quiet", *options, "--", source.url, str(target))
    if source.directories:
        _git(source, "-C", str(target), "sparse-checkout", "set", *source.directories)


def update(source: GitSource, target: Path) -> None:
    """Bring a copy that is there to the newest state; make one when there is none. Raises `UsageError`."""
    if not (target / ".git").exists():
        clone(source, target)
        return
    if source.commit_sha and _ask(target, "rev-parse", "HEAD").startswith(source.commit_sha):
        return
    there = _ask(target, "config", "--get", "remote.origin.url")
    if there != source.url:
        raise UsageError(
            f"{target} is a copy of {there or 'something else'}, not of {source.url}; choose another name."
        )
    if source.commit_sha:
        _fetch_commit(source, target)
        _git(source, "-C", str(target), "checkout", "--quiet", "--detach", source.commit_sha)
    else:
        _git(source, "-C", str(target), "fetch", "--quiet", "--depth=1", "origin", source.branch or "HEAD")
        _git(source, "-C", str(target), "reset", "--quiet", "--hard", "FETCH_HEAD")
    _update_submodules(source, target)


def _clone_commit(source: GitSource, target: Path) -> None:
    assert source.commit_sha is not None
    _git(source, "init", "--quiet", "--", str(target))
    _git(source, "-C", str(target), "remote", "add", "origin", source.url)
    if source.directories:
        _git(source, "-C", str(target), "sparse-checkout", "set", *source.directories)
    _fetch_commit(source, target)
    _git(source, "-C", str(target), "checkout", "--quiet", "--detach", source.commit_sha)
    _update_submodules(source, target)


def _fetch_commit(source: GitSource, target: Path) -> None:
    """That commit alone where the server gives it, else all there is."""
    assert source.commit_sha is not None
    if _WHOLE_SHA.fullmatch(source.commit_sha):
        try:
            _git(source, "-C", str(target), "fetch", "--quiet", "--depth=1", "origin", source.commit_sha)
            return
        except UsageError:  # a server need not give what no branch points at
            pass
    _git(source, "-C", str(target), "fetch", "--quiet", "--tags", "origin")


def _update_submodules(source: GitSource, target: Path) -> None:
    if source.include_submodules:
        _git(source, "-C", str(target), "submodule", "--quiet", "update", "--init", "--recursive", "--depth=1")


# -- the command ------------------------------------------------------------------------------------------------------


def _git(source: GitSource, *arguments: str) -> None:
    """Run git, again when the trouble may pass. Raises `UsageError` with its own words, without secrets."""
    for left in reversed(range(_TRIES)):
        try:
            done = subprocess.run(
                ["git", "-c", "protocol.ext.allow=never", *arguments],
                env=_environment(source),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="backslashreplace",
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise UsageError("There is no git command here; install git.") from error
        except subprocess.TimeoutExpired as error:
            raise UsageError(f"{source.url} did not answer within {_SECONDS // 60} minutes.") from error
        if done.returncode == 0:
            return
        words = _words(done.stderr, source)
        if not left or not _PASSING.search(done.stderr):
            raise UsageError(f"{source.url} cannot be copied: {words}")
        say(f"{words} Trying again.")
        time.sleep(_PAUSE)


def _ask(target: Path, *arguments: str) -> str:
    """What git answers about a copy that is here; nothing when it cannot."""
    try:
        done = subprocess.run(
            ["git", "-C", str(target), *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise UsageError("There is no git command here; install git.") from error
    return done.stdout.strip() if done.returncode == 0 else ""


def _environment(source: GitSource) -> dict[str, str]:
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    env.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    if source.authorization is not None:
        count = int(env.get("GIT_CONFIG_COUNT") or 0)
        parts = urlsplit(source.url)
        env[f"GIT_CONFIG_KEY_{count}"] = f"http.{parts.scheme}://{parts.netloc}/.extraHeader"
        env[f"GIT_CONFIG_VALUE_{count}"] = f"Authorization: {source.authorization}"
        env["GIT_CONFIG_COUNT"] = str(count + 1)
    return env


def _words(stderr: str, source: GitSource) -> str:
    """The last thing that git said that means something, as a sentence."""
    if source.authorization is not None:
        stderr = stderr.replace(source.authorization.partition(" ")[2], "********")
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    said = next(
        (line for line in lines if line.startswith(("fatal:", "remote:", "error:"))), lines[-1] if lines else ""
    )
    said = re.sub(r"^(fatal|remote|error): *", "", said)
    if any(words in stderr for words in ("could not read Username", "prompts disabled", "Authentication failed")):
        said = "it asks for a user and a token; give access_token or credentials"
        if source.authorization is not None:
            said = "the user or the token is refused"
    return f"{said or 'git said nothing'}{'' if said.endswith('.') else '.'}"


# -- who opens it -----------------------------------------------------------------------------------------------------


def _split(url: str) -> tuple[str, str | None, str | None]:
    """The address without user and password, and those. The user of ssh belongs to its address."""
    parts = urlsplit(url) if url.startswith(("http://", "https://")) else None
    if parts is None or parts.hostname is None or "@" not in parts.netloc:
        return url, None, None
    clean = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return clean, unquote(parts.username or "") or None, unquote(parts.password or "") or None


def _opened_by(access_token: Any, credentials: Any) -> tuple[str | None, str | None] | None:
    """User and secret, as they are given beside the address; None when they are not."""
    if access_token is not None and credentials is not None:
        raise UsageError("Give access_token or credentials, not both.")
    if access_token is not None:
        return None, _plain(access_token)
    if credentials is None:
        return None
    fields = credentials if isinstance(credentials, Mapping) else vars(credentials)
    secret = next((fields[name] for name in _TOKENS if fields.get(name)), None)
    if secret is None:
        raise UsageError("The credentials hold none of access_token, token and password.")
    user = fields.get("username")
    return (_plain(user) if user else None), _plain(secret)


def _plain(value: Any) -> str:
    """The text of a secret, out of whatever keeps it."""
    for reader in ("get", "get_secret_value"):
        method = getattr(value, reader, None)
        if callable(method) and not isinstance(value, Mapping):
            value = method()
    if isinstance(value, Mapping) and set(value) == {"value"}:
        value = value["value"]
    return str(value)


def _header(url: str, user: str | None, secret: str | None) -> str | None:
    if secret is None and user is None:
        return None
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"{url} takes no token; a token opens addresses that begin with https://.")
    if secret is None:  # https://TOKEN@host/…
        user, secret = None, user
    host = urlsplit(url).hostname or ""
    known = next((name for word, name in _USERS.items() if word in host), "git")
    pair = f"{secret}" if user is None and ":" in str(secret) else f"{user or known}:{secret}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
