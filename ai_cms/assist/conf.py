"""The settings of ``ai_cms.assist``."""

from __future__ import annotations

from typing import Any

from ai_cms.core.conf import AppSettings, Setting, positive

__all__ = ["AssistSettings", "assist_settings"]


class AssistSettings(AppSettings):
    """Settings of ``ai_cms.assist``."""

    ASSIST_ALIASES: Setting[dict[str, Any]] = Setting(
        dict, dict, "The alias of AI_CMS['LLM'] that a writing task uses, by task name; others use 'default'."
    )
    ASSIST_BLOCKS: Setting[list[str] | None] = Setting(
        None,
        (list, tuple, type(None)),
        "Block types a model may choose from for drafts; None for every type that needs no file.",
    )
    ASSIST_INPUT_CHARACTERS = Setting(
        60_000, int, "Characters of page text that are put into one request at most.", validate=positive
    )
    ASSIST_LIBRARY_CHARACTERS = Setting(
        6_000,
        int,
        "Characters of the library that one request is told at most; the narrowest scopes first.",
        validate=positive,
    )
    ASSIST_GOLDEN_SETS = Setting[list[str]](
        list,
        (list, tuple),
        "Files of golden cases, JSON or YAML, that `ai_eval` carries out beside those that come with it.",
    )
    ASSIST_LIBRARY_IN_CHAT = Setting(
        True,
        bool,
        "Tell agents in chats of the library as well: of what holds everywhere, and of items for the task 'chat'.",
    )
    ASSIST_MAX_TOKENS = Setting(8_000, int, "Tokens a model may write for one task at most.", validate=positive)
    ASSIST_IMAGE_MAX_BYTES = Setting(20_000_000, int, "Bytes of a generated image at most.", validate=positive)


assist_settings = AssistSettings()
