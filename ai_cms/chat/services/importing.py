"""Conversations from elsewhere become one's own: each in a transaction, and the same file once however often it comes.

Keys are made of the owner and the ids of the source: what was taken in is found again, and nobody's import meets another's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import IO, Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from ai_cms.core.exceptions import PermissionRefused
from ai_cms.core.permissions import Actor, ActorLike, get_policy
from ai_cms.llm.redaction import storable

from .. import get_agent_model, get_conversation_model
from ..conf import chat_settings
from ..models import ConversationKind, Message, MessageRole
from ..transfer.archives import json_files
from ..transfer.files import read_export
from ..transfer.tree import Dropped, Export, ImportedConversation, ImportedMessage, ImportLimits
from .agents import default_agent

__all__ = ["Imported", "import_conversations", "import_file"]

#: What one request stores at most.
MOST_CONVERSATIONS, MOST_MESSAGES = 5_000, 50_000
_SPACE = UUID("5a4a2d6c-6a0e-4a4f-9d1b-0c8a6f0f7e11")
_BATCH = 500
#: Who answers, by the role in a file; what a tool was sent and has found is part of an answer.
_ROLES = {
    "user": MessageRole.USER,
    "assistant": MessageRole.ASSISTANT,
    "tool": MessageRole.ASSISTANT,
    "system": MessageRole.SYSTEM,
}


@dataclass
class Imported:
    """What came of a file. ``created``: the new conversations; ``unchanged``: how many were there before."""

    sources: list[str] = field(default_factory=list)
    created: list[UUID] = field(default_factory=list)
    unchanged: int = 0
    messages: int = 0
    dropped: list[Dropped] = field(default_factory=list)


def import_file(file: IO[bytes], *, actor: ActorLike) -> Imported:
    """Take in the export file of ChatGPT (the archive too), of LibreChat, or ours.

    Raises InvalidInput with the code ``invalid_import``, TooLarge, PermissionRefused.
    """
    _owner(actor)
    most = chat_settings.CHAT_IMPORT_BYTES
    done = Imported()
    for raw in json_files(file, most=most):
        limits = ImportLimits(
            bytes=most,
            conversations=MOST_CONVERSATIONS - len(done.created) - done.unchanged,
            all_messages=MOST_MESSAGES - done.messages,
        )
        import_conversations(read_export(raw, limits), actor=actor, into=done)
    return done


def import_conversations(export: Export, *, actor: ActorLike, into: Imported | None = None) -> Imported:
    """Store the conversations of an export as the actor's. Raises PermissionRefused."""
    who = _owner(actor)
    done = Imported() if into is None else into
    done.sources.append(export.source)
    done.dropped += export.dropped
    agents = _Agents(who)
    for conversation in export.conversations:
        made = _stored(conversation, export.source, who, agents)
        if made is None:
            done.unchanged += 1
        else:
            done.created.append(made.pk)
            done.messages += made.last_number
    return done


def _owner(actor: ActorLike) -> Actor:
    who = Actor.of(actor)
    get_policy(get_conversation_model()).require(who, "add")
    if who.account is None:
        raise PermissionRefused
    return who


class _Agents:
    """The actor's agents, for the conversations and the answers of a file."""

    def __init__(self, who: Actor) -> None:
        self._who = who
        self._rows: list[Any] = list(get_agent_model().objects.of(who.account))
        self._default: Any = None

    def of_conversation(self, model: str) -> Any:
        """Return who goes on with it: an agent of the same model, else the default one."""
        found = next((row for row in self._rows if model and row.model == model and row.is_active), None)
        if found is None:
            self._default = found = self._default or default_agent(actor=self._who)
        return found

    def named(self, name: str) -> Any:
        return next((row for row in self._rows if name and row.name == name), None)


def _stored(given: ImportedConversation, source: str, who: Actor, agents: _Agents) -> Any | None:
    """Return the new conversation, ``None`` if it is there already."""
    model = get_conversation_model()
    key = _key_of(given, source, who)
    if model.objects.filter(pk=key).exists() or (source == "ai_cms" and _is_here(given.key, who)):
        return None
    answers = _Rows(given, key, source, who, agents)
    conversation = model(
        pk=key,
        owner=who.account,
        kind=ConversationKind.DIRECT,
        agent=agents.of_conversation(given.model),
        title=storable(given.title).strip()[:200],
        has_own_title=bool(given.title.strip()),
        folder="/".join(filter(None, storable(given.folder).split("/")))[:200].strip("/"),
        is_archived=given.archived,
        is_pinned=given.pinned,
        active_leaf=answers.places.get(given.active_leaf or ""),
        last_number=len(answers.rows),
        last_change=len(answers.rows),
    )
    try:
        with transaction.atomic():
            conversation.save(force_insert=True)
            Message.objects.bulk_create(answers.rows, batch_size=_BATCH)
            _keep_moments(conversation, given, answers)
    except IntegrityError:
        # Twice at once: it is there.
        if model.objects.filter(pk=key).exists():
            return None
        raise
    return conversation


def _is_here(key: str, who: Actor) -> bool:
    """Return whether the conversation that was exported is still there."""
    try:
        return bool(get_conversation_model().objects.filter(pk=UUID(key), owner=who.account).exists())
    except ValueError:
        return False


def _key_of(given: ImportedConversation, source: str, who: Actor) -> UUID:
    # Some files give no ids to conversations: then by what was said first.
    own = given.key or "\n".join([given.title, *(f"{one.key} {one.text}" for one in given.messages[:3])])
    return _key(_SPACE, f"{who.account.pk}\n{source}\n{own}")


def _key(space: UUID, name: str) -> UUID:
    # Ids of files may hold what UTF-8 cannot.
    return uuid5(space, sha256(name.encode("utf-8", "surrogatepass")).hexdigest())


class _Rows:
    """The rows of a conversation. ``places``: by the id in the file, the row that its message is in; ``moments``: by row."""

    def __init__(
        self, given: ImportedConversation, conversation: UUID, source: str, who: Actor, agents: _Agents
    ) -> None:
        self.rows: list[Message] = []
        self.places: dict[str, UUID] = {}
        self.moments: dict[UUID, datetime] = {}
        self._by_key: dict[UUID, Message] = {}
        self._conversation = conversation
        children = Counter(one.parent for one in given.messages)
        before = {one.key: one for one in given.messages}
        for one in given.messages:
            parent = before.get(one.parent or "")
            if parent is not None and children[parent.key] == 1 and _belong_together(parent, one):
                self._go_on(one, self.places[parent.key])
            else:
                agent = agents.named(one.name) if source == "ai_cms" and one.role == "assistant" else None
                self._add(one, who, agent)

    def _add(self, one: ImportedMessage, who: Actor, agent: Any) -> None:
        number = len(self.rows) + 1
        row = Message(
            pk=_key(self._conversation, one.key),
            conversation_id=self._conversation,
            number=number,
            change=number,
            parent_id=self.places.get(one.parent or ""),
            role=_ROLES[one.role],
            author=who.account if one.role == "user" else None,
            agent=agent,
            content=_text_of(one),
            model=one.model[:200],
            # Somebody may have written the file to be taken in by others.
            untrusted=True,
        )
        self.rows.append(row)
        self._by_key[row.pk] = row
        self.places[one.key] = row.pk
        if one.created_at is not None:
            self.moments[row.pk] = one.created_at

    def _go_on(self, one: ImportedMessage, place: UUID) -> None:
        row = self._by_key[place]
        row.content = f"{row.content}\n\n{_text_of(one)}"
        row.model = row.model or one.model[:200]
        self.places[one.key] = place


def _belong_together(parent: ImportedMessage, one: ImportedMessage) -> bool:
    """Return whether both are parts of one answer, which has asked a tool."""
    roles = {parent.role, one.role}
    return "tool" in roles and roles <= {"tool", "assistant"}


def _text_of(one: ImportedMessage) -> str:
    name = one.name.replace("`", "").strip()[:100] if one.role == "tool" else ""
    return f"`{name}`\n\n{one.text}" if name else one.text


def _keep_moments(conversation: Any, given: ImportedConversation, answers: _Rows) -> None:
    """Store when everything was said: saving a row says that it was now."""
    dated = [row for row in answers.rows if row.pk in answers.moments]
    for row in dated:
        row.created_at = answers.moments[row.pk]
    Message.objects.bulk_update(dated, ["created_at"], batch_size=_BATCH)
    last = max(answers.moments.values(), default=None)
    moments = {
        "created_at": given.created_at or min(answers.moments.values(), default=None),
        "updated_at": given.updated_at or last,
        "last_message_at": last or given.updated_at,
    }
    kept = {name: moment for name, moment in moments.items() if moment is not None}
    if kept:
        type(conversation)._default_manager.filter(pk=conversation.pk).update(**kept)
