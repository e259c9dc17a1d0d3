"""Documents: trees of blocks, what they must satisfy, and how they are changed."""
