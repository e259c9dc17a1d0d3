"""The pages on which people write their posts, for sites without a front end of their own."""
