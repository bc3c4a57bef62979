"""The steps that flowtui brings. A step is called with its inputs and answers its outputs, `{name: value}`.

Those that fetch code answer `directory`, the folder in which it is.
"""

import inspect
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flowtui.engine.deployments import git
from flowtui.engine.deployments.commands import Finished, pip, run_command, say
from flowtui.engine.errors import UsageError

__all__ = [
    "get_directory",
    "git_clone",
    "pip_install_requirements",
    "pull_from_remote_storage",
    "pull_with_block",
    "run_shell_script",
    "set_working_directory",
]


def set_working_directory(directory: str) -> dict[str, str]:
    """Go to a folder: what follows, and the flow, finds its files from there."""
    folder = Path(directory).expanduser().absolute()
    try:
        os.chdir(folder)
    except OSError as error:
        raise UsageError(f"There is no folder {folder} here ({error.strerror}).") from error
    return {"directory": str(folder)}


def git_clone(
    repository: str,
    branch: str | None = None,
    commit_sha: str | None = None,
    include_submodules: bool = False,
    access_token: Any = None,
    credentials: Any = None,
    directories: Sequence[str] | None = None,
    clone_directory_name: str | None = None,
) -> dict[str, str]:
    """Copy a repository into the current folder.

    `credentials`: a block or a mapping with `access_token`, `token` or `password`, and perhaps `username`.
    `directories`: only these, from the top of the repository.
    """
    source = git.git_source(
        repository,
        branch=branch,
        commit_sha=commit_sha,
        include_submodules=include_submodules,
        access_token=access_token,
        credentials=credentials,
        directories=directories,
    )
    target = _inside(clone_directory_name or git.folder_name(source))
    git.update(source, target)
    return {"directory": str(target)}


def pull_from_remote_storage(url: str, **settings: Any) -> dict[str, str]:
    """Copy a folder at a URL that fsspec knows, `s3://bucket/flows`, into the current folder.

    `settings` open it: keys, an endpoint.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or not rest.strip("/"):
        raise UsageError(f"{url!r} is no URL of a folder; write s3://bucket/flows.")
    target = _inside(rest.strip("/").rpartition("/")[2])
    say(f"Copying {url}")
    get_directory(scheme, url, target, settings)
    return {"directory": str(target)}


def get_directory(scheme: str, url: str, target: Path, settings: Mapping[str, Any]) -> None:
    """Copy what lies below a URL into a folder here. Raises `UsageError`."""
    import fsspec  # noqa: PLC0415 - 94 ms that only this pays

    try:
        system = fsspec.filesystem(scheme, **settings)
    except (ImportError, ValueError, TypeError) as error:
        raise UsageError(f"{url} cannot be opened: {str(error).rstrip('.')}.") from error
    try:
        if not system.exists(url):
            raise UsageError(f"There is nothing at {url}.")
        target.mkdir(parents=True, exist_ok=True)
        system.get(url.rstrip("/") + "/", f"{target}/", recursive=True)
    except UsageError:
        raise
    except Exception as error:  # each protocol's library has errors of its own
        raise UsageError(f"{url} cannot be copied: {type(error).__name__}: {error}") from error


def pull_with_block(block_document_name: str, block_type_slug: str) -> dict[str, str]:
    """Copy what a saved block gives, any with a `get_directory`, into the current folder."""
    from flowtui.engine.blocks.base import Block  # noqa: PLC0415 - pydantic, which most steps do without

    block: Any = Block.load_here(f"{block_type_slug}/{block_document_name}")
    if not callable(getattr(block, "get_directory", None)):
        raise UsageError(f"A {block_type_slug} block holds no folder: it has no get_directory.")
    target = _inside(f"{block_type_slug}-{block_document_name}")
    target.mkdir(parents=True, exist_ok=True)
    say(f"Copying from block {block_type_slug}/{block_document_name}")
    got = block.get_directory(local_path=str(target))
    if inspect.isawaitable(got):
        from flowtui.engine.runs.awaiting import run_to_end  # noqa: PLC0415 - only blocks that are async

        run_to_end(got)
    return {"directory": str(target)}


def run_shell_script(
    script: str,
    directory: str | None = None,
    env: Mapping[str, Any] | None = None,
    stream_output: bool = True,
    expand_env_vars: bool = False,
    shell: bool = False,
) -> dict[str, str]:
    """Run each line as a command, or with `shell` the whole as a script; answers what it printed.

    `stdout` and `stderr` are those of all commands, without the line break at their end. `env` is laid over this
    process's; `expand_env_vars` fills `$NAME` in each line from it. The first command that fails ends it.
    """
    environment = {**os.environ, **{name: str(value) for name, value in (env or {}).items()}}
    outputs: list[Finished] = []
    for command in [script] if shell else _commands(script):
        words = command if shell else _split(command, environment if expand_env_vars else None)
        done = run_command(words, cwd=directory, env=environment, stream=stream_output)
        if done.code:
            said = (done.stderr or done.stdout).splitlines()
            raise UsageError(f"{command.strip()!r} ended with {done.code}" + (f": {said[-1]}" if said else "."))
        outputs.append(done)
    return {
        "stdout": "\n".join(done.stdout for done in outputs if done.stdout),
        "stderr": "\n".join(done.stderr for done in outputs if done.stderr),
    }


def pip_install_requirements(
    directory: str | None = None, requirements_file: str = "requirements.txt", stream_output: bool = True
) -> dict[str, str]:
    """Install what a requirements file lists; `directory` is where the file is."""
    if not (Path(directory or ".") / requirements_file).is_file():
        raise UsageError(f"There is no {requirements_file} in {Path(directory or '.').absolute()}.")
    done = pip("install", "-r", requirements_file, cwd=directory, stream=stream_output)
    if done.code:
        said = done.stderr.splitlines()
        raise UsageError(f"pip could not install {requirements_file}: {said[-1] if said else 'it said nothing.'}")
    return {"stdout": done.stdout, "stderr": done.stderr}


def _commands(script: str) -> list[str]:
    """The lines that are commands; a line that ends with a backslash goes on in the next."""
    lines = script.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _split(command: str, names: Mapping[str, str] | None) -> list[str]:
    if names is not None:
        import string  # noqa: PLC0415 - only where it is asked for

        command = string.Template(command).safe_substitute(names)
    try:
        return shlex.split(command)
    except ValueError as error:
        raise UsageError(f"{command!r} is no command: {error}.") from error


def _inside(name: str) -> Path:
    """A folder below the current one."""
    target = (Path.cwd() / name).absolute()
    if not target.resolve().is_relative_to(Path.cwd().resolve()) or target.resolve() == Path.cwd().resolve():
        raise UsageError(f"{name!r} is no name for a folder in the current one.")
    return target
