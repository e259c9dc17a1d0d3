"""What robots.txt and Content-Signal say."""

from __future__ import annotations

from ai_cms.pages.addresses import public_url

from .bots import KINDS, known_bots
from .conf import SIGNALS, machine_settings

__all__ = ["content_signal", "is_allowed", "robots_text"]


def is_allowed(name: str, kind: str) -> bool:
    """Return whether the policy allows a bot: by its name if it is named, else by its kind."""
    policy = {key.lower(): word for key, word in machine_settings.BOT_POLICY.items()}
    return policy.get(name.lower(), policy.get(kind, "allow")) != "disallow"


def content_signal() -> str:
    """Return the value of ``Content-Signal``, such as ``search=yes, ai-input=yes, ai-train=no``."""
    said = machine_settings.CONTENT_SIGNALS
    words = {name: said[name] if name in said else is_allowed("", kind) for name, kind in SIGNALS.items()}
    return ", ".join(f"{name}={'yes' if word else 'no'}" for name, word in words.items())


def robots_text(origin: str) -> str:
    """Return robots.txt of a site at ``origin``: one group for all, one for the bots that may not read."""
    base = public_url("/").rstrip("/")
    preview = f"Disallow: {base}/preview/"
    lines = ["User-agent: *", f"Content-Signal: {content_signal()}", preview, ""]
    bots = sorted(known_bots().items(), key=lambda item: (KINDS.index(item[1]), item[0].lower()))
    refused = [(name, kind) for name, kind in bots if not is_allowed(name, kind)]
    if refused:
        lines += [*(f"User-agent: {name}" for name, _kind in refused), f"Disallow: {base}/", ""]
    lines.append(f"Sitemap: {origin}{base}/sitemap.xml")
    return "\n".join(lines) + "\n"
