"""What changed between two runs, as a screen and in lines."""
