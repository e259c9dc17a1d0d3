"""WordPress: exports and what stands in them."""
