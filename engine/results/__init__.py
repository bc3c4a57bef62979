"""What is kept of a returned value: small exact JSON beside its row, and a record elsewhere when that was asked for."""

from flowtui.engine.results.inline import exact_json, input_key

__all__ = ["exact_json", "input_key"]
