"""Folders of Markdown and of HTML files."""
