"""The visual editor: the page itself in a frame, changed by the four operations alone."""
