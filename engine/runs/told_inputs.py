"""The inputs of a task run that failed, so that they can be looked at and edited before it is tried again."""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from flowtui.engine.results.inline import exact_json
from flowtui.engine.results.previews import preview_of

__all__ = ["told_inputs"]

_LONGEST: Final = 1_000
_MOST: Final = 4_000
"""Bytes of one input, and of all: they are a part of the state, which every reader of the run is given."""
_SECRET: Final = re.compile("pass(word|wd|phrase)?|secret|token|api_?key|credential|auth", re.IGNORECASE)


def told_inputs(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What the details of its state say: `inputs`, the values that JSON holds exactly, and `input_previews`, a look at
    the others. What is called a secret is neither."""
    inputs: dict[str, Any] = {}
    previews: dict[str, str] = {}
    room = _MOST
    for name, value in parameters.items():
        if _SECRET.search(name):
            previews[name] = "********"
            continue
        text = None if isinstance(value, str) and len(value) > _LONGEST else exact_json(value, _LONGEST)
        if text is None or len(text) > room:
            previews[name] = preview_of(value)
        else:
            room -= len(text)
            inputs[name] = orjson.loads(text)  # a copy: the value is the user's, and may still change
    return {**({"inputs": inputs} if inputs else {}), **({"input_previews": previews} if previews else {})}
