"""The real store does what the model does, step by step, on SQLite and on PostgreSQL."""

import os

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from flowtui.engine.settings import Settings
from tests.engine.store.databases import StoreClock, a_place
from tests.model.ownership import FIRST, OURS, steps
from tests.model.verbs import Verbs

EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES", "15"))
"""How many runs are lived through, each of up to 30 steps. For a night: CONFORMANCE_EXAMPLES=20000."""
_ENDLESS = OURS._replace(most_epochs=1000)


@pytest.mark.timeout(0 if EXAMPLES > 100 else 240)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_store_goes_the_way_of_the_model(kind: str, settings: Settings) -> None:
    with a_place(kind, settings) as place:
        services, first, second = place.open(), place.open(), place.open()
        clock = StoreClock(services)
        clock.rule(first)
        clock.rule(second)

        class Life(RuleBasedStateMachine):
            """One run, from its creation on."""

            @initialize()
            def create(self) -> None:
                self.world = FIRST
                self.verbs = Verbs(services, (first, second), clock)

            @rule(data=st.data())
            def step(self, data: st.DataObject) -> None:
                possible = {name: after for name, after in steps(self.world, _ENDLESS) if self.verbs.can(name)}
                name = data.draw(st.sampled_from(sorted(possible)), label="step")
                self.verbs.do(name, self.world)
                self.world = possible[name]

            @rule()
            def others_try(self) -> None:
                self.verbs.refuse_all_others(self.world)

            @invariant()
            def both_agree(self) -> None:
                assert self.verbs.row() == self.world.row

        run_state_machine_as_test(
            Life,
            settings=hypothesis.settings(
                max_examples=EXAMPLES,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(hypothesis.HealthCheck),
                print_blob=True,
            ),
        )
