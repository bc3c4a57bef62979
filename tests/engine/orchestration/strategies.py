"""States and facts of every kind, for the property tests of the rules."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from flowtui.engine.orchestration.rules import Facts
from flowtui.engine.states import Late, Scheduled, State, StateType

__all__ = ["NOW", "facts", "moments", "owners", "states"]

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)

moments = st.integers(-7200, 7200).map(lambda seconds: NOW + timedelta(seconds=seconds))


@st.composite
def states(draw: st.DrawFn, kinds: st.SearchStrategy[StateType] | None = None) -> State:
    """A state of any kind; a scheduled one has its time, and is sometimes late."""
    kind = draw(kinds if kinds is not None else st.sampled_from(StateType))
    at = draw(moments)
    if kind is StateType.SCHEDULED:
        make = Late if draw(st.booleans()) else Scheduled
        return make(draw(moments), timestamp=at)
    name = draw(st.sampled_from([kind.value.title(), "Skipped", "Late", "NotReady"]))
    return State(type=kind, name=name, timestamp=at, message=draw(st.none() | st.text(max_size=5)))


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """What a rule may know. Whoever proposes as the owner is the owner of something."""
    owned = draw(st.booleans())
    return Facts(
        now=draw(moments), owned=owned, by_owner=draw(st.booleans()) and owned, can_restart=draw(st.booleans())
    )


owners = facts().map(lambda known: Facts(now=known.now, owned=True, by_owner=True, can_restart=known.can_restart))
