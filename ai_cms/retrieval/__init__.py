"""Passages of what is published, found by words and by meaning, as sources that an answer can cite."""
