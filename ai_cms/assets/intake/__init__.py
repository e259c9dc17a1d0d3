"""Files as they come in: what they are, by their content alone, and whether they are taken."""
