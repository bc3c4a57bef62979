"""Capture what this process runs a flow with: once for each flow, and next to nothing for each run."""

import inspect
import os
import sys
import threading
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, WeakSet

from flowtui import __version__
from flowtui.engine.errors import FlowtuiError
from flowtui.engine.methods import source_version
from flowtui.engine.provenance import Environment, Provenance
from flowtui.engine.runs.checkouts import find_checkout
from flowtui.engine.runs.installed import installed

if TYPE_CHECKING:
    from flowtui.engine.client.protocol import Client
    from flowtui.engine.flows import Flow
    from flowtui.engine.runs.handle import FlowRunHandle

__all__ = ["TELL_AGAIN", "follow", "provenance_of"]

_SOON: Final = 1.0
"""Seconds after which git is asked whether a checkout is dirty. Most processes that only try something have gone."""

TELL_AGAIN: Final = 3_600.0
"""Seconds after which a process says again what packages it has: what nobody says and no run refers to is forgotten."""

_known: dict[tuple[str, str], Provenance] = {}
_dirty: dict[str, bool | None] = {}
"""By the root of a checkout: whether it is dirty, None while git has not answered."""
_told: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
"""When the clients were told of this process's packages, by the monotonic clock."""
_followed: WeakSet[Any] = WeakSet()
"""The runs that will be told whether their checkout was dirty."""


def provenance_of(flow: "Flow[Any, Any]", client: "Client") -> Provenance:
    """What a run of the flow in this process is carried out with; the client is told of the packages."""
    now = time.monotonic()
    if now - _told.get(client, -TELL_AGAIN) >= TELL_AGAIN:
        client.note_environment(_environment())
        _told[client] = now
    code = getattr(inspect.unwrap(flow.fn), "__code__", None)
    key = (code.co_filename if code is not None else "", flow.__name__)
    found = _known.get(key)
    if found is None:
        found = _known[key] = _captured(flow, *key)
    if found.commit is not None and found.root in _dirty and _dirty[found.root] is not None:
        return replace(found, dirty=_dirty[found.root])
    return found


def follow(handle: "FlowRunHandle") -> None:
    """Tell the run whether its checkout was dirty, once that is known; it takes a thread, of which there is one."""
    provenance = handle.provenance
    if provenance is None or provenance.commit is None or provenance.root is None or provenance.dirty is not None:
        return
    _followed.add(handle)
    if provenance.root not in _dirty:
        _dirty[provenance.root] = None
        look = threading.Timer(_SOON, _look, (provenance.root,))
        look.daemon = True
        look.name = "flowtui-checkout"
        look.start()


def _look(root: str) -> None:
    from flowtui.engine.deployments.checkout import is_dirty  # noqa: PLC0415 - subprocess, only in longer runs

    dirty = _dirty[root] = is_dirty(root)
    if dirty is None:
        return
    for handle in list(_followed):
        provenance = handle.provenance
        if provenance.root != root:
            continue
        handle.provenance = replace(provenance, dirty=dirty)
        _followed.discard(handle)
        try:
            handle.client.note_provenance(handle.run_id, handle.provenance, epoch=handle.epoch)
        except FlowtuiError:  # the store has been closed
            return


@cache
def _environment() -> Environment:
    return installed()


def _captured(flow: "Flow[Any, Any]", file: str, name: str) -> Provenance:
    here = Provenance(
        source_hash=source_version(flow.fn),
        environment=_environment().key,
        python=".".join(map(str, sys.version_info[:3])),
        flowtui=__version__,
        host=os.uname().nodename,
    )
    path = Path(os.path.abspath(file))
    if not file or not path.is_file():
        return here
    # An environment inside a checkout is not a part of it: git leaves it out.
    checkout = None if "site-packages" in path.parts else find_checkout(path.parent)
    if checkout is None:
        return replace(here, root=str(path.parent), entrypoint=f"{path.name}:{name}")
    return replace(
        here,
        commit=checkout.commit,
        branch=checkout.branch,
        root=str(checkout.root),
        entrypoint=f"{path.relative_to(checkout.root).as_posix()}:{name}",
    )
