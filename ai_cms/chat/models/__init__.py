"""The tables of chat."""

from __future__ import annotations

from .agent import AbstractAgent, Agent, BudgetSpan
from .approval import ApprovalStatus, ToolApproval
from .conversation import AbstractConversation, Conversation, ConversationKind
from .member import Invitation, Member, MemberRole
from .message import Message, MessageRole, MessageStatus, Reaction
from .share import ConversationShare
from .summary import ContextSummary
from .ticket import SocketTicket

__all__ = [
    "AbstractAgent",
    "AbstractConversation",
    "Agent",
    "ApprovalStatus",
    "BudgetSpan",
    "ContextSummary",
    "Conversation",
    "ConversationKind",
    "ConversationShare",
    "Invitation",
    "Member",
    "MemberRole",
    "Message",
    "MessageRole",
    "MessageStatus",
    "Reaction",
    "SocketTicket",
    "ToolApproval",
]
