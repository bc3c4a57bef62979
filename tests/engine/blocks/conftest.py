"""Types of blocks that a test defines are forgotten when it ends."""

from collections.abc import Iterator

import pytest

from flowtui.engine.blocks import registry


@pytest.fixture(autouse=True)
def forget_new_types(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A copy of the registry for this test."""
    registry.block_types()
    monkeypatch.setattr(registry, "_classes", dict(registry._classes))
    yield
