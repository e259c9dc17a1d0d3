"""Conversations as files: JSON that can be taken in again, and Markdown to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from ai_cms.core.jsontypes import JsonObject

from .branches import branch_of
from .models import Message, MessageRole
from .prompts import name_of

__all__ = ["FORMAT", "conversation_json", "conversation_markdown", "file_name", "json_text"]

#: What each conversation of an export says of itself.
FORMAT = "ai_cms.chat"
VERSION = 1


def conversation_json(conversation: Any) -> JsonObject:
    """Return a conversation with all its branches."""
    rows = Message.objects.filter(conversation=conversation).select_related("author", "agent").order_by("number")
    agent = conversation.agent
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": str(conversation.pk),
        "kind": conversation.kind,
        "title": conversation.title,
        "model": agent.model if agent is not None else "",
        "folder": conversation.folder,
        "archived": conversation.is_archived,
        "pinned": conversation.is_pinned,
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
        "active_leaf": str(conversation.active_leaf) if conversation.active_leaf is not None else None,
        "messages": [_message_json(row) for row in rows.iterator(chunk_size=500)],
    }


def conversation_markdown(conversation: Any) -> str:
    """Return the branch of a conversation that is shown; of a room everything."""
    return "\n".join(_lines(conversation)) + "\n"


def file_name(conversation: Any, suffix: str) -> str:
    """Return a name for the file that says nothing of what is in it but the day."""
    return f"conversation-{timezone.localtime(conversation.created_at):%Y-%m-%d}-{str(conversation.pk)[:8]}.{suffix}"


def json_text(value: object) -> str:
    """Return JSON as it stands in a file."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _message_json(row: Message) -> JsonObject:
    return {
        "id": str(row.pk),
        "parent": str(row.parent_id) if row.parent_id is not None else None,
        "role": row.role,
        "name": _name(row),
        "content": row.content,
        "created_at": row.created_at.isoformat(),
        "edited_at": row.edited_at.isoformat() if row.edited_at is not None else None,
        "deleted": row.is_deleted,
        "status": row.status,
        "model": row.model,
        "tokens_used": row.tokens_used,
        "attachments": row.attachments,
        "citations": row.citations,
        "tool_calls": [call for item in row.rounds for call in item["calls"]],
    }


def _lines(conversation: Any) -> Iterator[str]:
    title = " ".join(conversation.title.split()) or str(conversation.pk)
    yield f"# {title}"
    if conversation.is_room:
        rows = Message.objects.filter(conversation=conversation).select_related("author", "agent").order_by("number")
        messages = list(rows)
    else:
        messages = branch_of(conversation, conversation.active_leaf)
    for row in messages:
        if row.is_deleted or not (row.content or row.attachments):
            continue
        moment = timezone.localtime(row.created_at).strftime("%Y-%m-%d %H:%M")
        yield ""
        yield f"## {_name(row) or row.role} · {moment}"
        yield ""
        yield row.content
        for item in row.attachments:
            yield f"- {item.get('name', '')}"


def _name(row: Message) -> str:
    if row.role == MessageRole.ASSISTANT:
        return row.agent.name if row.agent is not None else ""
    return name_of(row.author) if row.role == MessageRole.USER else ""
