"""Logs: what is shown of them, how it is found, and where it goes."""
