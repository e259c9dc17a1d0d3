"""The REST interface of blocks."""
