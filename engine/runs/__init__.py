"""How a run goes: generators that decide, and the two drivers that carry out what they decide."""
