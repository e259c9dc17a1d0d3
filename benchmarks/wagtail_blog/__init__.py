"""A blog as a Wagtail project has it: one page type with a category, an author, tags and a StreamField."""
