"""What all lists share: a filter, views, an order, and letters to find."""
