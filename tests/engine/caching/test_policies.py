"""Cache policies: what a key is made of, and the laws of their sums and differences."""

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowtui import (
    DEFAULT,
    FLOW_PARAMETERS,
    INPUTS,
    NO_CACHE,
    NONE,
    RUN_ID,
    TASK_SOURCE,
    CacheKeyFnPolicy,
    CachePolicy,
    IsolationLevel,
    MemoryLockManager,
    task,
)
from flowtui.engine.caching.policies import CompoundCachePolicy, Inputs
from flowtui.engine.context import TaskRunContext
from flowtui.engine.errors import UsageError
from flowtui.engine.ids import new_id
from flowtui.engine.model import TaskRun
from flowtui.engine.states import Pending
from tests.engine.caching.values import account, values

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@task
def load(a: Any = 1, b: Any = 2, c: Any = 3) -> None:
    """A task."""


@task
def other(a: Any = 1, b: Any = 2, c: Any = 3) -> None:
    """Another task."""


def key(
    policy: CachePolicy,
    inputs: Mapping[str, Any] | None = None,
    *,
    of: Any = load,
    flow_run_id: str | None = "flow-run-1",
    run_id: str | None = None,
    flow_parameters: Mapping[str, Any] | None = None,
) -> str | None:
    run = TaskRun(
        id=run_id or new_id(),
        name="load-0",
        task_key=of.task_key,
        dynamic_key="0",
        state=Pending(),
        created=NOW,
        flow_run_id=flow_run_id,
    )
    given = {"a": 1, "b": 2, "c": 3} if inputs is None else inputs
    return policy.compute_key(TaskRunContext(task=of, task_run=run, parameters=given), given, flow_parameters or {})


# -- what each looks at -----------------------------------------------------------------------------------------------


def test_inputs_looks_at_the_arguments_and_the_task() -> None:
    assert key(INPUTS) == key(INPUTS, flow_run_id="flow-run-2")
    assert key(INPUTS, {"b": 2, "a": 1}) == key(INPUTS, {"a": 1, "b": 2})
    assert key(INPUTS) != key(INPUTS, {"a": 1, "b": 2, "c": 4})
    assert key(INPUTS, {"ab": 1, "c": 2}) != key(INPUTS, {"a": 1, "bc": 2})
    assert key(INPUTS, {}) is not None


def test_two_tasks_with_the_same_arguments_never_share_a_key() -> None:
    """A wrong value is worse than one that is computed again."""
    for policy in (INPUTS, TASK_SOURCE, RUN_ID, FLOW_PARAMETERS, DEFAULT):
        assert key(policy, of=load) != key(policy, of=other)


class Shop:
    def __init__(self, name: str) -> None:
        self.name = name

    @task
    def sell(self, item: str) -> None:
        """A method that is a task."""


def test_the_object_of_a_method_is_one_of_its_inputs() -> None:
    item = {"item": "tea"}
    assert key(INPUTS, item, of=Shop("a").sell) == key(INPUTS, item, of=Shop("a").sell)
    assert key(INPUTS, item, of=Shop("a").sell) != key(INPUTS, item, of=Shop("b").sell)
    assert key(INPUTS - "self", item, of=Shop("a").sell) == key(INPUTS - "self", item, of=Shop("b").sell)
    double, triple = (task(functools.partial(pow, factor)) for factor in (2, 3))
    assert key(INPUTS, {"exp": 2}, of=double) != key(INPUTS, {"exp": 2}, of=triple)


def test_run_id_looks_at_the_flow_run_and_outside_any_at_the_task_run() -> None:
    assert key(RUN_ID) == key(RUN_ID) != key(RUN_ID, flow_run_id="flow-run-2")
    outside = [key(RUN_ID, flow_run_id=None, run_id=run_id) for run_id in ("one", "one", "two")]
    assert outside[0] == outside[1] != outside[2]


def test_flow_parameters_looks_at_those_and_is_nothing_outside_a_flow() -> None:
    assert key(FLOW_PARAMETERS, flow_parameters={"x": 1}) == key(FLOW_PARAMETERS, {}, flow_parameters={"x": 1})
    assert key(FLOW_PARAMETERS, flow_parameters={"x": 1}) != key(FLOW_PARAMETERS, flow_parameters={"x": 2})
    assert key(FLOW_PARAMETERS) is not None
    assert key(FLOW_PARAMETERS, flow_run_id=None) is None
    assert key(FLOW_PARAMETERS + INPUTS, flow_run_id=None) is not None


def source_key(tmp_path: Path, source: str) -> str | None:
    import linecache

    path = tmp_path / "mytasks.py"
    path.write_text(source)
    linecache.checkcache()
    space: dict[str, Any] = {"__name__": "mytasks"}
    exec(compile(source, str(path), "exec"), space)
    return key(TASK_SOURCE, of=task(space["mine"]))


def test_task_source_looks_at_the_text_of_the_function(tmp_path: Path) -> None:
    base = "def mine(a):\n    return a + 1\n"
    assert source_key(tmp_path, base) == source_key(tmp_path, "# above\n\n" + base)
    assert source_key(tmp_path, base) != source_key(tmp_path, base.replace("+ 1", "+ 2"))
    assert source_key(tmp_path, base) != source_key(tmp_path, base.replace("a + 1", "a + 1  # one more"))


def test_task_source_of_code_without_text_looks_at_what_it_does() -> None:
    def made(source: str) -> str | None:
        space: dict[str, Any] = {}
        exec(source, space)
        return key(TASK_SOURCE, of=task(space["mine"]))

    assert made("def mine(a): return a + 1") == made("def mine(a):\n    # a comment\n    return a + 1")
    assert made("def mine(a): return a + 1") != made("def mine(a): return a + 2")


def test_a_function_of_the_users_makes_the_key_as_it_is() -> None:
    policy = CacheKeyFnPolicy(cache_key_fn=lambda context, parameters: f"{context.task.name} {parameters['a']}")
    assert key(policy) == "load 1"
    assert key(CachePolicy.from_cache_key_fn(lambda context, parameters: None)) is None


def test_no_cache_has_no_key() -> None:
    assert key(NO_CACHE) is None
    assert NONE is NO_CACHE


def test_default_is_inputs_and_source_and_run() -> None:
    assert DEFAULT == INPUTS + TASK_SOURCE + RUN_ID
    assert key(DEFAULT) == key(DEFAULT)
    assert len({key(DEFAULT), key(DEFAULT, {}), key(DEFAULT, flow_run_id="x"), key(DEFAULT, of=other)}) == 4


class ByWeekday(CachePolicy):
    """A policy of the user's own, with a constructor of its own."""

    def __init__(self, day: str) -> None:
        self.day = day

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: Mapping[str, Any], flow_parameters: Mapping[str, Any], **kwargs: Any
    ) -> str | None:
        return self.day


def test_a_policy_of_the_users_own_takes_part_in_sums() -> None:
    assert key(ByWeekday("monday")) == "monday"
    both = ByWeekday("monday") + ByWeekday("tuesday")
    assert key(both) not in (key(ByWeekday("monday") + INPUTS), key(ByWeekday("tuesday") + INPUTS), None)
    assert key(ByWeekday("monday") + INPUTS) == key(INPUTS + ByWeekday("monday"))
    with pytest.raises(NotImplementedError, match="CachePolicy has no compute_key"):
        key(CachePolicy())


def test_an_argument_that_cannot_be_hashed_is_named() -> None:
    with pytest.raises(UsageError, match=r"argument 'b' is a generator that cannot be hashed .* INPUTS - 'b'"):
        key(INPUTS, {"a": 1, "b": (n for n in ())})
    with pytest.raises(UsageError, match="argument 'a' holds a generator"):
        key(INPUTS, {"a": [(n for n in ())]})
    assert key(INPUTS - "b", {"a": 1, "b": (n for n in ())}) is not None


@given(
    st.dictionaries(st.text(max_size=3), values, max_size=3), st.dictionaries(st.text(max_size=3), values, max_size=3)
)
def test_keys_are_the_same_for_the_same_arguments_only(one: dict[str, Any], another: dict[str, Any]) -> None:
    assert (key(INPUTS, one) == key(INPUTS, another)) == (account(one) == account(another))
    assert key(INPUTS, one) == key(INPUTS, dict(reversed(one.items())))


# -- sums and differences ---------------------------------------------------------------------------------------------

basic = st.sampled_from([INPUTS, TASK_SOURCE, RUN_ID, FLOW_PARAMETERS, NO_CACHE, INPUTS - "a", INPUTS - "a" - "b"])
names = st.sampled_from("abc")
sums = st.lists(basic, min_size=1, max_size=4).map(lambda parts: reduce(CachePolicy.__add__, parts))
arguments = st.fixed_dictionaries({name: st.integers(0, 2) for name in "abc"})


@given(sums, sums, sums, arguments)
def test_a_sum_depends_neither_on_order_nor_on_brackets_nor_on_repetition(
    a: CachePolicy, b: CachePolicy, c: CachePolicy, given_: dict[str, int]
) -> None:
    assert key(a + b, given_) == key(b + a, given_)
    assert key((a + b) + c, given_) == key(a + (b + c), given_)
    assert a + a == a + NO_CACHE
    assert key(a + NO_CACHE, given_) == key(NO_CACHE + a, given_) == key(a, given_)


@given(sums, sums, arguments, arguments)
def test_a_sum_looks_at_all_that_its_parts_look_at(
    a: CachePolicy, b: CachePolicy, one: dict[str, int], two: dict[str, int]
) -> None:
    parts_agree = key(a, one) == key(a, two) and key(b, one) == key(b, two)
    assert (key(a + b, one) == key(a + b, two)) == parts_agree


@given(sums, names, arguments, arguments)
def test_a_difference_looks_at_everything_but_that_argument(
    policy: CachePolicy, name: str, one: dict[str, int], two: dict[str, int]
) -> None:
    assert key(policy - name, one) == key(policy - name, {**one, name: 99})
    if policy == NO_CACHE:
        assert key(policy - name, one) is None
    elif key(policy, one) != key(policy, {**two, name: one[name]}):
        assert key(policy - name, one) != key(policy - name, two)


@given(sums, names, names, arguments)
def test_arguments_are_left_out_in_any_order(a: CachePolicy, x: str, y: str, given_: dict[str, int]) -> None:
    assert key(a - x - y, given_) == key(a - y - x, given_)
    assert key(a - x - x, given_) == key(a - x, given_)


@given(basic, basic, names, arguments)
def test_a_difference_is_shared_out_over_a_sum(a: CachePolicy, b: CachePolicy, x: str, given_: dict[str, int]) -> None:
    """For policies that look at arguments; of the others a difference makes one that does."""
    if isinstance(a, Inputs) and isinstance(b, Inputs):
        assert key((a + b) - x, given_) == key((a - x) + (b - x), given_)


def test_a_difference_of_what_looks_at_no_arguments_looks_at_all_the_others() -> None:
    assert key(RUN_ID - "a") == key(RUN_ID + (INPUTS - "a"))


@pytest.mark.parametrize("wrong", [lambda: INPUTS - 5, lambda: INPUTS + "a", lambda: INPUTS + None])  # type: ignore[operator]
def test_only_names_are_subtracted_and_only_policies_added(wrong: Callable[[], Any]) -> None:
    with pytest.raises(TypeError):
        wrong()


# -- how they are set up ----------------------------------------------------------------------------------------------


def test_configure_makes_a_new_policy_and_a_sum_keeps_what_its_parts_are_set_up_with(tmp_path: Path) -> None:
    locks = MemoryLockManager()
    here = INPUTS.configure(key_storage=tmp_path, lock_manager=locks, isolation_level="SERIALIZABLE")
    assert (here.key_storage, here.lock_manager) == (tmp_path, locks)
    assert here.isolation_level is IsolationLevel.SERIALIZABLE
    assert (INPUTS.key_storage, INPUTS.lock_manager, INPUTS.isolation_level) == (None, None, None)
    for both in (here + RUN_ID, RUN_ID + here, (here + RUN_ID) - "a", here - "a", NO_CACHE + here):
        assert (both.key_storage, both.lock_manager, both.isolation_level) == (tmp_path, locks, "SERIALIZABLE")
    assert key(here) == key(INPUTS)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"key_storage": Path("a")}, {"key_storage": Path("b")}),
        ({"isolation_level": "SERIALIZABLE"}, {"isolation_level": "READ_COMMITTED"}),
    ],
)
def test_policies_that_contradict_each_other_cannot_be_added(one: dict[str, Any], two: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"set up differently: {next(iter(one))}"):
        INPUTS.configure(**one) + RUN_ID.configure(**two)
    assert isinstance(INPUTS.configure(**one) + RUN_ID.configure(**one), CompoundCachePolicy)
