"""Page types with every kind of field that a host may add."""
