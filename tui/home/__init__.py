"""What Home draws: the figures of a span of time, its bars, and how long runs took. Pure."""
