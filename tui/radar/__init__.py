"""The schedule radar: all future fires on a calendar, and whether there are slots enough. Pure."""
