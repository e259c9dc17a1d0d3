"""Where a picture comes from: one row, told in four places (XMP, C2PA, schema.org in pages, REST)."""
