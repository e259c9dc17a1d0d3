"""Patterns of file names as ``.gitignore`` has them, which the configurations of generators use."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["matches"]


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Return whether the path ``name`` (with ``/``, from the root of the patterns) is one of those meant.

    The last pattern that fits decides; one with ``!`` in front takes names out again. Comments and empty lines count for nothing.
    """
    found = False
    for line in patterns:
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        wanted = not pattern.startswith("!")
        if found != wanted and re.fullmatch(_regex(pattern.removeprefix("!")), name):
            found = wanted
    return found


def _regex(pattern: str) -> str:
    anchored = "/" in pattern.rstrip("/")
    parts = []
    for part in re.split(r"(\*\*/|/\*\*$|\*|\?)", pattern.strip("/")):
        parts.append({"**/": r"(?:.*/)?", "/**": r"/.*", "*": r"[^/]*", "?": r"[^/]"}.get(part, re.escape(part)))
    # A folder stands for all that is in it.
    inside = r"/.*" if pattern.endswith("/") else r"(?:/.*)?"
    return f"{'' if anchored else '(?:.*/)?'}{''.join(parts)}{inside}"
