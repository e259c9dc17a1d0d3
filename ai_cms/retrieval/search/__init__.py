"""Find passages: by their words in the database's index, by their meaning where there are vectors, by both in one order."""
