"""The account pages, for sites without a front end of their own."""
