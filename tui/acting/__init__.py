"""Acting on what is kept: what can be done, how it is confirmed, carried out, written down and taken back."""
