"""The engine: flows and tasks, the rules they follow, and the store that remembers them."""
