"""Agents, conversations and rooms: what people and models say to one another, kept as rows."""

from __future__ import annotations

from typing import Any

from ai_cms.core import swapping

__all__ = [
    "get_agent_model",
    "get_agent_model_string",
    "get_conversation_model",
    "get_conversation_model_string",
]


def get_agent_model_string() -> str:
    """Return ``"app_label.Model"`` of the agent model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_AGENT_MODEL", "ai_cms_chat.Agent")


def get_agent_model() -> Any:
    """Return the agent model that is active in this project."""
    return swapping.get_model("AI_CMS_AGENT_MODEL", "ai_cms_chat.Agent")


def get_conversation_model_string() -> str:
    """Return ``"app_label.Model"`` of the conversation model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_CONVERSATION_MODEL", "ai_cms_chat.Conversation")


def get_conversation_model() -> Any:
    """Return the conversation model that is active in this project."""
    return swapping.get_model("AI_CMS_CONVERSATION_MODEL", "ai_cms_chat.Conversation")
