"""The bots that are known, by what they come for.

Names are those that operators publish for ``robots.txt``; most also stand in the ``User-Agent`` of the bot's requests. Sites add
others by ``BOTS``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, get_args

from .conf import machine_settings

__all__ = ["BOTS", "KINDS", "Kind", "bot_of", "known_bots"]

#: ``search``: makes the page findable. ``training``: takes it to train models. ``user``: fetches it as somebody just asked.
Kind = Literal["search", "training", "user"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: Kind by name.
BOTS: dict[str, Kind] = {
    **dict.fromkeys(
        (
            *("Googlebot", "Bingbot", "DuckDuckBot", "Applebot", "YandexBot", "Baiduspider", "SeznamBot", "MojeekBot"),
            *("Qwantbot", "PetalBot", "OAI-SearchBot", "Claude-SearchBot", "PerplexityBot", "YouBot", "Kagibot"),
        ),
        "search",
    ),
    **dict.fromkeys(
        (
            *("GPTBot", "ClaudeBot", "anthropic-ai", "CCBot", "Google-Extended", "Applebot-Extended", "Bytespider"),
            *("meta-externalagent", "FacebookBot", "Amazonbot", "cohere-training-data-crawler", "cohere-ai", "Diffbot"),
            *("omgili", "Webzio-Extended", "ImagesiftBot", "Timpibot", "AI2Bot", "PanguBot", "img2dataset"),
        ),
        "training",
    ),
    **dict.fromkeys(
        (
            *("ChatGPT-User", "Claude-User", "Claude-Web", "Perplexity-User", "MistralAI-User", "meta-externalfetcher"),
            *("DuckAssistBot", "Google-NotebookLM", "Gemini-Deep-Research", "Amzn-User", "Manus-User"),
        ),
        "user",
    ),
}


def known_bots() -> dict[str, Kind]:
    """Return the kind of each bot by name, with those that the site adds or sorts anew."""
    added = {name: kind for name, kind in machine_settings.BOTS.items() if kind in KINDS}
    return {**BOTS, **added}


def bot_of(user_agent: str) -> str:
    """Return the name of the bot that a ``User-Agent`` is of; "" for none that is known."""
    if not user_agent:
        return ""
    pattern, names = _compiled(tuple(machine_settings.BOTS))
    found = pattern.search(user_agent[:1_000])
    return names[found[0].lower()] if found else ""


@lru_cache(maxsize=4)
def _compiled(added: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    names = {name.lower(): name for name in (*BOTS, *added)}
    # The longest first: Applebot-Extended is no Applebot.
    words = sorted(map(re.escape, names), key=len, reverse=True)
    return re.compile("|".join(words), re.IGNORECASE), names
