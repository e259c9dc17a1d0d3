"""A host project's app with a user model of its own."""
