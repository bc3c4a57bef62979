"""Blocks: typed, saved values of a person or a team; their secrets are kept encrypted."""
