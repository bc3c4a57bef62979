"""Take arrays and tables of numpy and pandas to pieces that can be hashed alike everywhere."""

import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["frame_parts", "is_table"]


def is_table(value: Any) -> bool:
    """Whether it is an array, a column or a table, whose `size` is the number of its values. Loads no library."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return True
    if pandas is None or not hasattr(pandas, "DataFrame"):  # being imported at this moment
        return False
    return isinstance(value, pandas.DataFrame | pandas.Series | pandas.Index)


def frame_parts(value: Any) -> Sequence[Any] | None:
    """What makes up an array, a column or a table; None for anything else. Loads no library."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if isinstance(value, numpy.ndarray):
        return _array(value)
    if isinstance(value, numpy.generic):
        return ("numpy scalar", _kind(value.dtype), value.item() if value.dtype.hasobject else value.tobytes())
    pandas = sys.modules.get("pandas")
    if pandas is None or not hasattr(pandas, "DataFrame"):
        return None
    if isinstance(value, pandas.DataFrame):
        columns = [_column(value.iloc[:, number]) for number in range(value.shape[1])]
        return ("table", value.columns, value.index, columns)
    if isinstance(value, pandas.Series):
        return ("column", value.name, value.index, _column(value))
    if isinstance(value, pandas.MultiIndex):
        return ("indexes", list(value.names), [value.get_level_values(n) for n in range(value.nlevels)])
    if isinstance(value, pandas.Index):
        return ("index", value.name, _column(value))
    return None


def _array(value: Any) -> Sequence[Any]:
    """Kind, shape and the bytes in one order, however they lie in memory."""
    content = value.tolist() if value.dtype.hasobject else value.tobytes()
    return ("array", _kind(value.dtype), value.shape, content)


def _kind(dtype: Any) -> Any:
    return dtype.descr if dtype.names else dtype.str


def _column(values: Any) -> Sequence[Any]:
    """The values of a column, and of what kind they are; those that are no plain numbers one by one."""
    array = values.to_numpy()
    if array.dtype.hasobject:
        missing = [position for position, is_missing in enumerate(values.isna()) if is_missing]
        gone = set(missing)
        items = [None if position in gone else item for position, item in enumerate(array.tolist())]
        return (str(values.dtype), items, missing)
    return (str(values.dtype), *_array(array))
