"""The public names: a short sorted list that is complete, importable, and the same for readers, checkers and Python."""

import ast
import importlib
import pkgutil

import pytest

import flowtui
from tests.support import ROOT

FACE = ROOT / "src" / "flowtui" / "__init__.py"


def modules() -> list[str]:
    """Every module of the package, but the migrations, which alembic runs by path."""
    found = [module.name for module in pkgutil.walk_packages(flowtui.__path__, "flowtui.")]
    return [name for name in found if ".migrations." not in name and name != "flowtui.__main__"]


def names_for_checkers() -> set[str]:
    """What the face imports under `if TYPE_CHECKING`."""
    tree = ast.parse(FACE.read_text())
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def test_the_public_names_are_sorted_and_each_is_there() -> None:
    assert list(flowtui.__all__) == sorted(flowtui.__all__)
    assert len(set(flowtui.__all__)) == len(flowtui.__all__)
    for name in flowtui.__all__:
        assert getattr(flowtui, name) is not None


def test_a_type_checker_sees_the_same_names_as_python() -> None:
    assert names_for_checkers() | {"__version__"} >= set(flowtui.__all__)
    assert set(flowtui.__all__) >= names_for_checkers() - {"Any"}


def test_dir_lists_the_public_names() -> None:
    assert set(flowtui.__all__) <= set(dir(flowtui))


def test_a_name_that_does_not_exist_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = flowtui.no_such_name  # type: ignore[attr-defined]


def test_every_public_name_but_a_constant_has_a_docstring() -> None:
    silent = [name for name in flowtui.__all__ if callable(value := getattr(flowtui, name)) and not value.__doc__]

    assert silent == []


@pytest.mark.parametrize("name", modules())
def test_what_a_module_promises_it_has(name: str) -> None:
    module = importlib.import_module(name)
    promised = getattr(module, "__all__", [])

    assert [promise for promise in promised if not hasattr(module, promise)] == []
    assert len(set(promised)) == len(promised)
