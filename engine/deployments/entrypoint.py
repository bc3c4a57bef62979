"""Load a flow from `path/file.py:flow` or `module.flow`."""

import contextlib
import hashlib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from flowtui.engine.context import loading_code
from flowtui.engine.deployments.finder import python_files
from flowtui.engine.errors import EntrypointError

if TYPE_CHECKING:
    from flowtui.engine.flows import Flow

__all__ = ["importing", "load_attribute", "load_flow", "load_place", "split_entrypoint"]


def load_flow(entrypoint: str, path: str, *, of_prefect: bool = False) -> "Flow[..., Any]":
    """Import the entrypoint's module and answer with its flow.

    `entrypoint` is `path/file.py:flow` (also `file.py:holder.flow`, and `file.py` alone when it has one flow), relative
    to the folder `path`, or `package.module.flow`. While the module is imported its own folder and `path` lead
    `sys.path`. A file's code is run anew at each call.

    With `of_prefect`, a file that asks for a Prefect that is not installed is given flowtui's names for it, in this
    process from then on. Raises `EntrypointError`.
    """
    try:
        return _flow_in(*load_place(entrypoint, path))
    except EntrypointError as error:
        cause = error.__cause__
        if not of_prefect or not isinstance(cause, ModuleNotFoundError) or not _is_prefect(cause.name):
            raise
    _stand_in_for_prefect(Path(path) / entrypoint.rpartition(":")[0])
    return _flow_in(*load_place(entrypoint, path))


def _is_prefect(module: str | None) -> bool:
    return (module or "").partition(".")[0] == "prefect"


def _stand_in_for_prefect(file: Path) -> None:
    from flowtui.engine.compat.modules import install  # noqa: PLC0415 - only where flows are written for Prefect
    from flowtui.engine.compat.second import is_of_the_second, speak_the_second  # noqa: PLC0415 - as above

    install()
    if file.suffix == ".py" and file.is_file() and is_of_the_second(file.read_bytes()):
        speak_the_second()


def load_place(entrypoint: str, path: str) -> tuple[ModuleType, str | None, str]:
    """The module of an entrypoint, the name of what is meant in it, and what a person calls the module.

    Raises `EntrypointError`.
    """
    place, attribute = split_entrypoint(entrypoint)
    root = Path(path).expanduser().absolute()
    if place.endswith(".py"):
        return _import_file(root / place, root, place), attribute, place
    module, attribute = _import_module(place, attribute, root, entrypoint)
    return module, attribute, module.__name__


def load_attribute(module: ModuleType, attribute: str, shown: str, hint: str = "") -> Any:
    """What `holder.name` is in a module. Raises `EntrypointError`."""
    found: Any = module
    for part in attribute.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise EntrypointError(f"There is no {attribute!r} in {shown}{hint or '.'}") from None
    return found


def split_entrypoint(entrypoint: str) -> tuple[str, str | None]:
    """`("path/file.py", "flow")` or `("package.module.flow", None)`."""
    text = entrypoint.strip()
    place, colon, attribute = text.rpartition(":")
    if not colon:
        place, attribute = text, ""
    if not place or (colon and not attribute):
        raise EntrypointError(f"{entrypoint!r} is no entrypoint; write path/file.py:flow or module.flow.")
    return place, attribute or None


@contextlib.contextmanager
def importing(*folders: Path) -> Iterator[None]:
    """Let imports look into these folders first, for the duration, and keep flows from being run by them."""
    added = [str(folder) for folder in dict.fromkeys(folders)]
    sys.path[:0] = added
    importlib.invalidate_caches()
    token = loading_code.set(True)
    try:
        yield
    finally:
        loading_code.reset(token)
        # One of each goes, the foremost: what user code put there itself stays.
        for entry in added:
            with contextlib.suppress(ValueError):
                sys.path.remove(entry)


# -- importing --------------------------------------------------------------------------------------------------------


def _import_file(file: Path, root: Path, shown: str) -> ModuleType:
    """Run a file as a module whose name is its own, so that values of its classes can be pickled."""
    if not file.is_file():
        raise EntrypointError(f"There is no file {shown} in {root}.{_near_files(file, root)}")
    name = f"flowtui_loaded_{file.stem}_{hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise EntrypointError(f"{shown} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        with importing(file.parent, root), _explaining(shown):
            spec.loader.exec_module(module)
    except EntrypointError:
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before
        raise
    return module


def _import_module(place: str, attribute: str | None, root: Path, entrypoint: str) -> tuple[ModuleType, str | None]:
    """`package.module.flow`: the longest part that is a module, and the rest as the attribute."""
    parts = place.split(".")
    if not all(part.isidentifier() for part in parts):
        raise EntrypointError(f"{entrypoint!r} is no entrypoint; write path/file.py:flow or module.flow.")
    with importing(root), _explaining(place):
        for count in range(len(parts), 0, -1):
            name = ".".join(parts[:count])
            if _is_module(name):
                rest = ".".join([*parts[count:], *([attribute] if attribute else [])])
                return importlib.import_module(name), rest or None
    raise EntrypointError(f"There is no module {parts[0]!r} in {root} or among the installed packages.")


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):  # a parent that is no package, or is not there
        return False


@contextlib.contextmanager
def _explaining(shown: str) -> Iterator[None]:
    """Turn whatever an import raises into one sentence that names the user's line."""
    try:
        yield
    except EntrypointError:
        raise
    except SyntaxError as error:
        where = f"{_relative(error.filename or shown)}:{error.lineno}"
        raise EntrypointError(f"{shown} cannot be imported: {where}: {type(error).__name__}: {error.msg}.") from error
    except (Exception, SystemExit) as error:
        last = traceback.format_exception_only(error)[-1].strip()
        if isinstance(error, SystemExit):
            last = f"it ends the program (SystemExit: {error.code})"
        if isinstance(error, ModuleNotFoundError) and _is_prefect(error.name):
            last += " (flowtui run --prefect script.py runs scripts that were written for Prefect)"
        where = _users_line(error)
        raise EntrypointError(
            f"{shown} cannot be imported: {where}{last}{'' if last.endswith('.') else '.'}"
        ) from error


def _users_line(error: BaseException) -> str:
    """`flows/etl.py:3: `, the innermost frame that is neither the import system nor a library."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if not frame.filename.startswith("<") and "site-packages" not in frame.filename and frame.filename != __file__
        and not frame.filename.startswith(os.path.dirname(contextlib.__file__) + os.sep)
    ]  # fmt: skip
    return f"{_relative(own[-1].filename)}:{own[-1].lineno}: " if own else ""


def _relative(filename: str) -> str:
    try:
        return str(Path(filename).resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return filename


# -- finding the flow -------------------------------------------------------------------------------------------------


def _flow_in(module: ModuleType, attribute: str | None, shown: str) -> "Flow[..., Any]":
    from flowtui.engine.flows import Flow  # noqa: PLC0415 - the module that was just imported has paid for it

    own = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, Flow) and not name.startswith("_")
    }  # fmt: skip
    # A flow that the file imported from elsewhere can be asked for by name, but is not what the file is for.
    made_here = {name: value for name, value in own.items() if value.fn.__module__ == module.__name__}
    if attribute is None:
        candidates = made_here or own
        if len({id(value) for value in candidates.values()}) == 1:
            return next(iter(candidates.values()))
        if not candidates:
            raise EntrypointError(f"{shown} holds no flow; decorate a function with @flow.")
        raise EntrypointError(f"{shown} holds several flows; say which: {_names(candidates, shown)}.")
    held = f"it holds {_names(own, shown)}." if own else "it holds no flow; decorate a function with @flow."
    found = load_attribute(module, attribute, shown, f"; {held}")
    if not isinstance(found, Flow):
        kind = type(found).__name__
        article = "a function" if hasattr(found, "__code__") else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
        hint = " Decorate it with @flow." if article == "a function" else ""
        raise EntrypointError(f"{attribute!r} in {shown} is {article}, not a flow.{hint}")
    return found


def _names(flows: dict[str, Any], shown: str) -> str:
    return ", ".join(f"{shown}:{name}" if shown.endswith(".py") else f"{shown}.{name}" for name in flows)


def _near_files(file: Path, root: Path) -> str:
    """A hint at a file whose name is near, or which lies in another folder of the root."""
    import difflib  # noqa: PLC0415 - 3 ms that only this message pays

    files = {str(found.relative_to(root)): found for found in python_files(root)}
    wanted = os.path.relpath(file, root)
    same = [shown for shown, found in files.items() if found.name == file.name]
    near = same or difflib.get_close_matches(wanted, files, n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""
