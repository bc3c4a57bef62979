"""The flows of a folder beside those of the store: found, shown, run and deployed."""
