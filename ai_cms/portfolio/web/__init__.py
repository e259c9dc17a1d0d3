"""The pages on which people make their portfolios: forms of a server, which need no script."""
