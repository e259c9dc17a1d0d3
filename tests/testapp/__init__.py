"""A host project's app: every swappable model of ai_cms in a version of its own."""
