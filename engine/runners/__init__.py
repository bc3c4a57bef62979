"""Task runners: where submitted tasks run."""
