"""A database engine: Django's for PostgreSQL, which does not wait for a server that has fallen silent."""
