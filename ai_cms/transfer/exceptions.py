"""The errors of importing.

::

    PageError, InvalidInput (400)
    └── ImportRefused     the source cannot be read, or not be imported as a whole; nothing was changed
"""

from __future__ import annotations

from ai_cms.core.exceptions import InvalidInput
from ai_cms.pages.exceptions import PageError

__all__ = ["ImportRefused"]


class ImportRefused(PageError, InvalidInput):
    """The source was not imported, and nothing was changed.

    ``reason``: a sentence without the place. ``source``: the file. ``line``: where in it, from 1.
    """

    default_code = "import_refused"

    def __init__(self, reason: str, *, source: str = "", line: int | None = None) -> None:
        self.reason = reason
        self.source = source
        self.line = line
        place = ", ".join(part for part in (source, f"line {line}" if line else "") if part)
        super().__init__(f"{place}: {reason}" if place else reason)
