"""The studio: the place where editors spend their day. The desk around it is ``desk``, the visual editor ``editor``."""
