"""The demo: flows that look like real work, in a home of their own."""
