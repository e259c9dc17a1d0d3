"""HTML: what is allowed, how it is read, what it embeds and refers to."""
