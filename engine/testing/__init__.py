"""What tests of flows need: a store that goes away, a clock that obeys, and questions about what was done."""
