"""Feeds: posts as RSS 2.0, Atom and JSON Feed 1.1, made of plain entries."""
