"""What differs between two flow runs, most telling first."""
