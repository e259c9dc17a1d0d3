"""Whole sites, out and in."""
