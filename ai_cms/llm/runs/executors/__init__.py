"""What carries out runs."""
