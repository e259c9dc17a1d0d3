"""Reports for the admin."""
