"""Content of other sites in a frame: which providers, and what address the frame gets. Nothing is fetched.

A provider of the setting ``EMBED_PROVIDERS`` is a dict::

    {
        "label": "Example Video",
        "patterns": [r"https?://video\\.example\\.com/(?P<id>[0-9]+)"],  # searched from the start of the address
        "frame": "https://player.example.com/{id}",                      # {id}, other groups, or {url}
        "page": "https://video.example.com/{id}",                        # optional: the address for people
        "ratio": "16x9",                                                 # or "4x3", "1x1", "audio"
    }
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

__all__ = [
    "DEFAULT_PROVIDERS",
    "RATIOS",
    "EmbedTarget",
    "embed_origins",
    "provider_problem",
    "resolve_embed",
    "use_providers",
]

RATIOS = frozenset({"16x9", "4x3", "1x1", "audio"})

DEFAULT_PROVIDERS: dict[str, dict[str, Any]] = {
    "youtube": {
        "label": "YouTube",
        "patterns": [
            r"https?://(?:www\.|m\.|music\.)?youtube(?:-nocookie)?\.com/(?:watch\?(?:[^#]*&)?v=|embed/|shorts/|live/|v/)(?P<id>[A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])",
            r"https?://youtu\.be/(?P<id>[A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])",
        ],
        "frame": "https://www.youtube-nocookie.com/embed/{id}",
        "page": "https://www.youtube.com/watch?v={id}",
        "ratio": "16x9",
    },
    "vimeo": {
        "label": "Vimeo",
        "patterns": [
            r"https?://(?:www\.)?vimeo\.com/(?:channels/[\w-]+/|groups/[\w-]+/videos/)?(?P<id>[0-9]{5,12})(?![0-9])",
            r"https?://player\.vimeo\.com/video/(?P<id>[0-9]{5,12})(?![0-9])",
        ],
        "frame": "https://player.vimeo.com/video/{id}?dnt=1",
        "page": "https://vimeo.com/{id}",
        "ratio": "16x9",
    },
    "dailymotion": {
        "label": "Dailymotion",
        "patterns": [
            r"https?://(?:www\.)?dailymotion\.com/(?:embed/)?video/(?P<id>[A-Za-z0-9]{5,12})(?![A-Za-z0-9])",
            r"https?://dai\.ly/(?P<id>[A-Za-z0-9]{5,12})(?![A-Za-z0-9])",
        ],
        "frame": "https://www.dailymotion.com/embed/video/{id}",
        "page": "https://www.dailymotion.com/video/{id}",
        "ratio": "16x9",
    },
    "ted": {
        "label": "TED",
        "patterns": [r"https?://(?:www\.|embed\.)?ted\.com/talks/(?P<id>[a-z0-9_]{3,200})(?![a-z0-9_])"],
        "frame": "https://embed.ted.com/talks/{id}",
        "page": "https://www.ted.com/talks/{id}",
        "ratio": "16x9",
    },
    "spotify": {
        "label": "Spotify",
        "patterns": [
            r"https?://open\.spotify\.com/(?:embed/)?(?P<kind>track|album|playlist|episode|show|artist)/(?P<id>[A-Za-z0-9]{10,40})(?![A-Za-z0-9])"
        ],
        "frame": "https://open.spotify.com/embed/{kind}/{id}",
        "page": "https://open.spotify.com/{kind}/{id}",
        "ratio": "audio",
    },
    "soundcloud": {
        "label": "SoundCloud",
        "patterns": [r"https?://(?:www\.)?soundcloud\.com/(?P<id>[\w-]+/[\w-]+(?:/[\w-]+)?)/?(?:[?#]|$)"],
        "frame": "https://w.soundcloud.com/player/?url={url}",
        "page": "https://soundcloud.com/{id}",
        "ratio": "audio",
    },
    "codepen": {
        "label": "CodePen",
        "patterns": [
            r"https?://codepen\.io/(?P<user>[\w-]{1,60})/(?:pen|embed|full|details)/(?P<id>[A-Za-z0-9]{4,40})(?![A-Za-z0-9])"
        ],
        "frame": "https://codepen.io/{user}/embed/{id}?default-tab=result",
        "page": "https://codepen.io/{user}/pen/{id}",
        "ratio": "4x3",
    },
}


@dataclass(frozen=True, slots=True)
class EmbedTarget:
    """Where an embedded address leads: ``src`` of the frame, ``page`` for people, and how it is shown."""

    provider: str
    label: str
    src: str
    page: str
    ratio: str


def provider_problem(providers: Any) -> str | None:
    """Say what is wrong with a value of ``EMBED_PROVIDERS``, or return ``None``."""
    for name, provider in providers.items():
        if not isinstance(provider, Mapping):
            return f"[{name!r}] must be a dict, not {type(provider).__name__}"
        patterns = provider.get("patterns")
        if not isinstance(patterns, list | tuple) or not all(isinstance(item, str) for item in patterns):
            return f"[{name!r}]['patterns'] must be a list of regular expressions"
        if not str(provider.get("frame", "")).startswith("https://"):
            return f"[{name!r}]['frame'] must be an address that starts with https://"
        if provider.get("ratio", "16x9") not in RATIOS:
            return f"[{name!r}]['ratio'] must be one of {', '.join(sorted(RATIOS))}"
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                return f"[{name!r}]['patterns']: {pattern!r} is not a regular expression ({error})"
    return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_providers: Callable[[], Mapping[str, Any]] = lambda: DEFAULT_PROVIDERS  # noqa: E731


def use_providers(source: Callable[[], Mapping[str, object]]) -> None:
    """Ask ``source`` for the providers from now on; the settings of the app hand in theirs."""
    global _providers
    _providers = source


def resolve_embed(url: str) -> EmbedTarget | None:
    """Return how to show ``url`` in a frame, or ``None`` if no allowed provider knows it."""
    url = url.strip()
    url = f"https:{url}" if url.startswith("//") else url
    for name, provider in _providers().items():
        for pattern in provider["patterns"]:
            match = _compiled(pattern).match(url)
            if match is None:
                continue
            groups = {key: quote(value or "", safe="/-_.") for key, value in match.groupdict().items()}
            groups["url"] = quote(url, safe="")
            page = provider.get("page")
            return EmbedTarget(
                provider=name,
                label=str(provider.get("label", name)),
                src=provider["frame"].format(**groups),
                page=page.format(**groups) if page else url,
                ratio=provider.get("ratio", "16x9"),
            )
        # The address of a frame that carries the page's address.
        before, placeholder, _after = provider["frame"].partition("{url}")
        if placeholder and url.startswith(before):
            inner = unquote(url.removeprefix(before).split("&")[0])
            return None if inner.startswith(before) else resolve_embed(inner)
    return None


def embed_origins() -> list[str]:
    """Return the origins of all providers' frames, for ``frame-src`` of a content security policy."""
    origins = []
    for provider in _providers().values():
        parts = urlsplit(provider["frame"])
        origins.append(f"{parts.scheme}://{parts.netloc}")
    return sorted(set(origins))
