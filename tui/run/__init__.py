"""One flow run: its tasks along time, their graph, what they made, and how it went, then and now."""
