"""Block types: their base class, their registry, and those that come with the library."""
