"""The settings of ``ai_cms.machines``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ai_cms.core.conf import AppSettings, Setting, not_negative, positive

__all__ = ["SIGNALS", "MachineSettings", "machine_settings"]

_KINDS = ("search", "training", "user")
#: What a site says of the use of its text, by the key of ``Content-Signal``, and the kind of bot that it follows from.
SIGNALS = {"search": "search", "ai-input": "user", "ai-train": "training"}


def _policy(value: Mapping[str, Any]) -> str | None:
    for name, word in value.items():
        if not isinstance(name, str) or word not in ("allow", "disallow"):
            return f"has {word!r} for {name!r}; needs 'allow' or 'disallow' by kind or name of bot"
    return None


def _bots(value: Mapping[str, Any]) -> str | None:
    for name, kind in value.items():
        plain = isinstance(name, str) and 0 < len(name) <= 60 and name.isascii() and name.isprintable()
        if not plain or kind not in _KINDS or set(name) & set(" :#*"):
            return f"has {kind!r} for {name!r}; needs 'search', 'training' or 'user' by name of bot"
    return None


def _signals(value: Mapping[str, Any]) -> str | None:
    for name, word in value.items():
        if name not in SIGNALS or not isinstance(word, bool):
            return f"has {word!r} for {name!r}; needs True or False for {', '.join(SIGNALS)}"
    return None


class MachineSettings(AppSettings):
    """Settings of ``ai_cms.machines``."""

    BOT_POLICY = Setting[dict[str, str]](
        lambda: {"search": "allow", "training": "disallow", "user": "allow"},
        dict,
        "What robots.txt says to bots, 'allow' or 'disallow', by kind (search, training, user) or by the name of one; kinds "
        "that are not named are allowed.",
        validate=_policy,
    )
    BOTS = Setting[dict[str, Any]](
        dict, dict, "More bots, or known ones sorted anew: name to search, training or user.", validate=_bots
    )
    CONTENT_SIGNALS = Setting[dict[str, bool]](
        dict,
        dict,
        "What Content-Signal says: search, ai-input, ai-train, each True or False; those not named follow from BOT_POLICY. "
        "The line is a draft of the IETF's, not a standard.",
        validate=_signals,
    )
    CONTENT_SIGNAL_HEADER = Setting(
        True, bool, "Whether Markdown and llms.txt carry Content-Signal as a header too, not robots.txt alone."
    )
    LLMS_TXT_MAX_PAGES = Setting(
        200,
        int,
        "Pages that llms.txt lists beside those of the menus, the highest in the tree first.",
        validate=not_negative,
    )
    BOT_TRAFFIC_FLUSH_SECONDS = Setting(
        60,
        int,
        "Seconds after which a process writes down which bots came; at most one write in that time. 0 writes nothing.",
        validate=not_negative,
    )
    BOT_TRAFFIC_KEEP_DAYS = Setting(400, int, "Days for which figures of bots are kept.", validate=positive)


machine_settings = MachineSettings()
