"""The admin of chat: whose agents there are and what they use, which rooms; letters are shown to superusers alone."""

from __future__ import annotations

from .agents import AgentAdmin
from .conversations import ApprovalAdmin, ConversationAdmin, MessageAdmin, ShareAdmin

__all__ = ["AgentAdmin", "ApprovalAdmin", "ConversationAdmin", "MessageAdmin", "ShareAdmin"]
