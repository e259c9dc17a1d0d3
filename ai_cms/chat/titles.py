"""The title of a conversation, made of its first exchange until somebody gives it one."""

from __future__ import annotations

import re

from . import get_conversation_model
from .models import Message

__all__ = ["short_title", "title_from"]

_MARKUP = re.compile(r"[`*_~#>\[\]]+|\(https?://\S+\)")
_LONGEST = 60
#: A greeting names nothing.
_FEW_WORDS = 3


def short_title(text: str) -> str:
    """Return the beginning of ``text`` as a title, without Markdown; empty if there is nothing in it."""
    lines = (" ".join(_MARKUP.sub(" ", line).split()) for line in text.splitlines())
    line = next((line for line in lines if line), "")
    if len(line) <= _LONGEST:
        return line
    cut = line[:_LONGEST].rpartition(" ")[0]
    return f"{cut or line[:_LONGEST]}…"


def title_from(answer: Message, text: str) -> None:
    """Give the conversation a title made of its first question, or of the answer where that was only a greeting."""
    conversation = answer.conversation
    if conversation.is_room or conversation.has_own_title or conversation.title or answer.parent is None:
        return
    asked = short_title(answer.parent.content)
    title = asked if len(asked.split()) >= _FEW_WORDS else short_title(text) or asked
    rows = get_conversation_model().objects.filter(pk=conversation.pk, title="", has_own_title=False)
    rows.update(title=title[:200])
