"""What a query can ask of deployments, flows, work pools and blocks, beside flow runs (`query_fields.py`)."""

from collections.abc import Mapping
from typing import Final

from flowtui.engine.query_fields import STATE_WORDS
from flowtui.engine.query_terms import TEXT
from flowtui.engine.query_vocabulary import TIME_WORDS, Field, Vocabulary

__all__ = ["BLOCKS", "DEPLOYMENTS", "FLOWS", "POOLS"]


def _text(*within: str, about: str) -> Field:
    return Field(name=TEXT, kind="text", about=about, part=True, within=within)


def _word(name: str, meanings: Mapping[str, str], *aliases: str) -> Field:
    about = next(iter(meanings.values())) if len(meanings) == 1 else f"one of {', '.join(meanings)}"
    return Field(name=name, kind="word", about=about, words=tuple(meanings), meanings=meanings, aliases=aliases)


def _moment(name: str, about: str, *aliases: str, ahead: bool = False) -> Field:
    return Field(name=name, kind="moment", about=about, aliases=aliases, ahead=ahead, words=TIME_WORDS)


_STATE: Final = Field(name="state", kind="state", about="that of the last run: failed,running,late", words=STATE_WORDS)
_LAST: Final = _moment("last", "when it ran last: last<2h (less than 2 h ago), last<-7d")

DEPLOYMENTS: Final = Vocabulary(
    "deployments",
    (
        Field(name="name", kind="text", about="part of the deployment's name", part=True, known=True),
        Field(name="flow", kind="text", about="name of the flow, * for any part: etl-*", known=True),
        _STATE,
        _word(
            "is",
            {
                "paused": "its schedules rest",
                "scheduled": "a schedule runs it by itself",
                "manual": "nothing runs it by itself",
                "ready": "a worker of its pool is online",
                "unserved": "no worker of its pool is online",
                "served": "a process of its own serves it",
                "never": "has not run yet",
            },
            "status",
        ),
        _word("needs", {"attention": "the last run went wrong or waits, or no worker is online"}),
        Field(name="tag", kind="text", about="a tag that it has: prod, team-*", aliases=("tags",), known=True),
        Field(name="pool", kind="text", about="the work pool", known=True),
        Field(name="queue", kind="text", about="the work queue", known=True),
        Field(name="schedule", kind="text", about="part of a schedule's words: schedule:daily", part=True, known=True),
        _moment("next", "when it runs next: next<1h (within the hour), next>tomorrow", ahead=True),
        _LAST,
        Field(name="deployment", kind="text", about="flow/deployment, or the id", aliases=("dep", "id"), known=True),
        Field(name="param", kind="param", about="a parameter that it gives: param.region=eu", known=True),
        Field(name="version", kind="text", about="its version", known=True),
        Field(name="code", kind="text", about="part of file:function", part=True, known=True),
        _moment("created", "when it was made first: created<7d"),
        _moment("updated", "when it was changed last: updated<1d"),
        _text("deployment", "tag", "schedule", "pool", "about", about="part of what a row says, like a bare word"),
    ),
)

FLOWS: Final = Vocabulary(
    "flows",
    (
        Field(name="name", kind="text", about="part of the flow's name", part=True, aliases=("flow",), known=True),
        Field(name="file", kind="text", about="part of the file that it stands in", part=True, known=True),
        _STATE,
        _word(
            "is",
            {
                "here": "in a file of this folder",
                "elsewhere": "only the store knows it",
                "deployed": "has a deployment",
                "undeployed": "has no deployment",
                "broken": "the file cannot be read",
                "never": "has not run yet",
            },
            "status",
        ),
        _word("needs", {"attention": "the last run went wrong or waits, or the file cannot be read"}),
        Field(name="deployment", kind="text", about="a deployment of it", aliases=("dep",), known=True),
        Field(name="takes", kind="text", about="part of its parameters as they are written", part=True),
        _LAST,
        Field(name="usual", kind="span", about="how long it usually takes: usual>5m"),
        Field(name="runs", kind="number", about="how often it has run: runs>100"),
        _text("name", "file", "takes", "about", about="part of what a row says, like a bare word"),
    ),
)

POOLS: Final = Vocabulary(
    "work pools",
    (
        Field(name="name", kind="text", about="part of the pool's name", part=True, aliases=("pool",), known=True),
        Field(name="type", kind="text", about="what carries its runs out: process, docker", known=True),
        _word(
            "is",
            {
                "ready": "a worker is online",
                "unserved": "no worker is online",
                "paused": "hands out no run",
                "full": "as many runs as its limit allows",
            },
            "status",
        ),
        _word("needs", {"attention": "paused, or no worker is online, or full while runs wait"}),
        Field(name="workers", kind="number", about="workers that are online: workers=0"),
        Field(name="active", kind="number", about="runs under way: active>0"),
        Field(name="waiting", kind="number", about="runs that are due and wait: waiting>0"),
        Field(name="limit", kind="number", about="how many runs at once: limit<10"),
        Field(name="about", kind="text", about="part of its description, or why it is paused", part=True),
        _moment("created", "when it was made: created<7d"),
        _text("name", "type", "about", about="part of what a row says, like a bare word"),
    ),
)

BLOCKS: Final = Vocabulary(
    "blocks",
    (
        Field(name="name", kind="text", about="part of the block's name", part=True, known=True),
        Field(name="type", kind="text", about="the type: secret, webhook", known=True),
        Field(name="holds", kind="text", about="part of its fields, as far as they are no secret", part=True),
        _moment("saved", "when it was saved last: saved<1d", "updated"),
        _moment("created", "when it was made: created<7d"),
        _text("name", "type", "holds", about="part of what a row says, like a bare word"),
    ),
)
