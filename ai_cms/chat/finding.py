"""Find messages by the beginnings of their words, in what the reader takes part in."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor

from . import get_conversation_model
from .models import Message
from .word_index import with_words

__all__ = ["MOST_WORDS", "Found", "find_messages"]

MOST_WORDS = 8
#: Characters around the first word that is found.
AROUND = 80


@dataclass
class Found:
    """Messages with the words that they were found by."""

    rows: models.QuerySet[Message]
    words: list[str]

    def shown(self, row: Message) -> JsonObject:
        """Return a message with the place where a word stands."""
        lowered = row.content.lower()
        place = min((at for word in self.words if (at := lowered.find(word.lower())) >= 0), default=0)
        start = max(0, place - AROUND)
        text = " ".join(row.content[start : place + 2 * AROUND].split())
        cut = f"{'…' if start else ''}{text}{'…' if place + 2 * AROUND < len(row.content) else ''}"
        return {
            "message": str(row.pk),
            "conversation": str(row.conversation_id),
            "title": row.conversation.title,
            "role": row.role,
            "excerpt": cut,
            "created_at": row.created_at.isoformat(),
        }


def find_messages(actor: Actor, query: str) -> Found:
    """Return the messages that hold all words of ``query``, the newest first. Raises InvalidInput."""
    words = query.split()
    if not words:
        raise InvalidInput(errors={"q": [_("Give a word to look for.")]})
    if len(words) > MOST_WORDS:
        raise InvalidInput(errors={"q": [_("At most %(most)d words.") % {"most": MOST_WORDS}]})
    if actor.account is None:
        return Found(Message.objects.none(), words)
    mine = get_conversation_model().objects.joined_by(actor.account)
    rows = with_words(Message.objects.alive().visible_to(actor).filter(conversation__in=mine.values("pk")), words)
    return Found(rows.select_related("conversation").order_by("-created_at", "-pk"), words)
