"""The errors of importing.

::

    PageError, InvalidInput (400)
    └── ImportRefused     the source cannot be read, or not be imported as a whole; nothing was changed
"""

from __future__ import annotations

from collections.abc import Sequence

from ai_cms.core.exceptions import InvalidInput
from ai_cms.pages.exceptions import PageError

__all__ = ["ImportRefused"]

MAX_SHOWN = 200


class ImportRefused(PageError, InvalidInput):
    """The source was not imported, and nothing was changed.

    ``reason``: a sentence without the place. ``source``: the file. ``line``: where in it, from 1.
    """

    default_code = "import_refused"

    #: What else is wrong, when several things are.
    others: tuple[ImportRefused, ...] = ()

    @classmethod
    def of(cls, problems: Sequence[ImportRefused], *, hint: str) -> ImportRefused:
        """Return one error that says all of ``problems``, which are not empty; ``hint``: what to do about them."""
        first = problems[0]
        if len(problems) == 1:
            reason = first.reason if first.reason.endswith(".") else f"{first.reason}."
            made = cls(f"{reason} {hint}", source=first.source, line=first.line)
        else:
            shown = "\n".join(f"  {problem}" for problem in problems[:MAX_SHOWN])
            more = f"\n  … and {len(problems) - MAX_SHOWN} more" if len(problems) > MAX_SHOWN else ""
            made = cls(f"{len(problems)} files cannot be read:\n{shown}{more}\n{hint}")
        made.others = tuple(problems)
        return made

    def __init__(self, reason: str, *, source: str = "", line: int | None = None) -> None:
        self.reason = reason
        self.source = source
        self.line = line
        place = ", ".join(part for part in (source, f"line {line}" if line else "") if part)
        super().__init__(f"{place}: {reason}" if place else reason)
