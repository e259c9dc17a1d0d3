"""The settings of ``ai_cms.chat``."""

from __future__ import annotations

from typing import Any

from ai_cms.core.conf import AppSettings, Setting, positive

__all__ = ["ChatSettings", "chat_settings"]


def names_or_none(value: Any) -> str | None:
    """Validate a list of names; ``None`` means all."""
    if value is None or all(isinstance(item, str) and item for item in value):
        return None
    return "must hold names as strings, or be None for all"


def positive_or_none(value: float | None) -> str | None:
    """Validate that a number is above zero, or missing."""
    return None if value is None else positive(value)


class ChatSettings(AppSettings):
    """Settings of ``ai_cms.chat``."""

    CHAT_ANSWERS_PER_USER = Setting(
        4, int, "Answers that may be written for one user at once; further requests get 429.", validate=positive
    )
    CHAT_WAIT_SECONDS = Setting(
        300,
        (int, float),
        "Seconds a request waits for the answer; one that takes longer goes on, and the request gets what there is.",
        validate=positive,
    )
    CHAT_MESSAGE_CHARACTERS = Setting(50_000, int, "Characters of one message at most.", validate=positive)
    CHAT_CONTEXT_TOKENS = Setting(
        16_000,
        int,
        "Tokens of a conversation that are sent to a model whose context window is not known.",
        validate=positive,
    )
    CHAT_SUMMARIES = Setting(
        True, bool, "Have the model sum up what no longer fits its context; without, it is only left out."
    )
    CHAT_TOOLS: Setting[list[str] | None] = Setting(
        None,
        (list, tuple, type(None)),
        "Names of the tools that agents may be given; None for all that are registered.",
        validate=names_or_none,
    )
    CHAT_TOOL_ROUNDS = Setting(8, int, "Answers of one message that ask for tools at most.", validate=positive)
    CHAT_TOOL_CALLS = Setting(16, int, "Tool calls of one message at most.", validate=positive)
    CHAT_APPROVAL_SECONDS = Setting(
        600, int, "Seconds after which a call that waits for a person's approval is off.", validate=positive
    )
    CHAT_MAX_AGENTS = Setting(100, int, "Agents of one user at most.", validate=positive)
    CHAT_MAX_MEMBERS = Setting(500, int, "Members of one room at most.", validate=positive)
    CHAT_IMPORT_BYTES = Setting(
        20_000_000, int, "Bytes of a file with conversations to take in at most, unpacked.", validate=positive
    )
    CHAT_SHARE_DAYS = Setting(
        30, int, "Days that a share link leads to a conversation, unless its owner says otherwise.", validate=positive
    )
    CHAT_SHARE_MAX_DAYS = Setting(365, int, "Days of a share link at most.", validate=positive)
    CHAT_SHARES_SIGNED_IN = Setting(False, bool, "Show shared conversations only to those who are logged in.")
    CHAT_RETENTION_DAYS: Setting[int | None] = Setting(
        None,
        (int, type(None)),
        "Days without a message after which purge_chat deletes a conversation; None keeps all.",
        validate=positive_or_none,
    )
    CHAT_MAX_ATTACHMENTS = Setting(10, int, "Attachments of one message at most.", validate=positive)


chat_settings = ChatSettings()
