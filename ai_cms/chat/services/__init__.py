"""Every write of chat."""

from __future__ import annotations

from .agents import check_agent, create_agent, default_agent, delete_agent, offered_tools, update_agent
from .approvals import decide
from .branching import continue_answer, edit_and_branch, regenerate, select_branch
from .conversations import create_conversation, delete_conversation, update_conversation
from .foreign import Watched, open_answer, take_incoming, watched
from .importing import Imported, import_conversations, import_file
from .messages import add_reaction, delete_message, edit_message, remove_reaction
from .rooms import add_agent, create_room, invite, join_room, leave_room, mark_read, remove_member, set_role
from .sending import Sent, send_message
from .sharing import MOST_SHARES, revoke_share, share_conversation
from .stopping import stop_answers
from .tickets import TICKET_SECONDS, make_ticket, use_ticket
from .waiting import wait_for

__all__ = [
    "MOST_SHARES",
    "TICKET_SECONDS",
    "Imported",
    "Sent",
    "Watched",
    "add_agent",
    "add_reaction",
    "check_agent",
    "continue_answer",
    "create_agent",
    "create_conversation",
    "create_room",
    "decide",
    "default_agent",
    "delete_agent",
    "delete_conversation",
    "delete_message",
    "edit_and_branch",
    "edit_message",
    "import_conversations",
    "import_file",
    "invite",
    "join_room",
    "leave_room",
    "make_ticket",
    "mark_read",
    "offered_tools",
    "open_answer",
    "regenerate",
    "remove_member",
    "remove_reaction",
    "revoke_share",
    "select_branch",
    "send_message",
    "set_role",
    "share_conversation",
    "stop_answers",
    "take_incoming",
    "update_agent",
    "update_conversation",
    "use_ticket",
    "wait_for",
    "watched",
]
