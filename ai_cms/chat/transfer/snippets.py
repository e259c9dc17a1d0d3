"""Small pieces of Markdown that readers of exports put together."""

from __future__ import annotations

import re

__all__ = ["fenced", "link", "quoted"]

_TICKS = re.compile("`{3,}")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,30}", re.ASCII)
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\]{1,2000}", re.ASCII)


def fenced(code: str, language: str = "") -> str:
    """Return ``code`` as a block of code, whatever it holds."""
    ticks = "`" * max([3, *(len(found) + 1 for found in _TICKS.findall(code))])
    language = language if _LANGUAGE.fullmatch(language) else ""
    return f"{ticks}{language}\n{code.rstrip()}\n{ticks}"


def link(title: str, address: str) -> str:
    """Return a link, or the title alone where ``address`` is none of the web."""
    shown = " ".join(re.sub(r"([\\\[\]])", r"\\\1", title).split())[:200]
    if not _ADDRESS.fullmatch(address):
        return shown
    target = address.replace("(", "%28").replace(")", "%29")
    return f"[{shown or target}]({target})"


def quoted(text: str) -> str:
    """Return ``text`` as a quotation."""
    return "\n".join(f"> {line}" for line in text.splitlines())
