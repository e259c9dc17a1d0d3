"""The content security policy of the site: nothing inline, nothing from elsewhere, the admin included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from ai_cms.blocks.html.embeds import DEFAULT_PROVIDERS

__all__ = ["FallbackCSPMiddleware", "default_frames", "make_policy"]

SELF = "'self'"
NONE = "'none'"


def make_policy(*, images: Sequence[str] = (), frames: Sequence[str] = ()) -> dict[str, list[str]]:
    """Return the policy as Django's ``SECURE_CSP`` wants it.

    ``images``, ``frames``: other hosts that pictures and embedded players may come from.
    """
    return {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *images],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF, *frames],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }


def default_frames() -> list[str]:
    """Return the origins of the players that the embed block knows without a setting."""
    parts = [urlsplit(provider["frame"]) for provider in DEFAULT_PROVIDERS.values()]
    return sorted({f"{part.scheme}://{part.netloc}" for part in parts})


class FallbackCSPMiddleware:
    """Send ``SECURE_CSP`` on Django 5.2, which has no middleware for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        policy = settings.SECURE_CSP
        self.header = "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.header)
        return response
