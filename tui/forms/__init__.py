"""Forms built from JSON schemas: a pure model (`form`), and the widgets that show it (`view`)."""
