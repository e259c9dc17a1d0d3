"""JSON Resume 1.0.0, in and out, and what LinkedIn hands out."""
