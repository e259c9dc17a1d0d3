"""The form of a document."""
