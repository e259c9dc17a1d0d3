"""Read a conversation of ChatGPT's ``conversations.json``.

A conversation is a ``mapping`` of nodes with a parent each; branches are nodes with several children, ``current_node`` is
the one that was shown last. Between what people see lie nodes for instructions, reasoning and what tools were sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...core.jsontypes import JsonMapping
from .snippets import fenced, link, quoted
from .tree import ImportedConversation, ImportedMessage, ImportedRole, ImportLimits, Losses, Node, grow, moment

__all__ = ["is_chatgpt", "read_chatgpt"]

_ROLES: dict[object, ImportedRole] = {"user": "user", "assistant": "assistant", "tool": "tool"}
#: Marks of a source in a text, in characters for private use; the sources stand beside the text.
_MARKS = re.compile("\ue200[^\ue200\ue201]{0,4000}\ue201")
_PRIVATE = re.compile("[\ue200-\ue206]")
#: What stands for a picture or a recording that is not in the file.
_PICTURE, _RECORDING = "*[picture]*", "*[recording]*"
#: Kinds of content that people are not shown as messages, and what they are called.
_UNSEEN = {
    "user_editable_context": "hidden messages",
    "model_editable_context": "hidden messages",
    "thoughts": "thoughts of models",
    "reasoning_recap": "thoughts of models",
    "tether_browsing_display": "pages that tools read",
    "sonic_webpage": "pages that tools read",
    "system_error": "errors",
}


def is_chatgpt(raw: object) -> bool:
    """Return whether ``raw`` looks like one conversation of this kind."""
    return isinstance(raw, dict) and isinstance(raw.get("mapping"), dict)


def read_chatgpt(raw: JsonMapping, limits: ImportLimits, losses: Losses) -> ImportedConversation:
    """Return one conversation; what cannot be read of it is left out and counted."""
    model = _text(raw.get("default_model_slug"))
    nodes = [
        Node(str(key), _key(node.get("parent")), _message(str(key), node.get("message"), model, losses))
        for key, node in raw["mapping"].items()
        if isinstance(node, dict)
    ]
    messages, leaf = grow(nodes, _key(raw.get("current_node")), limits, losses)
    return ImportedConversation(
        key=_text(raw.get("conversation_id")) or _text(raw.get("id")),
        title=_text(raw.get("title")),
        messages=messages,
        active_leaf=leaf,
        created_at=moment(raw.get("create_time")),
        updated_at=moment(raw.get("update_time")),
        model=model,
        archived=raw.get("is_archived") is True,
        pinned=raw.get("is_starred") is True,
    )


def _message(key: str, raw: object, default_model: str, losses: Losses) -> ImportedMessage | None:
    """Return the message of a node, ``None`` if it has none that people are shown."""
    if not isinstance(raw, dict):
        return None
    author, content, metadata = _object(raw, "author"), _object(raw, "content"), _object(raw, "metadata")
    role = _ROLES.get(author.get("role"))
    kind = _text(content.get("content_type"))
    if role is None or metadata.get("is_visually_hidden_from_conversation") is True:
        # A conversation begins with an empty one, which is nothing that was left out.
        losses.add("hidden messages", int(bool(_plain(content).strip())))
        return None
    if kind in _UNSEEN:
        losses.add(_UNSEEN[kind])
        return None
    text = _reader(kind)(content, losses).strip()
    if role == "assistant":
        text = _with_sources(text, metadata, losses).strip()
    if not text:
        return None
    recipient = _text(raw.get("recipient")) or "all"
    name = _text(author.get("name")) if role == "tool" else ""
    if role == "assistant" and recipient != "all":
        role, name = "tool", recipient
        text = text if kind == "code" else fenced(text)
    model = _text(metadata.get("model_slug")) or default_model if role == "assistant" else ""
    return ImportedMessage(key, None, role, text, moment(raw.get("create_time")), model, name)


def _reader(kind: str) -> Callable[[JsonMapping, Losses], str]:
    return {
        "text": _of_text,
        "multimodal_text": _of_parts,
        "code": _of_code,
        "execution_output": _of_output,
        "tether_quote": _of_quote,
    }.get(kind, _of_unknown)


def _of_text(content: JsonMapping, losses: Losses) -> str:
    return _plain(content)


def _of_parts(content: JsonMapping, losses: Losses) -> str:
    return "\n\n".join(filter(None, (_part(part, losses) for part in _parts(content))))


def _part(part: object, losses: Losses) -> str:
    if isinstance(part, str):
        return part.strip()
    kind = _text(part.get("content_type")) if isinstance(part, dict) else ""
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        # What was said, written down.
        return str(part["text"]).strip()
    if "image" in kind:
        losses.add("pictures")
        return _PICTURE
    if "audio" in kind or "video" in kind:
        losses.add("recordings")
        return _RECORDING if not kind.startswith("real_time") else ""
    losses.add("parts of an unknown kind")
    return ""


def _of_code(content: JsonMapping, losses: Losses) -> str:
    code, language = _text(content.get("text")), _text(content.get("language"))
    return fenced(code, "" if language == "unknown" else language) if code.strip() else ""


def _of_output(content: JsonMapping, losses: Losses) -> str:
    output = _text(content.get("text"))
    return fenced(output) if output.strip() else ""


def _of_quote(content: JsonMapping, losses: Losses) -> str:
    source = link(_text(content.get("title")) or _text(content.get("domain")), _text(content.get("url")))
    return "\n\n".join(filter(None, (source, quoted(_text(content.get("text"))))))


def _of_unknown(content: JsonMapping, losses: Losses) -> str:
    text = _plain(content)
    if not text and content:
        losses.add("parts of an unknown kind")
    return text


def _with_sources(text: str, metadata: JsonMapping, losses: Losses) -> str:
    """Put links where the text has marks of its sources."""
    for reference in _list(metadata, "content_references"):
        if not isinstance(reference, dict):
            continue
        mark, alt = _text(reference.get("matched_text")), _text(reference.get("alt"))
        if mark.strip() and alt and "\ue200" in mark:
            text = text.replace(mark, f" {_cleaned(alt)} ".replace("  ", " ").rstrip(), 1)
    # From the last to the first, so that the places of those before stay true.
    for citation in sorted(_list(metadata, "citations"), key=_place, reverse=True):
        start, end = _place(citation)
        source = _object(citation, "metadata") if isinstance(citation, dict) else {}
        if 0 <= start < end <= len(text) and text[start] == "【" and text[end - 1] == "】":
            shown = link(_text(source.get("title")), _text(source.get("url")))
            text = f"{text[:start].rstrip()} ({shown}){text[end:]}" if shown else text[:start] + text[end:]
    bare = _MARKS.findall(text)
    losses.add("sources without an address", len(bare))
    return _PRIVATE.sub("", _MARKS.sub("", text))


def _place(citation: object) -> tuple[int, int]:
    if not isinstance(citation, dict):
        return -1, -1
    start, end = citation.get("start_ix"), citation.get("end_ix")
    return (start, end) if isinstance(start, int) and isinstance(end, int) else (-1, -1)


def _cleaned(alt: str) -> str:
    """Return the Markdown of a source without pictures, which would be fetched from elsewhere when it is read."""
    return alt.replace("![", "[")


def _plain(content: JsonMapping) -> str:
    parts = [part for part in _parts(content) if isinstance(part, str)]
    return "\n\n".join(parts) if parts else _text(content.get("text"))


def _parts(content: JsonMapping) -> list[Any]:
    return _list(content, "parts")


def _list(raw: JsonMapping, name: str) -> list[Any]:
    value = raw.get(name)
    return value if isinstance(value, list) else []


def _object(raw: JsonMapping, name: str) -> JsonMapping:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _key(value: object) -> str | None:
    return value if isinstance(value, str) else None
