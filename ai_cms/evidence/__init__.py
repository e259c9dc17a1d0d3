"""Who did what, what of it is taken back, and who answers for what a model wrote."""
