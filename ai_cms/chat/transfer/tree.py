"""A conversation from elsewhere: messages in a tree, parents first."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from ...llm.redaction import storable

__all__ = [
    "Dropped",
    "Export",
    "ImportLimits",
    "ImportedConversation",
    "ImportedMessage",
    "Losses",
    "Node",
    "grow",
    "moment",
]

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

ImportedRole: TypeAlias = Literal["user", "assistant", "tool", "system"]


@dataclass(frozen=True, slots=True)
class ImportedMessage:
    """One message. ``key``: its id in the file, unique in its conversation; ``text``: Markdown; ``name``: which tool."""

    key: str
    parent: str | None
    role: ImportedRole
    text: str
    created_at: datetime | None = None
    model: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class ImportedConversation:
    """One conversation. ``messages``: parents before their children; ``active_leaf``: the key of where it was read last."""

    key: str
    title: str
    messages: tuple[ImportedMessage, ...]
    active_leaf: str | None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    model: str = ""
    folder: str = ""
    archived: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that was left out. ``conversation``: its title, empty for the file as a whole; ``what``: in the plural."""

    conversation: str
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Export:
    """What a file holds. ``source``: "chatgpt", "librechat" or "ai_cms"."""

    source: str
    conversations: tuple[ImportedConversation, ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True)
class ImportLimits:
    """What one file may hold; what is beyond is left out and named, but for ``bytes``, beyond which nothing is read.

    ``nesting``: levels of the JSON text; ``messages``: of a conversation; ``all_messages``: of the file; ``depth``: of
    the tree; ``text``: characters of a message.
    """

    bytes: int = 200_000_000
    nesting: int = 50_000
    conversations: int = 10_000
    messages: int = 10_000
    all_messages: int = 200_000
    depth: int = 5_000
    text: int = 200_000


@dataclass(slots=True)
class Losses:
    """Count what is left out of a file, by conversation."""

    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    conversation: str = ""

    def add(self, what: str, count: int = 1) -> None:
        """Count something of the conversation that is being read."""
        key = (self.conversation, what)
        if count:
            self._counts[key] = self._counts.get(key, 0) + count

    def listed(self) -> tuple[Dropped, ...]:
        return tuple(Dropped(conversation, what, count) for (conversation, what), count in self._counts.items())


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a file's tree. Without a ``message`` it is passed over: what hangs on it hangs on its parent."""

    key: str
    parent: str | None
    message: ImportedMessage | None = None


def grow(
    nodes: Sequence[Node], active: str | None, limits: ImportLimits, losses: Losses
) -> tuple[tuple[ImportedMessage, ...], str | None]:
    """Return the messages of a tree, parents before children, and the key of the active one: by default the latest.

    Parents that are missing make roots, and so does one message of each circle.
    """
    known: dict[str, Node] = {}
    for node in nodes:
        if node.key in known:
            losses.add("messages with the id of another")
        else:
            known[node.key] = node
    kept = [node for node in known.values() if node.message is not None]
    if len(kept) > limits.messages:
        losses.add("messages over the limit", len(kept) - limits.messages)
        kept = kept[: limits.messages]
    keys = {node.key for node in kept}
    parents = {node.key: _ancestor(node.parent, known, keys) for node in kept}
    messages = _in_order([node.message for node in kept if node.message], parents, limits, losses)
    left = {message.key for message in messages}
    leaf = _ancestor(active, known, left) if active is not None else None
    if leaf is None:
        given = [node.message for node in kept if node.message and node.key in left]
        # Of those of one moment, or of none, the last.
        last = max(reversed(given), key=lambda message: message.created_at or _LONG_AGO, default=None)
        leaf = last.key if last else None
    return tuple(messages), leaf


def _ancestor(start: str | None, known: dict[str, Node], kept: set[str]) -> str | None:
    """Return the nearest place from ``start`` upwards that is kept."""
    key, seen = start, set()
    while key is not None and key not in kept:
        if key in seen or key not in known:
            return None
        seen.add(key)
        key = known[key].parent
    return key


def _in_order(
    messages: list[ImportedMessage], parents: dict[str, str | None], limits: ImportLimits, losses: Losses
) -> list[ImportedMessage]:
    children: dict[str, list[ImportedMessage]] = {}
    for message in messages:
        parent = parents[message.key]
        if parent is not None:
            children.setdefault(parent, []).append(message)
    ordered: list[ImportedMessage] = []
    placed: set[str] = set()
    roots = [message for message in messages if parents[message.key] is None]
    # What is in no root's tree goes round in a circle, which is cut at its first message.
    for root in [*roots, *messages]:
        if root.key in placed:
            continue
        if parents[root.key] is not None:
            losses.add("links that go round in a circle")
        waiting: deque[tuple[ImportedMessage, str | None, int]] = deque([(root, None, 1)])
        placed.add(root.key)
        while waiting:
            message, parent, depth = waiting.popleft()
            if depth > limits.depth:
                losses.add("messages nested too deep")
                continue
            ordered.append(_tidy(message, parent, limits, losses))
            for child in children.get(message.key, ()):
                if child.key not in placed:
                    placed.add(child.key)
                    waiting.append((child, message.key, depth + 1))
    return ordered


def _tidy(message: ImportedMessage, parent: str | None, limits: ImportLimits, losses: Losses) -> ImportedMessage:
    text = storable(message.text)
    if len(text) > limits.text:
        losses.add("texts cut at the limit")
        text = text[: limits.text]
    return replace(message, parent=parent, text=text, model=storable(message.model), name=storable(message.name))


def moment(value: object) -> datetime | None:
    """Return a moment given as seconds since 1970 or in ISO 8601, ``None`` for anything else or far from today."""
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, int | float):
            found = datetime.fromtimestamp(value, UTC)
        elif isinstance(value, str):
            found = datetime.fromisoformat(value)
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return found if 2000 <= found.year < 2200 else None
