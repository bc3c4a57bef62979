"""The rules: pure functions of values and a clock reading. No store, no thread, no I/O."""
