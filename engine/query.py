"""The query language of lists of runs: `state:failed flow:etl* !tag:test dur>5m start<2h param.region=eu text`.

One grammar for the command line, the filter bar, saved views and the API. Terms are separated by spaces and must all
hold, commas within a term mean "or", and `!` means "not". `query_fields.py` lists what can be asked for. A query keeps
what was written: `2h` is counted when it is asked, by the clock of the store.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from flowtui.engine.clock import to_micros
from flowtui.engine.query_fields import FIELDS, STATE_NAMES
from flowtui.engine.query_meaning import Clause, MomentTest, clause_of
from flowtui.engine.query_reading import QueryError, read_terms
from flowtui.engine.query_terms import Term, Value
from flowtui.engine.states import StateType

__all__ = ["FIELDS", "STATE_NAMES", "Query", "QueryError", "parse"]

_CLOCKED = frozenset({"start", "end", "created", "due", "since", "until", "dur", "late", "needs"})


@dataclass(frozen=True, slots=True)
class Query:
    """Which runs a list shows: those for which every term holds. `str(query)` is its text.

    `zone` is where days begin, for `today` and `2026-11-19`; None is the local one of whoever carries it out.
    """

    terms: tuple[Term, ...] = ()
    zone: tzinfo | None = None

    @classmethod
    def of(
        cls,
        *,
        ids: Iterable[str] = (),
        states: Iterable[StateType] = (),
        state_names: Iterable[str] = (),
        flow_name: str | None = None,
        flows: Iterable[str] = (),
        deployment_id: str | None = None,
        tags: Iterable[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        parent: str | None = None,
        top: bool = False,
    ) -> "Query":
        """A query from values; what is not given restricts nothing.

        One of the `ids`, of the kinds of state in `states`, of the `flows` (patterns, `etl-*`), all of the `tags`;
        started or due at or after `since` and before `until`; called by the task run `parent`; with `top`, by none.
        """
        terms = [
            _term("id", map(Value.literal, ids)),
            _term("type", (Value(kind.value.lower()) for kind in states)),
            _term("state", (Value.literal(name, quoted=True) for name in state_names)),
            _term("flow", [Value.literal(flow_name)] if flow_name is not None else []),
            _term("flow", map(Value, flows)),
            _term("deployment", [Value.literal(deployment_id)] if deployment_id is not None else []),
            *(_term("tag", [Value.literal(tag)]) for tag in tags),
            _term("since", [_moment(since)] if since is not None else []),
            _term("until", [_moment(until)] if until is not None else []),
            _term("parent", [Value.literal(parent)] if parent is not None else []),
            _term("is", [Value("top")] if top else []),
        ]
        return cls(tuple(term for term in terms if term.values))

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    def __and__(self, other: "Query") -> "Query":
        """What both let through. The zone is that of the first which has one."""
        return Query((*self.terms, *other.terms), self.zone or other.zone)

    def speaks_of(self, *fields: str) -> bool:
        """Whether a term is about one of the fields."""
        return any(term.field in fields for term in self.terms)

    def looks_ahead(self, now: datetime) -> bool:
        """Whether it says itself which planned runs it is about; other lists end now."""
        starts = (
            test for term in self.terms if term.field == "since" for test in clause_of(term, now, self.zone).tests
        )
        later = any(isinstance(test, MomentTest) and test.micros > to_micros(now) for test in starts)
        return later or self.speaks_of("state", "type", "is", "due", "late", "until", "id")

    @property
    def is_relative(self) -> bool:
        """Whether what it means depends on when it is asked."""
        return self.speaks_of(*_CLOCKED)

    def clauses(self, now: datetime) -> tuple[Clause, ...]:
        """What is compared, at `now`. Raises `UsageError` for a term that was not checked by `parse`."""
        return tuple(clause_of(term, now, self.zone) for term in self.terms)


def parse(text: str, zone: tzinfo | None = None) -> Query:
    """The query that a text stands for: `parse(str(query)) == query`, and any text is a query or a `QueryError`."""
    return Query(tuple(placed.term for placed in read_terms(text)), zone)


def _term(field: str, values: Iterable[Value]) -> Term:
    return Term(field=field, values=tuple(values))


def _moment(moment: datetime) -> Value:
    return Value.literal(moment.astimezone(UTC).isoformat().replace("+00:00", "Z"))
