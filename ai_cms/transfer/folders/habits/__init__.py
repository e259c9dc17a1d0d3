"""What the generators of static sites do with a folder: which files wait, and the address each file had."""
