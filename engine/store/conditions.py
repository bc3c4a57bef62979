"""The clauses of a query as SQL: each kind of test is a function to one condition on a row of `flow_run`.

Every condition says the same as its twin in `query_matching.py`. What SQLite and PostgreSQL spell differently is JSON,
and the small letters: only A to Z are made small, whatever a database's language is.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from flowtui.engine.query_meaning import (
    ATTENTION_KINDS,
    ON_THE_WAY,
    AttentionTest,
    Clause,
    DeploymentTest,
    FlagTest,
    IdTest,
    MomentTest,
    NumberTest,
    Param,
    ParamTest,
    StateTest,
    Test,
    TextTest,
)
from flowtui.engine.query_terms import Value, ascii_lower, letters
from flowtui.engine.states import StateType
from flowtui.engine.store.rows import dump, writable
from flowtui.engine.store.tables import deployment, flow, flow_run, run_queue, run_stats

__all__ = ["Conditions"]

Condition = sa.ColumnElement[bool]

_COMPARE: Final[Mapping[str, Callable[[Any, Any], Condition]]] = {
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


class Conditions:
    """Makes conditions for one database at one instant of its clock, in microseconds."""

    def __init__(self, *, is_sqlite: bool, now: int) -> None:
        self._is_sqlite, self._now = is_sqlite, now

    def clause(self, clause: Clause) -> Condition:
        """Whether a clause holds."""
        holds = sa.and_(*map(self.test, clause.tests))
        return holds.is_not(sa.true()) if clause.negated else holds

    def test(self, test: Test) -> Condition:
        """Whether a test holds; NULL counts as no."""
        match test:
            case TextTest():
                return sa.or_(*(self._text(field, v, test.part) for field in test.fields for v in test.patterns))
            case StateTest():
                return self._state(test)
            case NumberTest():
                number, compare = self._number(test.field), _COMPARE[test.comparison]
                return sa.or_(*(compare(number, _big(wanted)) for wanted in test.numbers))
            case MomentTest():
                return _moment(test)
            case IdTest():
                return _id(test)
            case DeploymentTest():
                return sa.or_(
                    flow_run.c.deployment_id.in_(test.ids), flow_run.c.deployment_id.in_(self.deployments(test))
                )
            case FlagTest():
                parent = flow_run.c.parent_task_run_id
                flags = {"top": parent.is_(None), "subflow": parent.is_not(None), "auto": flow_run.c.auto_scheduled}
                return flags[test.flag]
            case AttentionTest():
                return _attention(test)
            case ParamTest():
                return sa.or_(*(self._param(test, wanted) for wanted in test.values))

    def on_the_way(self, column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        """A column that filters what another index finds. SQLite would take an index for `IN (…)`, and sort all of it:
        1.2 s instead of 9 ms in 300,000 runs."""
        if not self._is_sqlite:  # it knows from its statistics which is quicker
            return column
        return sa.UnaryExpression(column, operator=sa.sql.operators.custom_op("+"), type_=column.type)

    def flows(self, patterns: tuple[Value, ...], *, part: bool = False) -> sa.Select[tuple[str]]:
        """The ids of the flows whose name is like one of the patterns."""
        return sa.select(flow.c.id).where(sa.or_(*(self._like(flow.c.name, value, part) for value in patterns)))

    def deployments(self, test: DeploymentTest) -> sa.Select[tuple[str]]:
        """The ids of the deployments whose `flow/deployment` is like one of the patterns."""
        like = (self._like(deployment.c.full_name, value) for value in test.patterns)
        return sa.select(deployment.c.id).where(sa.or_(sa.false(), *like))

    # -- texts --------------------------------------------------------------------------------------------------------

    def _text(self, field: str, value: Value, part: bool) -> Condition:
        if field == "flow":
            return flow_run.c.flow_id.in_(self.flows((value,), part=part))
        if field == "tag":
            return self._tag(value)
        column = {
            "name": flow_run.c.name,
            "pool": flow_run.c.work_pool_name,
            "queue": flow_run.c.work_queue_name,
            "worker": flow_run.c.worker_name,
            "message": flow_run.c.state_message,
        }[field]
        return self._like(column, value, part)

    def _low(self, text: Any) -> sa.ColumnElement[str]:
        """A text with A to Z made small. What PostgreSQL makes small depends on the language, except in "C"."""
        return sa.func.lower(text if self._is_sqlite else sa.collate(text, "C"))

    def _like(self, text: Any, value: Value, part: bool = False) -> Condition:
        if not value.is_glob and not part:
            return self._low(text) == ascii_lower(writable(value.text))
        pattern = "".join(_like(letter, wild) for letter, wild in letters(ascii_lower(value.pattern)))
        pattern = pattern if value.is_glob else f"%{pattern}%"
        return self._low(text).like(writable(pattern), escape="\\")

    def _tag(self, value: Value) -> Condition:
        if not value.is_glob:
            # Tags are a JSON array of strings, so a quoted tag between quotes is found whole.
            return self._low(flow_run.c.tags).contains(dump(ascii_lower(value.text)), autoescape=True)
        if self._is_sqlite:
            each = sa.func.json_each(_readable(flow_run.c.tags)).table_valued("value")
            tag: Any = each.c.value
        else:
            each = sa.func.jsonb_array_elements_text(_jsonb(flow_run.c.tags)).table_valued("value")
            tag = each.c.value
        return sa.exists(sa.select(sa.literal(1)).select_from(each).where(self._like(tag, value)))

    def _state(self, test: StateTest) -> Condition:
        kinds = [kind.value for kind, name in test.states if kind is not None and name is None]
        named = [self._named(kind, name) for kind, name in test.states if name is not None]
        return sa.or_(*([flow_run.c.state_type.in_(kinds)] if kinds else []), *named)

    def _named(self, kind: StateType | None, name: Value) -> Condition:
        like = self._like(flow_run.c.state_name, name)
        return like if kind is None else sa.and_(flow_run.c.state_type == kind.value, like)

    # -- numbers ------------------------------------------------------------------------------------------------------

    def _number(self, field: str) -> Any:
        run = flow_run.c
        match field:
            case "dur":
                elapsed = sa.func.coalesce(run.end_time, _big(self._now)) - run.start_time
                return sa.case((elapsed < _big(0), _big(0)), else_=elapsed)
            case "late":
                begun_once = sa.and_(run.start_time.is_not(None), run.run_count <= 1)
                begun = sa.case(
                    (run.state_type == StateType.SCHEDULED.value, _big(self._now)),
                    (begun_once, run.start_time),
                )
                return sa.case((begun > run.expected_start, begun - run.expected_start))
            case "attempt":
                return run.run_count
            case _:
                stats = sa.select(run_stats.c[field]).where(run_stats.c.flow_run_id == run.id).scalar_subquery()
                return sa.func.coalesce(stats, 0)

    # -- parameters ---------------------------------------------------------------------------------------------------

    def _param(self, test: ParamTest, wanted: Param) -> Condition:
        value = _SqliteJson(test.path) if self._is_sqlite else _PostgresJson(test.path)
        compare = _COMPARE[test.comparison]
        likes: list[tuple[Any, Any]] = []
        if test.comparison == "=":
            likes.append((value.is_kind("text"), self._like(value.text, wanted.text)))
            if wanted.word is not None:
                likes.append((value.is_word(wanted.word), sa.true()))
        elif wanted.number is None:
            text = value.text if self._is_sqlite else sa.collate(value.text, "C")
            likes.append((value.is_kind("text"), compare(text, writable(wanted.text.text))))
        if wanted.number is not None:
            likes.append((value.is_kind("number"), compare(value.number, value.bound(wanted.number))))
        # CASE, because PostgreSQL may otherwise read as a number what it has not yet found to be one.
        return sa.case(*likes, else_=sa.false())


class _SqliteJson:
    """A value within the parameters, as SQLite reads it."""

    def __init__(self, path: tuple[str | int, ...]) -> None:
        steps = (f"[{part}]" if isinstance(part, int) else f'."{part}"' for part in path)
        self._where = "$" + "".join(steps)
        self._type = sa.func.json_type(_readable(flow_run.c.parameters), self._where)
        self.text: Any = sa.func.json_extract(_readable(flow_run.c.parameters), self._where)
        self.number = self.text

    def is_kind(self, kind: str) -> Any:
        return self._type.in_(["text"] if kind == "text" else ["integer", "real"])

    def is_word(self, word: str) -> Any:
        return self._type == word

    def bound(self, number: int | float) -> Any:
        return sa.literal(number, sa.Float if isinstance(number, float) else sa.BigInteger)


class _PostgresJson:
    """A value within the parameters, as PostgreSQL reads it."""

    def __init__(self, path: tuple[str | int, ...]) -> None:
        value: Any = _jsonb(flow_run.c.parameters)
        for part in path:
            step = sa.cast(part, sa.Integer) if isinstance(part, int) else sa.cast(part, sa.Text)
            value = value.op("->", return_type=_jsonb_type())(step)
        self._type = sa.func.jsonb_typeof(value)
        self.text: Any = value.op("#>>", return_type=sa.Text())(sa.literal_column("'{}'"))
        self.number: Any = sa.cast(self.text, sa.Numeric)
        self._value = value

    def is_kind(self, kind: str) -> Any:
        return self._type == ("string" if kind == "text" else "number")

    def is_word(self, word: str) -> Any:
        return self._type == "null" if word == "null" else sa.and_(self._type == "boolean", self.text == word)

    def bound(self, number: int | float) -> Any:
        return sa.literal(Decimal(repr(number)), sa.Numeric)


def _big(number: int) -> sa.ColumnElement[int]:
    """A number of any size; PostgreSQL would take it for a small one."""
    return sa.literal(number, sa.BigInteger)


def _readable(json: Any) -> Any:
    """JSON text without the one escape that no database's text can hold."""
    return sa.func.replace(json, r"\u0000", r"\ufffd")


@cache
def _jsonb_type() -> Any:
    from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415 - 25 ms that a store in a file need not pay

    return JSONB()


def _jsonb(json: Any) -> Any:
    return sa.cast(_readable(json), _jsonb_type())


def _like(letter: str, wild: bool) -> str:
    """A letter of a pattern as LIKE writes it."""
    if wild:
        return "%" if letter == "*" else "_"
    return f"\\{letter}" if letter in "\\%_" else letter


def _moment(test: MomentTest) -> Condition:
    run, compare, micros = flow_run.c, _COMPARE[test.comparison], _big(test.micros)
    match test.field:
        case "sort":
            return compare(run.sort_time, micros)
        case "start":  # a run that has started is sorted by it: so the index of the list is walked no further
            return sa.and_(run.start_time.is_not(None), compare(run.sort_time, micros))
        case "due":
            waits = run.state_type == StateType.SCHEDULED.value
            return sa.and_(waits, compare(run.expected_start, micros))
        case "end":
            return compare(run.end_time, micros)
        case _:
            return compare(run.created, micros)


def _attention(test: AttentionTest) -> Condition:
    """A person has to look. Only runs that are under way are looked up in the queue."""
    run, kind = flow_run.c, flow_run.c.state_type
    alone = sa.select(run_queue.c.flow_run_id).where(run_queue.c.lease_until < _big(test.leased))
    return sa.or_(
        kind.in_([each.value for each in ATTENTION_KINDS]),
        sa.and_(kind == StateType.SCHEDULED.value, run.state_name == "Late"),
        sa.and_(kind.in_([each.value for each in ON_THE_WAY]), run.state_at < _big(test.since)),
        run.id.in_(alone),
    )


def _id(test: IdTest) -> Condition:
    column = flow_run.c.id if test.field == "id" else flow_run.c.parent_task_run_id
    whole = [first for first, last in test.spans if first == last]
    spans = [column.between(first, last) for first, last in test.spans if first != last]
    return sa.or_(*([column.in_(whole)] if whole else []), *spans)
