"""Where elements of a text end, in time that does not grow with the square of its length."""

from __future__ import annotations

import re

__all__ = ["EndTags"]


class EndTags:
    """Find the end tags of ``html``: no part of it is searched twice for one name."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.found: dict[str, int] = {}

    def next(self, name: str, position: int) -> int:
        """Return where the next end tag of ``name`` begins, -1 if there is none."""
        known = self.found.get(name)
        if known is None or -1 < known < position:
            match = re.compile(rf"</{re.escape(name)}(?=[\s/>])", re.IGNORECASE).search(self.html, position)
            known = self.found[name] = match.start() if match else -1
        return known
