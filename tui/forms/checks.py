"""Whether a value fits its field, in one sentence."""

import re
from typing import Any

from flowtui.engine.deployments.schema_check import check_value, expected
from flowtui.tui.forms.fields import Field

__all__ = ["problem_of", "required_sentence"]


def problem_of(field: Field, value: Any) -> str | None:
    """What does not fit, as a sentence to stand below the field; None when all does.

    A schema that is itself malformed checks nothing: the one who runs the flow is not the one who can mend it.
    """
    try:
        problems = list(check_value(field.schema, value, field.document))
        wanted = expected(field.schema, field.document)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, ArithmeticError, re.error):
        return None
    if not problems:
        return None
    where, what = problems[0]
    if field.secret:
        # The words may repeat the value.
        return f"Must be {wanted}." if wanted != "text" else "This does not fit; see what the field is for."
    return f"{where.lstrip('.')} {what}." if where else f"{what[:1].upper()}{what[1:]}."


def required_sentence() -> str:
    """Below a field that must be given and is not."""
    return "This is required."
